/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* wait4 */
#include "capture.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asyncdl/asyncdl.h>

#define LIMIT_MS  600000 /* of silence, after which it is taken to hang */
#define FIRST_CAP 4096

/* In the child: become the program, or end. */
static void become(const char *const *argv, int from, int to, const char *input)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* cannot fail for a signal */
    if (input != NULL && freopen(input, "r", stdin) == NULL) {
        fprintf(stderr, "asyncdl-compare: %s: %s\n", input, strerror(errno));
        _exit(127);
    }
    if (from != to) {
        (void)dup2(from, to);
        (void)close(from);
    }
    execvp(argv[0], (char *const *)argv);
    fprintf(stderr, "asyncdl-compare: %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static pid_t start(int *out, const char *const *argv, int fd, const char *input)
{
    int fds[2];

    (void)fflush(NULL); /* else the child has what is not written yet, too */
    if (pipe(fds) < 0) {
        return -1;
    }
    pid_t pid = fork();

    if (pid == 0) {
        (void)close(fds[0]);
        become(argv, fds[1], fd, input);
    }
    (void)close(fds[1]);
    if (pid < 0) {
        (void)close(fds[0]);
        return -1;
    }
    *out = fds[0];
    return pid;
}

static int make_room(struct captured *out, size_t *cap)
{
    if (out->len + 1 < *cap) {
        return 0;
    }
    size_t more = *cap == 0 ? FIRST_CAP : *cap * 2;
    char *data = realloc(out->data, more);

    if (data == NULL) {
        return -ENOMEM;
    }
    out->data = data;
    *cap = more;
    return 0;
}

/* Take what comes until the other end is closed. 0 or -errno. */
static int read_all(struct captured *out, int fd)
{
    size_t cap = 0;

    for (;;) {
        struct pollfd watched = {.fd = fd, .events = POLLIN};
        int err = make_room(out, &cap);

        if (err < 0) {
            return err;
        }
        if (poll(&watched, 1, LIMIT_MS) == 0) {
            return -ETIMEDOUT;
        }
        ssize_t n = read(fd, out->data + out->len, cap - 1 - out->len);

        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        out->len += n > 0 ? (size_t)n : 0;
        out->data[out->len] = '\0';
        if (n == 0) {
            return 0;
        }
    }
}

static uint64_t nanoseconds(struct timeval tv)
{
    return (uint64_t)tv.tv_sec * 1000000000 + (uint64_t)tv.tv_usec * 1000;
}

static void reap(struct captured *out, pid_t pid, bool is_to_be_killed)
{
    struct rusage usage = {0};

    if (is_to_be_killed) {
        (void)kill(pid, SIGKILL);
    }
    while (wait4(pid, &out->status, 0, &usage) < 0 && errno == EINTR) {
    }
    out->cpu_ns = nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
    out->peak_bytes = (uint64_t)usage.ru_maxrss * 1024;
}

int capture_run(struct captured *out, const char *const *argv, int fd,
                const char *input)
{
    struct captured captured = {0};
    uint64_t began_ns = asyncdl_trace_get_now_ns();
    int end;
    pid_t pid = start(&end, argv, fd, input);

    if (pid < 0) {
        return -errno;
    }
    int err = read_all(&captured, end);

    (void)close(end);
    reap(&captured, pid, err < 0);
    captured.wall_ns = asyncdl_trace_get_now_ns() - began_ns;
    if (err < 0) {
        free(captured.data);
        return err;
    }
    *out = captured;
    return 0;
}

const char *capture_complain(char *text, size_t cap, int status)
{
    if (WIFSIGNALED(status)) {
        (void)snprintf(text, cap, "signal %d", WTERMSIG(status));
        return text;
    }
    if (WEXITSTATUS(status) != 0) {
        (void)snprintf(text, cap, "exit status %d", WEXITSTATUS(status));
        return text;
    }
    return NULL;
}
