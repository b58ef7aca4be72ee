/* SPDX-License-Identifier: MIT */
/*
 * A slot is a worker's number, and has a hand while its helper lives. Helpers
 * are asked for at the start, and later when there is a job for them. A job
 * goes to a helper that has none; only while calls are short, and each helper
 * has one, are more given to each: then a trip for each would cost more than
 * the calls. Those behind a call that turns out to be long are taken back.
 *
 * Where the system refuses a helper, others go on, and it is asked again
 * later; with none left the pool is broken, as it is when an initializer fails.
 */
#include "pool/processes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "asyncdl/error.h"
#include "pool/crew.h"
#include "pool/hand.h"
#include "pool/hand_host.h"
#include "pool/hand_run.h"
#include "pool/hand_send.h"
#include "pool/lookout.h"
#include "pool/worker.h"

#define N_AHEAD      128   /* jobs of a helper while calls are short */
#define AGAIN_MS     100   /* until a helper is asked for again */
#define LEAVE_MS     30000 /* for finishers, before helpers are killed */
#define N_MAX_DEATHS 8     /* of a slot's helpers, before one was ready */

struct processes {
    struct adl_backend backend; /* first */
    struct adl_hand_host hands;
    struct adl_lookout lookout;
    uv_timer_t timer; /* to ask again, and to end finishers */
    struct adl_job *queue;
    size_t n_held;  /* jobs started and not given back */
    size_t n_hands; /* whose handles are open */
    int broken_err;
    char *broken_text;
    bool is_closing;
    void (*on_closed)(void *data);
    void *closed_data;
    struct adl_crew crew;
    struct adl_slot slots[];
};

static struct processes *get_processes(struct adl_hand *hand)
{
    return hand->owner;
}

static struct processes *get_processes_of(struct adl_hand_host *hands)
{
    return (struct processes *)((char *)hands -
                                offsetof(struct processes, hands));
}

static void finish_job(struct processes *ps, struct adl_job *job)
{
    ps->n_held--;
    ps->hands.front->on_done(ps->hands.front, job);
}

/* Calls that have no result fail. Where it is the pool's fault, they say so. */
static void fail_job(struct processes *ps, struct adl_job *job, int err)
{
    for (size_t i = 0; i < job->n_calls; i++) {
        struct adl_call *call = &job->calls[i];

        if (!adl_hand_is_done(call)) {
            call->result->err = err;
            call->error = err == ps->broken_err && ps->broken_text != NULL
                              ? strdup(ps->broken_text)
                              : NULL;
        }
    }
    finish_job(ps, job);
}

static void fail_queue(struct processes *ps, int err)
{
    while (ps->queue != NULL) {
        struct adl_job *job = ps->queue;

        DL_DELETE2(ps->queue, job, queue_prev, queue_next);
        fail_job(ps, job, err);
    }
}

static void break_down(struct processes *ps, int err, const char *text)
{
    if (ps->broken_err == 0) {
        ps->broken_err = err;
        ps->broken_text = strdup(text); /* NULL: the code says it alone */
        ps->hands.front->on_broken(ps->hands.front, err, text);
    }
    fail_queue(ps, ps->broken_err);
}

static void on_time(uv_timer_t *timer);

/* A helper was refused. */
static void bear_refusal(struct processes *ps, unsigned id, int err)
{
    char text[160];

    if (ps->crew.n_alive > 0) {
        (void)uv_timer_start(&ps->timer, on_time, AGAIN_MS, 0);
        return;
    }
    (void)snprintf(text, sizeof(text), "start worker-%u: %s", id,
                   asyncdl_strerror(err));
    break_down(ps, err, text);
}

/* 0 or why there is none. */
static int ask_for_hand(struct processes *ps, uint32_t i)
{
    struct adl_hand *hand;
    int err = adl_hand_open(&hand, &ps->hands, i + 1, ps);

    if (err < 0) {
        return err;
    }
    ps->slots[i].hand = hand;
    ps->n_hands++;
    ps->crew.n_alive++;
    return 0;
}

static bool open_hand(struct processes *ps, uint32_t i)
{
    int err = ask_for_hand(ps, i);

    if (err < 0) {
        bear_refusal(ps, i + 1, err);
    }
    return err == 0;
}

static bool are_short(const struct processes *ps)
{
    return ps->hands.run_ns < ADL_SHORT_NS;
}

/* Where the next job goes; -1: it waits. */
static int64_t choose_slot(struct processes *ps)
{
    int64_t i = adl_crew_find(&ps->crew, 1);

    if (i >= 0) {
        return i;
    }
    i = uv_is_active((const uv_handle_t *)&ps->timer)
            ? -1 /* it was refused lately */
            : adl_crew_find_empty(&ps->crew);
    if (i >= 0 && open_hand(ps, (uint32_t)i)) {
        return i;
    }
    return are_short(ps) ? adl_crew_find(&ps->crew, N_AHEAD) : -1;
}

static void assign(struct processes *ps)
{
    while (ps->queue != NULL && ps->broken_err == 0) {
        int64_t i = choose_slot(ps);
        struct adl_job *job = ps->queue;

        if (i < 0 || job == NULL) { /* choosing may have broken it */
            return;
        }
        DL_DELETE2(ps->queue, job, queue_prev, queue_next);
        ps->crew.next = ((uint32_t)i + 1) % ps->crew.n;
        adl_hand_give(ps->slots[i].hand, job);
    }
}

static void on_ready(struct adl_hand *hand)
{
    struct processes *ps = get_processes(hand);

    ps->slots[hand->id - 1].n_deaths = 0;
    assign(ps);
}

static void on_slow(struct adl_hand *hand)
{
    struct processes *ps = get_processes(hand);
    struct adl_job *job = adl_hand_take_last(hand);

    while (job != NULL) {
        DL_PREPEND2(ps->queue, job, queue_prev, queue_next);
        job = adl_hand_take_last(hand);
    }
    assign(ps);
}

static void on_job(struct adl_hand *hand, struct adl_job *job)
{
    struct processes *ps = get_processes(hand);

    ps->crew.next = hand->id - 1; /* it is awake, and warm */
    finish_job(ps, job);
    assign(ps);
}

/* Those that its end has left: begun ones go first, to be gone on with. */
static void take_jobs(struct processes *ps, struct adl_hand *hand)
{
    while (hand->jobs != NULL) {
        struct adl_job *job = hand->jobs->queue_prev; /* the last */
        size_t i = 0;

        DL_DELETE2(hand->jobs, job, queue_prev, queue_next);
        hand->n_jobs--;
        while (i < job->n_calls && adl_hand_is_done(&job->calls[i])) {
            i++;
        }
        if (i == job->n_calls) {
            finish_job(ps, job);
        } else if (atomic_load_explicit(&job->is_canceled,
                                        memory_order_relaxed)) {
            fail_job(ps, job, -ECANCELED);
        } else {
            DL_PREPEND2(ps->queue, job, queue_prev, queue_next);
        }
    }
}

static void tell_start_err(struct processes *ps, const struct adl_hand *hand)
{
    char text[256];

    (void)snprintf(text, sizeof(text), "initializer of worker-%u: %s", hand->id,
                   hand->start_err == ASYNCDL_EDIED && hand->words != NULL
                       ? hand->words
                       : asyncdl_strerror(hand->start_err));
    break_down(ps, hand->start_err, text);
}

static void close_next(struct processes *ps);

/* It was never ready. */
static void bear_start_err(struct processes *ps, struct adl_slot *slot,
                           const struct adl_hand *hand)
{
    slot->n_deaths++;
    if (hand->start_err == ASYNCDL_EDIED && slot->n_deaths < N_MAX_DEATHS) {
        return; /* it may have been chance: another is asked for */
    }
    if (hand->is_init_err) {
        tell_start_err(ps, hand);
    } else {
        bear_refusal(ps, hand->id, hand->start_err);
    }
}

static void on_end(struct adl_hand *hand)
{
    struct processes *ps = get_processes(hand);
    struct adl_slot *slot = &ps->slots[hand->id - 1];

    slot->hand = NULL;
    ps->crew.n_alive--;
    take_jobs(ps, hand);
    if (!ps->is_closing && hand->start_err < 0) {
        bear_start_err(ps, slot, hand);
    }
    adl_hand_free(hand);
    if (ps->broken_err < 0) {
        fail_queue(ps, ps->broken_err);
    }
    assign(ps);
}

static void on_freed(struct adl_hand_host *hands)
{
    struct processes *ps = get_processes_of(hands);

    ps->n_hands--;
    close_next(ps);
}

static int check(struct adl_backend *backend, asyncdl_task_fn fn,
                 uint64_t timeout_ms)
{
    struct processes *ps = (struct processes *)backend;
    int64_t index;
    int64_t offset;

    (void)timeout_ms;
    return adl_modules_name(&ps->hands.modules, (uintptr_t)fn, &index, &offset);
}

static bool has_room(struct adl_backend *backend)
{
    const struct processes *ps = (const struct processes *)backend;
    size_t depth = are_short(ps) ? N_AHEAD : 1;

    return ps->n_held < backend->n_workers * depth;
}

static void start(struct adl_backend *backend, struct adl_job *job)
{
    struct processes *ps = (struct processes *)backend;

    ps->n_held++;
    if (ps->broken_err < 0) {
        fail_job(ps, job, ps->broken_err);
        return;
    }
    DL_APPEND2(ps->queue, job, queue_prev, queue_next);
    assign(ps);
}

static bool is_among(struct adl_job *jobs, const struct adl_job *job)
{
    struct adl_job *found;

    DL_FOREACH2(jobs, found, queue_next)
    {
        if (found == job) {
            return true;
        }
    }
    return false;
}

static void cancel(struct adl_backend *backend, struct adl_job *job)
{
    struct processes *ps = (struct processes *)backend;

    if (is_among(ps->queue, job)) {
        DL_DELETE2(ps->queue, job, queue_prev, queue_next);
        fail_job(ps, job, -ECANCELED);
        return;
    }
    for (uint32_t i = 0; i < backend->n_workers; i++) {
        struct adl_hand *hand = ps->slots[i].hand;

        if (hand != NULL && is_among(hand->jobs, job)) {
            if (adl_hand_cancel(hand, job)) {
                assign(ps); /* it may have been all that the helper had */
                fail_job(ps, job, -ECANCELED);
            }
            return;
        }
    }
}

static void on_time(uv_timer_t *timer)
{
    struct processes *ps = timer->data;

    if (!ps->is_closing) {
        assign(ps);
        return;
    }
    for (uint32_t i = 0; i < ps->backend.n_workers; i++) {
        if (ps->slots[i].hand != NULL) {
            adl_hand_kill(ps->slots[i].hand, -ECANCELED);
        }
    }
}

/* No handle is open. */
static void destroy(struct processes *ps)
{
    adl_hand_host_finish(&ps->hands);
    free(ps->broken_text);
    free(ps);
}

static void on_lookout_closed(struct adl_lookout *lookout)
{
    struct processes *ps = get_processes_of(lookout->host);
    void (*on_closed)(void *data) = ps->on_closed;
    void *data = ps->closed_data;

    destroy(ps);
    if (on_closed != NULL) {
        on_closed(data);
    }
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct processes *ps = handle->data;

    adl_lookout_close(&ps->lookout, on_lookout_closed);
}

static void close_next(struct processes *ps)
{
    if (ps->is_closing && ps->n_hands == 0 &&
        !uv_is_closing((uv_handle_t *)&ps->timer)) {
        uv_close((uv_handle_t *)&ps->timer, on_timer_closed);
    }
}

static void close_backend(struct adl_backend *backend,
                          void (*on_closed)(void *data), void *data)
{
    struct processes *ps = (struct processes *)backend;

    ps->is_closing = true;
    ps->on_closed = on_closed;
    ps->closed_data = data;
    uv_update_time(ps->hands.loop); /* it may be old: too short a time */
    (void)uv_timer_start(&ps->timer, on_time, LEAVE_MS, 0);
    for (uint32_t i = 0; i < backend->n_workers; i++) {
        if (ps->slots[i].hand != NULL) {
            adl_hand_leave(ps->slots[i].hand);
        }
    }
    close_next(ps);
}

static const struct adl_backend_ops ops = {
    .check = check,
    .has_room = has_room,
    .start = start,
    .cancel = cancel,
    .close = close_backend,
};

static int create(struct processes **out, struct adl_backend_host *host,
                  const struct asyncdl_pool_options *options)
{
    struct processes *ps =
        calloc(1, sizeof(*ps) + options->n_workers * sizeof(ps->slots[0]));

    if (ps == NULL) {
        return -ENOMEM;
    }
    ps->backend = (struct adl_backend){&ops, options->n_workers};
    ps->crew = (struct adl_crew){.slots = ps->slots, .n = options->n_workers};
    ps->hands = (struct adl_hand_host){
        .loop = host->loop,
        .front = host,
        .options = options,
        .run_ns = 2 * ADL_SHORT_NS, /* long until they are known to be short */
        .on_ready = on_ready,
        .on_slow = on_slow,
        .on_job = on_job,
        .on_end = on_end,
        .on_freed = on_freed,
        .lookout = &ps->lookout,
    };
    int err = adl_hand_host_init(&ps->hands);
    if (err < 0) {
        destroy(ps);
        return err;
    }
    *out = ps;
    return 0;
}

int adl_processes_open(struct adl_backend **out, struct adl_backend_host *host,
                       const struct asyncdl_pool_options *options)
{
    struct asyncdl_forkserver *forkserver;
    struct processes *ps;
    int err = adl_forkserver_share(&forkserver, options->forkserver);

    if (err < 0) {
        return err;
    }
    err = create(&ps, host, options);
    if (err < 0) {
        adl_forkserver_release(forkserver);
        return err;
    }
    ps->hands.forkserver = forkserver;
    err = ask_for_hand(ps, 0); /* without any it is not worth opening */
    if (err < 0) {
        destroy(ps);
        return err;
    }
    (void)uv_timer_init(host->loop, &ps->timer); /* cannot fail */
    ps->timer.data = ps;
    adl_lookout_init(&ps->lookout, &ps->hands, &ps->crew);
    for (uint32_t i = 1; i < options->n_workers; i++) {
        (void)open_hand(ps, i); /* who is refused is asked for again */
    }
    *out = &ps->backend;
    return 0;
}
