/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <uv.h>

#include "asyncdl/trace.h"
#include "support/loop.h"

#define MS UINT64_C(1000000)

static void spin(uint64_t ns)
{
    uint64_t end_ns = uv_hrtime() + ns;

    while (uv_hrtime() < end_ns) {
    }
}

static void on_timer(uv_timer_t *timer)
{
    spin(20 * MS);
    uv_close((uv_handle_t *)timer, NULL);
}

/* The machine may be slow: what is measured can only be more. */
static void test_waiting_and_working_are_told_apart(void **state)
{
    uv_loop_t *loop = *state;
    struct asyncdl_trace *trace = NULL;
    struct asyncdl_loop_watch *watch = NULL;
    struct asyncdl_trace_totals totals;
    struct asyncdl_loop_use use;
    uv_timer_t timer;

    uint64_t start_ns = uv_hrtime();
    assert_int_equal(asyncdl_trace_create(&trace, NULL), 0);
    assert_int_equal(asyncdl_loop_watch_open(&watch, loop, trace, "loop"), 0);
    assert_int_equal(uv_timer_init(loop, &timer), 0);
    uv_update_time(loop);
    assert_int_equal(uv_timer_start(&timer, on_timer, 400, 0), 0);
    (void)uv_run(loop, UV_RUN_DEFAULT);
    asyncdl_loop_watch_get(&use, watch);
    uint64_t all_ns = uv_hrtime() - start_ns;

    assert_true(use.worked_ns >= 20 * MS);
    assert_true(use.waited_ns >= 10 * MS);
    assert_true(use.waited_ns + use.worked_ns >= 65 * MS);
    assert_true(use.cpu_ns > 0 && use.cpu_ns <= use.worked_ns);
    assert_true(use.longest_ns >= 20 * MS);
    assert_true(use.waited_ns + use.worked_ns <= all_ns);
    asyncdl_trace_get_totals(&totals, trace);
    assert_int_equal(totals.n_rows, 1);
    assert_true(totals.ns[ASYNCDL_SPAN_IO] >= 10 * MS);
    asyncdl_loop_watch_close(watch);
    (void)uv_run(loop, UV_RUN_DEFAULT);
    asyncdl_trace_destroy(trace);
}

static void test_watch_keeps_no_loop_running_and_needs_no_trace(void **state)
{
    uv_loop_t *loop = *state;
    struct asyncdl_loop_watch *watch = NULL;
    struct asyncdl_loop_use use;

    assert_int_equal(asyncdl_loop_watch_open(&watch, loop, NULL, NULL), 0);
    assert_int_equal(uv_run(loop, UV_RUN_DEFAULT), 0);
    spin(2 * MS);
    asyncdl_loop_watch_get(&use, watch);
    assert_true(use.worked_ns >= 2 * MS);
    asyncdl_loop_watch_close(watch);
    asyncdl_loop_watch_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_waiting_and_working_are_told_apart,
                                        loop_setup, loop_teardown),
        cmocka_unit_test_setup_teardown(
            test_watch_keeps_no_loop_running_and_needs_no_trace, loop_setup,
            loop_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
