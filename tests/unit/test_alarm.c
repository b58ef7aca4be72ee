/* SPDX-License-Identifier: MIT */
#include "fetch/alarm.h"

#include "support/loop.h"

struct probe {
    struct adl_alarm alarm;
    uv_timer_t other;
    int64_t again_ms; /* what to set from inside; below 0: nothing */
    int n_rings;
    int n_rings_max; /* the last one closes */
    int n_rings_by_other;
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
    if (p->n_rings == p->n_rings_max) {
        adl_alarm_close(&p->alarm, on_closed);
        return;
    }
    if (p->is_useful) {
        adl_alarm_note(&p->alarm);
    }
    adl_alarm_set(&p->alarm, p->again_ms);
}

/* The alarm alone does not keep the loop alive: other does. */
static void on_other(uv_timer_t *other)
{
    struct probe *p = other->data;

    p->n_rings_by_other = p->n_rings;
    if (p->n_closed == 0 && !uv_is_closing((uv_handle_t *)&p->alarm.timer)) {
        adl_alarm_close(&p->alarm, on_closed);
    }
    uv_close((uv_handle_t *)other, NULL);
}

static void open_probe(struct probe *p, uv_loop_t *loop, uint64_t other_ms)
{
    adl_alarm_init(&p->alarm, loop, on_ring, p);
    assert_int_equal(uv_timer_init(loop, &p->other), 0);
    p->other.data = p;
    assert_int_equal(uv_timer_start(&p->other, on_other, other_ms, 0), 0);
}

static void test_it_rings_once_and_never_inside_the_call(void **state)
{
    static struct probe p = {.again_ms = -1}; /* the loop outlives an assert */
    uv_loop_t *loop = *state;

    open_probe(&p, loop, 20);
    adl_alarm_set(&p.alarm, 0);
    assert_int_equal(p.n_rings, 0);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(p.n_rings, 1);
    assert_int_equal(p.n_closed, 1);
}

static void test_the_last_time_set_holds(void **state)
{
    static struct probe p = {.again_ms = -1};
    static struct probe silent = {.again_ms = -1};
    uv_loop_t *loop = *state;

    open_probe(&p, loop, 20);
    open_probe(&silent, loop, 20);
    adl_alarm_set(&p.alarm, 3600000);
    adl_alarm_set(&p.alarm, 1);
    adl_alarm_set(&silent.alarm, 0);
    adl_alarm_set(&silent.alarm, -1);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(p.n_rings, 1);
    assert_int_equal(silent.n_rings, 0);
}

static void test_ringing_for_ever_holds_up_nothing(void **state)
{
    static struct probe p = {.again_ms = 0, .is_useful = true};
    uv_loop_t *loop = *state;

    open_probe(&p, loop, 5);
    adl_alarm_set(&p.alarm, 0);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_true(p.n_rings_by_other > ADL_ALARM_VAIN_RUNS);
}

static void test_ringing_for_nothing_is_slowed_down(void **state)
{
    static struct probe p = {.again_ms = 0};
    uv_loop_t *loop = *state;
    const int other_ms = 100;

    open_probe(&p, loop, other_ms);
    adl_alarm_set(&p.alarm, 0);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_in_range(p.n_rings_by_other, ADL_ALARM_VAIN_RUNS,
                    ADL_ALARM_VAIN_RUNS + other_ms / ADL_ALARM_LULL_MS);
}

static void test_what_is_set_from_outside_is_not(void **state)
{
    static struct probe p = {.again_ms = 0,
                             .n_rings_max = ADL_ALARM_VAIN_RUNS + 1};
    uv_loop_t *loop = *state;

    open_probe(&p, loop, 3600000);
    adl_alarm_set(&p.alarm, 0);
    while (p.n_rings < ADL_ALARM_VAIN_RUNS) {
        uv_run(loop, UV_RUN_NOWAIT);
    }
    adl_alarm_set(&p.alarm, 0);
    uv_run(loop, UV_RUN_NOWAIT);
    assert_int_equal(p.n_rings, ADL_ALARM_VAIN_RUNS + 1);
    uv_close((uv_handle_t *)&p.other, NULL);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, loop_setup, loop_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_it_rings_once_and_never_inside_the_call),
        TEST(test_the_last_time_set_holds),
        TEST(test_ringing_for_ever_holds_up_nothing),
        TEST(test_ringing_for_nothing_is_slowed_down),
        TEST(test_what_is_set_from_outside_is_not),
    };

    return cmocka_run_group_tests_name("alarm", tests, NULL, NULL);
}
