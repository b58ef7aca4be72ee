/* SPDX-License-Identifier: MIT */
#include "support/victim.h"

#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

_Noreturn void victim_fail(const char *what, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: in a child: %s is false\n", file, line, what);
    abort();
}

pid_t victim_fork(victim_fn work, void *data)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid != 0) {
        assert_true(pid > 0);
        return pid;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent) {
        work(data);
    }
    _exit(0);
}

int victim_wait(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void victim_kill(pid_t pid)
{
    (void)kill(pid, SIGKILL); /* it may have ended */
    int status = victim_wait(pid);
    assert_true(status == -SIGKILL || status == 0);
}

/* The letter of its state in /proc, or 0. */
static char get_state(pid_t pid)
{
    char path[64];
    char text[512];

    (void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return 0;
    }
    size_t n = fread(text, 1, sizeof(text) - 1, file);
    (void)fclose(file);
    text[n] = '\0';
    const char *end = strrchr(text, ')');
    return end != NULL && end[1] == ' ' ? end[2] : 0;
}

void victim_wait_until_asleep(pid_t pid)
{
    for (;;) {
        char state = get_state(pid);

        if (state == 'S' || state == 'Z' || state == 0) {
            return;
        }
        (void)sched_yield();
    }
}

struct traced {
    victim_fn work;
    void *data;
};

static void be_traced(void *data)
{
    struct traced *traced = data;

    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0) {
        _exit(1);
    }
    (void)raise(SIGSTOP);
    traced->work(traced->data);
}

/* Kill a child after that many steps; how many it has made. */
static unsigned long run(const struct victim_trial *trial, unsigned long limit)
{
    struct traced traced = {trial->work, trial->data};
    unsigned long n = 0;
    int status;

    if (trial->setup != NULL) {
        trial->setup(trial->data);
    }
    pid_t pid = victim_fork(be_traced, &traced);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    while (WIFSTOPPED(status) && n < limit) {
        assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        n++;
    }
    if (WIFSTOPPED(status)) {
        victim_kill(pid);
    } else if (n > 0) {
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    if (n > 0) {
        trial->check(trial->data);
    }
    return n;
}

unsigned victim_kill_in_each_step(const struct victim_trial *trial,
                                  unsigned long n_steps)
{
    unsigned long n_all = run(trial, ULONG_MAX);
    unsigned long gap = 1 + n_all / 2 * n_all / n_steps;
    unsigned n_killed = 0;

    for (unsigned long n = 1; n < n_all; n += gap) {
        (void)run(trial, n);
        n_killed++;
    }
    return n_killed;
}
