/* SPDX-License-Identifier: MIT */
/* A pool on a loop, and a row of the diagram for each of its workers. */
#ifndef COMPARE_CREW_H
#define COMPARE_CREW_H

#include <stdbool.h>
#include <sys/types.h>

#include <uv.h>

#include "meter.h"
#include "way.h"

#define CREW_MAX 128 /* workers */

/* What every task of ours begins its reply with. */
struct stint {
    struct meter from;
    struct meter to;
    int64_t pid;
};

struct crew {
    struct run *run;
    struct asyncdl_pool *pool;
    uint64_t opened_ns;
    uint64_t ready_ns; /* the last first task of a worker began; 0: none has */
    bool has_row[CREW_MAX + 1];
    uint64_t rows[CREW_MAX + 1]; /* by the worker's id */
};

/* Zero is a crew whose workers need no preparation. */
struct crew_options {
    asyncdl_worker_init_fn initializer;
    asyncdl_worker_finish_fn finisher;
    const void *init_arg;
    size_t init_len;
};

/* Open a pool of run->n_workers workers on run->backend. 0 or negative. */
int crew_open(struct crew *crew, struct run *run, uv_loop_t *loop,
              const struct crew_options *options);

/*
 * Take down what a task's stint was: its worker's row, and what it waited and
 * worked. Returns the reply, which is at least so long, or NULL, with the run
 * failed.
 */
const void *crew_read(struct crew *crew,
                      const struct asyncdl_task_result *result, size_t len);

/* The row of a worker, of which crew_read() has seen a task. */
uint64_t crew_get_row(const struct crew *crew, unsigned worker);

/* What task number i has replied, and its worker's row. 0 or negative. */
typedef int (*crew_check_fn)(struct run *run, size_t i, const void *reply,
                             uint64_t row);

/* crew_read() each reply of a map, and check it. 0, or the first failure. */
int crew_check(struct crew *crew, struct asyncdl_future *future, size_t len,
               crew_check_fn check);

/* End the workers, and run the loop until they have gone. */
int crew_close(struct crew *crew);

#endif
