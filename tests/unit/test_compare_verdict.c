/* SPDX-License-Identifier: MIT */
#include "compare/verdict.h"

#include <stdio.h>
#include <string.h>

#include "support/loop.h"
#include "support/suite.h"

static void test_the_best_count_is_the_smallest_that_is_as_fast(void **state)
{
    static const struct {
        double seconds[6];
        unsigned n;
        unsigned best;
    } cases[] = {
        {{8, 4, 2, 1, 0.5, 0.25}, 6, 6}, /* each helps */
        {{2, 1, 1, 1, 1, 1}, 6, 2},      /* flat from two on */
        {{2, 1.04, 1, 1, 1, 1}, 6, 2},   /* as good as flat */
        {{2, 1.11, 1, 1.2, 1.3, 2}, 6, 3},
        {{1, 2, 3}, 3, 1}, /* more is worse */
        {{0, 0, 3}, 3, 3}, /* some failed */
        {{0, 0}, 2, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(verdict_best_count(cases[i].seconds, cases[i].n),
                         cases[i].best);
    }
}

static void set(struct row *row, const char *key, const char *name, unsigned ms)
{
    struct outcome outcome = {.wall_ns = (uint64_t)ms * 1000000,
                              .waited_ns = 98,
                              .worked_ns = 2,
                              .n_threads = 1};

    (void)snprintf(row->key, sizeof(row->key), "%s", key);
    (void)snprintf(row->name, sizeof(row->name), "%s", name);
    row_add(row, &outcome, NULL);
}

static void test_waiting_is_called_io_bound_and_the_fastest_named(void **state)
{
    struct result result;

    (void)state;
    assert_int_equal(result_init(&result, TOPIC_IO, 2), 0);
    set(&result.rows[0], "synchronous", "synchronous", 8000);
    set(&result.rows[1], "async", "async", 100);
    result_settle(&result);
    verdict_write(&result, 2);

    assert_non_null(strstr(result.verdict, "waited 98 % and worked 2 %"));
    assert_non_null(strstr(result.verdict, "I/O-bound"));
    assert_non_null(
        strstr(result.verdict, "async was 80x as fast, with 1 thread."));
    result_finish(&result);
}

static void test_a_failed_way_leaves_no_verdict(void **state)
{
    struct result result;
    struct outcome bad = {.err = -1, .error = "wrong bytes"};

    (void)state;
    assert_int_equal(result_init(&result, TOPIC_IO, 2), 0);
    set(&result.rows[0], "synchronous", "synchronous", 8000);
    (void)snprintf(result.rows[1].name, NAME_BYTES, "async");
    row_add(&result.rows[1], &bad, NULL);
    result_settle(&result);
    verdict_write(&result, 2);

    assert_string_equal(result.verdict,
                        "None: async failed, and so there is nothing to "
                        "compare.");
    result_finish(&result);
}

static void test_computing_is_called_cpu_bound_and_starving_shown(void **state)
{
    struct result result;

    (void)state;
    assert_int_equal(result_init(&result, TOPIC_CPU, 3), 0);
    set(&result.rows[0], "plain", "plain", 1000);
    set(&result.rows[1], "loop", "on the loop", 1000);
    set(&result.rows[2], "threads", "2 threads", 500);
    result.rows[0].outcome.waited_ns = 0;
    result.rows[1].outcome.beside_ns = 1050000000;
    result.rows[2].outcome.beside_ns = 60000000;
    result_settle(&result);
    verdict_write(&result, 2);

    assert_non_null(strstr(result.verdict, "CPU-bound"));
    assert_non_null(strstr(result.verdict, "2 threads were 2.0x as fast"));
    assert_non_null(strstr(result.verdict, "1.05 s there, 0.06 s beside"));
    result_finish(&result);
}

static void test_workers_that_do_not_help_are_not_praised(void **state)
{
    struct result result;

    (void)state;
    assert_int_equal(result_init(&result, TOPIC_CPU, 2), 0);
    set(&result.rows[0], "plain", "plain", 400);
    set(&result.rows[1], "threads", "2 threads", 500);
    result_settle(&result);
    verdict_write(&result, 2);

    assert_non_null(strstr(result.verdict, "of 2, none was free for it."));
    assert_null(strstr(result.verdict, "as plain"));
    result_finish(&result);
}

TEST_SUITE(compare_verdict)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_best_count_is_the_smallest_that_is_as_fast),
        cmocka_unit_test(test_waiting_is_called_io_bound_and_the_fastest_named),
        cmocka_unit_test(test_a_failed_way_leaves_no_verdict),
        cmocka_unit_test(test_computing_is_called_cpu_bound_and_starving_shown),
        cmocka_unit_test(test_workers_that_do_not_help_are_not_praised),
    };

    return cmocka_run_group_tests_name("compare verdict", tests, NULL, NULL);
}
