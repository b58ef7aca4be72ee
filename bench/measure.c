/* SPDX-License-Identifier: MIT */
/*
 * Run a program and append what it took to a file, as one line:
 *
 *     measure FILE PROGRAM ARGUMENT...
 *     wall_s user_s system_s peak_kib exit_status
 *
 * A process starts out with the peak memory of the one that started it, so the
 * one that measures must be small: this one, not an interpreter. Times are of
 * the program and its children, the peak is that of the largest of them.
 */
#define _DEFAULT_SOURCE /* wait4 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double seconds(struct timeval tv)
{
    return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

static int exit_status(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
    struct rusage usage;
    int status;

    if (argc < 3) {
        fprintf(stderr, "usage: measure FILE PROGRAM ARGUMENT...\n");
        return 2;
    }
    double start_s = now_s();
    pid_t pid = fork();

    if (pid == 0) {
        execvp(argv[2], &argv[2]);
        perror(argv[2]);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) < 0) {
        perror("measure");
        return 2;
    }
    double wall_s = now_s() - start_s;
    FILE *out = fopen(argv[1], "a");

    if (out == NULL) {
        perror(argv[1]);
        return 2;
    }
    fprintf(out, "%.6f %.6f %.6f %ld %d\n", wall_s, seconds(usage.ru_utime),
            seconds(usage.ru_stime), usage.ru_maxrss, exit_status(status));
    return fclose(out) == 0 ? 0 : 2;
}
