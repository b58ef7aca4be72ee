/* SPDX-License-Identifier: MIT */
#include "fetch/alarm.h"

#include "support/loop.h"
#include "support/suite.h"

struct probe {
    struct adl_alarm alarm;
    int64_t again_ms; /* what to set from inside; below 0: nothing */
    int n_rings;
    uint64_t rang_at; /* the loop's time */
    int n_closed;
    bool is_useful; /* rings come to something */
};

static void on_closed(void *data)
{
    struct probe *p = data;

    p->n_closed++;
}

static void on_ring(void *data)
{
    struct probe *p = data;

    p->n_rings++;
    p->rang_at = uv_now(p->alarm.timer.loop);
    if (p->is_useful) {
        adl_alarm_note(&p->alarm);
    }
    if (p->again_ms >= 0) {
        adl_alarm_set(&p->alarm, p->again_ms);
    }
}

static void run_turns(uv_loop_t *loop, int n_turns)
{
    for (int i = 0; i < n_turns; i++) {
        uv_run(loop, UV_RUN_NOWAIT);
    }
}

static void run_until(struct probe *p, uv_loop_t *loop, int n)
{
    while (p->n_rings < n) {
        assert_true(uv_loop_alive(loop));
        uv_run(loop, UV_RUN_ONCE);
    }
}

/* A loop with nothing to keep it alive takes no turns: the alarm is made to. */
static void open_probe(struct probe *p, uv_loop_t *loop)
{
    adl_alarm_init(&p->alarm, loop, on_ring, p);
    uv_ref((uv_handle_t *)&p->alarm.timer);
    uv_ref((uv_handle_t *)&p->alarm.idle);
}

static void close_probe(struct probe *p, uv_loop_t *loop)
{
    int n_rings = p->n_rings;

    adl_alarm_close(&p->alarm, on_closed);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(p->n_closed, 1);
    assert_int_equal(p->n_rings, n_rings);
}

/* The probes are static: the loop outlives an assert. */

static void test_it_rings_once_and_never_inside_the_call(void **state)
{
    static struct probe p = {.again_ms = -1};
    uv_loop_t *loop = *state;

    open_probe(&p, loop);
    adl_alarm_set(&p.alarm, 0);
    assert_int_equal(p.n_rings, 0);
    run_turns(loop, 3);
    assert_int_equal(p.n_rings, 1);
    close_probe(&p, loop);
}

static void test_it_does_not_keep_the_loop_alive(void **state)
{
    static struct probe p = {.again_ms = -1};
    uv_loop_t *loop = *state;

    adl_alarm_init(&p.alarm, loop, on_ring, &p);
    adl_alarm_set(&p.alarm, 3600000);
    assert_false(uv_loop_alive(loop));
    adl_alarm_set(&p.alarm, 0);
    assert_false(uv_loop_alive(loop));
    close_probe(&p, loop);
}

static void test_the_last_time_set_holds(void **state)
{
    static struct probe p = {.again_ms = -1};
    static struct probe silent = {.again_ms = -1};
    uv_loop_t *loop = *state;

    open_probe(&p, loop);
    open_probe(&silent, loop);
    adl_alarm_set(&p.alarm, 3600000);
    adl_alarm_set(&p.alarm, 1);
    adl_alarm_set(&silent.alarm, 0);
    adl_alarm_set(&silent.alarm, -1);
    run_until(&p, loop, 1);
    assert_int_equal(silent.n_rings, 0);
    adl_alarm_set(&p.alarm, 0);
    close_probe(&p, loop);
    close_probe(&silent, loop);
}

static void test_ringing_for_ever_holds_up_nothing(void **state)
{
    static struct probe p = {.again_ms = 0, .is_useful = true};
    const int n_turns = 4 * ADL_ALARM_VAIN_RUNS;
    uv_loop_t *loop = *state;

    open_probe(&p, loop);
    adl_alarm_set(&p.alarm, 0);
    run_turns(loop, n_turns);
    assert_int_equal(p.n_rings, n_turns);
    close_probe(&p, loop);
}

static void test_ringing_for_nothing_is_slowed_down(void **state)
{
    static struct probe p = {.again_ms = 0};
    uv_loop_t *loop = *state;

    open_probe(&p, loop);
    adl_alarm_set(&p.alarm, 0);
    run_turns(loop, ADL_ALARM_VAIN_RUNS);
    assert_int_equal(p.n_rings, ADL_ALARM_VAIN_RUNS);
    for (int i = 1; i <= 3; i++) {
        uint64_t before = p.rang_at;

        run_until(&p, loop, ADL_ALARM_VAIN_RUNS + i);
        assert_true(p.rang_at - before >= ADL_ALARM_LULL_MS);
    }
    close_probe(&p, loop);
}

static void test_what_is_set_from_outside_is_not(void **state)
{
    static struct probe p = {.again_ms = 0};
    uv_loop_t *loop = *state;

    open_probe(&p, loop);
    adl_alarm_set(&p.alarm, 0);
    run_turns(loop, ADL_ALARM_VAIN_RUNS);
    adl_alarm_set(&p.alarm, 0);
    run_turns(loop, 1);
    assert_int_equal(p.n_rings, ADL_ALARM_VAIN_RUNS + 1);
    close_probe(&p, loop);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, loop_setup, loop_teardown)

TEST_SUITE(alarm)
{
    const struct CMUnitTest tests[] = {
        TEST(test_it_rings_once_and_never_inside_the_call),
        TEST(test_it_does_not_keep_the_loop_alive),
        TEST(test_the_last_time_set_holds),
        TEST(test_ringing_for_ever_holds_up_nothing),
        TEST(test_ringing_for_nothing_is_slowed_down),
        TEST(test_what_is_set_from_outside_is_not),
    };

    return cmocka_run_group_tests_name("alarm", tests, NULL, NULL);
}
