/* SPDX-License-Identifier: MIT */
/*
 * A job is waiting, then started (the backend has it), then over. It is
 * delivered, by its on_over, from the loop only: where it came to be over
 * inside of a call of the user's, or while others are delivered, an idle handle
 * makes another turn for it.
 *
 * A pool ends in steps: it is closed; no job and no source is left; the backend
 * ends its workers; the idle handle is closed; its memory goes.
 */
#include "pool/pool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "asyncdl/error.h"
#include "asyncdl/payload.h"
#include "pool/pool_options.h"
#include "pool/processes.h"
#include "pool/task.h"
#include "pool/threads.h"
#include "task/future.h"

struct asyncdl_pool {
    struct adl_backend_host host; /* first: the backend gives it back */
    struct adl_backend *backend;  /* gone before on_joined */
    uint32_t n_workers;
    struct asyncdl_pool_options options;
    uv_idle_t turn; /* runs while something is to be done in another turn */
    struct adl_job *waiting;
    struct adl_job *started;
    struct adl_job *over;
    struct adl_source *sources;
    size_t n_pending;    /* tasks accepted and not over */
    size_t n_counted;    /* those of them that max_queued counts */
    unsigned n_inside;   /* calls of ours that must not deliver */
    bool is_source_turn; /* sources are to be called */
    bool was_refused;    /* a task, for want of room */
    asyncdl_room_cb on_room;
    void *room_data;
    bool is_closed;
    bool is_terminated;
    bool is_joining;
    bool is_ending;    /* the backend is being closed */
    int broken_err;    /* 0: it works */
    char *broken_text; /* or NULL */
    asyncdl_joined_cb on_joined;
    void *joined_data;
};

static void deliver(struct asyncdl_pool *pool);

static void on_turn(uv_idle_t *idle)
{
    deliver(idle->data);
}

static void want_turn(struct asyncdl_pool *pool)
{
    if (!uv_is_closing((uv_handle_t *)&pool->turn)) {
        (void)uv_idle_start(&pool->turn, on_turn); /* cannot fail */
    }
}

void adl_pool_want_turn(struct asyncdl_pool *pool)
{
    pool->is_source_turn = true;
    want_turn(pool);
}

int adl_pool_get_err(const struct asyncdl_pool *pool)
{
    return pool->broken_err;
}

uv_loop_t *adl_pool_get_loop(struct asyncdl_pool *pool)
{
    return pool->host.loop;
}

void adl_pool_finish_call(struct adl_call *call)
{
    if (call->result->data != NULL) {
        call->drop((void *)call->result->data, call->result->len);
        call->result->data = NULL;
    }
    free(call->error);
    call->error = NULL;
    asyncdl_payload_release(call->payload);
    call->payload = NULL;
}

static void fail_call(struct adl_call *call, int err, const char *text)
{
    adl_pool_finish_call(call);
    call->result->len = 0;
    call->result->err = err;
    if (text != NULL) {
        call->error = strdup(text); /* without, it is the code's text */
    }
}

static void fail_job(struct adl_job *job, int err, const char *text)
{
    for (size_t i = 0; i < job->n_calls; i++) {
        fail_call(&job->calls[i], err, text);
    }
}

/* From its list to those that are over. */
static void add_over(struct asyncdl_pool *pool, struct adl_job *job)
{
    job->state = ADL_JOB_OVER;
    DL_APPEND(pool->over, job);
    if (pool->n_inside > 0) {
        want_turn(pool);
    }
}

static void fail_waiting(struct asyncdl_pool *pool, int err, const char *text)
{
    while (pool->waiting != NULL) {
        struct adl_job *job = pool->waiting;

        DL_DELETE(pool->waiting, job);
        fail_job(job, err, text);
        add_over(pool, job);
    }
}

static void dispatch(struct asyncdl_pool *pool)
{
    const struct adl_backend_ops *ops = pool->backend->ops;

    pool->n_inside++;
    if (pool->broken_err < 0) {
        fail_waiting(pool, pool->broken_err, pool->broken_text);
    }
    while (pool->waiting != NULL && ops->has_room(pool->backend)) {
        struct adl_job *job = pool->waiting;

        DL_DELETE(pool->waiting, job);
        DL_APPEND(pool->started, job);
        job->state = ADL_JOB_STARTED;
        ops->start(pool->backend, job);
    }
    pool->n_inside--;
}

/* What the user sees of a call: its last word. */
static void settle(const struct adl_job *job, struct adl_call *call)
{
    struct asyncdl_task_result *result = call->result;

    if (atomic_load_explicit(&job->is_canceled, memory_order_relaxed)) {
        fail_call(call, -ECANCELED, NULL);
    }
    if (result->err < 0) {
        result->error =
            call->error != NULL ? call->error : asyncdl_strerror(result->err);
    }
    asyncdl_payload_release(call->payload); /* the user may want the memory */
    call->payload = NULL;
}

static void deliver_job(struct asyncdl_pool *pool, struct adl_job *job)
{
    for (size_t i = 0; i < job->n_calls; i++) {
        settle(job, &job->calls[i]);
    }
    pool->n_pending -= job->n_calls;
    pool->n_counted -= job->is_uncounted ? 0 : job->n_calls;
    job->state = ADL_JOB_IDLE;
    job->on_over(job); /* may free it */
}

static void call_sources(struct asyncdl_pool *pool)
{
    struct adl_source *source;
    struct adl_source *next;

    pool->is_source_turn = false;
    DL_FOREACH_SAFE (pool->sources, source, next) {
        source->on_turn(source);
    }
}

static void tell_room(struct asyncdl_pool *pool)
{
    if (!pool->was_refused || pool->on_room == NULL || pool->is_closed ||
        pool->n_counted > pool->options.max_queued / 2 + pool->n_workers) {
        return;
    }
    pool->was_refused = false;
    adl_future_enter_callback();
    pool->on_room(pool, pool->room_data);
    adl_future_leave_callback();
}

static void on_turn_closed(uv_handle_t *handle)
{
    struct asyncdl_pool *pool = handle->data;
    asyncdl_joined_cb on_joined = pool->on_joined;
    void *data = pool->joined_data;

    adl_pool_options_finish(&pool->options);
    free(pool->broken_text);
    free(pool);
    if (on_joined != NULL) {
        adl_future_enter_callback();
        on_joined(data);
        adl_future_leave_callback();
    }
}

static void on_backend_closed(void *data)
{
    struct asyncdl_pool *pool = data;

    uv_close((uv_handle_t *)&pool->turn, on_turn_closed);
}

static void end_if_over(struct asyncdl_pool *pool)
{
    if (!pool->is_joining || pool->is_ending || pool->n_pending > 0 ||
        pool->sources != NULL) {
        return;
    }
    pool->is_ending = true;
    pool->backend->ops->close(pool->backend, on_backend_closed, pool);
}

/*
 * Deliver what is over by now, and go on. What comes to be over meanwhile waits
 * for another turn, so that a user who submits what fails at once does not hold
 * the loop.
 */
static void deliver(struct asyncdl_pool *pool)
{
    struct adl_job *over = pool->over;

    (void)uv_idle_stop(&pool->turn); /* cannot fail; this is the turn */
    pool->over = NULL;
    pool->n_inside++;
    while (over != NULL) {
        struct adl_job *job = over;

        DL_DELETE(over, job);
        deliver_job(pool, job);
    }
    if (pool->is_source_turn) {
        call_sources(pool);
    }
    tell_room(pool);
    pool->n_inside--;
    dispatch(pool);
    end_if_over(pool);
}

static void on_job_done(struct adl_backend_host *host, struct adl_job *job)
{
    struct asyncdl_pool *pool = (struct asyncdl_pool *)host;

    assert(job->state == ADL_JOB_STARTED);
    DL_DELETE(pool->started, job);
    add_over(pool, job);
    if (pool->n_inside == 0) {
        deliver(pool);
    }
}

static void on_hold(struct adl_backend_host *host)
{
    struct asyncdl_pool *pool = (struct asyncdl_pool *)host;

    pool->n_inside++;
}

static void on_release(struct adl_backend_host *host)
{
    struct asyncdl_pool *pool = (struct asyncdl_pool *)host;

    pool->n_inside--;
    if (pool->n_inside == 0) {
        deliver(pool);
    }
}

static void on_backend_room(struct adl_backend_host *host)
{
    struct asyncdl_pool *pool = (struct asyncdl_pool *)host;

    if (pool->n_inside == 0) {
        dispatch(pool);
    } else {
        want_turn(pool);
    }
}

static void on_broken(struct adl_backend_host *host, int err, const char *text)
{
    struct asyncdl_pool *pool = (struct asyncdl_pool *)host;

    if (pool->broken_err < 0) {
        return; /* the first one says it */
    }
    pool->broken_err = err;
    pool->broken_text = text != NULL ? strdup(text) : NULL;
    want_turn(pool);
}

static int open_backend(struct asyncdl_pool *pool)
{
    switch (pool->options.backend) {
    case ASYNCDL_POOL_THREADS:
        return adl_threads_open(&pool->backend, &pool->host, &pool->options);
    case ASYNCDL_POOL_PROCESSES:
        return adl_processes_open(&pool->backend, &pool->host, &pool->options);
    default:
        return ASYNCDL_ENOTBUILT;
    }
}

int asyncdl_pool_open(struct asyncdl_pool **out, struct uv_loop_s *loop,
                      const struct asyncdl_pool_options *options)
{
    struct asyncdl_pool *pool = calloc(1, sizeof(*pool));

    if (pool == NULL) {
        return -ENOMEM;
    }
    pool->host = (struct adl_backend_host){
        .loop = loop,
        .on_done = on_job_done,
        .hold = on_hold,
        .release = on_release,
        .on_room = on_backend_room,
        .on_broken = on_broken,
    };
    int err =
        adl_pool_options_init(&pool->options, options, asyncdl_cpu_count());
    if (err == 0) {
        err = open_backend(pool);
    }
    if (err < 0) {
        adl_pool_options_finish(&pool->options);
        free(pool);
        return err;
    }
    pool->n_workers = pool->backend->n_workers;
    (void)uv_idle_init(loop, &pool->turn); /* cannot fail */
    pool->turn.data = pool;
    *out = pool;
    return 0;
}

bool asyncdl_pool_is_full(const struct asyncdl_pool *pool)
{
    return pool->n_counted >=
           (size_t)pool->options.max_queued + pool->n_workers;
}

int adl_pool_admit(struct asyncdl_pool *pool, asyncdl_task_fn fn,
                   uint64_t timeout_ms, bool counts)
{
    if (adl_task_is_running()) {
        return -EPERM; /* on a worker: the pool must not even be looked at */
    }
    if (pool->is_closed) {
        return ASYNCDL_ECLOSED;
    }
    if (pool->broken_err < 0) {
        return pool->broken_err;
    }
    int err = pool->backend->ops->check(pool->backend, fn, timeout_ms);
    if (err < 0) {
        return err;
    }
    if (counts && asyncdl_pool_is_full(pool)) {
        pool->was_refused = true;
        return -EAGAIN;
    }
    return 0;
}

void adl_pool_add_job(struct asyncdl_pool *pool, struct adl_job *job)
{
    job->accepted_ns = uv_hrtime();
    job->state = ADL_JOB_WAITING;
    DL_APPEND(pool->waiting, job);
    pool->n_pending += job->n_calls;
    pool->n_counted += job->is_uncounted ? 0 : job->n_calls;
    if (pool->n_inside == 0) {
        dispatch(pool);
    }
}

void adl_pool_cancel_job(struct asyncdl_pool *pool, struct adl_job *job)
{
    if (job->state != ADL_JOB_WAITING && job->state != ADL_JOB_STARTED) {
        return;
    }
    /* A hint for the worker: it guards nothing. */
    atomic_store_explicit(&job->is_canceled, true, memory_order_relaxed);
    pool->n_inside++;
    if (job->state == ADL_JOB_STARTED) {
        pool->backend->ops->cancel(pool->backend, job);
    } else {
        DL_DELETE(pool->waiting, job);
        add_over(pool, job);
    }
    pool->n_inside--;
}

void adl_pool_add_source(struct asyncdl_pool *pool, struct adl_source *source)
{
    DL_APPEND(pool->sources, source);
    adl_pool_want_turn(pool);
}

void adl_pool_remove_source(struct asyncdl_pool *pool,
                            struct adl_source *source)
{
    DL_DELETE(pool->sources, source);
}

size_t asyncdl_pool_get_depth(const struct asyncdl_pool *pool)
{
    return pool->n_pending;
}

uint32_t asyncdl_pool_get_n_workers(const struct asyncdl_pool *pool)
{
    return pool->n_workers;
}

void asyncdl_pool_on_room(struct asyncdl_pool *pool, asyncdl_room_cb on_room,
                          void *data)
{
    pool->on_room = on_room;
    pool->room_data = data;
    want_turn(pool);
}

int asyncdl_pool_close(struct asyncdl_pool *pool)
{
    if (pool->is_closed) {
        return -EALREADY;
    }
    pool->is_closed = true;
    return 0;
}

int asyncdl_pool_terminate(struct asyncdl_pool *pool)
{
    struct adl_source *source;
    struct adl_job *job;
    struct adl_job *next;

    if (pool->is_terminated) {
        return -EALREADY;
    }
    pool->is_closed = true;
    pool->is_terminated = true;
    DL_FOREACH_SAFE (pool->waiting, job, next) {
        adl_pool_cancel_job(pool, job);
    }
    DL_FOREACH_SAFE (pool->started, job, next) {
        adl_pool_cancel_job(pool, job);
    }
    DL_FOREACH (pool->sources, source) {
        source->on_terminate(source);
    }
    adl_pool_want_turn(pool);
    return 0;
}

int asyncdl_pool_join(struct asyncdl_pool *pool, asyncdl_joined_cb on_joined,
                      void *data)
{
    if (!pool->is_closed) {
        return -EINVAL;
    }
    if (pool->is_joining) {
        return -EALREADY;
    }
    pool->is_joining = true;
    pool->on_joined = on_joined;
    pool->joined_data = data;
    want_turn(pool);
    return 0;
}
