/* SPDX-License-Identifier: MIT */
#include "pool/task.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asyncdl/error.h"

/* It belongs to the thread, so that a pool can tell a call from its loop from
 * one that a task made. */
static _Thread_local unsigned int task_depth;

static void *reserve_heap(void *data, size_t len)
{
    (void)data;
    return malloc(len);
}

static void drop_heap(void *data, void *bytes, size_t len)
{
    (void)data;
    adl_task_heap_free(bytes, len);
}

const struct adl_task_memory adl_task_heap = {
    .reserve = reserve_heap,
    .drop = drop_heap,
};

void adl_task_heap_free(void *bytes, size_t len)
{
    (void)len;
    free(bytes);
}

bool adl_task_is_running(void)
{
    return task_depth > 0;
}

void adl_task_enter(void)
{
    task_depth++;
}

void adl_task_leave(void)
{
    assert(task_depth > 0);
    task_depth--;
}

static void drop_result(struct asyncdl_task *task)
{
    if (task->result != NULL) {
        task->memory->drop(task->memory->data, task->result, task->result_len);
    }
    task->result = NULL;
    task->result_len = 0;
}

static int reserve(struct asyncdl_task *task, size_t len)
{
    drop_result(task);
    if (len > task->max_result_bytes) {
        return ASYNCDL_ERESULT;
    }
    if (len > PTRDIFF_MAX) {
        return -ENOMEM; /* what no object can have */
    }
    if (len == 0) {
        return 0;
    }
    task->result = task->memory->reserve(task->memory->data, len);
    if (task->result == NULL) {
        return -ENOMEM;
    }
    task->result_len = len;
    return 0;
}

void *asyncdl_task_reserve(struct asyncdl_task *task, size_t len)
{
    task->reply_err = reserve(task, len);
    return task->result;
}

int asyncdl_task_reply(struct asyncdl_task *task, const void *data, size_t len)
{
    task->reply_err = reserve(task, len);
    if (task->result != NULL) {
        memcpy(task->result, data, len);
    }
    return task->reply_err;
}

int asyncdl_task_explain(struct asyncdl_task *task, const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL) {
        return -ENOMEM;
    }
    free(task->error);
    task->error = copy;
    return 0;
}

bool asyncdl_task_is_canceled(const struct asyncdl_task *task)
{
    /* A hint that guards nothing: relaxed is enough. */
    return task->is_canceled != NULL &&
           atomic_load_explicit(task->is_canceled, memory_order_relaxed);
}

struct asyncdl_worker *asyncdl_task_worker(struct asyncdl_task *task)
{
    return task->worker;
}

int adl_task_run(struct asyncdl_task *task, asyncdl_task_fn fn, const void *arg,
                 size_t len)
{
    adl_task_enter();
    int err = fn(task, len > 0 ? arg : NULL, len);
    adl_task_leave();
    if (err > 0) {
        err = -EINVAL;
    }
    if (err == 0) {
        err = task->reply_err;
    }
    if (err == 0) {
        free(task->error);
        task->error = NULL;
    }
    return err;
}
