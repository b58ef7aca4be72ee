/* SPDX-License-Identifier: MIT */
#include "pool/pool_options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/sized.h"

#define LISTS_MAX          16
#define UV_THREADS_MAX     1024
#define UV_THREADS_DEFAULT 4 /* libuv's own */
#define QUEUED_MAX         (UINT32_MAX - ADL_POOL_WORKERS_MAX)
#define QUEUED_DEFAULT     1024
#define RESULT_DEFAULT     ((size_t)1 << 30)

_Static_assert(offsetof(struct asyncdl_pool_options, locks) + sizeof(void *) ==
                   sizeof(struct asyncdl_pool_options),
               "tail padding could be taken for a field that is new");

static bool are_right(const struct asyncdl_pool_options *o)
{
    return (unsigned)o->backend <= ASYNCDL_POOL_PROCESSES &&
           o->n_workers <= ADL_POOL_WORKERS_MAX &&
           o->max_queued <= QUEUED_MAX && o->n_uv_threads <= UV_THREADS_MAX &&
           o->n_queues <= LISTS_MAX && o->n_locks <= LISTS_MAX &&
           o->reserved == 0 && (o->n_queues == 0 || o->queues != NULL) &&
           (o->n_locks == 0 || o->locks != NULL) &&
           (o->init_len == 0 || o->init_arg != NULL);
}

static void fill_numbers(struct asyncdl_pool_options *o, unsigned n_cpus)
{
    if (o->n_uv_threads == 0) {
        o->n_uv_threads = UV_THREADS_DEFAULT;
    }
    if (o->n_workers == 0) {
        o->n_workers =
            n_cpus < ADL_POOL_WORKERS_MAX ? n_cpus : ADL_POOL_WORKERS_MAX;
    }
    if (o->backend == ASYNCDL_POOL_THREADS && o->n_workers > 1 &&
        o->n_workers >= o->n_uv_threads) {
        /* One is left to all others: see what starves what in pool.h. */
        o->n_workers = o->n_uv_threads > 1 ? o->n_uv_threads - 1 : 1;
    }
    if (o->max_queued == 0) {
        o->max_queued = QUEUED_DEFAULT;
    }
    if (o->max_result_bytes == 0) {
        o->max_result_bytes = RESULT_DEFAULT;
    }
}

/* NULL for no memory. len may be 0. */
static void *copy_bytes(const void *bytes, size_t len)
{
    void *copy = calloc(1, len > 0 ? len : 1);

    if (copy != NULL && len > 0) {
        memcpy(copy, bytes, len);
    }
    return copy;
}

int adl_pool_options_init(struct asyncdl_pool_options *out,
                          const struct asyncdl_pool_options *given,
                          unsigned n_cpus)
{
    struct asyncdl_pool_options copy = ASYNCDL_POOL_OPTIONS_INIT;
    int err = adl_sized_copy(&copy, sizeof(copy), given);

    if (err < 0 || !are_right(&copy)) {
        return -EINVAL;
    }
    copy.init_arg = copy_bytes(copy.init_arg, copy.init_len);
    copy.queues = copy_bytes(copy.queues, copy.n_queues * sizeof(void *));
    copy.locks = copy_bytes(copy.locks, copy.n_locks * sizeof(void *));
    if (copy.init_arg == NULL || copy.queues == NULL || copy.locks == NULL) {
        adl_pool_options_finish(&copy);
        return -ENOMEM;
    }
    fill_numbers(&copy, n_cpus);
    *out = copy;
    return 0;
}

void adl_pool_options_finish(struct asyncdl_pool_options *options)
{
    free((void *)options->init_arg); /* the three are copies of ours */
    free((void *)options->queues);
    free((void *)options->locks);
    *options = (struct asyncdl_pool_options){0};
}
