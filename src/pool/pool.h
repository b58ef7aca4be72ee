/* SPDX-License-Identifier: MIT */
/*
 * The front of a pool: jobs that wait, those that a backend has, and those that
 * are over and not delivered yet. What makes jobs of tasks (submit, pool_map,
 * pool_imap) stands on this.
 */
#ifndef ADL_POOL_POOL_H
#define ADL_POOL_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "pool/backend.h"

/* What makes jobs as it goes on; the pool is not over before it is. */
struct adl_source {
    struct adl_source *next; /* pool.sources */
    struct adl_source *prev;
    /* In a turn of the loop, after adl_pool_want_turn(). May remove itself. */
    void (*on_turn)(struct adl_source *source);
    /* The pool is terminated: make no more. Its jobs are canceled already. */
    void (*on_terminate)(struct adl_source *source);
};

/*
 * May work be taken? 0, -EPERM, ASYNCDL_ECLOSED, what broke the pool, what the
 * backend says to such a task, and, where it counts, -EAGAIN for a full pool.
 */
int adl_pool_admit(struct asyncdl_pool *pool, asyncdl_task_fn fn,
                   uint64_t timeout_ms, bool counts);

/* Take a job whose calls, timeout_ms, on_over and owner are set. */
void adl_pool_add_job(struct asyncdl_pool *pool, struct adl_job *job);

/* End it with -ECANCELED, as soon as it may; nothing where it is over. */
void adl_pool_cancel_job(struct asyncdl_pool *pool, struct adl_job *job);

void adl_pool_add_source(struct asyncdl_pool *pool, struct adl_source *source);
void adl_pool_remove_source(struct asyncdl_pool *pool,
                            struct adl_source *source);

/* Have sources called in a later turn of the loop. */
void adl_pool_want_turn(struct asyncdl_pool *pool);

/* What broke it, or 0. */
int adl_pool_get_err(const struct asyncdl_pool *pool);

uv_loop_t *adl_pool_get_loop(struct asyncdl_pool *pool);

/* Give back what a call came to, its payload too. */
void adl_pool_finish_call(struct adl_call *call);

#endif
