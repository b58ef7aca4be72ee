/* SPDX-License-Identifier: MIT */
#include "fetch/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/suite.h"

static void test_without_a_limit_all_may_be_spent(void **state)
{
    struct adl_rate rate;

    (void)state;
    adl_rate_init(&rate, 0, 5);
    adl_rate_spend(&rate, UINT64_MAX);

    assert_true(adl_rate_has(&rate, 5));
    assert_int_equal(adl_rate_due_ms(&rate, 5), 5);
}

static void test_bucket_holds_a_tenth_of_a_second(void **state)
{
    struct adl_rate rate;

    (void)state;
    adl_rate_init(&rate, 1000, 0);
    assert_true(adl_rate_has(&rate, 1000000));
    adl_rate_spend(&rate, 99);
    assert_true(adl_rate_has(&rate, 1000000));
    adl_rate_spend(&rate, 1);

    assert_false(adl_rate_has(&rate, 1000000));
    assert_int_equal(adl_rate_due_ms(&rate, 1000000), 1000001);
}

static void test_debt_is_paid_before_more_is_spent(void **state)
{
    static const struct {
        uint64_t bps;
        uint64_t spent;
        uint64_t due_ms; /* from the first moment */
    } cases[] = {
        {1000, 100, 1},
        {1000, 1100, 1001},
        {1000, 16384, 16285},
        {3, 1, 334},
        {1, 1, 1000},
        {1, 10, 10000},
        {7, 2, 286},
        {1000000, 100000, 1},
        {1000000, 1100000, 1001},
        {UINT64_MAX, 100000000000000, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct adl_rate rate;

        adl_rate_init(&rate, cases[i].bps, 50);
        adl_rate_spend(&rate, cases[i].spent);

        uint64_t due_ms = adl_rate_due_ms(&rate, 50);
        if (due_ms != 50 + cases[i].due_ms) {
            fail_msg("case %zu is due at %llu", i, (unsigned long long)due_ms);
        }
        assert_false(adl_rate_has(&rate, due_ms - 1));
        assert_true(adl_rate_has(&rate, due_ms));
    }
}

static void test_fractions_are_not_lost(void **state)
{
    struct adl_rate rate;
    uint64_t n_spent = 0;

    (void)state;
    adl_rate_init(&rate, 333, 0);
    for (uint64_t now_ms = 0; now_ms <= 100000; now_ms++) {
        while (adl_rate_has(&rate, now_ms)) {
            adl_rate_spend(&rate, 1);
            n_spent++;
        }
    }

    assert_int_equal(n_spent, 33300 + 33);
}

static void test_long_run_is_exact_with_large_reads(void **state)
{
    struct adl_rate rate;
    uint64_t n_spent = 0;
    uint64_t now_ms = 0;

    (void)state;
    adl_rate_init(&rate, 500 * 1024, 0);
    while (now_ms < 600000) {
        adl_rate_spend(&rate, 16384);
        n_spent += 16384;
        now_ms = adl_rate_due_ms(&rate, now_ms);
    }

    uint64_t allowed = 500 * 1024 * 600 + 500 * 1024 / 10;
    assert_in_range(n_spent, allowed - 16384, allowed + 16384);
}

static void test_extreme_numbers_do_not_overflow(void **state)
{
    struct adl_rate rate;

    (void)state;
    adl_rate_init(&rate, UINT64_MAX, 0);
    adl_rate_spend(&rate, UINT64_MAX);
    adl_rate_spend(&rate, UINT64_MAX);
    assert_false(adl_rate_has(&rate, 0));
    assert_true(adl_rate_has(&rate, UINT64_MAX));

    adl_rate_init(&rate, 1, 0);
    adl_rate_spend(&rate, UINT64_MAX);
    assert_true(adl_rate_due_ms(&rate, 0) > UINT64_C(1000000000000000));
}

static void test_clock_that_goes_back_gives_nothing(void **state)
{
    struct adl_rate rate;

    (void)state;
    adl_rate_init(&rate, 1000, 500);
    adl_rate_spend(&rate, 100);

    assert_false(adl_rate_has(&rate, 400));
    assert_int_equal(adl_rate_due_ms(&rate, 400), 501);
}

TEST_SUITE(rate)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_limit_all_may_be_spent),
        cmocka_unit_test(test_bucket_holds_a_tenth_of_a_second),
        cmocka_unit_test(test_debt_is_paid_before_more_is_spent),
        cmocka_unit_test(test_fractions_are_not_lost),
        cmocka_unit_test(test_long_run_is_exact_with_large_reads),
        cmocka_unit_test(test_extreme_numbers_do_not_overflow),
        cmocka_unit_test(test_clock_that_goes_back_gives_nothing),
    };

    return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
