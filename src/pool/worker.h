/* SPDX-License-Identifier: MIT */
/* A worker as its tasks see it: the same on a thread and in a helper. */
#ifndef ADL_POOL_WORKER_H
#define ADL_POOL_WORKER_H

#include <stddef.h>

#include "asyncdl/task.h"

struct asyncdl_worker {
    unsigned id; /* from 1 */
    char name[24];
    void *data;                          /* the user's */
    struct asyncdl_queue *const *queues; /* borrowed, as locks */
    size_t n_queues;
    struct asyncdl_lock *const *locks;
    size_t n_locks;
};

/* queues and locks are then the caller's to set. */
void adl_worker_init(struct asyncdl_worker *worker, unsigned id);

#endif
