/* SPDX-License-Identifier: MIT */
/* A task of its own: a job of one call, and its future. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "asyncdl/payload.h"
#include "pool/pool.h"
#include "task/future.h"
#include "util/sized.h"

/* Longer ones are freed when the task is over, not with its future. */
#define INLINE_MAX 1024

_Static_assert(offsetof(struct asyncdl_task_options, reserved) +
                       sizeof(uint32_t) ==
                   sizeof(struct asyncdl_task_options),
               "tail padding could be taken for a field that is new");

struct single {
    struct asyncdl_task_result result; /* first: what the future has */
    struct adl_call call;
    struct adl_job job;
    struct asyncdl_future *future; /* borrowed: its own share until resolved */
    struct asyncdl_pool *pool;
    void *arg_copy; /* or NULL */
    char inline_arg[];
};

static void destroy_single(void *result)
{
    struct single *single = result;

    adl_pool_finish_call(&single->call);
    free(single->arg_copy);
    free(single);
}

static void on_over(struct adl_job *job)
{
    struct single *single = job->owner;

    free(single->arg_copy);
    single->arg_copy = NULL;
    adl_future_resolve(single->future, single->result.err, &single->result,
                       destroy_single);
}

static void on_cancel(void *owner)
{
    struct single *single = owner;

    adl_pool_cancel_job(single->pool, &single->job);
}

/* 0 or -ENOMEM. */
static int set_arg(struct single *single,
                   const struct asyncdl_task_options *options)
{
    struct asyncdl_bytes *arg = &single->call.arg;

    arg->data = options->arg;
    arg->len = options->len;
    if (options->payload != NULL) {
        single->call.payload = asyncdl_payload_retain(options->payload);
        arg->data = asyncdl_payload_get_data(options->payload);
        arg->len = asyncdl_payload_get_len(options->payload);
        return 0;
    }
    if (arg->len == 0 || (options->flags & ASYNCDL_TASK_BORROW) != 0) {
        return 0;
    }
    void *copy = single->inline_arg;
    if (arg->len > INLINE_MAX) {
        copy = single->arg_copy = malloc(arg->len);
    }
    if (copy == NULL) {
        return -ENOMEM;
    }
    arg->data = memcpy(copy, options->arg, arg->len);
    return 0;
}

/* 0 or -ENOMEM. */
static int create_single(struct single **out, struct asyncdl_pool *pool,
                         const struct asyncdl_task_options *options)
{
    size_t n_inline = options->len <= INLINE_MAX ? options->len : 0;
    struct single *single = calloc(1, sizeof(*single) + n_inline);

    if (single == NULL) {
        return -ENOMEM;
    }
    single->pool = pool;
    single->call.fn = options->fn;
    single->call.result = &single->result;
    single->job.calls = &single->call;
    single->job.n_calls = 1;
    single->job.timeout_ms = options->timeout_ms;
    single->job.on_over = on_over;
    single->job.owner = single;
    int err = set_arg(single, options);
    if (err == 0) {
        err = adl_future_create(&single->future, adl_pool_get_loop(pool),
                                on_cancel, single);
    }
    if (err < 0) {
        destroy_single(single);
        return err;
    }
    *out = single;
    return 0;
}

static bool are_right(const struct asyncdl_task_options *o)
{
    bool has_arg = o->arg != NULL || o->len > 0;

    return o->fn != NULL && (o->len == 0 || o->arg != NULL) &&
           !(has_arg && o->payload != NULL) &&
           (o->flags & ~(unsigned)ASYNCDL_TASK_BORROW) == 0 && o->reserved == 0;
}

int asyncdl_pool_submit(struct asyncdl_future **out, struct asyncdl_pool *pool,
                        const struct asyncdl_task_options *given)
{
    struct asyncdl_task_options options = ASYNCDL_TASK_OPTIONS_INIT;
    struct single *single;

    if (given == NULL || adl_sized_copy(&options, sizeof(options), given) < 0 ||
        !are_right(&options)) {
        return -EINVAL;
    }
    int err = adl_pool_admit(pool, options.fn, options.timeout_ms, true);
    if (err < 0) {
        return err;
    }
    err = create_single(&single, pool, &options);
    if (err < 0) {
        return err;
    }
    if (out != NULL) {
        *out = single->future;
    } else {
        asyncdl_future_release(single->future);
    }
    adl_pool_add_job(pool, &single->job);
    return 0;
}

int asyncdl_pool_apply_async(struct asyncdl_future **out,
                             struct asyncdl_pool *pool, asyncdl_task_fn fn,
                             const void *arg, size_t len)
{
    struct asyncdl_task_options options = ASYNCDL_TASK_OPTIONS_INIT;

    options.fn = fn;
    options.arg = arg;
    options.len = len;
    return asyncdl_pool_submit(out, pool, &options);
}
