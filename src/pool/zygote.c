/* SPDX-License-Identifier: MIT */
/*
 * A helper's end of its socket stays open here, too. So its last words, which
 * we say for it, come after all that it sent; and when the program stops
 * sending (POLLRDHUP), be it that it shut its end or died, the helper is
 * killed. Nobody is ever signalled who is not a child that was not waited for.
 */
#define _GNU_SOURCE /* _Fork, POLLRDHUP, syscall */
#include "pool/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pool/channel.h"
#include "pool/helper.h"
#include "pool/wire.h"

#define FD_CONTROL 3 /* after the standard ones */
#define FD_FIRST   4 /* nothing here is ours at the start */

enum { POLL_CONTROL, POLL_CHILDREN, POLL_PROGRAM, N_POLL_OWN };

struct child {
    int64_t id; /* the program's name for it */
    pid_t pid;
    int fd;
    bool is_killed;
    bool is_over; /* waited for, and its last words are not said yet */
    int status;
    int signal;
};

struct zygote {
    int control;
    int children_fd;       /* a signalfd for SIGCHLD */
    int program_fd;        /* a pidfd, or -1 where there is none */
    struct rlimit n_files; /* what helpers get */
    struct child *children;
    size_t n;
    size_t cap;
    struct pollfd *polls; /* N_POLL_OWN, then one for each child */
    struct adl_inbox *inbox;
    struct adl_buf frame;
};

/* Descriptors of the program that were not closed on exec. */
static void close_the_rest(void)
{
    if (syscall(SYS_close_range, FD_FIRST, UINT_MAX, 0) == 0) {
        return;
    }
    struct rlimit limit;
    int end =
        getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < INT_MAX / 2
            ? (int)limit.rlim_cur
            : 65536;
    for (int fd = FD_FIRST; fd < end; fd++) {
        (void)close(fd); /* most are not open */
    }
}

/* Standard input is at its end, and no standard descriptor is free to become
 * something else. */
static int set_standard_fds(void)
{
    int ends[2];

    if (pipe(ends) < 0 || dup2(ends[0], STDIN_FILENO) < 0) {
        return -errno;
    }
    if (ends[1] != STDIN_FILENO) {
        (void)close(ends[1]); /* so that the other is at its end */
    }
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && dup2(STDIN_FILENO, fd) < 0) {
            return -errno;
        }
    }
    if (ends[0] > STDERR_FILENO) {
        (void)close(ends[0]); /* it has served */
    }
    return 0;
}

/* One for each helper, and a helper has its own limit. */
static void raise_n_files(struct zygote *zygote)
{
    if (getrlimit(RLIMIT_NOFILE, &zygote->n_files) == 0) {
        struct rlimit most = {zygote->n_files.rlim_max,
                              zygote->n_files.rlim_max};

        (void)setrlimit(RLIMIT_NOFILE, &most); /* else as many as there are */
    }
}

static int make_room(struct zygote *zygote)
{
    size_t cap = zygote->cap == 0 ? 8 : 2 * zygote->cap;

    if (zygote->n < zygote->cap) {
        return 0;
    }
    struct child *children = realloc(zygote->children, cap * sizeof(*children));
    if (children == NULL) {
        return -ENOMEM;
    }
    zygote->children = children;
    struct pollfd *polls =
        realloc(zygote->polls, (N_POLL_OWN + cap) * sizeof(*polls));
    if (polls == NULL) {
        return -ENOMEM;
    }
    zygote->polls = polls;
    zygote->cap = cap;
    return 0;
}

static int start(struct zygote *zygote, int control)
{
    sigset_t children;

    zygote->control = fcntl(control, F_DUPFD_CLOEXEC, FD_CONTROL);
    if (zygote->control != FD_CONTROL &&
        dup3(zygote->control, FD_CONTROL, O_CLOEXEC) < 0) {
        return -errno;
    }
    zygote->control = FD_CONTROL;
    close_the_rest();
    int err = set_standard_fds();
    if (err < 0) {
        return err;
    }
    (void)sigemptyset(&children);
    (void)sigaddset(&children, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &children, NULL);
    zygote->children_fd = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    zygote->program_fd = (int)syscall(SYS_pidfd_open, getppid(), 0);
    zygote->inbox = malloc(sizeof(*zygote->inbox));
    if (zygote->children_fd < 0 || zygote->inbox == NULL) {
        return -ENOMEM;
    }
    raise_n_files(zygote);
    return make_room(zygote);
}

/* Kill and wait for all helpers. What they started goes, too, unless the
 * program parted in peace. */
static _Noreturn void end(struct zygote *zygote, bool is_in_peace)
{
    for (size_t i = 0; i < zygote->n; i++) {
        if (!zygote->children[i].is_over) {
            (void)kill(zygote->children[i].pid, SIGKILL); /* our child */
        }
    }
    while (wait(NULL) > 0 || errno == EINTR) {
    }
    if (!is_in_peace && getpgrp() == getpid()) {
        (void)kill(0, SIGKILL); /* we lead it: this is our end, too */
    }
    _exit(0);
}

/* False where its socket takes no more for now. */
static bool say_last_words(struct zygote *zygote, const struct child *child)
{
    int err = adl_wire_put(&zygote->frame, ADL_WIRE_EXITED, child->status,
                           child->signal);

    if (err == 0) {
        err =
            adl_channel_send(child->fd, &zygote->frame, NULL, 0, MSG_DONTWAIT);
    }
    return err != -EAGAIN; /* else nobody is there to hear them */
}

static void remove_child(struct zygote *zygote, size_t i)
{
    (void)close(zygote->children[i].fd); /* all is said */
    zygote->children[i] = zygote->children[--zygote->n];
}

static struct child *find_pid(struct zygote *zygote, pid_t pid)
{
    for (size_t i = 0; i < zygote->n; i++) {
        if (zygote->children[i].pid == pid && !zygote->children[i].is_over) {
            return &zygote->children[i];
        }
    }
    return NULL;
}

static void wait_for_children(struct zygote *zygote)
{
    struct signalfd_siginfo info;
    int status;

    while (read(zygote->children_fd, &info, sizeof(info)) > 0) {
    }
    for (;;) {
        pid_t pid = waitpid(-1, &status, WNOHANG);

        if (pid <= 0) {
            return;
        }
        struct child *child = find_pid(zygote, pid);
        if (child == NULL) {
            continue; /* a grandchild that we inherited */
        }
        child->is_over = true;
        child->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
        child->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }
}

/* In the helper. */
static _Noreturn void become_helper(struct zygote *zygote, int fd,
                                    pid_t zygote_pid)
{
    sigset_t none;
    int own = zygote->control;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != zygote_pid) {
        _exit(0); /* it died before it could take us along */
    }
    (void)dup3(fd, own, O_CLOEXEC); /* both are open: it cannot fail */
    close_the_rest();
    (void)setrlimit(RLIMIT_NOFILE, &zygote->n_files); /* lower is allowed */
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    adl_helper_run(own, zygote->inbox);
}

static pid_t fork_alone(void)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
    return _Fork(); /* handlers of libraries would open and close things */
#else
    return fork();
#endif
}

static void refuse(struct zygote *zygote, int fd, int err)
{
    if (adl_wire_put(&zygote->frame, ADL_WIRE_REFUSED, err, 0) == 0) {
        (void)adl_channel_send(fd, &zygote->frame, NULL, 0, MSG_DONTWAIT);
    }
    (void)close(fd); /* its end says the same */
}

static void spawn(struct zygote *zygote, int64_t id, int fd)
{
    pid_t zygote_pid = getpid();
    int err = make_room(zygote);

    if (fd < 0) {
        return; /* lost: who waits for the helper sees the end */
    }
    if (err < 0) {
        refuse(zygote, fd, err);
        return;
    }
    pid_t pid = fork_alone();
    if (pid == 0) {
        become_helper(zygote, fd, zygote_pid);
    }
    if (pid < 0) {
        refuse(zygote, fd, -errno);
        return;
    }
    zygote->children[zygote->n++] =
        (struct child){.id = id, .pid = pid, .fd = fd};
}

static void send_signal(struct zygote *zygote, int64_t id, int signum)
{
    for (size_t i = 0; i < zygote->n; i++) {
        const struct child *child = &zygote->children[i];

        if (child->id == id && !child->is_over) {
            (void)kill(child->pid, signum); /* our child, not waited for */
        }
    }
}

static void obey(struct zygote *zygote)
{
    struct adl_wire_frame frame;
    struct adl_wire_record record;
    size_t at = 0;
    bool is_short;
    int err = adl_channel_receive(zygote->control, zygote->inbox, &frame,
                                  &is_short, MSG_DONTWAIT);

    if (err == -EAGAIN) {
        return;
    }
    if (err < 0 || frame.kind == ADL_WIRE_LEAVE) {
        end(zygote, err == 0);
    }
    if (adl_wire_next(&frame, &at, &record)) {
        if (frame.kind == ADL_WIRE_SPAWN) {
            spawn(zygote, record.value[0], adl_inbox_take_fd(zygote->inbox));
        } else if (frame.kind == ADL_WIRE_SIGNAL) {
            send_signal(zygote, record.value[0], (int)record.value[1]);
        }
    }
    adl_inbox_close_fds(zygote->inbox);
}

/* From the last, which takes the place of one that is removed. */
static void look_after_children(struct zygote *zygote, size_t n_polled)
{
    for (size_t i = zygote->n; i-- > 0;) {
        struct child *child = &zygote->children[i];

        if (child->is_over) {
            if (say_last_words(zygote, child)) {
                remove_child(zygote, i);
            }
        } else if (i < n_polled && !child->is_killed &&
                   zygote->polls[N_POLL_OWN + i].revents != 0) {
            child->is_killed = true;
            (void)kill(child->pid, SIGKILL); /* our child, not waited for */
        }
    }
}

static void set_polls(struct zygote *zygote)
{
    zygote->polls[POLL_CONTROL] =
        (struct pollfd){.fd = zygote->control, .events = POLLIN};
    zygote->polls[POLL_CHILDREN] =
        (struct pollfd){.fd = zygote->children_fd, .events = POLLIN};
    zygote->polls[POLL_PROGRAM] =
        (struct pollfd){.fd = zygote->program_fd, .events = POLLIN};
    for (size_t i = 0; i < zygote->n; i++) {
        const struct child *child = &zygote->children[i];

        zygote->polls[N_POLL_OWN + i] = (struct pollfd){
            /* One that is being killed has nothing new to tell. */
            .fd = child->is_killed && !child->is_over ? -1 : child->fd,
            .events = child->is_over ? POLLOUT : POLLRDHUP,
        };
    }
}

_Noreturn void adl_zygote_run(int control)
{
    struct zygote zygote = {.program_fd = -1};

    (void)prctl(PR_SET_NAME, "asyncdl-forks");
    if (start(&zygote, control) < 0) {
        _exit(1); /* the program sees the end of the socket */
    }
    for (;;) {
        size_t n = zygote.n;

        set_polls(&zygote);
        if (poll(zygote.polls, N_POLL_OWN + n, -1) < 0 && errno != EINTR) {
            end(&zygote, false);
        }
        if ((zygote.polls[POLL_PROGRAM].revents & POLLIN) != 0) {
            end(&zygote, false);
        }
        bool has_orders = zygote.polls[POLL_CONTROL].revents != 0;
        if (zygote.polls[POLL_CHILDREN].revents != 0) {
            wait_for_children(&zygote);
        }
        look_after_children(&zygote, n);
        if (has_orders) {
            obey(&zygote);
        }
    }
}
