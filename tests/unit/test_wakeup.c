/* SPDX-License-Identifier: MIT */
#include "fetch/wakeup.h"

#include "support/loop.h"
#include "support/suite.h"

struct probe {
    struct adl_wakeup wakeup;
    int n_fired;
    int n_closed;
    int n_again; /* alarms to set from inside */
};

static void on_closed(void *data)
{
    struct probe *p = data;

    p->n_closed++;
}

static void on_due(void *data)
{
    struct probe *p = data;

    p->n_fired++;
    if (p->n_again > 0) {
        p->n_again--;
        assert_int_equal(
            adl_wakeup_at(&p->wakeup, uv_now(p->wakeup.timer.loop)), 0);
        return;
    }
    adl_wakeup_close(&p->wakeup, on_closed); /* allowed from a callback */
}

static void test_earlier_time_wins(void **state)
{
    static struct probe p; /* outlives a failed assert, as the loop does */
    uv_loop_t *loop = *state;
    uint64_t start_ms = uv_now(loop);

    assert_int_equal(adl_wakeup_init(&p.wakeup, loop, on_due, &p), 0);
    assert_int_equal(adl_wakeup_at(&p.wakeup, start_ms + 3600000), 0);
    assert_int_equal(adl_wakeup_at(&p.wakeup, start_ms + 5), 0);
    assert_int_equal(adl_wakeup_at(&p.wakeup, start_ms + 3600000), 0);

    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(p.n_fired, 1);
    assert_int_equal(p.n_closed, 1);
    assert_true(uv_now(loop) >= start_ms + 5);
}

static void test_time_that_has_passed_is_due_at_once_and_may_be_set_inside(
    void **state)
{
    static struct probe p;
    uv_loop_t *loop = *state;

    const int n_again = 3;

    assert_int_equal(adl_wakeup_init(&p.wakeup, loop, on_due, &p), 0);
    p.n_again = n_again;
    assert_int_equal(adl_wakeup_at(&p.wakeup, 0), 0);
    assert_int_equal(p.n_fired, 0); /* never inside the call */
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(p.n_fired, n_again + 1);
}

static void test_cleared_alarm_is_silent_and_forgets_its_time(void **state)
{
    static struct probe p;
    uv_loop_t *loop = *state;
    uint64_t now_ms = uv_now(loop);

    assert_int_equal(adl_wakeup_init(&p.wakeup, loop, on_due, &p), 0);
    assert_int_equal(adl_wakeup_at(&p.wakeup, now_ms + 1), 0);
    adl_wakeup_clear(&p.wakeup);
    assert_int_equal(uv_run(loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(p.n_fired, 0);

    assert_int_equal(adl_wakeup_at(&p.wakeup, uv_now(loop) + 10), 0);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(p.n_fired, 1);
}

static void test_never_sets_no_alarm(void **state)
{
    static struct probe p;
    uv_loop_t *loop = *state;

    assert_int_equal(adl_wakeup_init(&p.wakeup, loop, on_due, &p), 0);
    assert_int_equal(adl_wakeup_at(&p.wakeup, UINT64_MAX), 0);
    assert_int_equal(uv_run(loop, UV_RUN_DEFAULT), 0);
    adl_wakeup_close(&p.wakeup, on_closed);
    assert_int_not_equal(adl_wakeup_at(&p.wakeup, 0), 0); /* closing */
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, loop_setup, loop_teardown)

TEST_SUITE(wakeup)
{
    const struct CMUnitTest tests[] = {
        TEST(test_earlier_time_wins),
        TEST(test_time_that_has_passed_is_due_at_once_and_may_be_set_inside),
        TEST(test_cleared_alarm_is_silent_and_forgets_its_time),
        TEST(test_never_sets_no_alarm),
    };

    return cmocka_run_group_tests_name("wakeup", tests, NULL, NULL);
}
