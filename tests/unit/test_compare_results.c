/* SPDX-License-Identifier: MIT */
#include "compare/results.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/loop.h"
#include "support/suite.h"

static struct outcome took(unsigned ms)
{
    return (struct outcome){.wall_ns = (uint64_t)ms * 1000000, .n_items = ms};
}

static void add(struct row *row, unsigned ms)
{
    struct outcome outcome = took(ms);
    struct run_bytes trace = {malloc(1), 1};

    row_add(row, &outcome, &trace);
}

static void test_the_round_that_is_shown_is_near_the_median(void **state)
{
    struct result result;

    (void)state;
    assert_int_equal(result_init(&result, TOPIC_IO, 2), 0);
    add(&result.rows[0], 900);
    add(&result.rows[0], 300);
    add(&result.rows[0], 400);
    add(&result.rows[1], 100);
    result_settle(&result);

    assert_int_equal(result.rows[0].n_rounds, 3);
    assert_true(result.rows[0].median_s == 0.4);
    assert_int_equal(result.rows[0].outcome.n_items, 400);
    assert_int_equal(result.rows[0].trace.len, 1);
    assert_true(result.rows[0].faster == 1);
    assert_true(result.rows[1].faster == 4);
    result_finish(&result);
}

static void test_a_failed_round_fails_all_and_is_told(void **state)
{
    struct results results = {.n = 1};
    struct result *result = &results.items[0];
    struct outcome bad = {.err = -5, .error = "wrong sum"};

    (void)state;
    assert_int_equal(result_init(result, TOPIC_CPU, 1), 0);
    add(&result->rows[0], 100);
    assert_true(results_are_good(&results));
    row_add(&result->rows[0], &bad, NULL);
    result_settle(result);

    assert_false(results_are_good(&results));
    assert_string_equal(result->rows[0].error, "wrong sum");
    assert_int_equal(result->rows[0].n_rounds, 1);
    result->rows[0].is_missing = true;
    assert_true(results_are_good(&results));
    results_finish(&results);
}

static void test_rows_are_found_by_key(void **state)
{
    struct result result;

    (void)state;
    assert_int_equal(result_init(&result, TOPIC_IO, 2), 0);
    (void)snprintf(result.rows[1].key, NAME_BYTES, "async");

    assert_ptr_equal(result_find(&result, "async"), &result.rows[1]);
    assert_null(result_find(&result, "sync"));
    result_finish(&result);
}

TEST_SUITE(compare_results)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_round_that_is_shown_is_near_the_median),
        cmocka_unit_test(test_a_failed_round_fails_all_and_is_told),
        cmocka_unit_test(test_rows_are_found_by_key),
    };

    return cmocka_run_group_tests_name("compare results", tests, NULL, NULL);
}
