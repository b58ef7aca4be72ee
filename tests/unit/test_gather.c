/* SPDX-License-Identifier: MIT */
#include "asyncdl/future.h"

#include <errno.h>

#include "support/loop.h"
#include "support/suite.h"
#include "task/future.h"

#define N_PARTS 4

/* A part ends after a while, or as soon as it may when canceled. */
struct part {
    uv_timer_t timer;
    struct asyncdl_future *promised; /* borrowed: the operation's own share */
    struct asyncdl_future *future;
    int err;
};

static struct part parts[N_PARTS];
static struct asyncdl_future *futures[N_PARTS];
static int n_destroyed;
static int n_called;

static void destroy_result(void *result)
{
    (void)result;
    n_destroyed++;
}

static void on_timer(uv_timer_t *timer)
{
    struct part *part = timer->data;

    uv_close((uv_handle_t *)timer, NULL);
    adl_future_resolve(part->promised, part->err, part, destroy_result);
}

static void on_cancel(void *owner)
{
    struct part *part = owner;

    part->err = -ECANCELED;
    assert_int_equal(uv_timer_start(&part->timer, on_timer, 0, 0), 0);
}

static void start(size_t i, uv_loop_t *loop, uint64_t after_ms, int err)
{
    struct part *part = &parts[i];

    *part = (struct part){.err = err};
    assert_int_equal(uv_timer_init(loop, &part->timer), 0);
    part->timer.data = part;
    assert_int_equal(uv_timer_start(&part->timer, on_timer, after_ms, 0), 0);
    assert_int_equal(adl_future_create(&part->promised, loop, on_cancel, part),
                     0);
    futures[i] = part->promised;
}

static void start_all(uv_loop_t *loop, uint64_t after_ms)
{
    n_destroyed = 0;
    n_called = 0;
    for (size_t i = 0; i < N_PARTS; i++) {
        start(i, loop, after_ms, 0);
    }
}

static void release_all(void)
{
    for (size_t i = 0; i < N_PARTS; i++) {
        asyncdl_future_release(futures[i]);
    }
}

static void on_called(struct asyncdl_future *future, void *data)
{
    (void)data;
    assert_true(asyncdl_future_is_ready(future));
    n_called++;
}

static const struct asyncdl_gathered *get_gathered(
    const struct asyncdl_future *gather, int expected_err)
{
    const void *out = NULL;

    assert_int_equal(asyncdl_future_result(gather, &out), expected_err);
    assert_non_null(out);
    return out;
}

static void test_gather_is_ready_when_all_parts_are(void **state)
{
    struct asyncdl_future *gather;

    start_all(*state, 0);
    parts[1].err = -EIO;
    assert_int_equal(asyncdl_gather(&gather, *state, futures, N_PARTS), 0);
    assert_int_equal(asyncdl_future_then(gather, on_called, NULL), 0);
    assert_false(asyncdl_future_is_ready(gather));
    release_all();
    uv_run(*state, UV_RUN_DEFAULT);

    const struct asyncdl_gathered *gathered = get_gathered(gather, 0);
    assert_int_equal(gathered->n, N_PARTS);
    assert_int_equal(gathered->n_failed, 1);
    for (size_t i = 0; i < N_PARTS; i++) {
        assert_ptr_equal(gathered->futures[i], futures[i]);
        assert_true(asyncdl_future_is_ready(gathered->futures[i]));
    }
    assert_int_equal(asyncdl_future_result(gathered->futures[1], NULL), -EIO);
    assert_int_equal(n_called, 1);
    assert_int_equal(n_destroyed, 0);
    asyncdl_future_release(gather);
    assert_int_equal(n_destroyed, N_PARTS);
}

static void test_gather_waits_for_the_last_part(void **state)
{
    struct asyncdl_future *gather;

    start_all(*state, 0);
    assert_int_equal(uv_timer_start(&parts[2].timer, on_timer, 60000, 0), 0);
    assert_int_equal(asyncdl_gather(&gather, *state, futures, N_PARTS), 0);
    assert_int_equal(asyncdl_future_wait(futures[3], ASYNCDL_FOREVER), 0);
    assert_false(asyncdl_future_is_ready(gather));
    asyncdl_future_cancel(futures[2]);
    assert_int_equal(asyncdl_future_wait(gather, ASYNCDL_FOREVER), 0);

    assert_int_equal(get_gathered(gather, 0)->n_failed, 1);
    asyncdl_future_release(gather);
    release_all();
}

static void test_gather_of_nothing_is_ready_at_once(void **state)
{
    struct asyncdl_future *gather;

    n_called = 0;
    assert_int_equal(asyncdl_gather(&gather, *state, NULL, 0), 0);
    assert_true(asyncdl_future_is_successful(gather));
    assert_int_equal(get_gathered(gather, 0)->n, 0);

    assert_int_equal(asyncdl_future_then(gather, on_called, NULL), 0);
    assert_int_equal(n_called, 0);
    asyncdl_future_release(gather);
    uv_run(*state, UV_RUN_DEFAULT);
    assert_int_equal(n_called, 1);
}

static void test_one_future_may_be_several_parts(void **state)
{
    struct asyncdl_future *gather;

    start_all(*state, 0);
    struct asyncdl_future *const twice[] = {futures[0], futures[1], futures[0]};
    parts[0].err = -EIO;
    assert_int_equal(asyncdl_gather(&gather, *state, twice, 3), 0);
    assert_int_equal(asyncdl_future_wait(gather, ASYNCDL_FOREVER), 0);

    assert_int_equal(get_gathered(gather, 0)->n_failed, 2);
    asyncdl_future_release(gather);
    uv_run(*state, UV_RUN_DEFAULT);
    release_all();
    assert_int_equal(n_destroyed, N_PARTS);
}

static void test_parts_may_be_ready_already(void **state)
{
    struct asyncdl_future *gather;
    struct asyncdl_future *all;

    start_all(*state, 0);
    parts[0].err = -EIO;
    assert_int_equal(uv_timer_start(&parts[3].timer, on_timer, 60000, 0), 0);
    assert_int_equal(asyncdl_future_wait(futures[2], ASYNCDL_FOREVER), 0);
    assert_int_equal(asyncdl_gather(&gather, *state, futures, N_PARTS), 0);
    assert_false(asyncdl_future_is_ready(gather));
    asyncdl_future_cancel(futures[3]);
    assert_int_equal(asyncdl_future_wait(gather, ASYNCDL_FOREVER), 0);
    assert_int_equal(get_gathered(gather, 0)->n_failed, 2);

    assert_int_equal(asyncdl_gather(&all, *state, futures, N_PARTS), 0);
    assert_int_equal(get_gathered(all, 0)->n_failed, 2);
    asyncdl_future_release(all);
    asyncdl_future_release(gather);
    release_all();
}

static void test_cancel_ends_all_parts_and_then_the_gather(void **state)
{
    struct asyncdl_future *gather;

    start_all(*state, 60000);
    assert_int_equal(asyncdl_gather(&gather, *state, futures, N_PARTS), 0);
    asyncdl_future_cancel(gather);
    assert_false(asyncdl_future_is_ready(gather));
    uv_run(*state, UV_RUN_DEFAULT);

    assert_int_equal(get_gathered(gather, -ECANCELED)->n_failed, N_PARTS);
    for (size_t i = 0; i < N_PARTS; i++) {
        assert_int_equal(asyncdl_future_result(futures[i], NULL), -ECANCELED);
    }
    asyncdl_future_release(gather);
    release_all();
}

static void test_released_gather_keeps_its_parts_until_they_end(void **state)
{
    struct asyncdl_future *gather;

    start_all(*state, 0);
    assert_int_equal(asyncdl_gather(&gather, *state, futures, N_PARTS), 0);
    release_all();
    asyncdl_future_release(gather);
    assert_int_equal(n_destroyed, 0);

    uv_run(*state, UV_RUN_DEFAULT);
    assert_int_equal(n_destroyed, N_PARTS);
}

static void test_gathers_nest_and_cancel_goes_all_the_way_down(void **state)
{
    struct asyncdl_future *inner;
    struct asyncdl_future *outer;

    start_all(*state, 60000);
    assert_int_equal(asyncdl_gather(&inner, *state, futures, N_PARTS), 0);
    assert_int_equal(asyncdl_gather(&outer, *state, &inner, 1), 0);
    release_all();
    asyncdl_future_release(inner);
    asyncdl_future_cancel(outer);
    uv_run(*state, UV_RUN_DEFAULT);

    const struct asyncdl_gathered *gathered = get_gathered(outer, -ECANCELED);
    assert_int_equal(gathered->n_failed, 1);
    assert_int_equal(get_gathered(gathered->futures[0], -ECANCELED)->n_failed,
                     N_PARTS);
    asyncdl_future_release(outer);
    assert_int_equal(n_destroyed, N_PARTS);
}

static void test_impossible_size_touches_no_part(void **state)
{
    struct asyncdl_future *gather = NULL;

    start_all(*state, 0);
    assert_int_equal(
        asyncdl_gather(&gather, *state, futures, SIZE_MAX / sizeof(void *)),
        -ENOMEM);
    assert_null(gather);
    release_all();
    uv_run(*state, UV_RUN_DEFAULT);
    assert_int_equal(n_destroyed, N_PARTS);
}

#define LOOP_TEST(name) \
    cmocka_unit_test_setup_teardown(name, loop_setup, loop_teardown)

TEST_SUITE(gather)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST(test_gather_is_ready_when_all_parts_are),
        LOOP_TEST(test_gather_waits_for_the_last_part),
        LOOP_TEST(test_gather_of_nothing_is_ready_at_once),
        LOOP_TEST(test_one_future_may_be_several_parts),
        LOOP_TEST(test_parts_may_be_ready_already),
        LOOP_TEST(test_cancel_ends_all_parts_and_then_the_gather),
        LOOP_TEST(test_released_gather_keeps_its_parts_until_they_end),
        LOOP_TEST(test_gathers_nest_and_cancel_goes_all_the_way_down),
        LOOP_TEST(test_impossible_size_touches_no_part),
    };

    return cmocka_run_group_tests_name("gather", tests, NULL, NULL);
}
