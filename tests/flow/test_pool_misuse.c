/* SPDX-License-Identifier: MIT */
/* Pools used wrongly, used up, or ended at a bad moment. */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "support/pool.h"
#include "support/suite.h"

static void count(void *data)
{
    int *n = data;

    ++*n;
}

static void test_closed_pool_takes_nothing_and_ends_what_it_has(void **state)
{
    struct asyncdl_future *futures[10];
    struct asyncdl_future *other = NULL;
    struct asyncdl_map_options map = ASYNCDL_MAP_OPTIONS_INIT;
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    for (int i = 0; i < 10; i++) {
        futures[i] = bench_submit(&b, echo_task, "x", 1);
    }
    assert_int_equal(asyncdl_pool_close(b.pool), 0);
    assert_int_equal(asyncdl_pool_close(b.pool), -EALREADY);
    map.fn = echo_task;
    assert_int_equal(
        asyncdl_pool_apply_async(&other, b.pool, echo_task, "x", 1),
        ASYNCDL_ECLOSED);
    assert_int_equal(asyncdl_pool_apply(&other, b.pool, echo_task, "x", 1),
                     ASYNCDL_ECLOSED);
    assert_int_equal(asyncdl_pool_map(&other, b.pool, &map), ASYNCDL_ECLOSED);
    assert_null(other);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(bench_end(futures[i]), 0);
    }
    bench_close(&b);
}

static void test_join_wants_a_close_and_comes_once(void **state)
{
    int n_joined = 0;
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    assert_int_equal(asyncdl_pool_join(b.pool, count, &n_joined), -EINVAL);
    assert_int_equal(asyncdl_pool_wait(b.pool), -EINVAL);
    assert_int_equal(asyncdl_pool_close(b.pool), 0);
    assert_int_equal(asyncdl_pool_join(b.pool, count, &n_joined), 0);
    assert_int_equal(asyncdl_pool_join(b.pool, count, &n_joined), -EALREADY);
    assert_int_equal(asyncdl_pool_wait(b.pool), -EALREADY);
    assert_int_equal(n_joined, 0); /* later, on the loop */
    uv_run(&b.loop, UV_RUN_DEFAULT);
    assert_int_equal(n_joined, 1);
    assert_int_equal(uv_loop_close(&b.loop), 0);
}

/* Asks a pool until it was joined. */
struct asking {
    uv_idle_t idle;
    struct asyncdl_pool *pool;
    int n_joined;
};

static void ask_on(uv_idle_t *idle)
{
    struct asking *a = idle->data;

    if (a->n_joined > 0) {
        uv_close((uv_handle_t *)idle, NULL);
        return;
    }
    assert_int_equal(asyncdl_pool_get_n_workers(a->pool), 2);
    assert_false(asyncdl_pool_is_full(a->pool));
    assert_int_equal(asyncdl_pool_get_depth(a->pool), 0);
}

static void test_pool_that_is_joined_still_answers(void **state)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;
    struct asking a = {.n_joined = 0};
    struct bench b;

    (void)state;
    options.n_workers = 2;
    bench_open(&b, &options);
    a.pool = b.pool;
    a.idle.data = &a;
    assert_int_equal(bench_end(bench_submit(&b, echo_task, "x", 1)), 0);
    assert_int_equal(asyncdl_pool_close(b.pool), 0);
    assert_int_equal(asyncdl_pool_join(b.pool, count, &a.n_joined), 0);
    assert_int_equal(uv_idle_init(&b.loop, &a.idle), 0);
    assert_int_equal(uv_idle_start(&a.idle, ask_on), 0);
    uv_run(&b.loop, UV_RUN_DEFAULT);
    assert_int_equal(a.n_joined, 1);
    assert_int_equal(uv_loop_close(&b.loop), 0);
}

static void test_terminate_cancels_all_that_is_not_over(void **state)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;
    struct asyncdl_future *futures[10];
    struct gate gate;
    struct gate *arg = &gate;
    struct bench b;

    (void)state;
    gate_init(&gate);
    options.n_workers = 2;
    bench_open(&b, &options);
    for (int i = 0; i < 10; i++) {
        futures[i] = bench_submit(&b, gate_task, &arg, sizeof(arg));
    }
    gate_await(&gate, 2);
    assert_int_equal(asyncdl_pool_close(b.pool), 0);
    assert_int_equal(asyncdl_pool_terminate(b.pool), 0);
    assert_int_equal(asyncdl_pool_terminate(b.pool), -EALREADY);
    assert_int_equal(asyncdl_pool_close(b.pool), -EALREADY);
    for (int i = 0; i < 10; i++) {
        assert_false(asyncdl_future_is_ready(futures[i]));
    }
    assert_int_equal(asyncdl_pool_wait(b.pool), 0);
    assert_int_equal(gate.n_passed, 2);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(bench_get(futures[i], -ECANCELED)->err, -ECANCELED);
        asyncdl_future_release(futures[i]);
    }
    b.pool = NULL;
    bench_close(&b);
    gate_finish(&gate);
}

static struct asyncdl_pool *own_pool;
static atomic_int n_refused;

/* A task that wants more of its own pool: it must not touch it. */
static int greedy_task(struct asyncdl_task *task, const void *arg, size_t len)
{
    struct asyncdl_map_options map = ASYNCDL_MAP_OPTIONS_INIT;
    struct asyncdl_future *future;

    (void)task;
    map.fn = echo_task;
    if (asyncdl_pool_apply_async(&future, own_pool, echo_task, arg, len) ==
            -EPERM &&
        asyncdl_pool_map_async(&future, own_pool, &map) == -EPERM) {
        atomic_fetch_add(&n_refused, 1);
    }
    return 0;
}

static void test_task_may_not_submit_tasks(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    own_pool = b.pool;
    atomic_store(&n_refused, 0);
    assert_int_equal(bench_end(bench_submit(&b, greedy_task, "x", 1)), 0);
    assert_int_equal(atomic_load(&n_refused), 1);
    bench_close(&b);
}

struct relay {
    struct bench b;
    int n_left;
    int n_ended;
};

static void submit_next(struct asyncdl_future *future, void *data)
{
    struct relay *relay = data;
    struct asyncdl_future *next;

    assert_int_equal(asyncdl_future_result(future, NULL), 0);
    relay->n_ended++;
    if (relay->n_left-- > 0) {
        next = bench_submit(&relay->b, echo_task, "x", 1);
        assert_int_equal(asyncdl_future_then(next, submit_next, relay), 0);
        asyncdl_future_release(next);
    }
}

static void test_callback_of_a_task_may_submit_the_next(void **state)
{
    struct relay relay = {.n_left = 200};

    (void)state;
    bench_open(&relay.b, NULL);
    struct asyncdl_future *first = bench_submit(&relay.b, echo_task, "x", 1);
    assert_int_equal(asyncdl_future_then(first, submit_next, &relay), 0);
    asyncdl_future_release(first);
    uv_run(&relay.b.loop, UV_RUN_DEFAULT);
    assert_int_equal(relay.n_ended, 201);
    bench_close(&relay.b);
}

static void end_pool(struct asyncdl_future *future, void *data)
{
    struct bench *b = data;
    struct asyncdl_future *other;

    (void)future;
    assert_int_equal(asyncdl_pool_wait(b->pool), -EDEADLK);
    assert_int_equal(asyncdl_pool_apply(&other, b->pool, echo_task, "x", 1),
                     -EDEADLK);
    assert_int_equal(asyncdl_pool_terminate(b->pool), 0);
    assert_int_equal(asyncdl_pool_join(b->pool, count, &b->n_joined), 0);
    assert_int_equal(b->n_joined, 0);
}

static void test_callback_may_end_the_pool(void **state)
{
    enum { N = 300 };
    struct asyncdl_future *futures[N];
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    for (int i = 0; i < N; i++) {
        futures[i] = bench_submit(&b, echo_task, "x", 1);
    }
    assert_int_equal(asyncdl_future_then(futures[5], end_pool, &b), 0);
    uv_run(&b.loop, UV_RUN_DEFAULT);
    assert_int_equal(b.n_joined, 1);
    assert_int_equal(uv_loop_close(&b.loop), 0);
    for (int i = 0; i < N; i++) {
        int err = asyncdl_future_result(futures[i], NULL);

        assert_true(err == 0 || err == -ECANCELED);
        asyncdl_future_release(futures[i]);
    }
    b.pool = NULL;
}

struct room {
    struct bench *b;
    int n_told;
};

static void on_room(struct asyncdl_pool *pool, void *data)
{
    struct room *room = data;

    assert_ptr_equal(pool, room->b->pool);
    assert_false(asyncdl_pool_is_full(pool));
    assert_true(asyncdl_pool_get_depth(pool) <= 1 + 4);
    room->n_told++;
}

static void test_full_pool_refuses_and_tells_when_there_is_room(void **state)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;
    struct gate gate;
    struct gate *arg = &gate;
    struct bench b;
    struct room room = {.b = &b};

    (void)state;
    gate_init(&gate);
    options.n_workers = 1;
    options.max_queued = 8;
    bench_open(&b, &options);
    asyncdl_pool_on_room(b.pool, on_room, &room);
    for (int i = 0; i < 1 + 8; i++) {
        assert_false(asyncdl_pool_is_full(b.pool));
        asyncdl_future_release(bench_submit(&b, gate_task, &arg, sizeof(arg)));
    }
    assert_true(asyncdl_pool_is_full(b.pool));
    assert_int_equal(asyncdl_pool_get_depth(b.pool), 1 + 8);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            asyncdl_pool_apply_async(NULL, b.pool, echo_task, "x", 1), -EAGAIN);
    }
    uv_run(&b.loop, UV_RUN_NOWAIT);
    assert_int_equal(room.n_told, 0);
    gate_open(&gate);
    uv_run(&b.loop, UV_RUN_DEFAULT);
    assert_int_equal(room.n_told, 1); /* for all that were refused */
    bench_close(&b);
    gate_finish(&gate);
}

static void test_options_that_make_no_sense_are_refused(void **state)
{
    struct asyncdl_task_options cases[5];
    struct asyncdl_payload *payload;
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    assert_int_equal(asyncdl_payload_create(&payload, 10), 0);
    for (int i = 0; i < 5; i++) {
        cases[i] = (struct asyncdl_task_options)ASYNCDL_TASK_OPTIONS_INIT;
        cases[i].fn = echo_task;
    }
    cases[0].fn = NULL;
    cases[1].len = 1; /* of nothing */
    cases[2].arg = "x";
    cases[2].payload = payload;
    cases[3].flags = ASYNCDL_TASK_ORDERED;
    cases[4].struct_size += sizeof(size_t);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(asyncdl_pool_submit(NULL, b.pool, &cases[i]), -EINVAL);
    }
    assert_int_equal(asyncdl_pool_submit(NULL, b.pool, NULL), -EINVAL);
    assert_int_equal(asyncdl_pool_map_async(NULL, b.pool, NULL), -EINVAL);
    cases[4] = (struct asyncdl_task_options)ASYNCDL_TASK_OPTIONS_INIT;
    cases[4].fn = echo_task;
    cases[4].timeout_ms = 1;
    assert_int_equal(asyncdl_pool_submit(NULL, b.pool, &cases[4]), -ENOTSUP);
    asyncdl_payload_release(payload);
    assert_int_equal(asyncdl_pool_get_depth(b.pool), 0);
    bench_close(&b);
}

static void test_pools_open_and_close_many_times(void **state)
{
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    for (int i = 0; i < 200; i++) {
        struct asyncdl_pool *pool;
        struct asyncdl_future *future;

        assert_int_equal(asyncdl_pool_open(&pool, &loop, NULL), 0);
        if (i % 2 == 0) {
            assert_int_equal(
                asyncdl_pool_apply(&future, pool, echo_task, &i, sizeof(i)), 0);
            asyncdl_future_release(future);
        }
        assert_int_equal(i % 3 == 0 ? asyncdl_pool_terminate(pool)
                                    : asyncdl_pool_close(pool),
                         0);
        assert_int_equal(asyncdl_pool_wait(pool), 0);
    }
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* With every worker in a task, libuv's other work still has a thread. */
static void on_stat(uv_fs_t *request)
{
    int *n_stats = request->data;

    ++*n_stats;
    uv_fs_req_cleanup(request);
}

static void test_full_pool_leaves_a_thread_to_file_work(void **state)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;
    int n_stats = 0;
    uv_fs_t request = {.data = &n_stats};
    struct gate gate;
    struct gate *arg = &gate;
    struct bench b;

    (void)state;
    gate_init(&gate);
    options.n_workers = 64;
    bench_open(&b, &options);
    assert_int_equal(asyncdl_pool_get_n_workers(b.pool), 3);
    for (int i = 0; i < 20; i++) {
        asyncdl_future_release(bench_submit(&b, gate_task, &arg, sizeof(arg)));
    }
    gate_await(&gate, 3);
    assert_int_equal(uv_fs_stat(&b.loop, &request, "/", on_stat), 0);
    while (n_stats == 0) {
        uv_run(&b.loop, UV_RUN_ONCE);
    }
    assert_int_equal(gate.n_passed, 0);
    gate_open(&gate);
    bench_close(&b);
    gate_finish(&gate);
}

TEST_SUITE(pool_misuse)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_pool_takes_nothing_and_ends_what_it_has),
        cmocka_unit_test(test_join_wants_a_close_and_comes_once),
        cmocka_unit_test(test_pool_that_is_joined_still_answers),
        cmocka_unit_test(test_terminate_cancels_all_that_is_not_over),
        cmocka_unit_test(test_task_may_not_submit_tasks),
        cmocka_unit_test(test_callback_of_a_task_may_submit_the_next),
        cmocka_unit_test(test_callback_may_end_the_pool),
        cmocka_unit_test(test_full_pool_refuses_and_tells_when_there_is_room),
        cmocka_unit_test(test_options_that_make_no_sense_are_refused),
        cmocka_unit_test(test_pools_open_and_close_many_times),
        cmocka_unit_test(test_full_pool_leaves_a_thread_to_file_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
