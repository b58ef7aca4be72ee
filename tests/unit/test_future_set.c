/* SPDX-License-Identifier: MIT */
#include "asyncdl/future.h"

#include <errno.h>
#include <stdatomic.h>

#include "support/fault.h"
#include "support/loop.h"
#include "support/suite.h"

static int n_destroyed;
static int n_called;
static int n_canceled;

static void destroy_result(void *result)
{
    assert_ptr_equal(result, &n_destroyed);
    n_destroyed++;
}

static void on_ready(struct asyncdl_future *future, void *data)
{
    (void)data;
    assert_true(asyncdl_future_is_ready(future));
    n_called++;
}

static void on_cancel(void *data)
{
    assert_ptr_equal(data, &n_canceled);
    n_canceled++;
}

static struct asyncdl_future *create(uv_loop_t *loop)
{
    struct asyncdl_future *future = NULL;

    n_destroyed = n_called = n_canceled = 0;
    assert_int_equal(
        asyncdl_future_create(&future, loop, on_cancel, &n_canceled), 0);
    assert_int_equal(asyncdl_future_then(future, on_ready, NULL), 0);
    return future;
}

static void set_on_thread(void *arg)
{
    assert_int_equal(
        asyncdl_future_set(arg, -EIO, &n_destroyed, destroy_result), 0);
}

static void test_thread_sets_it_and_the_loop_calls_back(void **state)
{
    struct asyncdl_future *future = create(*state);
    const void *result = NULL;
    uv_thread_t thread;

    assert_int_equal(uv_thread_create(&thread, set_on_thread, future), 0);
    assert_int_equal(uv_thread_join(&thread), 0);
    assert_false(asyncdl_future_is_ready(future)); /* later, on the loop */
    assert_int_equal(asyncdl_future_wait(future, ASYNCDL_FOREVER), 0);

    assert_int_equal(asyncdl_future_result(future, &result), -EIO);
    assert_ptr_equal(result, &n_destroyed);
    assert_int_equal(n_called, 1);
    asyncdl_future_release(future);
    uv_run(*state, UV_RUN_DEFAULT);
    assert_int_equal(n_destroyed, 1);
}

static void test_pending_one_keeps_the_loop_running(void **state)
{
    struct asyncdl_future *future = create(*state);

    assert_int_equal(uv_run(*state, UV_RUN_NOWAIT), 1);
    assert_int_equal(asyncdl_future_set(future, 0, NULL, NULL), 0);
    assert_int_equal(uv_run(*state, UV_RUN_DEFAULT), 0);
    assert_true(asyncdl_future_is_successful(future));
    asyncdl_future_release(future);
}

static void test_setting_it_releases_the_setters_share_only(void **state)
{
    struct asyncdl_future *future = create(*state);

    asyncdl_future_release(future); /* nobody waits */
    assert_int_equal(
        asyncdl_future_set(future, 0, &n_destroyed, destroy_result), 0);
    assert_int_equal(n_destroyed, 0);
    uv_run(*state, UV_RUN_DEFAULT);
    assert_int_equal(n_called, 1);
    assert_int_equal(n_destroyed, 1);
}

static void test_second_set_is_refused(void **state)
{
    struct asyncdl_future *future = create(*state);

    assert_int_equal(asyncdl_future_set(future, 1, NULL, NULL), -EINVAL);
    assert_int_equal(asyncdl_future_set(future, 0, NULL, NULL), 0);
    assert_int_equal(asyncdl_future_set(future, -EIO, &n_destroyed, NULL),
                     -EALREADY);
    uv_run(*state, UV_RUN_DEFAULT);
    assert_int_equal(asyncdl_future_set(future, -EIO, &n_destroyed, NULL),
                     -EALREADY);
    assert_int_equal(asyncdl_future_result(future, NULL), 0);
    asyncdl_future_release(future);
}

static void test_cancel_asks_the_program_once(void **state)
{
    struct asyncdl_future *future = create(*state);

    asyncdl_future_cancel(future);
    asyncdl_future_cancel(future);
    assert_int_equal(n_canceled, 1);
    assert_false(asyncdl_future_is_ready(future));
    assert_int_equal(asyncdl_future_set(future, -ECANCELED, NULL, NULL), 0);
    uv_run(*state, UV_RUN_DEFAULT);
    assert_int_equal(asyncdl_future_result(future, NULL), -ECANCELED);
    asyncdl_future_release(future);
}

static void test_without_a_callback_cancel_does_nothing(void **state)
{
    struct asyncdl_future *future;

    assert_int_equal(asyncdl_future_create(&future, *state, NULL, NULL), 0);
    asyncdl_future_cancel(future);
    assert_int_equal(asyncdl_future_set(future, 0, NULL, NULL), 0);
    uv_run(*state, UV_RUN_DEFAULT);
    assert_int_equal(asyncdl_future_result(future, NULL), 0);
    asyncdl_future_release(future);
}

static void test_other_kinds_cannot_be_set(void **state)
{
    struct asyncdl_future *gather;

    assert_int_equal(asyncdl_gather(&gather, *state, NULL, 0), 0);
    assert_int_equal(asyncdl_future_set(gather, 0, NULL, NULL), -EINVAL);
    asyncdl_future_release(gather);
}

#define N_THREADS 4
#define N_FUTURES 2000

static struct asyncdl_future *many[N_FUTURES];
static atomic_int n_won;

static void set_all(void *arg)
{
    (void)arg;
    for (int i = 0; i < N_FUTURES; i++) {
        if (asyncdl_future_set(many[i], 0, NULL, NULL) == 0) {
            atomic_fetch_add(&n_won, 1);
        }
    }
}

static void test_of_many_threads_one_sets_it(void **state)
{
    uv_thread_t threads[N_THREADS];

    n_called = 0;
    atomic_store(&n_won, 0);
    for (int i = 0; i < N_FUTURES; i++) {
        assert_int_equal(asyncdl_future_create(&many[i], *state, NULL, NULL),
                         0);
        assert_int_equal(asyncdl_future_then(many[i], on_ready, NULL), 0);
    }
    for (int i = 0; i < N_THREADS; i++) {
        assert_int_equal(uv_thread_create(&threads[i], set_all, NULL), 0);
    }
    uv_run(*state, UV_RUN_DEFAULT); /* beside them, until all were called */
    for (int i = 0; i < N_THREADS; i++) {
        assert_int_equal(uv_thread_join(&threads[i]), 0);
    }
    assert_int_equal(n_called, N_FUTURES);
    assert_int_equal(atomic_load(&n_won), N_FUTURES);
    for (int i = 0; i < N_FUTURES; i++) {
        asyncdl_future_release(many[i]);
    }
}

static void test_no_memory_leaves_nothing_behind(void **state)
{
    struct asyncdl_future *future = NULL;

    for (int i = 1; i <= 2; i++) {
        fault_arm(FAULT_CALLOC, i, ENOMEM);
        assert_int_equal(asyncdl_future_create(&future, *state, NULL, NULL),
                         -ENOMEM);
        fault_clear();
    }
    assert_null(future);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, loop_setup, loop_teardown)

TEST_SUITE(future_set)
{
    const struct CMUnitTest tests[] = {
        TEST(test_thread_sets_it_and_the_loop_calls_back),
        TEST(test_pending_one_keeps_the_loop_running),
        TEST(test_setting_it_releases_the_setters_share_only),
        TEST(test_second_set_is_refused),
        TEST(test_cancel_asks_the_program_once),
        TEST(test_without_a_callback_cancel_does_nothing),
        TEST(test_other_kinds_cannot_be_set),
        TEST(test_of_many_threads_one_sets_it),
        TEST(test_no_memory_leaves_nothing_behind),
    };

    return cmocka_run_group_tests_name("future_set", tests, NULL, NULL);
}
