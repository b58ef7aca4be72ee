/* SPDX-License-Identifier: MIT */
#include "support/pool.h"

#include <errno.h>
#include <string.h>

#include "support/effort.h"

void bench_open(struct bench *b, const struct asyncdl_pool_options *options)
{
    *b = (struct bench){0};
    assert_int_equal(uv_loop_init(&b->loop), 0);
    assert_int_equal(asyncdl_pool_open(&b->pool, &b->loop, options), 0);
}

struct asyncdl_future *bench_submit(struct bench *b, asyncdl_task_fn fn,
                                    const void *arg, size_t len)
{
    struct asyncdl_future *future = NULL;

    assert_int_equal(asyncdl_pool_apply_async(&future, b->pool, fn, arg, len),
                     0);
    assert_non_null(future);
    return future;
}

int bench_end(struct asyncdl_future *future)
{
    assert_int_equal(asyncdl_future_wait(future, ASYNCDL_FOREVER), 0);
    int err = asyncdl_future_result(future, NULL);
    asyncdl_future_release(future);
    return err;
}

const struct asyncdl_task_result *bench_get(const struct asyncdl_future *future,
                                            int err)
{
    const void *out = NULL;

    assert_int_equal(asyncdl_future_result(future, &out), err);
    const struct asyncdl_task_result *result = out;
    assert_non_null(result);
    assert_int_equal(result->err, err);
    assert_true((result->error == NULL) == (err == 0));
    return result;
}

const struct asyncdl_task_result *bench_await(struct asyncdl_future *future,
                                              int err)
{
    assert_int_equal(asyncdl_future_wait(future, ASYNCDL_FOREVER), 0);
    return bench_get(future, err);
}

size_t bench_scale(size_t n)
{
    return n / effort(1, 10);
}

static void on_joined(void *data)
{
    struct bench *b = data;

    b->n_joined++;
    b->pool = NULL;
}

void bench_close(struct bench *b)
{
    if (b->pool != NULL) {
        int err = asyncdl_pool_close(b->pool);

        assert_true(err == 0 || err == -EALREADY);
        err = asyncdl_pool_join(b->pool, on_joined, b);
        if (err == 0) {
            assert_int_equal(b->n_joined, 0);
        }
        uv_run(&b->loop, UV_RUN_DEFAULT);
        assert_int_equal(b->n_joined, err == 0 ? 1 : 0);
    }
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&b->loop), 0);
}

void gate_init(struct gate *gate)
{
    *gate = (struct gate){0};
    assert_int_equal(uv_mutex_init(&gate->lock), 0);
    assert_int_equal(uv_cond_init(&gate->cond), 0);
}

void gate_finish(struct gate *gate)
{
    uv_mutex_destroy(&gate->lock);
    uv_cond_destroy(&gate->cond);
}

void gate_open(struct gate *gate)
{
    uv_mutex_lock(&gate->lock);
    gate->is_open = 1;
    uv_cond_broadcast(&gate->cond);
    uv_mutex_unlock(&gate->lock);
}

void gate_await(struct gate *gate, int n)
{
    uv_mutex_lock(&gate->lock);
    while (gate->n_waiting + gate->n_passed < n) {
        uv_cond_wait(&gate->cond, &gate->lock);
    }
    uv_mutex_unlock(&gate->lock);
}

int gate_task(struct asyncdl_task *task, const void *arg, size_t len)
{
    struct gate *gate;

    (void)len;
    memcpy(&gate, arg, sizeof(gate));
    uv_mutex_lock(&gate->lock);
    gate->n_waiting++;
    uv_cond_broadcast(&gate->cond);
    while (!gate->is_open && !asyncdl_task_is_canceled(task)) {
        /* Nobody wakes it when it is canceled, so it looks. */
        (void)uv_cond_timedwait(&gate->cond, &gate->lock, 1000000);
    }
    gate->n_waiting--;
    gate->n_passed++;
    uv_mutex_unlock(&gate->lock);
    return 0;
}

int echo_task(struct asyncdl_task *task, const void *arg, size_t len)
{
    return asyncdl_task_reply(task, arg, len);
}
