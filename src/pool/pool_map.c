/* SPDX-License-Identifier: MIT */
/*
 * A map is an operation of many jobs, all of whose memory is had before the
 * first of them starts. Its arguments are copied into one block, which goes
 * when the last job is over.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pool/chunking.h"
#include "pool/pool.h"
#include "task/future.h"
#include "util/sized.h"

_Static_assert(offsetof(struct asyncdl_map_options, reserved) +
                       sizeof(uint32_t) ==
                   sizeof(struct asyncdl_map_options),
               "tail padding could be taken for a field that is new");

struct map {
    struct asyncdl_mapped mapped; /* first: what the future has */
    struct asyncdl_task_result *results;
    struct adl_call *calls;
    struct adl_job *jobs;
    size_t n_jobs;
    size_t n_left;                 /* of them, not over */
    char *args;                    /* copies, or NULL */
    struct asyncdl_future *future; /* borrowed: its own share until resolved */
    struct asyncdl_pool *pool;
    bool is_canceled;
};

static void destroy_map(void *result)
{
    struct map *map = result;

    for (size_t i = 0; map->calls != NULL && i < map->mapped.n; i++) {
        adl_pool_finish_call(&map->calls[i]);
    }
    free(map->results);
    free(map->calls);
    free(map->jobs);
    free(map->args);
    free(map);
}

static void finish(struct map *map)
{
    for (size_t i = 0; i < map->mapped.n; i++) {
        map->mapped.n_failed += map->results[i].err < 0 ? 1 : 0;
    }
    free(map->args);
    map->args = NULL;
    adl_future_resolve(map->future, map->is_canceled ? -ECANCELED : 0,
                       &map->mapped, destroy_map);
}

static void on_over(struct adl_job *job)
{
    struct map *map = job->owner;

    if (atomic_load_explicit(&job->is_canceled, memory_order_relaxed)) {
        map->is_canceled = true; /* the pool was terminated */
    }
    map->n_left--;
    if (map->n_left == 0) {
        finish(map); /* may free map */
    }
}

static void on_cancel(void *owner)
{
    struct map *map = owner;

    map->is_canceled = true;
    for (size_t i = 0; i < map->n_jobs; i++) {
        adl_pool_cancel_job(map->pool, &map->jobs[i]);
    }
}

/* 0 or -ENOMEM. */
static int copy_args(struct map *map, const struct asyncdl_map_options *options)
{
    size_t n_bytes = 0;

    for (size_t i = 0; i < options->n; i++) {
        if (options->args[i].len > SIZE_MAX - n_bytes) {
            return -ENOMEM;
        }
        n_bytes += options->args[i].len;
    }
    map->args = calloc(1, n_bytes > 0 ? n_bytes : 1);
    if (map->args == NULL) {
        return -ENOMEM;
    }
    char *at = map->args;
    for (size_t i = 0; i < options->n; i++) {
        struct asyncdl_bytes *arg = &map->calls[i].arg;

        if (arg->len > 0) {
            arg->data = memcpy(at, arg->data, arg->len);
            at += arg->len;
        }
    }
    return 0;
}

static void set_calls(struct map *map,
                      const struct asyncdl_map_options *options)
{
    for (size_t i = 0; i < options->n; i++) {
        map->calls[i] = (struct adl_call){
            .fn = options->fn,
            .arg = options->args[i],
            .result = &map->results[i],
        };
    }
}

static void set_jobs(struct map *map, const struct asyncdl_map_options *options)
{
    size_t n = options->n;

    for (size_t i = 0; i < map->n_jobs; i++) {
        struct adl_job *job = &map->jobs[i];
        size_t first = i * options->chunk;

        job->calls = &map->calls[first];
        job->n_calls = n - first < options->chunk ? n - first : options->chunk;
        job->timeout_ms = options->timeout_ms;
        job->on_over = on_over;
        job->owner = map;
    }
}

/* options->chunk is chosen. 0 or -ENOMEM. */
static int create_map(struct map **out, struct asyncdl_pool *pool,
                      const struct asyncdl_map_options *options)
{
    size_t n = options->n;
    struct map *map = calloc(1, sizeof(*map));

    if (map == NULL) {
        return -ENOMEM;
    }
    map->pool = pool;
    map->n_jobs = n / options->chunk + (n % options->chunk > 0 ? 1 : 0);
    map->n_left = map->n_jobs;
    map->results = calloc(n > 0 ? n : 1, sizeof(*map->results));
    map->calls = calloc(n > 0 ? n : 1, sizeof(*map->calls));
    map->jobs = calloc(n > 0 ? map->n_jobs : 1, sizeof(*map->jobs));
    if (map->results == NULL || map->calls == NULL || map->jobs == NULL) {
        destroy_map(map);
        return -ENOMEM;
    }
    set_calls(map, options);
    set_jobs(map, options);
    map->mapped.results = map->results;
    map->mapped.n = n;
    int err = 0;
    if ((options->flags & ASYNCDL_TASK_BORROW) == 0) {
        err = copy_args(map, options);
    }
    if (err == 0) {
        err = adl_future_create(&map->future, adl_pool_get_loop(pool),
                                on_cancel, map);
    }
    if (err < 0) {
        destroy_map(map);
        return err;
    }
    *out = map;
    return 0;
}

static bool are_right(const struct asyncdl_map_options *o)
{
    if (o->fn == NULL || (o->n > 0 && o->args == NULL) || o->reserved != 0 ||
        (o->flags & ~(unsigned)ASYNCDL_TASK_BORROW) != 0) {
        return false;
    }
    for (size_t i = 0; i < o->n; i++) {
        if (o->args[i].len > 0 && o->args[i].data == NULL) {
            return false;
        }
    }
    return true;
}

int asyncdl_pool_map_async(struct asyncdl_future **out,
                           struct asyncdl_pool *pool,
                           const struct asyncdl_map_options *given)
{
    struct asyncdl_map_options options = ASYNCDL_MAP_OPTIONS_INIT;
    struct map *map;

    if (given == NULL || adl_sized_copy(&options, sizeof(options), given) < 0 ||
        !are_right(&options)) {
        return -EINVAL;
    }
    int err = adl_pool_admit(pool, options.fn, options.timeout_ms, true);
    if (err < 0) {
        return err;
    }
    if (options.chunk == 0) {
        options.chunk =
            adl_chunking_choose(options.n, asyncdl_pool_get_n_workers(pool));
    }
    err = create_map(&map, pool, &options);
    if (err < 0) {
        return err;
    }
    *out = map->future;
    if (map->n_jobs == 0) {
        finish(map);
        return 0;
    }
    for (size_t i = 0; i < map->n_jobs; i++) {
        adl_pool_add_job(pool, &map->jobs[i]); /* none is delivered in here */
    }
    return 0;
}
