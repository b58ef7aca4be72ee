/* SPDX-License-Identifier: MIT */
#include "support/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_TIMEOUT_MS 30000
#define STOP_TIMEOUT_MS    5000
#define TURN_MS            10 /* a child's end wakes no poll, so it is looked for */

struct proc {
    pid_t pid;
    int in; /* -1: closed, as are the next two */
    int out;
    int err;
    const char *input; /* what is left to write */
    size_t input_len;
    bool keeps_input;
    unsigned timeout_ms;
    bool is_over;
    int wait_status;
    size_t n_lines_read; /* bytes of out that proc_read_line() has given */
    struct adl_buf out_text;
    struct adl_buf err_text;
};

static int64_t get_now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t); /* exists everywhere */
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = -1;
}

static void set_variable(const char *text)
{
    size_t len = strcspn(text, "=");
    char *name = strndup(text, len);

    if (name != NULL && text[len] == '=') {
        (void)setenv(name, text + len + 1, 1);
    }
    free(name);
}

/* In the child; returns only when the program cannot be started. */
static int become(const struct proc_options *o, int in, int out, int err)
{
    static const int defaults[] = {SIGPIPE, SIGINT, SIGQUIT,
                                   SIGTERM, SIGHUP, SIGUSR1};
    struct rlimit limit = {o->max_descriptors, o->max_descriptors};

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
        (void)signal(defaults[i], SIG_DFL); /* whoever runs the tests */
    }
    for (size_t i = 0; o->env != NULL && o->env[i] != NULL; i++) {
        set_variable(o->env[i]);
    }
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0 ||
        (o->dir != NULL && chdir(o->dir) < 0) ||
        (o->max_descriptors > 0 && setrlimit(RLIMIT_NOFILE, &limit) < 0)) {
        return errno;
    }
    (void)execvp(o->argv[0], (char *const *)(uintptr_t)o->argv);
    return errno;
}

/* Ends that exec closes; the child's own copies are made by dup2(). */
static int open_pipe(int fds[2])
{
    if (pipe(fds) < 0) {
        return -errno;
    }
    for (int i = 0; i < 2; i++) {
        (void)fcntl(fds[i], F_SETFD, FD_CLOEXEC);
    }
    return 0;
}

enum { IN, OUT, ERR, REPORT, N_PIPES };

static int open_pipes(int pipes[N_PIPES][2])
{
    for (int i = 0; i < N_PIPES; i++) {
        pipes[i][0] = -1;
        pipes[i][1] = -1;
    }
    for (int i = 0; i < N_PIPES; i++) {
        int err = open_pipe(pipes[i]);

        if (err < 0) {
            return err;
        }
    }
    return 0;
}

static void close_pipes(int pipes[N_PIPES][2])
{
    for (int i = 0; i < N_PIPES; i++) {
        close_fd(&pipes[i][0]);
        close_fd(&pipes[i][1]);
    }
}

/* What exec failed with: the pipe closes without a word when it did not. */
static int read_report(int fd)
{
    int reported = 0;

    while (read(fd, &reported, sizeof(reported)) < 0 && errno == EINTR) {
    }
    return -reported;
}

static int take(int *fd)
{
    int taken = *fd;

    *fd = -1;
    (void)fcntl(taken, F_SETFL, O_NONBLOCK);
    return taken;
}

static int spawn(struct proc *proc, const struct proc_options *o)
{
    int pipes[N_PIPES][2];
    int err = open_pipes(pipes);

    if (err < 0 || (proc->pid = fork()) < 0) {
        err = err < 0 ? err : -errno;
        close_pipes(pipes);
        return err;
    }
    if (proc->pid == 0) {
        int failed = become(o, pipes[IN][0], pipes[OUT][1], pipes[ERR][1]);

        (void)!write(pipes[REPORT][1], &failed, sizeof(failed));
        _exit(127);
    }
    close_fd(&pipes[REPORT][1]);
    err = read_report(pipes[REPORT][0]);
    if (err < 0) {
        (void)waitpid(proc->pid, NULL, 0);
    } else {
        proc->in = take(&pipes[IN][1]);
        proc->out = take(&pipes[OUT][0]);
        proc->err = take(&pipes[ERR][0]);
    }
    close_pipes(pipes);
    return err;
}

int proc_start(struct proc **out, const struct proc_options *options)
{
    struct proc *proc = calloc(1, sizeof(*proc));

    if (proc == NULL) {
        return -ENOMEM;
    }
    *proc = (struct proc){.in = -1, .out = -1, .err = -1};
    proc->keeps_input = options->keeps_input;
    proc->input = options->input;
    if (options->input != NULL) {
        proc->input_len = options->input_len > 0 ? options->input_len
                                                 : strlen(options->input);
    }
    proc->timeout_ms =
        options->timeout_ms > 0 ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
    (void)signal(SIGPIPE, SIG_IGN); /* a child may close its stdin */
    int err = spawn(proc, options);
    if (err < 0) {
        free(proc);
        return err;
    }
    *out = proc;
    return 0;
}

static void write_input(struct proc *proc)
{
    ssize_t n =
        proc->input_len > 0 ? write(proc->in, proc->input, proc->input_len) : 0;

    if (n > 0) {
        proc->input += n;
        proc->input_len -= (size_t)n;
    }
    bool is_stuck = n < 0 && (errno == EAGAIN || errno == EINTR);

    if (!is_stuck && (n < 0 || (proc->input_len == 0 && !proc->keeps_input))) {
        close_fd(&proc->in);
    }
}

/* Read what is there. True when something was. */
static bool read_output(int *fd, struct adl_buf *text)
{
    char bytes[16384];
    ssize_t n = *fd >= 0 ? read(*fd, bytes, sizeof(bytes)) : -1;

    if (*fd < 0 || (n < 0 && (errno == EAGAIN || errno == EINTR))) {
        return false;
    }
    if (n <= 0 || adl_buf_add(text, bytes, (size_t)n) < 0) {
        close_fd(fd);
        return false;
    }
    return true;
}

static void check_end(struct proc *proc)
{
    if (!proc->is_over &&
        waitpid(proc->pid, &proc->wait_status, WNOHANG) == proc->pid) {
        proc->is_over = true;
    }
}

/* Move bytes in both directions, waiting for a moment at most. */
static void turn(struct proc *proc)
{
    bool wants_input =
        proc->in >= 0 && (proc->input_len > 0 || !proc->keeps_input);
    struct pollfd fds[] = {
        {.fd = proc->out, .events = POLLIN},
        {.fd = proc->err, .events = POLLIN},
        {.fd = wants_input ? proc->in : -1, .events = POLLOUT},
    };

    check_end(proc);
    (void)poll(fds, 3, proc->is_over ? 0 : TURN_MS);
    if (fds[2].revents != 0) {
        write_input(proc);
    }
    while (read_output(&proc->out, &proc->out_text)) {
    }
    while (read_output(&proc->err, &proc->err_text)) {
    }
}

static bool take_line(struct proc *proc, char *line, size_t cap, int *err)
{
    const char *text = adl_buf_str(&proc->out_text) + proc->n_lines_read;
    const char *end = strchr(text, '\n');

    if (end == NULL) {
        return false;
    }
    size_t len = (size_t)(end - text);

    proc->n_lines_read += len + 1;
    *err = len < cap ? 0 : -ENOBUFS;
    if (len < cap) {
        memcpy(line, text, len);
        line[len] = '\0';
    }
    return true;
}

int proc_read_line(struct proc *proc, char *line, size_t cap)
{
    int64_t deadline_ms = get_now_ms() + proc->timeout_ms;
    int err = 0;

    while (!take_line(proc, line, cap, &err)) {
        if (proc->out < 0) {
            return -EPIPE;
        }
        if (get_now_ms() >= deadline_ms) {
            return -ETIMEDOUT;
        }
        turn(proc);
    }
    return err;
}

int proc_wait_for_err(struct proc *proc, const char *text)
{
    int64_t deadline_ms = get_now_ms() + proc->timeout_ms;

    while (strstr(adl_buf_str(&proc->err_text), text) == NULL) {
        if (proc->err < 0) {
            return -EPIPE;
        }
        if (get_now_ms() >= deadline_ms) {
            return -ETIMEDOUT;
        }
        turn(proc);
    }
    return 0;
}

int proc_write(struct proc *proc, const char *bytes, size_t len)
{
    int64_t deadline_ms = get_now_ms() + proc->timeout_ms;

    proc->input = bytes;
    proc->input_len = len;
    while (proc->input_len > 0) {
        if (proc->in < 0) {
            return -EPIPE;
        }
        if (get_now_ms() >= deadline_ms) {
            return -ETIMEDOUT;
        }
        turn(proc);
    }
    return 0;
}

void proc_close_input(struct proc *proc)
{
    close_fd(&proc->in);
}

int proc_signal(struct proc *proc, int signum)
{
    check_end(proc);
    return proc->is_over || kill(proc->pid, signum) < 0 ? -ESRCH : 0;
}

bool proc_is_running(struct proc *proc)
{
    check_end(proc);
    return !proc->is_over;
}

static bool wait_for_end(struct proc *proc, unsigned timeout_ms)
{
    int64_t deadline_ms = get_now_ms() + timeout_ms;

    while (!proc->is_over && get_now_ms() < deadline_ms) {
        turn(proc);
    }
    return proc->is_over;
}

static void kill_now(struct proc *proc)
{
    (void)kill(proc->pid, SIGKILL);
    while (waitpid(proc->pid, &proc->wait_status, 0) < 0 && errno == EINTR) {
    }
    proc->is_over = true;
}

static void destroy(struct proc *proc)
{
    close_fd(&proc->in);
    close_fd(&proc->out);
    close_fd(&proc->err);
    adl_buf_finish(&proc->out_text);
    adl_buf_finish(&proc->err_text);
    free(proc);
}

void proc_wait(struct proc *proc, struct proc_result *result)
{
    *result = (struct proc_result){.status = -1};
    proc->keeps_input = false;
    if (!wait_for_end(proc, proc->timeout_ms)) {
        result->is_timed_out = true;
        kill_now(proc);
    }
    turn(proc); /* what it said last */
    if (WIFEXITED(proc->wait_status)) {
        result->status = WEXITSTATUS(proc->wait_status);
    } else {
        result->signal = WTERMSIG(proc->wait_status);
    }
    result->out = proc->out_text;
    result->err = proc->err_text;
    proc->out_text = (struct adl_buf){0};
    proc->err_text = (struct adl_buf){0};
    destroy(proc);
}

void proc_stop(struct proc *proc)
{
    if (proc == NULL) {
        return;
    }
    if (proc_signal(proc, SIGTERM) == 0 &&
        !wait_for_end(proc, STOP_TIMEOUT_MS)) {
        kill_now(proc);
    }
    destroy(proc);
}

int proc_run(struct proc_result *result, const struct proc_options *options)
{
    struct proc *proc = NULL;
    int err = proc_start(&proc, options);

    if (err < 0) {
        *result = (struct proc_result){.status = -1};
        return err;
    }
    proc_wait(proc, result);
    return 0;
}

void proc_result_finish(struct proc_result *result)
{
    adl_buf_finish(&result->out);
    adl_buf_finish(&result->err);
}
