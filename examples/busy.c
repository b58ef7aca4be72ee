/* SPDX-License-Identifier: MIT */
/*
 * One busy process for each CPU, and then as many busy threads: each prints its
 * process id and counts. Here threads are no slower than processes.
 *
 *     busy [COUNT]
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <asyncdl/asyncdl.h>
#include <uv.h>

#define N_MAX 64

static void count(uint64_t n)
{
    volatile uint64_t i = 0; /* so that it is really counted */

    printf("%ld\n", (long)getpid());
    fflush(stdout);
    while (i < n) {
        i = i + 1;
    }
}

static int count_in_a_process(struct asyncdl_self *self, const void *arg,
                              size_t len)
{
    uint64_t n;

    (void)self;
    memcpy(&n, arg, len);
    count(n);
    return 0;
}

static void count_in_a_thread(void *data)
{
    count(*(const uint64_t *)data);
}

static double get_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int run_processes(unsigned n_cpus, uint64_t n)
{
    struct asyncdl_process_options options = ASYNCDL_PROCESS_OPTIONS_INIT;
    struct asyncdl_process *processes[N_MAX];
    unsigned n_started = 0;

    if (asyncdl_forkserver_open(&options.forkserver) < 0) {
        return 1;
    }
    options.fn = count_in_a_process;
    options.arg = &n;
    options.len = sizeof(n);
    while (n_started < n_cpus &&
           asyncdl_process_start(&processes[n_started], &options) == 0) {
        n_started++;
    }
    for (unsigned i = 0; i < n_started; i++) {
        asyncdl_process_join(processes[i], ASYNCDL_FOREVER);
        asyncdl_process_release(processes[i]);
    }
    asyncdl_forkserver_close(options.forkserver);
    return n_started < n_cpus ? 1 : 0;
}

static int run_threads(unsigned n_cpus, uint64_t n)
{
    uv_thread_t threads[N_MAX];
    unsigned n_started = 0;

    while (n_started < n_cpus &&
           uv_thread_create(&threads[n_started], count_in_a_thread, &n) == 0) {
        n_started++;
    }
    for (unsigned i = 0; i < n_started; i++) {
        uv_thread_join(&threads[i]);
    }
    return n_started < n_cpus ? 1 : 0;
}

int main(int argc, char **argv)
{
    asyncdl_main_hook(); /* first: processes begin here */

    char *end = NULL;
    errno = 0;
    uint64_t n = argc > 1 ? strtoull(argv[1], &end, 10) : 200000000;
    if (argc > 2 || (argc > 1 && strspn(argv[1], "0123456789") == 0) ||
        (end != NULL && *end != '\0') || errno != 0) {
        fprintf(stderr, "usage: busy [COUNT]\n");
        return 2;
    }
    unsigned n_cpus = asyncdl_cpu_count();
    n_cpus = n_cpus < N_MAX ? n_cpus : N_MAX;
    double begin = get_seconds();
    int failed = run_processes(n_cpus, n);
    double middle = get_seconds();
    failed |= run_threads(n_cpus, n);
    printf("%u processes: %.2f s\n%u threads: %.2f s\n", n_cpus, middle - begin,
           n_cpus, get_seconds() - middle);
    if (fflush(stdout) != 0) {
        perror("busy");
        failed = 1;
    }
    return failed;
}
