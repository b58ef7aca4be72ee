/* SPDX-License-Identifier: MIT */
/*
 * A pool on a loop of its own, for programs that use the library as anybody's
 * does, and tasks whose running a test can hold up.
 *
 *     bench_open(&b, NULL);
 *     struct asyncdl_future *f = bench_submit(&b, fn, &arg, sizeof(arg));
 *     bench_close(&b);
 */
#ifndef SUPPORT_POOL_H
#define SUPPORT_POOL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <uv.h>

#include "asyncdl/asyncdl.h"

struct bench {
    uv_loop_t loop;
    struct asyncdl_pool *pool; /* NULL once it was joined */
    int n_joined;
};

/* options may be NULL. */
void bench_open(struct bench *b, const struct asyncdl_pool_options *options);

/* Fails the test unless it is accepted. */
struct asyncdl_future *bench_submit(struct bench *b, asyncdl_task_fn fn,
                                    const void *arg, size_t len);

/* Wait for a future, give it back, and return its error. */
int bench_end(struct asyncdl_future *future);

/* The result of a future that is ready, and must have ended so. */
const struct asyncdl_task_result *bench_get(const struct asyncdl_future *future,
                                            int err);

/* The same, once it is. */
const struct asyncdl_task_result *bench_await(struct asyncdl_future *future,
                                              int err);

/* So many, or a tenth of it where a sanitizer makes all of it slow. */
size_t bench_scale(size_t n);

/* Close the pool unless it is, join it, run the loop dry, and fail the test
 * unless the pool was joined once and the loop closes. */
void bench_close(struct bench *b);

/* Holds up tasks: gate_task() runs until the gate is open or it is canceled. */
struct gate {
    uv_mutex_t lock; /* of these three */
    uv_cond_t cond;
    int n_waiting; /* tasks that have arrived */
    int n_passed;
    int is_open;
};

void gate_init(struct gate *gate);
void gate_finish(struct gate *gate);
void gate_open(struct gate *gate);

/* Wait until so many tasks have arrived. */
void gate_await(struct gate *gate, int n);

/* The argument is a struct gate *. Replies nothing. */
int gate_task(struct asyncdl_task *task, const void *arg, size_t len);

/* Replies with its argument. */
int echo_task(struct asyncdl_task *task, const void *arg, size_t len);

#endif
