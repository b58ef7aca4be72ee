/* SPDX-License-Identifier: MIT */
#include "asyncdl/lag.h"

#include <errno.h>
#include <string.h>

#include "support/fault.h"
#include "support/loop.h"

#define MS UINT64_C(1000000)

static int n_closed;

static void on_closed(void *data)
{
    (void)data;
    n_closed++;
}

static void spin(uint64_t ns)
{
    uint64_t until = uv_hrtime() + ns;

    while (uv_hrtime() < until) {
    }
}

static void spin_named(struct asyncdl_lag *lag, const char *name, uint64_t ns)
{
    asyncdl_lag_enter(lag, name);
    spin(ns);
    asyncdl_lag_leave(lag);
}

/* What the timer's callback does. */
struct job {
    uv_timer_t timer;
    struct asyncdl_lag *lag;
    void (*run)(struct job *job);
};

static void on_timer(uv_timer_t *timer)
{
    struct job *job = timer->data;

    if (job->run != NULL) {
        job->run(job);
    }
    uv_close((uv_handle_t *)timer, NULL);
}

/* Wait for after_ms, run the job, and report. */
static struct asyncdl_lag_report watch(uv_loop_t *loop, uint64_t after_ms,
                                       void (*run)(struct job *job))
{
    struct asyncdl_lag_report report;
    struct job job = {.run = run};

    n_closed = 0;
    assert_int_equal(asyncdl_lag_open(&job.lag, loop), 0);
    assert_int_equal(uv_timer_init(loop, &job.timer), 0);
    job.timer.data = &job;
    uv_update_time(loop);
    assert_int_equal(uv_timer_start(&job.timer, on_timer, after_ms, 0), 0);
    uv_run(loop, UV_RUN_DEFAULT);
    asyncdl_lag_get(job.lag, &report);
    asyncdl_lag_close(job.lag, on_closed, NULL);
    assert_int_equal(n_closed, 0);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(n_closed, 1);
    return report;
}

static void test_waiting_is_idle(void **state)
{
    struct asyncdl_lag_report report = watch(*state, 60, NULL);

    assert_true(report.n_turns >= 1);
    assert_true(report.idle_ns >= 55 * MS);
    assert_int_equal(report.idle_ns + report.busy_ns, report.wall_ns);
    assert_true(report.longest_ns <= report.busy_ns);
    assert_null(report.longest_name);
    assert_int_equal(report.longest_name_ns, 0);
}

static void hold_up(struct job *job)
{
    spin_named(job->lag, "short", 1 * MS);
    asyncdl_lag_enter(job->lag, "long");
    spin_named(job->lag, "inside", 5 * MS);
    spin(25 * MS);
    asyncdl_lag_leave(job->lag);
    spin_named(job->lag, "later", 2 * MS);
}

static void test_what_held_the_loop_up_is_named(void **state)
{
    struct asyncdl_lag_report report = watch(*state, 1, hold_up);

    assert_true(report.longest_ns >= 33 * MS);
    assert_true(report.busy_ns >= report.longest_ns);
    assert_string_equal(report.longest_name, "long");
    assert_true(report.longest_name_ns >= 30 * MS);
    assert_true(report.longest_name_ns < report.longest_ns);
}

static void hold_up_unnamed(struct job *job)
{
    (void)job;
    spin(20 * MS);
}

static void test_what_has_no_name_is_seen_too(void **state)
{
    struct asyncdl_lag_report report = watch(*state, 0, hold_up_unnamed);

    assert_true(report.longest_ns >= 20 * MS);
    assert_null(report.longest_name);
}

static void look_inside(struct job *job)
{
    struct asyncdl_lag_report report;

    asyncdl_lag_enter(job->lag, "now");
    spin(10 * MS);
    asyncdl_lag_get(job->lag, &report);
    assert_true(report.longest_ns >= 10 * MS);
    assert_string_equal(report.longest_name, "now");
    for (int i = 0; i < 40; i++) {
        asyncdl_lag_enter(job->lag, "deep");
    }
    for (int i = 0; i < 40; i++) {
        asyncdl_lag_leave(job->lag);
    }
    asyncdl_lag_reset(job->lag);
    asyncdl_lag_get(job->lag, &report);
    assert_int_equal(report.n_turns, 0);
    assert_true(report.wall_ns < 10 * MS);
    asyncdl_lag_leave(job->lag);
}

static void test_report_and_reset_inside_of_a_stretch(void **state)
{
    struct asyncdl_lag_report report = watch(*state, 0, look_inside);

    assert_true(report.longest_ns < 10 * MS);
}

static void test_probe_keeps_no_loop_running(void **state)
{
    struct asyncdl_lag *lag;

    assert_int_equal(asyncdl_lag_open(&lag, *state), 0);
    assert_int_equal(uv_run(*state, UV_RUN_DEFAULT), 0);
    asyncdl_lag_close(lag, NULL, NULL);
}

static void test_no_memory_is_told(void **state)
{
    struct asyncdl_lag *lag = NULL;

    fault_arm(FAULT_CALLOC, 1, ENOMEM);
    assert_int_equal(asyncdl_lag_open(&lag, *state), -ENOMEM);
    fault_clear();
    assert_null(lag);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, loop_setup, loop_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_waiting_is_idle),
        TEST(test_what_held_the_loop_up_is_named),
        TEST(test_what_has_no_name_is_seen_too),
        TEST(test_report_and_reset_inside_of_a_stretch),
        TEST(test_probe_keeps_no_loop_running),
        TEST(test_no_memory_is_told),
    };

    return cmocka_run_group_tests_name("lag", tests, NULL, NULL);
}
