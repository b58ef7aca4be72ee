/* SPDX-License-Identifier: MIT */
/*
 * An imap has look_ahead places. A place is empty, or has an argument on its
 * way through the pool, or, where the order counts, a result that waits for
 * earlier ones. Argument i is at place i modulo look_ahead then; otherwise at
 * any that was empty.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pool/pool.h"
#include "task/future.h"
#include "util/sized.h"

#define LOOK_AHEAD_MAX        65536
#define LOOK_AHEAD_PER_WORKER 4

_Static_assert(offsetof(struct asyncdl_imap_options, flags) +
                       sizeof(unsigned) ==
                   sizeof(struct asyncdl_imap_options),
               "tail padding could be taken for a field that is new");

struct place {
    struct adl_job job;
    struct adl_call call;
    struct asyncdl_task_result result;
    struct imap *imap;
    struct place *next_empty; /* imap.empty */
    void *arg;                /* a copy, kept for the next one to use */
    size_t arg_cap;
    uint64_t index; /* of its argument */
    bool is_over;   /* a result is there */
};

struct imap {
    struct asyncdl_imapped imapped; /* first: what the future has */
    struct adl_source source;
    struct asyncdl_imap_options options;
    struct asyncdl_pool *pool;
    struct asyncdl_future *future; /* borrowed: its own share until resolved */
    struct place *places;
    struct place *empty; /* where the order does not count */
    uint64_t n_delivered;
    int end_err;   /* what the future will say */
    bool is_ended; /* next() is not called any more */
};

static struct imap *from_source(struct adl_source *source)
{
    return (struct imap *)((char *)source - offsetof(struct imap, source));
}

static void free_places(struct imap *imap)
{
    for (size_t i = 0; imap->places != NULL && i < imap->options.look_ahead;
         i++) {
        free(imap->places[i].arg);
    }
    free(imap->places);
    imap->places = NULL;
}

static void destroy_imap(void *result)
{
    struct imap *imap = result;

    free_places(imap);
    free(imap);
}

static bool is_ordered(const struct imap *imap)
{
    return (imap->options.flags & ASYNCDL_TASK_ORDERED) != 0;
}

/* There is an empty one. */
static struct place *take_place(struct imap *imap)
{
    struct place *place = imap->empty;

    if (is_ordered(imap)) {
        return &imap->places[imap->imapped.n % imap->options.look_ahead];
    }
    imap->empty = place->next_empty;
    return place;
}

static void put_place(struct imap *imap, struct place *place)
{
    place->next_empty = imap->empty;
    imap->empty = place;
}

/* 0 or -ENOMEM. */
static int set_arg(struct place *place, const struct asyncdl_bytes *arg)
{
    struct asyncdl_bytes *kept = &place->call.arg;

    *kept = *arg;
    if (arg->len == 0 ||
        (place->imap->options.flags & ASYNCDL_TASK_BORROW) != 0) {
        return 0;
    }
    if (arg->len > place->arg_cap) {
        free(place->arg);
        place->arg = malloc(arg->len);
        place->arg_cap = place->arg != NULL ? arg->len : 0;
    }
    if (place->arg == NULL) {
        return -ENOMEM;
    }
    kept->data = memcpy(place->arg, arg->data, arg->len);
    return 0;
}

static void on_over(struct adl_job *job);

/* 0 or -ENOMEM, with the place still to be put back. */
static int start_place(struct place *place, const struct asyncdl_bytes *arg)
{
    struct imap *imap = place->imap;

    place->result = (struct asyncdl_task_result){0};
    place->call = (struct adl_call){
        .fn = imap->options.fn,
        .result = &place->result,
    };
    int err = set_arg(place, arg);
    if (err < 0) {
        return err;
    }
    place->job = (struct adl_job){
        .calls = &place->call,
        .n_calls = 1,
        .timeout_ms = imap->options.timeout_ms,
        .is_uncounted = true,
        .on_over = on_over,
        .owner = place,
    };
    place->is_over = false;
    place->index = imap->imapped.n;
    imap->imapped.n++;
    adl_pool_add_job(imap->pool, &place->job);
    return 0;
}

static void end(struct imap *imap, int err)
{
    if (!imap->is_ended) {
        imap->is_ended = true;
        imap->end_err = err;
    }
}

/* Ask for one argument and start it. */
static void take_next(struct imap *imap)
{
    struct asyncdl_bytes arg = {0};
    int err = adl_pool_get_err(imap->pool);

    if (err < 0) {
        end(imap, err);
        return;
    }
    adl_future_enter_callback();
    int answer = imap->options.next(&arg, imap->options.data);
    adl_future_leave_callback();
    if (answer <= 0 || imap->is_ended) { /* it may have canceled the imap */
        end(imap, answer);
        return;
    }
    struct place *place = take_place(imap);
    err = start_place(place, &arg);
    if (err < 0) {
        put_place(imap, place);
        end(imap, err);
    }
}

/* May free imap. */
static void go_on(struct imap *imap)
{
    while (!imap->is_ended &&
           imap->imapped.n - imap->n_delivered < imap->options.look_ahead) {
        take_next(imap);
    }
    if (!imap->is_ended || imap->n_delivered < imap->imapped.n) {
        return;
    }
    adl_pool_remove_source(imap->pool, &imap->source);
    free_places(imap);
    adl_future_resolve(imap->future, imap->end_err, &imap->imapped,
                       destroy_imap);
}

static void deliver(struct imap *imap, struct place *place)
{
    imap->imapped.n_failed += place->result.err < 0 ? 1 : 0;
    adl_future_enter_callback();
    imap->options.on_item(place->index, &place->result, imap->options.data);
    adl_future_leave_callback();
    adl_pool_finish_call(&place->call);
    place->is_over = false;
    imap->n_delivered++;
    put_place(imap, place);
}

static void deliver_in_order(struct imap *imap)
{
    uint32_t n = imap->options.look_ahead;

    while (imap->n_delivered < imap->imapped.n &&
           imap->places[imap->n_delivered % n].is_over) {
        deliver(imap, &imap->places[imap->n_delivered % n]);
    }
}

static void on_over(struct adl_job *job)
{
    struct place *place = job->owner;
    struct imap *imap = place->imap;

    place->is_over = true;
    if (is_ordered(imap)) {
        deliver_in_order(imap);
    } else {
        deliver(imap, place);
    }
    go_on(imap); /* may free imap */
}

static void on_turn(struct adl_source *source)
{
    go_on(from_source(source));
}

static void on_terminate(struct adl_source *source)
{
    end(from_source(source), -ECANCELED);
}

static void on_cancel(void *owner)
{
    struct imap *imap = owner;

    end(imap, -ECANCELED);
    for (size_t i = 0; i < imap->options.look_ahead; i++) {
        adl_pool_cancel_job(imap->pool, &imap->places[i].job);
    }
    adl_pool_want_turn(imap->pool);
}

/* 0 or -ENOMEM. */
static int create_imap(struct imap **out, struct asyncdl_pool *pool,
                       const struct asyncdl_imap_options *options)
{
    struct imap *imap = calloc(1, sizeof(*imap));

    if (imap == NULL) {
        return -ENOMEM;
    }
    imap->options = *options;
    imap->pool = pool;
    imap->source.on_turn = on_turn;
    imap->source.on_terminate = on_terminate;
    imap->places = calloc(options->look_ahead, sizeof(struct place));
    if (imap->places == NULL) {
        destroy_imap(imap);
        return -ENOMEM;
    }
    for (size_t i = options->look_ahead; i > 0; i--) {
        imap->places[i - 1].imap = imap;
        put_place(imap, &imap->places[i - 1]);
    }
    int err = adl_future_create(&imap->future, adl_pool_get_loop(pool),
                                on_cancel, imap);
    if (err < 0) {
        destroy_imap(imap);
        return err;
    }
    *out = imap;
    return 0;
}

static bool are_right(const struct asyncdl_imap_options *o)
{
    const unsigned flags = ASYNCDL_TASK_BORROW | ASYNCDL_TASK_ORDERED;

    return o->fn != NULL && o->next != NULL && o->on_item != NULL &&
           (o->flags & ~flags) == 0 && o->look_ahead <= LOOK_AHEAD_MAX;
}

int asyncdl_pool_imap(struct asyncdl_future **out, struct asyncdl_pool *pool,
                      const struct asyncdl_imap_options *given)
{
    struct asyncdl_imap_options options = ASYNCDL_IMAP_OPTIONS_INIT;
    struct imap *imap;

    if (given == NULL || adl_sized_copy(&options, sizeof(options), given) < 0 ||
        !are_right(&options)) {
        return -EINVAL;
    }
    int err = adl_pool_admit(pool, options.fn, options.timeout_ms, false);
    if (err < 0) {
        return err;
    }
    if (options.look_ahead == 0) {
        options.look_ahead =
            LOOK_AHEAD_PER_WORKER * asyncdl_pool_get_n_workers(pool);
    }
    err = create_imap(&imap, pool, &options);
    if (err < 0) {
        return err;
    }
    if (out != NULL) {
        *out = imap->future;
    } else {
        asyncdl_future_release(imap->future);
    }
    adl_pool_add_source(pool, &imap->source);
    return 0;
}
