/* SPDX-License-Identifier: MIT */
/**
 * @file What a pool's workers run, and what a task may do while it runs.
 *
 * A task's function is given its task, which knows its worker. Both belong to
 * the worker: call everything here from inside of the function, the
 * initializer or the finisher, on the thread that it was called on. Pools are
 * in pool.h.
 */
#ifndef ASYNCDL_TASK_H
#define ASYNCDL_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of lock.h and queue.h. */
struct asyncdl_lock;
struct asyncdl_queue;

/** A task that runs, as its function sees it. Valid until that returns. */
struct asyncdl_task;

/** What runs tasks, one at a time. Valid until its finisher has returned. */
struct asyncdl_worker;

/**
 * The work. Runs on a worker, beside the loop and beside other tasks.
 *
 * @param arg  borrowed until it returns; NULL when @p len is 0
 * @return 0, or a negative code, which becomes the error of the task; a
 * positive one is an error of the function and becomes -EINVAL
 */
typedef int (*asyncdl_task_fn)(struct asyncdl_task *task, const void *arg,
                               size_t len);

/**
 * Prepares a worker before its first task, on that worker.
 *
 * @param arg  the options' init_arg, borrowed until it returns
 * @return 0, or a negative code: the pool is then of no use. What waits fails
 * with that code, and so does what is submitted later.
 */
typedef int (*asyncdl_worker_init_fn)(struct asyncdl_worker *worker,
                                      const void *arg, size_t len);

/**
 * Cleans up after a worker's last task, on that worker. Called once for each
 * time that the initializer returned 0 (each time the worker started, where
 * there is none), but not for a helper process that was killed or died.
 */
typedef void (*asyncdl_worker_finish_fn)(struct asyncdl_worker *worker);

/**
 * Copy @p data as the task's result, in place of an earlier one, which @p data
 * must not be part of.
 *
 * @return 0; ASYNCDL_ERESULT for more than max_result_bytes; -ENOMEM. A task
 * whose last reply failed fails with that code even if its function returns 0.
 */
ASYNCDL_API int asyncdl_task_reply(struct asyncdl_task *task, const void *data,
                                   size_t len);

/**
 * Make room for a result of @p len bytes, to be written in place: it is not
 * copied again. The bytes are not initialised. Replaces an earlier result.
 *
 * @return borrowed until the function returns; NULL where asyncdl_task_reply()
 * would have failed, and for 0 bytes
 */
ASYNCDL_API void *asyncdl_task_reserve(struct asyncdl_task *task, size_t len);

/**
 * Say in words what went wrong; copied. Without it the result's error is the
 * text of its code. Does nothing for a task that then succeeds.
 *
 * @return 0 or -ENOMEM
 */
ASYNCDL_API int asyncdl_task_explain(struct asyncdl_task *task,
                                     const char *text);

/**
 * @return whether nobody waits for the task any more: a long one looks from
 * time to time, and returns. A helper process is killed instead and never sees
 * it.
 */
ASYNCDL_API bool asyncdl_task_is_canceled(const struct asyncdl_task *task);

/** @return borrowed: the worker that runs the task */
ASYNCDL_API struct asyncdl_worker *asyncdl_task_worker(
    struct asyncdl_task *task);

/** Keep @p data with the worker, for its tasks and its finisher. */
ASYNCDL_API void asyncdl_worker_set_data(struct asyncdl_worker *worker,
                                         void *data);

/** @return what asyncdl_worker_set_data() has set, NULL before */
ASYNCDL_API void *asyncdl_worker_get_data(const struct asyncdl_worker *worker);

/** @return 1 to n_workers; a helper that replaces another has its number */
ASYNCDL_API unsigned asyncdl_worker_get_id(const struct asyncdl_worker *worker);

/** @return "worker-1" and so on; borrowed, as long as the worker lives */
ASYNCDL_API const char *asyncdl_worker_get_name(
    const struct asyncdl_worker *worker);

/** @return borrowed: the options' queues[i], or NULL past the last */
ASYNCDL_API struct asyncdl_queue *asyncdl_worker_get_queue(
    const struct asyncdl_worker *worker, size_t i);

/** @return borrowed: the options' locks[i], or NULL past the last */
ASYNCDL_API struct asyncdl_lock *asyncdl_worker_get_lock(
    const struct asyncdl_worker *worker, size_t i);

/** How a task ended. Lives as long as its future. */
struct asyncdl_task_result {
    int err;           /**< 0, or why it failed */
    unsigned worker;   /**< the id of its worker; 0: it never had one */
    const char *error; /**< one line; NULL when err is 0 */
    const void *data;  /**< what it replied, also when it failed; or NULL */
    size_t len;        /**< bytes of that */
    int exit_status;   /**< ASYNCDL_EDIED: of the helper, when it exited */
    int term_signal;   /**< ASYNCDL_EDIED: that ended the helper, or 0 */
    uint64_t wait_ns;  /**< from its acceptance until it ran */
    uint64_t run_ns;   /**< in its function */
};

#ifdef __cplusplus
}
#endif

#endif
