/* SPDX-License-Identifier: MIT */
#include "asyncdl/lag.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "asyncdl/trace.h"
#include "support/fault.h"
#include "support/loop.h"
#include "support/suite.h"

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
    assert_int_equal(asyncdl_lag_open(&job.lag, loop, NULL), 0);
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
    struct asyncdl_lag_report report = watch(*state, 300, NULL);

    assert_true(report.n_turns >= 1);
    assert_true(report.idle_ns >= 100 * MS); /* however late it began */
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
    assert_true(report.cpu_ns > 0);
    assert_true(report.cpu_ns <= report.busy_ns);
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
    assert_true(report.cpu_ns < 10 * MS);
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

    assert_int_equal(asyncdl_lag_open(&lag, *state, NULL), 0);
    assert_int_equal(uv_run(*state, UV_RUN_DEFAULT), 0);
    asyncdl_lag_close(lag, NULL, NULL);
}

static void test_work_outside_of_the_loop_is_busy(void **state)
{
    struct asyncdl_lag_report report;
    struct asyncdl_lag *lag;

    assert_int_equal(asyncdl_lag_open(&lag, *state, NULL), 0);
    spin(2 * MS);
    asyncdl_lag_get(lag, &report);
    assert_true(report.busy_ns >= 2 * MS);
    assert_int_equal(report.idle_ns, 0);
    asyncdl_lag_close(lag, NULL, NULL);
}

/* Sleep on the loop: work that uses no processor. */
static void sleep_on_the_loop(struct job *job)
{
    (void)job;
    uv_sleep(100);
}

static void test_what_is_held_up_uses_no_processor(void **state)
{
    struct asyncdl_lag_report report = watch(*state, 0, sleep_on_the_loop);

    assert_true(report.busy_ns >= 100 * MS);
    assert_true(report.cpu_ns < report.busy_ns / 2);
}

/* What on_stretch was told. */
struct told {
    struct asyncdl_lag *lag;
    uint64_t first_ns; /* 0: nothing yet */
    uint64_t until_ns;
    uint64_t busy_ns;
    uint64_t idle_ns;
    unsigned n;
    bool closes;
};

static void on_stretch(enum asyncdl_lag_kind kind, uint64_t from_ns,
                       uint64_t to_ns, void *data)
{
    struct told *told = data;

    assert_true(from_ns < to_ns);
    if (told->n++ == 0) {
        told->first_ns = from_ns;
    } else {
        assert_int_equal(from_ns, told->until_ns);
    }
    told->until_ns = to_ns;
    *(kind == ASYNCDL_LAG_BUSY ? &told->busy_ns : &told->idle_ns) +=
        to_ns - from_ns;
    if (told->closes) {
        asyncdl_lag_close(told->lag, on_closed, NULL);
    }
}

static void open_told(struct told *told, uv_loop_t *loop)
{
    struct asyncdl_lag_options options = ASYNCDL_LAG_OPTIONS_INIT;

    options.on_stretch = on_stretch;
    options.data = told;
    assert_int_equal(asyncdl_lag_open(&told->lag, loop, &options), 0);
}

static void on_spin_timer(uv_timer_t *timer)
{
    spin(20 * MS);
    uv_close((uv_handle_t *)timer, NULL);
}

static void start_timer(uv_timer_t *timer, uv_loop_t *loop)
{
    assert_int_equal(uv_timer_init(loop, timer), 0);
    uv_update_time(loop);
    assert_int_equal(uv_timer_start(timer, on_spin_timer, 60, 0), 0);
}

static void test_stretches_are_told_without_a_gap(void **state)
{
    struct asyncdl_lag_report report;
    struct told told = {0};
    uv_timer_t timer;
    uint64_t before_ns = uv_hrtime();

    open_told(&told, *state);
    start_timer(&timer, *state);
    (void)uv_run(*state, UV_RUN_DEFAULT);
    asyncdl_lag_get(told.lag, &report);
    asyncdl_lag_flush(told.lag);
    uint64_t after_ns = uv_hrtime();

    assert_true(told.first_ns >= before_ns);
    assert_true(told.until_ns <= after_ns);
    assert_true(told.busy_ns >= 20 * MS);
    assert_true(told.idle_ns >= 10 * MS);
    assert_true(told.busy_ns + told.idle_ns >= report.wall_ns);
    assert_true(told.busy_ns + told.idle_ns <= after_ns - before_ns);
    asyncdl_lag_close(told.lag, NULL, NULL);
}

static void test_flush_and_reset_leave_no_gap(void **state)
{
    struct told told = {0};
    uv_timer_t timer;

    open_told(&told, *state);
    for (int i = 0; i < 3; i++) { /* on_stretch sees to it */
        spin(1 * MS);
        asyncdl_lag_flush(told.lag);
        asyncdl_lag_reset(told.lag);
    }
    assert_int_equal(told.idle_ns, 0);
    assert_int_equal(told.n, 3);
    start_timer(&timer, *state);
    (void)uv_run(*state, UV_RUN_DEFAULT);
    asyncdl_lag_flush(told.lag);
    assert_true(told.idle_ns >= 10 * MS);
    unsigned n = told.n;
    asyncdl_lag_close(told.lag, NULL, NULL);
    (void)uv_run(*state, UV_RUN_DEFAULT);
    assert_int_equal(told.n, n);
}

static void test_stretch_may_close_the_probe(void **state)
{
    struct told told = {.closes = true};
    uv_timer_t timer;

    n_closed = 0;
    open_told(&told, *state);
    start_timer(&timer, *state);
    (void)uv_run(*state, UV_RUN_DEFAULT);
    assert_int_equal(n_closed, 1);
    assert_int_equal(told.n, 1);
}

struct drawn {
    struct asyncdl_trace *trace;
    uint64_t row;
};

static void draw(enum asyncdl_lag_kind kind, uint64_t from_ns, uint64_t to_ns,
                 void *data)
{
    struct drawn *drawn = data;

    assert_int_equal(asyncdl_trace_add(drawn->trace, drawn->row,
                                       kind == ASYNCDL_LAG_IDLE
                                           ? ASYNCDL_SPAN_IO
                                           : ASYNCDL_SPAN_COMPUTE,
                                       from_ns, to_ns),
                     0);
}

static void test_stretches_make_a_row_of_a_trace(void **state)
{
    struct asyncdl_trace_totals totals;
    struct asyncdl_lag_options options = ASYNCDL_LAG_OPTIONS_INIT;
    struct drawn drawn = {0};
    struct asyncdl_lag *lag;
    uv_timer_t timer;
    uint64_t before_ns = asyncdl_trace_get_now_ns();

    assert_int_equal(asyncdl_trace_create(&drawn.trace, NULL), 0);
    assert_int_equal(
        asyncdl_trace_add_row(&drawn.row, drawn.trace,
                              &(struct asyncdl_trace_row){.name = "loop"}),
        0);
    options.on_stretch = draw;
    options.data = &drawn;
    assert_int_equal(asyncdl_lag_open(&lag, *state, &options), 0);
    start_timer(&timer, *state);
    (void)uv_run(*state, UV_RUN_DEFAULT);
    asyncdl_lag_flush(lag);
    asyncdl_lag_close(lag, NULL, NULL);
    uint64_t all_ns = asyncdl_trace_get_now_ns() - before_ns;

    asyncdl_trace_get_totals(&totals, drawn.trace);
    assert_true(totals.ns[ASYNCDL_SPAN_IO] >= 10 * MS);
    assert_true(totals.ns[ASYNCDL_SPAN_COMPUTE] >= 20 * MS);
    assert_true(totals.ns[ASYNCDL_SPAN_IO] + totals.ns[ASYNCDL_SPAN_COMPUTE] <=
                all_ns);
    asyncdl_trace_destroy(drawn.trace);
}

static void test_options_of_a_newer_library_are_refused(void **state)
{
    struct {
        struct asyncdl_lag_options known;
        void *newer;
    } options = {.known = {.struct_size = sizeof(options)}};
    struct asyncdl_lag *lag = NULL;

    assert_int_equal(asyncdl_lag_open(&lag, *state, &options.known), -EINVAL);
    assert_null(lag);
}

static void test_no_memory_is_told(void **state)
{
    struct asyncdl_lag *lag = NULL;

    fault_arm(FAULT_CALLOC, 1, ENOMEM);
    assert_int_equal(asyncdl_lag_open(&lag, *state, NULL), -ENOMEM);
    fault_clear();
    assert_null(lag);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, loop_setup, loop_teardown)

TEST_SUITE(lag)
{
    const struct CMUnitTest tests[] = {
        TEST(test_waiting_is_idle),
        TEST(test_what_held_the_loop_up_is_named),
        TEST(test_what_has_no_name_is_seen_too),
        TEST(test_report_and_reset_inside_of_a_stretch),
        TEST(test_probe_keeps_no_loop_running),
        TEST(test_work_outside_of_the_loop_is_busy),
        TEST(test_what_is_held_up_uses_no_processor),
        TEST(test_stretches_are_told_without_a_gap),
        TEST(test_flush_and_reset_leave_no_gap),
        TEST(test_stretch_may_close_the_probe),
        TEST(test_stretches_make_a_row_of_a_trace),
        TEST(test_options_of_a_newer_library_are_refused),
        TEST(test_no_memory_is_told),
    };

    return cmocka_run_group_tests_name("lag", tests, NULL, NULL);
}
