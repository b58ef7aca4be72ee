/* SPDX-License-Identifier: MIT */
/* Tasks on threads: results, arguments, workers, cancellation. */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "support/pool.h"
#include "support/suite.h"

static void test_task_answers_with_bytes(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    struct asyncdl_future *future = bench_submit(&b, echo_task, "abc", 3);
    assert_false(asyncdl_future_is_ready(future));
    assert_int_equal(asyncdl_pool_get_depth(b.pool), 1);
    assert_int_equal(asyncdl_future_wait(future, ASYNCDL_FOREVER), 0);
    assert_int_equal(asyncdl_pool_get_depth(b.pool), 0);
    bench_close(&b);

    const struct asyncdl_task_result *result = bench_get(future, 0);
    assert_int_equal(result->len, 3); /* it outlives its pool */
    assert_memory_equal(result->data, "abc", 3);
    assert_int_equal(result->worker, 1);
    assert_int_equal(result->exit_status, 0);
    assert_int_equal(result->term_signal, 0);
    assert_true(result->run_ns > 0);
    asyncdl_future_release(future);
}

static int fail_task(struct asyncdl_task *task, const void *arg, size_t len)
{
    int err;

    assert_int_equal(len, sizeof(err));
    memcpy(&err, arg, sizeof(err));
    (void)asyncdl_task_reply(task, "part", 4);
    return err;
}

static int explain_task(struct asyncdl_task *task, const void *arg, size_t len)
{
    (void)arg;
    (void)len;
    assert_int_equal(asyncdl_task_explain(task, "first"), 0);
    assert_int_equal(asyncdl_task_explain(task, "row 7: no number"), 0);
    return -EBADMSG;
}

static void test_error_of_a_task_has_words(void **state)
{
    static const struct {
        int answer;
        int err;
        const char *text;
    } cases[] = {
        {-ENOENT, -ENOENT, "no such file or directory"},
        {ASYNCDL_ECHECKSUM, ASYNCDL_ECHECKSUM,
         "body differs from its checksum"},
        {7, -EINVAL, "invalid argument"},
    };
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct asyncdl_future *future = bench_submit(
            &b, fail_task, &cases[i].answer, sizeof(cases[i].answer));

        assert_int_equal(asyncdl_future_wait(future, ASYNCDL_FOREVER), 0);
        const struct asyncdl_task_result *result =
            bench_get(future, cases[i].err);
        assert_string_equal(result->error, cases[i].text);
        assert_memory_equal(result->data, "part", 4); /* as far as it came */
        asyncdl_future_release(future);
    }
    struct asyncdl_future *future = bench_submit(&b, explain_task, NULL, 0);
    assert_int_equal(asyncdl_future_wait(future, ASYNCDL_FOREVER), 0);
    assert_string_equal(bench_get(future, -EBADMSG)->error, "row 7: no number");
    asyncdl_future_release(future);
    bench_close(&b);
}

static void test_argument_is_copied(void **state)
{
    static char bytes[100000];
    struct asyncdl_future *futures[2];
    const size_t lens[2] = {100, sizeof(bytes)};
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    for (int i = 0; i < 2; i++) {
        memset(bytes, 'x', sizeof(bytes));
        futures[i] = bench_submit(&b, echo_task, bytes, lens[i]);
        memset(bytes, 'y', sizeof(bytes));
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(asyncdl_future_wait(futures[i], ASYNCDL_FOREVER), 0);
        const struct asyncdl_task_result *result = bench_get(futures[i], 0);
        assert_int_equal(result->len, lens[i]);
        assert_int_equal(((const char *)result->data)[lens[i] - 1], 'x');
        asyncdl_future_release(futures[i]);
    }
    bench_close(&b);
}

static int address_task(struct asyncdl_task *task, const void *arg, size_t len)
{
    (void)len;
    return asyncdl_task_reply(task, &arg, sizeof(arg));
}

static void test_borrowed_and_payload_are_not_copied(void **state)
{
    static const char bytes[] = "borrowed";
    struct asyncdl_task_options options = ASYNCDL_TASK_OPTIONS_INIT;
    struct asyncdl_payload *payload;
    struct asyncdl_future *futures[2];
    const void *addresses[2] = {bytes, NULL};
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    options.fn = address_task;
    options.arg = bytes;
    options.len = sizeof(bytes);
    options.flags = ASYNCDL_TASK_BORROW;
    assert_int_equal(asyncdl_pool_submit(&futures[0], b.pool, &options), 0);
    assert_int_equal(asyncdl_payload_create(&payload, 1 << 20), 0);
    addresses[1] = asyncdl_payload_get_data(payload);
    options = (struct asyncdl_task_options)ASYNCDL_TASK_OPTIONS_INIT;
    options.fn = address_task;
    options.payload = payload;
    assert_int_equal(asyncdl_pool_submit(&futures[1], b.pool, &options), 0);
    asyncdl_payload_release(payload);
    for (int i = 0; i < 2; i++) {
        const void *seen;

        assert_int_equal(asyncdl_future_wait(futures[i], ASYNCDL_FOREVER), 0);
        memcpy(&seen, bench_get(futures[i], 0)->data, sizeof(seen));
        assert_ptr_equal(seen, addresses[i]);
        asyncdl_future_release(futures[i]);
    }
    bench_close(&b);
}

static int reserve_task(struct asyncdl_task *task, const void *arg, size_t len)
{
    size_t n;

    memcpy(&n, arg, sizeof(n));
    (void)len;
    char *room = asyncdl_task_reserve(task, n);
    if (room != NULL) {
        memset(room, 'r', n);
    }
    return 0; /* it does not look */
}

static int small_after_big_task(struct asyncdl_task *task, const void *arg,
                                size_t len)
{
    (void)arg;
    (void)len;
    assert_int_equal(asyncdl_task_reply(task, "123456789", 9), ASYNCDL_ERESULT);
    return asyncdl_task_reply(task, "1", 1);
}

static void test_result_above_the_limit_fails_the_task(void **state)
{
    static const struct {
        size_t len;
        int err;
    } cases[] = {{0, 0},
                 {7, 0},
                 {8, 0},
                 {9, ASYNCDL_ERESULT},
                 {SIZE_MAX, ASYNCDL_ERESULT}};
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;
    struct bench b;

    (void)state;
    options.max_result_bytes = 8;
    bench_open(&b, &options);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct asyncdl_future *future =
            bench_submit(&b, reserve_task, &cases[i].len, sizeof(cases[i].len));

        assert_int_equal(asyncdl_future_wait(future, ASYNCDL_FOREVER), 0);
        const struct asyncdl_task_result *result =
            bench_get(future, cases[i].err);
        assert_int_equal(result->len, cases[i].err == 0 ? cases[i].len : 0);
        assert_true((result->data != NULL) == (result->len > 0));
        asyncdl_future_release(future);
    }
    assert_int_equal(bench_end(bench_submit(&b, small_after_big_task, NULL, 0)),
                     0);
    bench_close(&b);
}

static void test_result_without_memory_fails_the_task(void **state)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;
    const size_t len = SIZE_MAX;
    struct bench b;

    (void)state;
    options.max_result_bytes = SIZE_MAX;
    bench_open(&b, &options);
    assert_int_equal(
        bench_end(bench_submit(&b, reserve_task, &len, sizeof(len))), -ENOMEM);
    bench_close(&b);
}

/* What workers did, by their ids. */
static struct {
    atomic_int n_inits;
    atomic_int n_finishes;
    atomic_int n_tasks;
} seen;

static int on_init(struct asyncdl_worker *worker, const void *arg, size_t len)
{
    assert_memory_equal(arg, "init", 4);
    assert_int_equal(len, 4);
    assert_null(asyncdl_worker_get_data(worker));
    asyncdl_worker_set_data(worker, &seen);
    atomic_fetch_add(&seen.n_inits, 1);
    return 0;
}

static void on_finish(struct asyncdl_worker *worker)
{
    assert_ptr_equal(asyncdl_worker_get_data(worker), &seen);
    atomic_fetch_add(&seen.n_finishes, 1);
}

static int worker_task(struct asyncdl_task *task, const void *arg, size_t len)
{
    struct asyncdl_worker *worker = asyncdl_task_worker(task);
    char name[24];

    (void)arg;
    (void)len;
    (void)snprintf(name, sizeof(name), "worker-%u",
                   asyncdl_worker_get_id(worker));
    assert_string_equal(asyncdl_worker_get_name(worker), name);
    assert_ptr_equal(asyncdl_worker_get_data(worker), &seen);
    assert_null(asyncdl_worker_get_queue(worker, 0));
    assert_null(asyncdl_worker_get_lock(worker, 0));
    atomic_fetch_add(&seen.n_tasks, 1);
    return 0;
}

static void run_workers(const struct asyncdl_pool_options *given, int n_tasks)
{
    struct asyncdl_pool_options options = *given;
    struct bench b;

    atomic_store(&seen.n_inits, 0);
    atomic_store(&seen.n_finishes, 0);
    atomic_store(&seen.n_tasks, 0);
    options.initializer = on_init;
    options.init_arg = "init";
    options.init_len = 4;
    options.finisher = on_finish;
    bench_open(&b, &options);
    for (int i = 0; i < n_tasks; i++) {
        asyncdl_future_release(bench_submit(&b, worker_task, NULL, 0));
    }
    bench_close(&b);
    assert_int_equal(atomic_load(&seen.n_tasks), n_tasks);
    assert_int_equal(atomic_load(&seen.n_inits), atomic_load(&seen.n_finishes));
}

static void test_workers_are_prepared_and_finished_once(void **state)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;

    (void)state;
    options.n_workers = 3;
    run_workers(&options, 500);
    assert_in_range(atomic_load(&seen.n_inits), 1, 3);
    run_workers(&options, 0);
    assert_int_equal(atomic_load(&seen.n_inits), 0); /* none ever started */
}

static void test_worker_is_renewed_after_its_tasks(void **state)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;

    (void)state;
    options.n_workers = 1;
    options.n_tasks_per_worker = 10;
    run_workers(&options, 100);
    assert_int_equal(atomic_load(&seen.n_inits), 10);
}

static int refuse_init(struct asyncdl_worker *worker, const void *arg,
                       size_t len)
{
    (void)worker;
    (void)arg;
    (void)len;
    return -EACCES;
}

static void test_failed_initializer_breaks_the_pool(void **state)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;
    struct asyncdl_future *futures[20];
    struct bench b;

    (void)state;
    options.n_workers = 2;
    options.initializer = refuse_init;
    bench_open(&b, &options);
    for (int i = 0; i < 20; i++) {
        futures[i] = bench_submit(&b, worker_task, NULL, 0);
    }
    for (int i = 0; i < 20; i++) {
        assert_int_equal(bench_end(futures[i]), -EACCES);
    }
    assert_int_equal(
        asyncdl_pool_apply_async(NULL, b.pool, worker_task, NULL, 0), -EACCES);
    bench_close(&b);
}

static void test_cancel_before_start_ends_at_once(void **state)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;
    struct gate gate;
    struct gate *arg = &gate;
    struct bench b;

    (void)state;
    gate_init(&gate);
    options.n_workers = 1;
    bench_open(&b, &options);
    struct asyncdl_future *first =
        bench_submit(&b, gate_task, &arg, sizeof(arg));
    struct asyncdl_future *second = bench_submit(&b, echo_task, "x", 1);
    gate_await(&gate, 1);
    asyncdl_future_cancel(second);
    asyncdl_future_cancel(second);                 /* twice is once */
    assert_false(asyncdl_future_is_ready(second)); /* later, on the loop */
    assert_int_equal(asyncdl_future_wait(second, ASYNCDL_FOREVER), 0);
    assert_int_equal(bench_get(second, -ECANCELED)->worker, 0);
    assert_false(asyncdl_future_is_ready(first));
    gate_open(&gate);
    assert_int_equal(bench_end(first), 0);
    asyncdl_future_release(second);
    bench_close(&b);
    gate_finish(&gate);
}

static void test_cancel_while_running_is_seen_by_the_task(void **state)
{
    struct gate gate;
    struct gate *arg = &gate;
    struct bench b;

    (void)state;
    gate_init(&gate);
    bench_open(&b, NULL);
    struct asyncdl_future *future =
        bench_submit(&b, gate_task, &arg, sizeof(arg));
    gate_await(&gate, 1);
    asyncdl_future_cancel(future);
    assert_false(asyncdl_future_is_ready(future));
    assert_int_equal(asyncdl_future_wait(future, ASYNCDL_FOREVER), 0);
    assert_int_equal(gate.n_passed, 1); /* only once its function was done */
    assert_int_equal(bench_get(future, -ECANCELED)->worker, 1);
    asyncdl_future_cancel(future); /* too late: nothing happens */
    asyncdl_future_release(future);
    bench_close(&b);
    gate_finish(&gate);
}

static void test_every_accepted_task_ends_once(void **state)
{
    enum { N = 5000 };
    static struct asyncdl_future *futures[N];
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;
    int n_canceled = 0;
    struct bench b;

    (void)state;
    options.max_queued = N;
    bench_open(&b, &options);
    for (int i = 0; i < N; i++) {
        futures[i] = bench_submit(&b, echo_task, &i, sizeof(i));
        if (i % 3 == 0) {
            asyncdl_future_cancel(futures[i]);
        }
        if (i % 7 == 0) {
            uv_run(&b.loop, UV_RUN_NOWAIT);
        }
    }
    bench_close(&b);
    for (int i = 0; i < N; i++) {
        int err = asyncdl_future_result(futures[i], NULL);

        if (err == 0) {
            assert_memory_equal(bench_get(futures[i], 0)->data, &i, sizeof(i));
        }
        assert_true(err == 0 || (err == -ECANCELED && i % 3 == 0));
        n_canceled += err == -ECANCELED;
        asyncdl_future_release(futures[i]);
    }
    assert_true(n_canceled > 0);
}

TEST_SUITE(pool_tasks)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_task_answers_with_bytes),
        cmocka_unit_test(test_error_of_a_task_has_words),
        cmocka_unit_test(test_argument_is_copied),
        cmocka_unit_test(test_borrowed_and_payload_are_not_copied),
        cmocka_unit_test(test_result_above_the_limit_fails_the_task),
        cmocka_unit_test(test_result_without_memory_fails_the_task),
        cmocka_unit_test(test_workers_are_prepared_and_finished_once),
        cmocka_unit_test(test_worker_is_renewed_after_its_tasks),
        cmocka_unit_test(test_failed_initializer_breaks_the_pool),
        cmocka_unit_test(test_cancel_before_start_ends_at_once),
        cmocka_unit_test(test_cancel_while_running_is_seen_by_the_task),
        cmocka_unit_test(test_every_accepted_task_ends_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
