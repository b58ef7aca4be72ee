/* SPDX-License-Identifier: MIT */
#include "trace/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

static void test_all_is_kept_at_first(void **state)
{
    const struct adl_sample sample = {0};

    (void)state;
    assert_true(adl_sample_has(&sample, 0));
    assert_true(adl_sample_has(&sample, UINT64_MAX));
}

static void test_the_first_stay_and_the_others_are_thinned_evenly(void **state)
{
    static const struct {
        int n_thinned;
        uint64_t step;
    } cases[] = {{1, 2}, {2, 4}, {3, 8}, {20, UINT64_C(1) << 20}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_sample sample = {0};

        for (int j = 0; j < cases[i].n_thinned; j++) {
            adl_sample_thin(&sample, 10);
        }
        for (uint64_t id = 0; id < 10; id++) {
            assert_true(adl_sample_has(&sample, id));
        }
        for (uint64_t id = 10; id < 1000; id++) {
            assert_int_equal(adl_sample_has(&sample, id),
                             (id - 10) % cases[i].step == 0);
        }
    }
}

static void test_the_picked_ones_are_spread_from_first_to_last(void **state)
{
    static const struct {
        uint64_t n_shown;
        uint64_t n;
    } cases[] = {{2, 3}, {3, 500}, {24, 25}, {200, 501}, {999, 1000}};

    (void)state;
    assert_int_equal(adl_sample_pick(4, 10, 5), 4); /* all are shown */
    assert_int_equal(adl_sample_pick(0, 1, 9), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t n_shown = cases[i].n_shown;
        uint64_t n = cases[i].n;
        uint64_t before = 0;

        assert_int_equal(adl_sample_pick(0, n_shown, n), 0);
        assert_int_equal(adl_sample_pick(n_shown - 1, n_shown, n), n - 1);
        for (uint64_t j = 1; j < n_shown; j++) {
            uint64_t at = adl_sample_pick(j, n_shown, n);

            assert_true(at > before);
            assert_true(at - before <= (n - 1) / (n_shown - 1) + 1);
            before = at;
        }
    }
}

TEST_SUITE(sample)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_is_kept_at_first),
        cmocka_unit_test(test_the_first_stay_and_the_others_are_thinned_evenly),
        cmocka_unit_test(test_the_picked_ones_are_spread_from_first_to_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
