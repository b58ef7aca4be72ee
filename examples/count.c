/* SPDX-License-Identifier: MIT */
/*
 * Count with several processes, each of which puts its result on a queue that
 * all share. The program takes every result, and then joins them.
 *
 *     count
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <asyncdl/asyncdl.h>

#define N_PROCESSES 4
#define N_EACH      UINT64_C(1000000)

/* Runs in a process of its own: it has its argument, and the queue. */
static int count(struct asyncdl_self *self, const void *arg, size_t len)
{
    uint64_t first;
    uint64_t sum = 0;

    memcpy(&first, arg, len);
    for (uint64_t i = 0; i < N_EACH; i++) {
        sum += first + i;
    }
    return asyncdl_queue_put(asyncdl_self_get_queue(self, 0), &sum, sizeof(sum),
                             ASYNCDL_FOREVER) < 0;
}

int main(void)
{
    struct asyncdl_process *processes[N_PROCESSES] = {NULL};
    struct asyncdl_process_options options = ASYNCDL_PROCESS_OPTIONS_INIT;
    struct asyncdl_queue *queue;
    struct asyncdl_bytes item;
    uint64_t first = 0;
    uint64_t total = 0;

    asyncdl_main_hook(); /* first: processes begin here */
    if (asyncdl_forkserver_open(&options.forkserver) < 0 ||
        asyncdl_queue_create(&queue, NULL) < 0) {
        return 1;
    }
    options.fn = count;
    options.queues = &queue;
    options.n_queues = 1;
    for (int i = 0; i < N_PROCESSES; i++, first += N_EACH) {
        options.arg = &first;
        options.len = sizeof(first);
        if (asyncdl_process_start(&processes[i], &options) < 0) {
            return 1;
        }
    }
    for (int i = 0; i < N_PROCESSES; i++) {
        uint64_t sum;

        if (asyncdl_queue_get(queue, &item, 60000) < 0) {
            return 1;
        }
        memcpy(&sum, item.data, sizeof(sum));
        asyncdl_bytes_free(&item);
        total += sum;
    }
    for (int i = 0; i < N_PROCESSES; i++) {
        int status = -1;

        asyncdl_process_join(processes[i], ASYNCDL_FOREVER);
        asyncdl_process_get_exit_status(&status, processes[i]);
        printf("process %lld: exit status %d\n",
               (long long)asyncdl_process_get_pid(processes[i]), status);
        asyncdl_process_release(processes[i]);
    }
    asyncdl_queue_release(queue);
    asyncdl_forkserver_close(options.forkserver);
    printf("the sum is %llu\n", (unsigned long long)total);
    if (fflush(stdout) != 0) {
        perror("count");
        return 1;
    }
    return 0;
}
