/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* environ, waitid */
#include "pool/forkserver.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asyncdl/error.h"
#include "pool/channel.h"
#include "pool/hook.h"

#define PROGRAM "/proc/self/exe"

#define SEND_MS 1000 /* to wait until its socket takes more */
#define END_MS  2000 /* to wait until it has ended, before it is killed */
#define N_TRIES 3    /* to start it while other threads set the environment */

struct asyncdl_forkserver {
    pthread_mutex_t lock; /* of all that follows */
    size_t n_shares;
    int control; /* -1 where it died, and no other could be started */
    pid_t pid;
    int64_t last_id;
};

/*
 * The program's file. By its name where that is still the same file: tools such
 * as valgrind stand in for the program, and know this name only as something
 * that is read.
 */
static const char *find_program(char *path, size_t cap)
{
    struct stat by_link;
    struct stat by_name;
    int fd = open(PROGRAM, O_RDONLY | O_CLOEXEC);
    ssize_t n = readlink(PROGRAM, path, cap - 1);

    if (fd < 0 || n < 0) {
        if (fd >= 0) {
            (void)close(fd); /* it was not even read */
        }
        return PROGRAM;
    }
    path[n] = '\0';
    int err = fstat(fd, &by_link);
    (void)close(fd); /* it was not even read */
    if (err == 0 && stat(path, &by_name) == 0 &&
        by_link.st_dev == by_name.st_dev && by_link.st_ino == by_name.st_ino) {
        return path;
    }
    return PROGRAM;
}

static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t signals;
    short flags =
        POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;

    (void)sigemptyset(&signals);
    int err = posix_spawnattr_setsigmask(attributes, &signals);
    (void)sigfillset(&signals);
    if (err == 0) {
        err = posix_spawnattr_setsigdefault(attributes, &signals);
    }
    if (err == 0) {
        err = posix_spawnattr_setpgroup(attributes, 0);
    }
    return err == 0 ? posix_spawnattr_setflags(attributes, flags) : err;
}

static int start_program(pid_t *pid, const posix_spawn_file_actions_t *actions,
                         const posix_spawnattr_t *attributes)
{
    static const char name[] = "asyncdl-forkserver";
    char path[PATH_MAX];
    const char *program = find_program(path, sizeof(path));
    char arg[sizeof(name)];
    char *argv[] = {arg, NULL};
    int err;

    memcpy(arg, name, sizeof(name));
    for (int i = 0; i < N_TRIES; i++) {
        err = posix_spawn(pid, program, actions, attributes, argv, environ);
        if (err != EFAULT) {
            break; /* else the environment moved under our hands */
        }
    }
    return -err;
}

/* With end as its standard input. 0 or -errno. */
static int start_with(pid_t *pid, int end)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;

    if (posix_spawn_file_actions_init(&actions) != 0) {
        return -ENOMEM;
    }
    if (posix_spawnattr_init(&attributes) != 0) {
        (void)posix_spawn_file_actions_destroy(&actions); /* cannot fail */
        return -ENOMEM;
    }
    int err = -posix_spawn_file_actions_adddup2(&actions, end, STDIN_FILENO);
    if (err == 0) {
        err = -set_attributes(&attributes);
    }
    if (err == 0) {
        err = start_program(pid, &actions, &attributes);
    }
    (void)posix_spawnattr_destroy(&attributes);       /* cannot fail */
    (void)posix_spawn_file_actions_destroy(&actions); /* cannot fail */
    return err;
}

static int greet(int control)
{
    struct adl_buf frame = {0};
    int err = adl_wire_begin(&frame, ADL_WIRE_GREET);

    if (err == 0) {
        err = adl_channel_send(control, &frame, NULL, 0, MSG_DONTWAIT);
    }
    adl_buf_finish(&frame);
    return err;
}

static int start(struct asyncdl_forkserver *fs)
{
    int ends[2];
    int err = adl_channel_create(ends);

    if (err < 0) {
        return err;
    }
    err = greet(ends[0]); /* first: it looks for it at once */
    if (err == 0) {
        err = start_with(&fs->pid, ends[1]);
    }
    (void)close(ends[1]); /* it has its own */
    if (err < 0) {
        (void)close(ends[0]); /* nobody is at the other */
        return err;
    }
    fs->control = ends[0];
    return 0;
}

/* Is it a child of ours that runs? Others may have waited for it. */
static bool is_running(pid_t pid)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
}

/* It was told to end, or is gone. */
static void wait_for_end(struct asyncdl_forkserver *fs)
{
    struct pollfd end = {.fd = fs->control, .events = POLLIN};
    int n;

    do {
        n = poll(&end, 1, END_MS);
    } while (n < 0 && errno == EINTR);
    if (n == 0 && is_running(fs->pid)) {
        (void)kill(fs->pid, SIGKILL); /* ours, and not waited for */
    }
    (void)close(fs->control); /* nothing is to come */
    while (waitpid(fs->pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

static void stop(struct asyncdl_forkserver *fs)
{
    struct adl_buf frame = {0};

    if (fs->control < 0) {
        return; /* it died, and no other could be started */
    }
    if (adl_wire_begin(&frame, ADL_WIRE_LEAVE) == 0) {
        (void)adl_channel_send(fs->control, &frame, NULL, 0, MSG_DONTWAIT);
    }
    (void)shutdown(fs->control, SHUT_WR); /* says it less politely */
    adl_buf_finish(&frame);
    wait_for_end(fs);
}

int asyncdl_forkserver_open(struct asyncdl_forkserver **out)
{
    if (!adl_hook_was_called()) {
        return ASYNCDL_ENOHOOK;
    }
    struct asyncdl_forkserver *fs = calloc(1, sizeof(*fs));
    if (fs == NULL) {
        return -ENOMEM;
    }
    int err = start(fs);
    if (err < 0) {
        free(fs);
        return err;
    }
    (void)pthread_mutex_init(&fs->lock, NULL); /* cannot fail */
    fs->n_shares = 1;
    *out = fs;
    return 0;
}

int adl_forkserver_share(struct asyncdl_forkserver **out,
                         struct asyncdl_forkserver *fs)
{
    if (fs == NULL) {
        return asyncdl_forkserver_open(out);
    }
    (void)pthread_mutex_lock(&fs->lock);
    fs->n_shares++;
    (void)pthread_mutex_unlock(&fs->lock);
    *out = fs;
    return 0;
}

void adl_forkserver_release(struct asyncdl_forkserver *fs)
{
    if (fs == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&fs->lock);
    fs->n_shares--;
    bool is_last = fs->n_shares == 0;
    (void)pthread_mutex_unlock(&fs->lock);
    if (is_last) {
        stop(fs);
        (void)pthread_mutex_destroy(&fs->lock);
        free(fs);
    }
}

void asyncdl_forkserver_close(struct asyncdl_forkserver *fs)
{
    adl_forkserver_release(fs);
}

/* With the lock. Waits a little where it has much to do. */
static int send_control(struct asyncdl_forkserver *fs,
                        const struct adl_buf *frame, const int *fd)
{
    size_t n_fds = fd != NULL ? 1 : 0;
    int err = adl_channel_send(fs->control, frame, fd, n_fds, MSG_DONTWAIT);

    if (err == -EAGAIN) {
        struct pollfd room = {.fd = fs->control, .events = POLLOUT};

        (void)poll(&room, 1, SEND_MS);
        err = adl_channel_send(fs->control, frame, fd, n_fds, MSG_DONTWAIT);
    }
    return err;
}

/* With the lock. Where it was killed, a new one takes over. */
static int send_spawn(struct asyncdl_forkserver *fs,
                      const struct adl_buf *frame, int end)
{
    int err = fs->control >= 0 ? send_control(fs, frame, &end) : -EPIPE;

    if (err != -EPIPE && err != -ECONNRESET) {
        return err;
    }
    if (fs->control >= 0) {
        wait_for_end(fs);
        fs->control = -1;
    }
    err = start(fs);
    return err < 0 ? err : send_control(fs, frame, &end);
}

int adl_forkserver_spawn(struct asyncdl_forkserver *fs, int *fd, int64_t *id)
{
    struct adl_buf frame = {0};
    int ends[2];
    int err = adl_channel_create(ends);

    if (err < 0) {
        return err;
    }
    (void)pthread_mutex_lock(&fs->lock);
    int64_t new_id = ++fs->last_id;
    err = adl_wire_put(&frame, ADL_WIRE_SPAWN, new_id, 0);
    if (err == 0) {
        err = send_spawn(fs, &frame, ends[1]);
    }
    (void)pthread_mutex_unlock(&fs->lock);
    adl_buf_finish(&frame);
    (void)close(ends[1]); /* the helper has its own */
    if (err < 0) {
        (void)close(ends[0]); /* nobody is at the other */
        return err;
    }
    *fd = ends[0];
    *id = new_id;
    return 0;
}

int adl_forkserver_signal(struct asyncdl_forkserver *fs, int64_t id, int signum)
{
    struct adl_buf frame = {0};
    int err = adl_wire_put(&frame, ADL_WIRE_SIGNAL, id, signum);

    if (err == 0) {
        (void)pthread_mutex_lock(&fs->lock);
        err = fs->control >= 0 ? send_control(fs, &frame, NULL) : -EPIPE;
        (void)pthread_mutex_unlock(&fs->lock);
    }
    adl_buf_finish(&frame);
    return err;
}
