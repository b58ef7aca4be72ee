/* SPDX-License-Identifier: MIT */
/*
 * While a future is pending its waiters stand in a queue, which resolving it
 * empties. Once it is ready, late ones stand in the queue of a deferral, an
 * idle handle that runs them in a later turn of the loop; there is one for all
 * that come in the same turn, since libuv starts idle handles in no order to
 * rely on.
 */
#include "task/future.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct queue {
    struct adl_future_waiter *first;
    struct adl_future_waiter *last;
};

struct deferral {
    uv_idle_t idle; /* first, so that it is freed by its handle */
    struct asyncdl_future *future; /* a share of it */
    struct queue waiters;
};

struct asyncdl_future {
    uv_loop_t *loop;
    size_t n_shares;
    size_t n_waits; /* calls that run the loop until it is ready */
    bool is_ready;
    int err;
    void *result;
    void (*destroy)(void *result);
    adl_future_cancel_cb cancel; /* NULL once it was called or may not be */
    void *owner;
    struct queue waiters;
    struct deferral *deferral; /* NULL unless one is to run */
    struct adl_door *door;     /* NULL unless threads may set it */
};

/*
 * How many callbacks of this library are running on this thread. It belongs to
 * the thread and to no object, because a wait in a callback would run the loop
 * inside itself whichever client, pool or future the callback came from, and
 * each thread may run a loop of its own.
 */
static _Thread_local unsigned int callback_depth;

void adl_future_enter_callback(void)
{
    callback_depth++;
}

void adl_future_leave_callback(void)
{
    assert(callback_depth > 0);
    callback_depth--;
}

bool adl_future_is_in_callback(void)
{
    return callback_depth > 0;
}

static void append(struct queue *queue, struct adl_future_waiter *waiter)
{
    waiter->next = NULL;
    if (queue->last != NULL) {
        queue->last->next = waiter;
    } else {
        queue->first = waiter;
    }
    queue->last = waiter;
}

/* The caller holds a share; the queue is no part of the future any more. */
static void run_waiters(struct queue queue, struct asyncdl_future *future)
{
    adl_future_enter_callback();
    while (queue.first != NULL) {
        struct adl_future_waiter waiter = *queue.first;

        if (waiter.is_ours) {
            free(queue.first);
        }
        queue.first = waiter.next;
        waiter.cb(future, waiter.data); /* may free its own waiter */
    }
    adl_future_leave_callback();
}

int adl_future_create(struct asyncdl_future **out, uv_loop_t *loop,
                      adl_future_cancel_cb cancel, void *owner)
{
    struct asyncdl_future *future = calloc(1, sizeof(*future));

    if (future == NULL) {
        return -ENOMEM;
    }
    *future = (struct asyncdl_future){
        .loop = loop,
        .n_shares = 2,
        .cancel = cancel,
        .owner = owner,
    };
    *out = future;
    return 0;
}

void adl_future_put_door(struct asyncdl_future *future, struct adl_door *door)
{
    future->door = door;
}

struct adl_door *adl_future_get_door(const struct asyncdl_future *future)
{
    return future->door;
}

/*
 * Only while a wait runs the loop: it ends with this turn. Else a turn that
 * begins with the timer that was waited for would go on to sleep until
 * something else happens.
 */
static void end_turn(uv_loop_t *loop)
{
    uv_stop(loop);
}

void adl_future_resolve(struct asyncdl_future *future, int err, void *result,
                        void (*destroy)(void *result))
{
    struct queue waiters = future->waiters;

    assert(!future->is_ready);
    future->is_ready = true;
    future->err = err;
    future->result = result;
    future->destroy = destroy;
    future->cancel = NULL;
    future->waiters = (struct queue){0};
    if (future->n_waits > 0) {
        end_turn(future->loop);
    }
    run_waiters(waiters, future);
    asyncdl_future_release(future);
}

void adl_future_add_waiter(struct asyncdl_future *future,
                           struct adl_future_waiter *waiter)
{
    assert(!future->is_ready);
    append(&future->waiters, waiter);
}

bool asyncdl_future_is_ready(const struct asyncdl_future *future)
{
    return future->is_ready;
}

bool asyncdl_future_is_successful(const struct asyncdl_future *future)
{
    return future->is_ready && future->err == 0;
}

int asyncdl_future_result(const struct asyncdl_future *future, const void **out)
{
    if (!future->is_ready) {
        return -EAGAIN;
    }
    if (out != NULL) {
        *out = future->result;
    }
    return future->err;
}

static void on_deferral_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_deferral_due(uv_idle_t *idle)
{
    struct deferral *deferral = idle->data;
    struct asyncdl_future *future = deferral->future;
    struct queue waiters = deferral->waiters;

    future->deferral = NULL; /* first: a callback may ask for another turn */
    uv_close((uv_handle_t *)idle, on_deferral_closed);
    run_waiters(waiters, future);
    asyncdl_future_release(future);
}

/* Have the future run late waiters in a later turn. 0 or -ENOMEM. */
static int defer(struct asyncdl_future *future)
{
    if (future->deferral != NULL) {
        return 0;
    }
    struct deferral *deferral = calloc(1, sizeof(*deferral));
    if (deferral == NULL) {
        return -ENOMEM;
    }
    (void)uv_idle_init(future->loop, &deferral->idle); /* cannot fail */
    deferral->idle.data = deferral;
    (void)uv_idle_start(&deferral->idle, on_deferral_due); /* nor can this */
    deferral->future = asyncdl_future_retain(future);
    future->deferral = deferral;
    return 0;
}

int asyncdl_future_then(struct asyncdl_future *future, asyncdl_future_cb cb,
                        void *data)
{
    struct adl_future_waiter *waiter = malloc(sizeof(*waiter));

    if (waiter == NULL) {
        return -ENOMEM;
    }
    *waiter =
        (struct adl_future_waiter){.cb = cb, .data = data, .is_ours = true};
    if (!future->is_ready) {
        append(&future->waiters, waiter);
        return 0;
    }
    int err = defer(future);
    if (err < 0) {
        free(waiter);
        return err;
    }
    append(&future->deferral->waiters, waiter);
    return 0;
}

void asyncdl_future_cancel(struct asyncdl_future *future)
{
    adl_future_cancel_cb cancel = future->cancel;

    future->cancel = NULL;
    if (cancel != NULL) {
        cancel(future->owner);
    }
}

struct deadline {
    uv_timer_t timer;
    bool is_past;
    bool is_closed;
};

static void on_deadline(uv_timer_t *timer)
{
    struct deadline *deadline = timer->data;

    deadline->is_past = true;
    end_turn(timer->loop);
}

static void on_deadline_closed(uv_handle_t *handle)
{
    struct deadline *deadline = handle->data;

    deadline->is_closed = true;
}

/* The timer alone keeps no loop alive, so that a dry one is noticed. */
static void start_deadline(struct deadline *deadline, uv_loop_t *loop,
                           uint64_t timeout_ms)
{
    uv_update_time(loop); /* it may be old, and the wait would be short */
    (void)uv_timer_init(loop, &deadline->timer); /* cannot fail */
    deadline->timer.data = deadline;
    uv_unref((uv_handle_t *)&deadline->timer);
    (void)uv_timer_start(&deadline->timer, on_deadline, timeout_ms, 0);
}

/* A handle is only gone after a turn of the loop; events in it are served. */
static void close_deadline(struct deadline *deadline)
{
    uv_loop_t *loop = deadline->timer.loop;

    uv_close((uv_handle_t *)&deadline->timer, on_deadline_closed);
    while (!deadline->is_closed) {
        (void)uv_run(loop, UV_RUN_NOWAIT);
    }
}

/* Run turns until it is ready or *is_past. 0, -ETIMEDOUT or -EDEADLK. */
static int run_until_ready(const struct asyncdl_future *future,
                           const bool *is_past, uv_run_mode mode)
{
    while (!future->is_ready) {
        int is_alive = uv_run(future->loop, mode);

        if (future->is_ready) {
            break;
        }
        if (!is_alive) {
            return -EDEADLK;
        }
        if (*is_past) {
            return -ETIMEDOUT;
        }
    }
    return 0;
}

static int wait_for(struct asyncdl_future *future, uint64_t timeout_ms)
{
    struct deadline deadline = {.is_past = timeout_ms == 0};

    if (timeout_ms == 0) {
        return run_until_ready(future, &deadline.is_past, UV_RUN_NOWAIT);
    }
    if (timeout_ms == ASYNCDL_FOREVER) {
        return run_until_ready(future, &deadline.is_past, UV_RUN_ONCE);
    }
    start_deadline(&deadline, future->loop, timeout_ms);
    int err = run_until_ready(future, &deadline.is_past, UV_RUN_ONCE);
    close_deadline(&deadline);
    return err;
}

int asyncdl_future_wait(struct asyncdl_future *future, uint64_t timeout_ms)
{
    if (callback_depth > 0) {
        return -EDEADLK;
    }
    if (future->is_ready) {
        return 0;
    }
    (void)asyncdl_future_retain(future); /* a callback may release it */
    future->n_waits++;
    int err = wait_for(future, timeout_ms);
    future->n_waits--;
    asyncdl_future_release(future);
    return err;
}

struct asyncdl_future *asyncdl_future_retain(struct asyncdl_future *future)
{
    future->n_shares++;
    return future;
}

void asyncdl_future_release(struct asyncdl_future *future)
{
    if (future == NULL) {
        return;
    }
    assert(future->n_shares > 0);
    future->n_shares--;
    if (future->n_shares > 0) {
        return;
    }
    if (future->destroy != NULL && future->result != NULL) {
        future->destroy(future->result);
    }
    free(future->door);
    free(future);
}
