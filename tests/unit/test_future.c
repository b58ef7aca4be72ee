/* SPDX-License-Identifier: MIT */
#include "task/future.h"

#include <errno.h>
#include <stdlib.h>

#include "support/loop.h"
#include "support/suite.h"

/* An operation that ends after a while, or as soon as it may when canceled. */
struct operation {
    uv_timer_t timer;
    struct asyncdl_future *future; /* borrowed: the operation's own share */
    int err;
    void *result;
    int n_canceled;
};

static int n_destroyed;

static void destroy_result(void *result)
{
    n_destroyed++;
    free(result);
}

static void on_timer(uv_timer_t *timer)
{
    struct operation *op = timer->data;

    uv_close((uv_handle_t *)timer, NULL);
    adl_future_resolve(op->future, op->err, op->result, destroy_result);
}

static void on_cancel(void *owner)
{
    struct operation *op = owner;

    op->n_canceled++;
    op->err = -ECANCELED;
    assert_int_equal(uv_timer_start(&op->timer, on_timer, 0, 0), 0);
}

static struct asyncdl_future *start(struct operation *op, uv_loop_t *loop,
                                    uint64_t after_ms)
{
    struct asyncdl_future *future;

    *op = (struct operation){.result = malloc(1)};
    assert_non_null(op->result);
    assert_int_equal(uv_timer_init(loop, &op->timer), 0);
    op->timer.data = op;
    assert_int_equal(uv_timer_start(&op->timer, on_timer, after_ms, 0), 0);
    assert_int_equal(adl_future_create(&future, loop, on_cancel, op), 0);
    op->future = future;
    n_destroyed = 0;
    return future;
}

static char calls[32];
static size_t n_calls;

static int setup(void **state)
{
    n_calls = 0;
    return loop_setup(state);
}

static void note(char c)
{
    assert_true(n_calls + 1 < sizeof(calls));
    calls[n_calls++] = c;
    calls[n_calls] = '\0';
}

static void on_note(struct asyncdl_future *future, void *data)
{
    assert_true(asyncdl_future_is_ready(future));
    note(*(const char *)data);
}

static void then(struct asyncdl_future *future, asyncdl_future_cb cb,
                 const char *data)
{
    assert_int_equal(asyncdl_future_then(future, cb, (void *)(uintptr_t)data),
                     0);
}

static void test_future_is_pending_until_it_is_resolved(void **state)
{
    static struct operation op;
    struct asyncdl_future *future = start(&op, *state, 0);
    const void *out = NULL;

    assert_false(asyncdl_future_is_ready(future));
    assert_false(asyncdl_future_is_successful(future));
    assert_int_equal(asyncdl_future_result(future, &out), -EAGAIN);
    assert_null(out);

    uv_run(*state, UV_RUN_DEFAULT);
    assert_true(asyncdl_future_is_ready(future));
    assert_true(asyncdl_future_is_successful(future));
    assert_int_equal(asyncdl_future_result(future, NULL), 0);
    assert_int_equal(asyncdl_future_result(future, &out), 0);
    assert_ptr_equal(out, op.result);
    assert_int_equal(n_destroyed, 0);
    asyncdl_future_release(future);
    assert_int_equal(n_destroyed, 1);
}

static void test_failure_has_its_result_too(void **state)
{
    static struct operation op;
    struct asyncdl_future *future = start(&op, *state, 0);
    const void *out = NULL;

    op.err = -EIO;
    uv_run(*state, UV_RUN_DEFAULT);

    assert_true(asyncdl_future_is_ready(future));
    assert_false(asyncdl_future_is_successful(future));
    assert_int_equal(asyncdl_future_result(future, &out), -EIO);
    assert_ptr_equal(out, op.result);
    asyncdl_future_release(future);
}

static void test_callbacks_run_in_the_order_they_were_added(void **state)
{
    static struct operation op;
    struct asyncdl_future *future = start(&op, *state, 0);

    then(future, on_note, "a");
    then(future, on_note, "b");
    then(future, on_note, "c");
    assert_int_equal(n_calls, 0);

    uv_run(*state, UV_RUN_DEFAULT);
    assert_string_equal(calls, "abc");
    asyncdl_future_release(future);
}

static void test_released_future_still_calls_and_is_freed(void **state)
{
    static struct operation op;
    struct asyncdl_future *future = start(&op, *state, 0);

    then(future, on_note, "a");
    asyncdl_future_release(future);
    assert_int_equal(n_destroyed, 0);

    uv_run(*state, UV_RUN_DEFAULT);
    assert_string_equal(calls, "a");
    assert_int_equal(n_destroyed, 1);
}

static void test_every_share_keeps_it(void **state)
{
    static struct operation op;
    struct asyncdl_future *future = start(&op, *state, 0);

    assert_ptr_equal(asyncdl_future_retain(future), future);
    uv_run(*state, UV_RUN_DEFAULT);

    asyncdl_future_release(future);
    assert_int_equal(n_destroyed, 0);
    asyncdl_future_release(future);
    assert_int_equal(n_destroyed, 1);
    asyncdl_future_release(NULL);
}

static void test_then_on_a_ready_future_runs_later_in_order(void **state)
{
    static struct operation op;
    struct asyncdl_future *future = start(&op, *state, 0);

    uv_run(*state, UV_RUN_DEFAULT);
    then(future, on_note, "a");
    then(future, on_note, "b");
    then(future, on_note, "c");
    asyncdl_future_release(future);
    assert_int_equal(n_calls, 0);
    assert_int_equal(n_destroyed, 0);

    uv_run(*state, UV_RUN_DEFAULT);
    assert_string_equal(calls, "abc");
    assert_int_equal(n_destroyed, 1);
}

static void on_add_another(struct asyncdl_future *future, void *data)
{
    note(*(const char *)data);
    then(future, on_note, "z");
    note(*(const char *)data);
}

static void test_callback_added_in_a_callback_runs_after_all(void **state)
{
    static struct operation op;
    struct asyncdl_future *future = start(&op, *state, 0);

    then(future, on_add_another, "a");
    then(future, on_note, "b");
    asyncdl_future_release(future);

    uv_run(*state, UV_RUN_DEFAULT);
    assert_string_equal(calls, "aabz");
    assert_int_equal(n_destroyed, 1);
}

static void test_late_callback_may_add_another_for_a_later_turn(void **state)
{
    static struct operation op;
    struct asyncdl_future *future = start(&op, *state, 0);

    uv_run(*state, UV_RUN_DEFAULT);
    then(future, on_add_another, "a");
    asyncdl_future_release(future);

    uv_run(*state, UV_RUN_NOWAIT);
    assert_string_equal(calls, "aa");
    uv_run(*state, UV_RUN_DEFAULT);
    assert_string_equal(calls, "aaz");
    assert_int_equal(n_destroyed, 1);
}

static void on_release(struct asyncdl_future *future, void *data)
{
    note(*(const char *)data);
    asyncdl_future_cancel(future);
    asyncdl_future_release(future);
}

static void test_callback_may_release_and_cancel(void **state)
{
    static struct operation op;
    struct asyncdl_future *future = start(&op, *state, 0);

    then(future, on_release, "a");
    then(future, on_note, "b");

    uv_run(*state, UV_RUN_DEFAULT);
    assert_string_equal(calls, "ab");
    assert_int_equal(n_destroyed, 1);
    assert_int_equal(op.n_canceled, 0);
}

static void test_cancel_reaches_the_operation_once(void **state)
{
    static struct operation op;
    struct asyncdl_future *future = start(&op, *state, 60000);

    asyncdl_future_cancel(future);
    asyncdl_future_cancel(future);
    assert_false(asyncdl_future_is_ready(future));

    uv_run(*state, UV_RUN_DEFAULT);
    assert_int_equal(op.n_canceled, 1);
    assert_int_equal(asyncdl_future_result(future, NULL), -ECANCELED);
    asyncdl_future_cancel(future);
    assert_int_equal(op.n_canceled, 1);
    asyncdl_future_release(future);
}

static void test_cancel_of_what_cannot_be_canceled_is_harmless(void **state)
{
    struct asyncdl_future *future;

    assert_int_equal(adl_future_create(&future, *state, NULL, NULL), 0);
    asyncdl_future_cancel(future);
    adl_future_resolve(future, 0, NULL, NULL);

    assert_true(asyncdl_future_is_successful(future));
    asyncdl_future_release(future);
}

static void test_wait_runs_the_loop_until_ready(void **state)
{
    static struct operation op;
    struct asyncdl_future *future = start(&op, *state, 1);

    assert_int_equal(asyncdl_future_wait(future, ASYNCDL_FOREVER), 0);
    assert_true(asyncdl_future_is_ready(future));
    assert_int_equal(asyncdl_future_wait(future, 0), 0);
    asyncdl_future_release(future);
}

static void test_wait_ends_at_its_timeout(void **state)
{
    static struct operation op;
    struct asyncdl_future *future = start(&op, *state, 60000);
    uint64_t start_ms = uv_hrtime() / 1000000;

    assert_int_equal(asyncdl_future_wait(future, 5), -ETIMEDOUT);
    assert_true(uv_hrtime() / 1000000 - start_ms >= 4);
    assert_false(asyncdl_future_is_ready(future));

    asyncdl_future_cancel(future);
    assert_int_equal(asyncdl_future_wait(future, 60000), 0);
    asyncdl_future_release(future);
}

/* A callback that takes so long that the next turn begins with more timers.
 * None of them is closed there: a handle to close lets no turn sleep. */
static void dawdle(uv_timer_t *timer)
{
    uint64_t start_ms = uv_hrtime() / 1000000;

    (void)timer;
    while (uv_hrtime() / 1000000 - start_ms < 10) {
    }
}

static void resolve(uv_timer_t *timer)
{
    adl_future_resolve(timer->data, 0, NULL, NULL);
}

static void set_timer(uv_timer_t *timer, uv_loop_t *loop, uv_timer_cb cb,
                      uint64_t after_ms)
{
    assert_int_equal(uv_timer_init(loop, timer), 0);
    assert_int_equal(uv_timer_start(timer, cb, after_ms, 0), 0);
}

static void test_wait_ends_in_the_turn_of_its_timeout(void **state)
{
    static struct operation op;
    uv_timer_t dawdler;
    struct asyncdl_future *future = start(&op, *state, 60000);

    set_timer(&dawdler, *state, dawdle, 1);
    assert_int_equal(asyncdl_future_wait(future, 5), -ETIMEDOUT);
    uv_close((uv_handle_t *)&dawdler, NULL);

    asyncdl_future_cancel(future);
    assert_int_equal(asyncdl_future_wait(future, 60000), 0);
    asyncdl_future_release(future);
}

static void test_wait_ends_in_the_turn_in_which_it_is_ready(void **state)
{
    uv_timer_t dawdler;
    uv_timer_t resolver;
    uv_timer_t late;
    struct asyncdl_future *future;

    assert_int_equal(adl_future_create(&future, *state, NULL, NULL), 0);
    set_timer(&dawdler, *state, dawdle, 1);
    set_timer(&resolver, *state, resolve, 5);
    resolver.data = future;
    set_timer(&late, *state, dawdle, 60000);
    assert_int_equal(asyncdl_future_wait(future, ASYNCDL_FOREVER), 0);
    asyncdl_future_release(future);

    uv_close((uv_handle_t *)&dawdler, NULL);
    uv_close((uv_handle_t *)&resolver, NULL);
    uv_close((uv_handle_t *)&late, NULL);
    assert_int_equal(uv_run(*state, UV_RUN_DEFAULT), 0);
}

static void test_wait_without_time_looks_once(void **state)
{
    static struct operation op;
    struct asyncdl_future *future = start(&op, *state, 60000);

    assert_int_equal(asyncdl_future_wait(future, 0), -ETIMEDOUT);
    asyncdl_future_cancel(future);
    uv_update_time(*state);
    assert_int_equal(asyncdl_future_wait(future, 0), 0);
    asyncdl_future_release(future);
}

static void count_handle(uv_handle_t *handle, void *data)
{
    size_t *n = data;

    (void)handle;
    (*n)++;
}

static void test_wait_leaves_no_handle_behind(void **state)
{
    struct asyncdl_future *future;
    size_t n_handles = 0;

    assert_int_equal(adl_future_create(&future, *state, NULL, NULL), 0);
    assert_int_equal(asyncdl_future_wait(future, 60000), -EDEADLK);
    uv_walk(*state, count_handle, &n_handles);
    assert_int_equal(n_handles, 0);
    assert_int_equal(uv_loop_alive(*state), 0);

    adl_future_resolve(future, 0, NULL, NULL);
    asyncdl_future_release(future);
}

static void test_wait_on_a_dry_loop_is_a_deadlock(void **state)
{
    struct asyncdl_future *future;

    assert_int_equal(adl_future_create(&future, *state, NULL, NULL), 0);
    assert_int_equal(asyncdl_future_wait(future, ASYNCDL_FOREVER), -EDEADLK);
    assert_int_equal(asyncdl_future_wait(future, 0), -EDEADLK);

    adl_future_resolve(future, 0, NULL, NULL);
    asyncdl_future_release(future);
}

static void on_wait(struct asyncdl_future *future, void *data)
{
    assert_int_equal(asyncdl_future_wait(future, 0), -EDEADLK);
    assert_int_equal(asyncdl_future_wait(data, ASYNCDL_FOREVER), -EDEADLK);
    note('w');
}

static void test_wait_in_a_callback_is_a_deadlock(void **state)
{
    static struct operation first;
    static struct operation second;
    struct asyncdl_future *pending = start(&second, *state, 2);
    struct asyncdl_future *future = start(&first, *state, 0);

    assert_int_equal(asyncdl_future_then(future, on_wait, pending), 0);
    assert_int_equal(asyncdl_future_wait(future, 60000), 0);
    assert_string_equal(calls, "w");

    assert_int_equal(asyncdl_future_then(future, on_wait, pending), 0);
    assert_int_equal(uv_run(*state, UV_RUN_DEFAULT), 0);
    assert_string_equal(calls, "ww");
    asyncdl_future_release(future);
    asyncdl_future_release(pending);
}

static void test_entered_callbacks_nest(void **state)
{
    static struct operation op;
    struct asyncdl_future *future = start(&op, *state, 0);

    adl_future_enter_callback();
    adl_future_enter_callback();
    adl_future_leave_callback();
    assert_int_equal(asyncdl_future_wait(future, 1), -EDEADLK);
    adl_future_leave_callback();

    assert_int_equal(asyncdl_future_wait(future, ASYNCDL_FOREVER), 0);
    asyncdl_future_release(future);
}

static void test_waited_for_future_may_be_released_by_its_callback(void **state)
{
    static struct operation op;
    struct asyncdl_future *future = start(&op, *state, 1);

    then(future, on_release, "a");
    assert_int_equal(asyncdl_future_wait(future, 60000), 0);

    assert_string_equal(calls, "a");
    assert_int_equal(n_destroyed, 1);
}

#define LOOP_TEST(name) \
    cmocka_unit_test_setup_teardown(name, setup, loop_teardown)

TEST_SUITE(future)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST(test_future_is_pending_until_it_is_resolved),
        LOOP_TEST(test_failure_has_its_result_too),
        LOOP_TEST(test_callbacks_run_in_the_order_they_were_added),
        LOOP_TEST(test_released_future_still_calls_and_is_freed),
        LOOP_TEST(test_every_share_keeps_it),
        LOOP_TEST(test_then_on_a_ready_future_runs_later_in_order),
        LOOP_TEST(test_callback_added_in_a_callback_runs_after_all),
        LOOP_TEST(test_late_callback_may_add_another_for_a_later_turn),
        LOOP_TEST(test_callback_may_release_and_cancel),
        LOOP_TEST(test_cancel_reaches_the_operation_once),
        LOOP_TEST(test_cancel_of_what_cannot_be_canceled_is_harmless),
        LOOP_TEST(test_wait_runs_the_loop_until_ready),
        LOOP_TEST(test_wait_ends_at_its_timeout),
        LOOP_TEST(test_wait_ends_in_the_turn_of_its_timeout),
        LOOP_TEST(test_wait_ends_in_the_turn_in_which_it_is_ready),
        LOOP_TEST(test_wait_without_time_looks_once),
        LOOP_TEST(test_wait_leaves_no_handle_behind),
        LOOP_TEST(test_wait_on_a_dry_loop_is_a_deadlock),
        LOOP_TEST(test_wait_in_a_callback_is_a_deadlock),
        LOOP_TEST(test_entered_callbacks_nest),
        LOOP_TEST(test_waited_for_future_may_be_released_by_its_callback),
    };

    return cmocka_run_group_tests_name("future", tests, NULL, NULL);
}
