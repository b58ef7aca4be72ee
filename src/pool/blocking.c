/* SPDX-License-Identifier: MIT */
/* What runs the loop until it is over, for programs that are outside of it. */
#include <errno.h>

#include "pool/pool.h"
#include "task/future.h"

int asyncdl_pool_apply(struct asyncdl_future **out, struct asyncdl_pool *pool,
                       asyncdl_task_fn fn, const void *arg, size_t len)
{
    struct asyncdl_future *future;

    if (adl_future_is_in_callback()) {
        return -EDEADLK;
    }
    int err = asyncdl_pool_apply_async(&future, pool, fn, arg, len);
    if (err < 0) {
        return err;
    }
    (void)asyncdl_future_wait(future, ASYNCDL_FOREVER); /* a task has an end */
    *out = future;
    return 0;
}

int asyncdl_pool_map(struct asyncdl_future **out, struct asyncdl_pool *pool,
                     const struct asyncdl_map_options *options)
{
    struct asyncdl_future *future;

    if (adl_future_is_in_callback()) {
        return -EDEADLK;
    }
    int err = asyncdl_pool_map_async(&future, pool, options);
    if (err < 0) {
        return err;
    }
    (void)asyncdl_future_wait(future, ASYNCDL_FOREVER); /* tasks have an end */
    *out = future;
    return 0;
}

static void on_joined(void *data)
{
    adl_future_resolve(data, 0, NULL, NULL);
}

int asyncdl_pool_wait(struct asyncdl_pool *pool)
{
    struct asyncdl_future *future;

    if (adl_future_is_in_callback()) {
        return -EDEADLK;
    }
    int err = adl_future_create(&future, adl_pool_get_loop(pool), NULL, NULL);
    if (err < 0) {
        return err;
    }
    err = asyncdl_pool_join(pool, on_joined, future);
    if (err < 0) {
        asyncdl_future_release(future); /* the operation's share */
    } else {
        err = asyncdl_future_wait(future, ASYNCDL_FOREVER);
    }
    asyncdl_future_release(future);
    return err;
}
