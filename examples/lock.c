/* SPDX-License-Identifier: MIT */
/*
 * Several processes print lines to one output, a few letters at a time: first
 * as they like, then one line at a time by a lock that they share.
 *
 *     lock
 */
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <asyncdl/asyncdl.h>

#define N_PROCESSES 4
#define N_LINES     200

/* Runs in a process of its own. The lock is there in the second run only. */
static int print(struct asyncdl_self *self, const void *arg, size_t len)
{
    struct asyncdl_lock *lock = asyncdl_self_get_lock(self, 0);
    const char *line = arg;
    struct asyncdl_bytes none;

    /* Nothing comes but the end, and for all at once: a starting gun. */
    (void)asyncdl_queue_get(asyncdl_self_get_queue(self, 0), &none,
                            ASYNCDL_FOREVER);
    for (int i = 0; i < N_LINES; i++) {
        if (lock != NULL && asyncdl_lock_acquire(lock, ASYNCDL_FOREVER) < 0) {
            return 1; /* also where another died in the middle of its line */
        }
        for (size_t k = 0; k < len; k += 8) {
            if (write(STDOUT_FILENO, line + k, len - k < 8 ? len - k : 8) < 0) {
                return 1;
            }
            sched_yield(); /* others are as busy */
        }
        if (lock != NULL) {
            asyncdl_lock_release(lock);
        }
    }
    return 0;
}

static double get_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int run(struct asyncdl_process_options *options)
{
    struct asyncdl_process *processes[N_PROCESSES];
    struct asyncdl_queue *gun;
    int n_failed = 0;

    if (asyncdl_queue_create(&gun, NULL) < 0) {
        return 1;
    }
    options->queues = &gun;
    options->n_queues = 1;
    for (int i = 0; i < N_PROCESSES; i++) {
        char line[64];

        options->arg = line;
        options->len = (size_t)snprintf(
            line, sizeof(line), "process %d prints this line as a whole\n", i);
        if (asyncdl_process_start(&processes[i], options) < 0) {
            return 1;
        }
    }
    double begin = get_seconds();
    asyncdl_queue_close(gun);
    for (int i = 0; i < N_PROCESSES; i++) {
        int status = -1;

        asyncdl_process_join(processes[i], ASYNCDL_FOREVER);
        asyncdl_process_get_exit_status(&status, processes[i]);
        asyncdl_process_release(processes[i]);
        n_failed += status != 0;
    }
    asyncdl_queue_release(gun);
    printf("%s the lock: %.3f s\n", options->n_locks > 0 ? "with" : "without",
           get_seconds() - begin);
    fflush(stdout);
    return n_failed;
}

int main(void)
{
    struct asyncdl_process_options options = ASYNCDL_PROCESS_OPTIONS_INIT;
    struct asyncdl_lock *lock;

    asyncdl_main_hook(); /* first: processes begin here */
    if (asyncdl_forkserver_open(&options.forkserver) < 0 ||
        asyncdl_lock_create(&lock) < 0) {
        return 1;
    }
    options.fn = print;
    int n_failed = run(&options);
    options.locks = &lock;
    options.n_locks = 1;
    n_failed += run(&options);
    asyncdl_lock_destroy(lock);
    asyncdl_forkserver_close(options.forkserver);
    return n_failed > 0 ? 1 : 0;
}
