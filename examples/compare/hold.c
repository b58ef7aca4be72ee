/* SPDX-License-Identifier: MIT */
/*
 * One long piece of work beside downloads: in one callback, which nothing on
 * the loop survives unharmed; in small pieces, between which the loop lives; on
 * a thread of the pool, which leaves the loop alone.
 */
#include "hold.h"

#include "crew.h"
#include "shared_loop.h"
#include "sums.h"

#define PIECES 100 /* of the work; each is a sum of its own */

struct holding {
    struct shared_loop shared;
    uv_idle_t idle;
    unsigned n_pieces; /* a turn */
    unsigned n_done;
    int err;
};

/* A hundredth of the work. */
static int work_a_piece(struct run *run)
{
    uint64_t n = SUMS_FIRST / PIECES;
    /* Sums of few numbers repeated, so that a piece is short at any scale. */
    struct sum sum = sums_of_squares_repeat(n, run->scale * 5);

    run->outcome->n_items++;
    return sums_equal(sum, sums_closed_form(n))
               ? 0
               : way_fail(run, -EBADMSG, "wrong sum");
}

static void on_idle(uv_idle_t *idle)
{
    struct holding *h = idle->data;

    asyncdl_lag_enter(h->shared.probe.lag, "work");
    for (unsigned i = 0; i < h->n_pieces && h->err == 0; i++) {
        h->err = work_a_piece(h->shared.run);
        h->n_done++;
    }
    asyncdl_lag_leave(h->shared.probe.lag);
    if (h->err < 0 || h->n_done >= PIECES) {
        way_end(h->shared.run);
        uv_close((uv_handle_t *)idle, NULL);
    }
}

static int run_turns(struct run *run, unsigned n_pieces)
{
    struct holding h = {.n_pieces = n_pieces};
    int err = shared_loop_open(&h.shared, run);

    way_begin(run);
    if (err == 0) {
        err = downloads_start(&h.shared.downloads, run, &h.shared.loop);
    }
    if (err == 0) {
        (void)uv_idle_init(&h.shared.loop, &h.idle); /* cannot fail */
        h.idle.data = &h;
        (void)uv_idle_start(&h.idle, on_idle);
        (void)uv_run(&h.shared.loop, UV_RUN_DEFAULT);
        shared_loop_note(&h.shared);
        err = h.err < 0 ? h.err : h.shared.downloads.err;
    }
    shared_loop_close(&h.shared);
    return err;
}

static int run_at_once(struct run *run)
{
    return run_turns(run, PIECES);
}

static int run_in_pieces(struct run *run)
{
    return run_turns(run, 1);
}

/* On a worker: all of the work. */
static int work(struct asyncdl_task *task, const void *arg, size_t len)
{
    const unsigned *scale = arg;
    struct outcome outcome = {0};
    struct run run = {.scale = *scale, .outcome = &outcome};
    int err = 0;

    (void)len;
    for (unsigned i = 0; i < PIECES && err == 0; i++) {
        err = work_a_piece(&run);
    }
    return err == 0 ? asyncdl_task_reply(task, &outcome.n_items,
                                         sizeof(outcome.n_items))
                    : err;
}

static void on_worked(struct asyncdl_future *future, void *data)
{
    struct holding *h = data;

    h->err = asyncdl_future_result(future, NULL);
    h->shared.run->outcome->n_items = PIECES;
    way_end(h->shared.run);
}

static int run_in_pool(struct run *run)
{
    struct holding h = {0};
    struct crew crew = {0};
    struct asyncdl_future *future = NULL;
    int err = shared_loop_open(&h.shared, run);

    way_begin(run);
    if (err == 0) {
        err = crew_open(&crew, run, &h.shared.loop, NULL);
    }
    if (err == 0) {
        err = downloads_start(&h.shared.downloads, run, &h.shared.loop);
    }
    if (err == 0) {
        err = asyncdl_pool_apply_async(&future, crew.pool, work, &run->scale,
                                       sizeof(run->scale));
    }
    if (err == 0) {
        err = asyncdl_future_then(future, on_worked, &h);
    }
    if (err == 0) {
        (void)uv_run(&h.shared.loop, UV_RUN_DEFAULT);
        shared_loop_note(&h.shared);
        err = h.err < 0 ? h.err : h.shared.downloads.err;
    }
    asyncdl_future_release(future);
    (void)crew_close(&crew); /* err says more */
    shared_loop_close(&h.shared);
    return err;
}

const struct way *hold_get_ways(size_t *n)
{
    static const struct way ways[] = {
        {
            .key = "at-once",
            .name = "in one callback",
            .run = run_at_once,
        },
        {
            .key = "pieces",
            .name = "in 100 pieces",
            .run = run_in_pieces,
        },
        {
            .key = "thread",
            .name = "in the threadpool",
            .run = run_in_pool,
            .backend = ASYNCDL_POOL_THREADS,
        },
    };

    *n = sizeof(ways) / sizeof(ways[0]);
    return ways;
}
