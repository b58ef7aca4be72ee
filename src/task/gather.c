/* SPDX-License-Identifier: MIT */
/*
 * A gather is an operation whose work is to count its parts. All its memory is
 * had before the first part knows of it, so that a gather that fails leaves no
 * callback behind.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "task/future.h"

struct gather {
    struct asyncdl_gathered gathered; /* the result; it ends with this */
    struct asyncdl_future *future; /* borrowed: its own share until resolved */
    struct asyncdl_future **futures; /* a share of each */
    size_t n_pending;
    bool is_canceled;
    struct adl_future_waiter waiters[]; /* one for each future */
};

static void destroy_gather(void *data)
{
    struct gather *gather = data;

    for (size_t i = 0; i < gather->gathered.n; i++) {
        asyncdl_future_release(gather->futures[i]);
    }
    free(gather->futures);
    free(gather);
}

/* 0 or -ENOMEM, with no shares taken yet. */
static int create_gather(struct gather **out, size_t n)
{
    struct gather *gather = NULL;

    if (n <= (SIZE_MAX - sizeof(*gather)) / sizeof(gather->waiters[0])) {
        gather = malloc(sizeof(*gather) + n * sizeof(gather->waiters[0]));
    }
    if (gather == NULL) {
        return -ENOMEM;
    }
    *gather = (struct gather){0};
    gather->futures = calloc(n > 0 ? n : 1, sizeof(struct asyncdl_future *));
    if (gather->futures == NULL) {
        free(gather);
        return -ENOMEM;
    }
    *out = gather;
    return 0;
}

static void finish(struct gather *gather)
{
    struct asyncdl_gathered *gathered = &gather->gathered;

    for (size_t i = 0; i < gathered->n; i++) {
        if (!asyncdl_future_is_successful(gather->futures[i])) {
            gathered->n_failed++;
        }
    }
    adl_future_resolve(gather->future, gather->is_canceled ? -ECANCELED : 0,
                       gather, destroy_gather);
}

static void on_part_ready(struct asyncdl_future *future, void *data)
{
    struct gather *gather = data;

    (void)future;
    gather->n_pending--;
    if (gather->n_pending == 0) {
        finish(gather); /* may free gather */
    }
}

static void on_cancel(void *owner)
{
    struct gather *gather = owner;

    gather->is_canceled = true;
    for (size_t i = 0; i < gather->gathered.n; i++) {
        asyncdl_future_cancel(gather->futures[i]);
    }
}

/* Cannot fail. Parts that are ready already need no callback. */
static void add_parts(struct gather *gather,
                      struct asyncdl_future *const *futures, size_t n)
{
    gather->gathered.futures = gather->futures;
    gather->gathered.n = n;
    for (size_t i = 0; i < n; i++) {
        gather->futures[i] = asyncdl_future_retain(futures[i]);
        if (!asyncdl_future_is_ready(futures[i])) {
            gather->waiters[i] =
                (struct adl_future_waiter){.cb = on_part_ready, .data = gather};
            adl_future_add_waiter(futures[i], &gather->waiters[i]);
            gather->n_pending++;
        }
    }
}

int asyncdl_gather(struct asyncdl_future **out, struct uv_loop_s *loop,
                   struct asyncdl_future *const *futures, size_t n)
{
    struct gather *gather;
    int err = create_gather(&gather, n);

    if (err < 0) {
        return err;
    }
    err = adl_future_create(&gather->future, loop, on_cancel, gather);
    if (err < 0) {
        destroy_gather(gather);
        return err;
    }
    *out = gather->future; /* gather may be handed over below */
    add_parts(gather, futures, n);
    if (gather->n_pending == 0) {
        finish(gather);
    }
    return 0;
}
