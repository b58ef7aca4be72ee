/* SPDX-License-Identifier: MIT */
/*
 * A worker is a work item of libuv's threadpool that takes jobs off a queue
 * until that is empty, or until its slice of time is over: then it gives the
 * thread back, stands in libuv's queue again behind what others have put there,
 * and goes on. One work item for each task would cost a round through the loop
 * for each, and without slices a busy pool would keep its threads for good.
 *
 * What is done lies in a list, which the loop empties when a work item ends,
 * or, while it goes on, when the async handle wakes it. That handle keeps no
 * loop alive: the work items do.
 */
#include "pool/threads.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "asyncdl/error.h"
#include "pool/task.h"
#include "pool/worker.h"

/* Jobs in the queue here; the others stay in the front's. Enough to be busy
 * until the loop has seen that some are done. */
#define AHEAD    1024
#define SLICE_NS UINT64_C(1000000)

struct threads;

struct slot {
    uv_work_t work;
    struct asyncdl_worker worker; /* of the thread that runs it, by turns */
    struct threads *threads;
    struct slot *next; /* threads.idle, or those about to be called */
    bool is_up;        /* initialised, and not finished yet */
    uint64_t n_tasks;  /* since then */
};

struct threads {
    struct adl_backend backend; /* first */
    struct adl_backend_host *host;
    const struct asyncdl_pool_options *options;
    uv_async_t wakeup;

    uv_mutex_t lock; /* of these six */
    struct adl_job *queue;
    size_t n_queue;
    size_t n_coming; /* workers called, and not at work yet */
    struct adl_job *done;
    int broken_err; /* what the first initializer that failed said, or 0 */
    char *broken_text;

    struct slot *idle;
    size_t n_held; /* jobs started and not given back */
    size_t n_busy; /* slots that libuv has */
    bool is_closing;
    bool is_closed; /* as good as: only the handle is left */
    void (*on_closed)(void *data);
    void *closed_data;
    struct slot slots[];
};

static void finish_worker(struct slot *slot)
{
    const struct asyncdl_pool_options *options = slot->threads->options;

    if (slot->is_up && options->finisher != NULL) {
        adl_task_enter();
        options->finisher(&slot->worker);
        adl_task_leave();
    }
    slot->is_up = false;
}

static bool needs_start(const struct slot *slot)
{
    uint64_t limit = slot->threads->options->n_tasks_per_worker;

    return !slot->is_up || (limit > 0 && slot->n_tasks >= limit);
}

/* 0 or what the initializer said. */
static int start_worker(struct slot *slot)
{
    const struct asyncdl_pool_options *options = slot->threads->options;
    int err = 0;

    finish_worker(slot);
    slot->worker.data = NULL;
    slot->n_tasks = 0;
    if (options->initializer != NULL) {
        adl_task_enter();
        err = options->initializer(&slot->worker, options->init_arg,
                                   options->init_len);
        adl_task_leave();
    }
    if (err > 0) {
        err = -EINVAL;
    }
    slot->is_up = err == 0;
    return err;
}

static void tell_broken(struct slot *slot, int err)
{
    struct threads *threads = slot->threads;
    char text[128];

    (void)snprintf(text, sizeof(text), "initializer of %s: %s",
                   slot->worker.name, asyncdl_strerror(err));
    uv_mutex_lock(&threads->lock);
    if (threads->broken_err == 0) {
        threads->broken_err = err;
        threads->broken_text = strdup(text);
    }
    uv_mutex_unlock(&threads->lock);
}

/* Returns the time when it was done. */
static uint64_t run_call(struct slot *slot, const struct adl_job *job,
                         struct adl_call *call, uint64_t now_ns)
{
    struct asyncdl_task task = {
        .worker = &slot->worker,
        .max_result_bytes = slot->threads->options->max_result_bytes,
        .memory = &adl_task_heap,
        .is_canceled = &job->is_canceled,
    };
    struct asyncdl_task_result *result = call->result;

    result->worker = slot->worker.id;
    result->wait_ns = now_ns - job->accepted_ns;
    result->err = adl_task_run(&task, call->fn, call->arg.data, call->arg.len);
    result->data = task.result;
    result->len = task.result_len;
    call->drop = adl_task_heap_free;
    call->error = task.error;
    slot->n_tasks++;
    uint64_t end_ns = uv_hrtime();
    result->run_ns = end_ns - now_ns;
    return end_ns;
}

static uint64_t run_job(struct slot *slot, struct adl_job *job)
{
    uint64_t now_ns = uv_hrtime();
    int err = 0; /* of the initializer */

    for (size_t i = 0; i < job->n_calls; i++) {
        struct adl_call *call = &job->calls[i];

        if (atomic_load_explicit(&job->is_canceled, memory_order_relaxed)) {
            call->result->err = -ECANCELED;
            continue;
        }
        if (err == 0 && needs_start(slot)) {
            err = start_worker(slot);
            now_ns = uv_hrtime();
        }
        if (err == 0) {
            now_ns = run_call(slot, job, call, now_ns);
        } else {
            tell_broken(slot, err);
            call->result->err = err;
        }
    }
    return now_ns;
}

/* With the lock held. NULL where there is nothing to be run. */
static struct adl_job *take_job(struct threads *threads)
{
    if (threads->broken_err < 0) {
        return NULL; /* the loop fails what is there */
    }

    struct adl_job *job = threads->queue;
    if (job != NULL) {
        DL_DELETE2(threads->queue, job, queue_prev, queue_next);
        threads->n_queue--;
    }
    return job;
}

/* Put a job to those that are done, and take the next, if it is to go on. */
static struct adl_job *swap_job(struct threads *threads, struct adl_job *done,
                                bool goes_on)
{
    struct adl_job *next = NULL;

    uv_mutex_lock(&threads->lock);
    DL_APPEND2(threads->done, done, queue_prev, queue_next);
    if (goes_on) {
        next = take_job(threads);
    }
    uv_mutex_unlock(&threads->lock);
    return next;
}

static void on_work(uv_work_t *work)
{
    struct slot *slot = work->data;
    struct threads *threads = slot->threads;
    uint64_t until_ns = uv_hrtime() + SLICE_NS;

    uv_mutex_lock(&threads->lock);
    threads->n_coming--;
    struct adl_job *job = take_job(threads);
    uv_mutex_unlock(&threads->lock);
    while (job != NULL) {
        uint64_t now_ns = run_job(slot, job);

        job = swap_job(threads, job, now_ns < until_ns);
        if (job != NULL) {
            (void)uv_async_send(&threads->wakeup); /* cannot fail */
        }
    }
}

static void on_work_done(uv_work_t *work, int status);

/*
 * Queue a job, unless it is NULL, and have libuv run idle workers, one for each
 * job that none is coming for. One that came too early would find nothing, and
 * not be called again before the loop has seen it go.
 */
static void call_workers(struct threads *threads, struct adl_job *added)
{
    struct slot *called = NULL;

    uv_mutex_lock(&threads->lock);
    if (added != NULL) {
        DL_APPEND2(threads->queue, added, queue_prev, queue_next);
        threads->n_queue++;
    }
    while (threads->idle != NULL && threads->n_coming < threads->n_queue) {
        struct slot *slot = threads->idle;

        LL_DELETE(threads->idle, slot);
        LL_PREPEND(called, slot);
        threads->n_coming++;
    }
    uv_mutex_unlock(&threads->lock);
    while (called != NULL) {
        struct slot *slot = called;

        LL_DELETE(called, slot);
        threads->n_busy++;
        /* Fails only without a callback. */
        (void)uv_queue_work(threads->host->loop, &slot->work, on_work,
                            on_work_done);
    }
}

static void fail_queue(struct threads *threads, int err)
{
    struct adl_job *job;

    uv_mutex_lock(&threads->lock);
    DL_FOREACH2(threads->queue, job, queue_next)
    {
        for (size_t i = 0; i < job->n_calls; i++) {
            job->calls[i].result->err = err;
        }
    }
    DL_CONCAT2(threads->done, threads->queue, queue_prev, queue_next);
    threads->queue = NULL;
    threads->n_queue = 0;
    uv_mutex_unlock(&threads->lock);
}

/* Give back what is done. */
static void drain(struct threads *threads)
{
    uv_mutex_lock(&threads->lock);
    int broken_err = threads->broken_err;
    uv_mutex_unlock(&threads->lock);

    if (broken_err < 0) {
        fail_queue(threads, broken_err);
        threads->host->on_broken(threads->host, broken_err,
                                 threads->broken_text);
    }
    uv_mutex_lock(&threads->lock);
    struct adl_job *done = threads->done;
    threads->done = NULL;
    uv_mutex_unlock(&threads->lock);
    if (done == NULL) {
        return;
    }
    threads->host->hold(threads->host);
    while (done != NULL) {
        struct adl_job *job = done;

        DL_DELETE2(done, job, queue_prev, queue_next);
        threads->n_held--;
        threads->host->on_done(threads->host, job);
    }
    threads->host->release(threads->host);
}

static void on_wakeup(uv_async_t *async)
{
    drain(async->data);
}

static void on_wakeup_closed(uv_handle_t *handle)
{
    struct threads *threads = handle->data;
    void (*on_closed)(void *data) = threads->on_closed;
    void *data = threads->closed_data;

    uv_mutex_destroy(&threads->lock);
    free(threads->broken_text);
    free(threads);
    on_closed(data);
}

static void close_next(struct threads *threads);

static void on_finish(uv_work_t *work)
{
    finish_worker(work->data);
}

static void on_finish_done(uv_work_t *work, int status)
{
    struct slot *slot = work->data;
    struct threads *threads = slot->threads;

    (void)status; /* never canceled */
    threads->n_busy--;
    close_next(threads);
}

static void finish_workers(struct threads *threads)
{
    if (threads->options->finisher == NULL) {
        return;
    }
    for (uint32_t i = 0; i < threads->backend.n_workers; i++) {
        struct slot *slot = &threads->slots[i];

        if (slot->is_up) {
            threads->n_busy++;
            (void)uv_queue_work(threads->host->loop, &slot->work, on_finish,
                                on_finish_done);
        }
    }
}

/* No job is left. Once no thread is at work: finish, then close the handle. */
static void close_next(struct threads *threads)
{
    if (!threads->is_closing || threads->is_closed || threads->n_busy > 0) {
        return;
    }
    finish_workers(threads);
    if (threads->n_busy == 0) {
        threads->is_closed = true;
        uv_close((uv_handle_t *)&threads->wakeup, on_wakeup_closed);
    }
}

static void on_work_done(uv_work_t *work, int status)
{
    struct slot *slot = work->data;
    struct threads *threads = slot->threads;

    (void)status; /* canceled or not: what the queue says counts */
    LL_PREPEND(threads->idle, slot);
    threads->n_busy--;
    drain(threads);
    call_workers(threads, NULL);
    close_next(threads);
}

static int check(struct adl_backend *backend, asyncdl_task_fn fn,
                 uint64_t timeout_ms)
{
    (void)backend;
    (void)fn;
    return timeout_ms > 0 ? -ENOTSUP : 0;
}

static bool has_room(struct adl_backend *backend)
{
    const struct threads *threads = (const struct threads *)backend;

    return threads->n_held < backend->n_workers + AHEAD;
}

static void start(struct adl_backend *backend, struct adl_job *job)
{
    struct threads *threads = (struct threads *)backend;

    threads->n_held++;
    call_workers(threads, job);
}

/* One that runs has seen is_canceled, or will never look. */
static void cancel(struct adl_backend *backend, struct adl_job *job)
{
    struct threads *threads = (struct threads *)backend;
    struct adl_job *found;

    uv_mutex_lock(&threads->lock);
    DL_FOREACH2(threads->queue, found, queue_next)
    {
        if (found == job) {
            DL_DELETE2(threads->queue, job, queue_prev, queue_next);
            threads->n_queue--;
            break;
        }
    }
    uv_mutex_unlock(&threads->lock);
    if (found == job) {
        threads->n_held--;
        threads->host->on_done(threads->host, job);
    }
}

static void close_threads(struct adl_backend *backend,
                          void (*on_closed)(void *data), void *data)
{
    struct threads *threads = (struct threads *)backend;

    threads->is_closing = true;
    threads->on_closed = on_closed;
    threads->closed_data = data;
    close_next(threads);
}

static const struct adl_backend_ops ops = {
    .check = check,
    .has_room = has_room,
    .start = start,
    .cancel = cancel,
    .close = close_threads,
};

static void init_slots(struct threads *threads)
{
    const struct asyncdl_pool_options *options = threads->options;

    for (uint32_t i = options->n_workers; i > 0; i--) { /* 1 comes first */
        struct slot *slot = &threads->slots[i - 1];

        adl_worker_init(&slot->worker, i);
        slot->worker.queues = options->queues;
        slot->worker.n_queues = options->n_queues;
        slot->worker.locks = options->locks;
        slot->worker.n_locks = options->n_locks;
        slot->threads = threads;
        slot->work.data = slot;
        LL_PREPEND(threads->idle, slot);
    }
}

int adl_threads_open(struct adl_backend **out, struct adl_backend_host *host,
                     const struct asyncdl_pool_options *options)
{
    struct threads *threads =
        calloc(1, sizeof(*threads) + options->n_workers * sizeof(struct slot));

    if (threads == NULL) {
        return -ENOMEM;
    }
    threads->backend.ops = &ops;
    threads->backend.n_workers = options->n_workers;
    threads->host = host;
    threads->options = options;
    init_slots(threads);
    int err = uv_mutex_init(&threads->lock);
    if (err < 0) {
        free(threads);
        return err;
    }
    err = uv_async_init(host->loop, &threads->wakeup, on_wakeup);
    if (err < 0) {
        uv_mutex_destroy(&threads->lock);
        free(threads);
        return err;
    }
    threads->wakeup.data = threads;
    uv_unref((uv_handle_t *)&threads->wakeup);
    *out = &threads->backend;
    return 0;
}
