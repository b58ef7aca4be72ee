/* SPDX-License-Identifier: MIT */
/*
 * A task while its function runs: the same on a thread and in a helper, but for
 * where its result's memory comes from.
 */
#ifndef ADL_POOL_TASK_H
#define ADL_POOL_TASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "asyncdl/task.h"

/* Where results live. */
struct adl_task_memory {
    void *(*reserve)(void *data, size_t len); /* len > 0; NULL: no memory */
    void (*drop)(void *data, void *bytes, size_t len);
    void *data; /* for both */
};

/* What malloc() has; data is NULL. */
extern const struct adl_task_memory adl_task_heap;

/* Frees what came from there: for adl_call.drop. */
void adl_task_heap_free(void *bytes, size_t len);

/* Zero but for what its maker sets. */
struct asyncdl_task {
    struct asyncdl_worker *worker;
    size_t max_result_bytes;
    const struct adl_task_memory *memory;
    const atomic_bool *is_canceled; /* or NULL: it never is */

    void *result; /* of memory, or NULL */
    size_t result_len;
    int reply_err; /* of the last reply */
    char *error;   /* from malloc(), or NULL */
};

/*
 * Run fn, and see to it that what it leaves is consistent: returns the task's
 * error, 0 or negative; result, result_len and error in task are the caller's
 * to take. While it runs adl_task_is_running() is true on this thread.
 */
int adl_task_run(struct asyncdl_task *task, asyncdl_task_fn fn, const void *arg,
                 size_t len);

/* Is this thread inside of a task, an initializer or a finisher? */
bool adl_task_is_running(void);

/* For initializers and finishers. They nest. */
void adl_task_enter(void);
void adl_task_leave(void);

#endif
