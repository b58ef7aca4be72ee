/* SPDX-License-Identifier: MIT */
#include "cli/quantile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

static void test_one_time_is_exact(void **state)
{
    static const uint64_t times[] = {1, 999, 123456, 98765432100, UINT64_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct adl_quantile q = {0};

        assert_int_equal(adl_quantile_get(&q, 50), 0);
        assert_int_equal(adl_quantile_add(&q, times[i]), 0);
        assert_int_equal(adl_quantile_get(&q, 50), times[i]);
        assert_int_equal(adl_quantile_get(&q, 95), times[i]);
        adl_quantile_finish(&q);
    }
}

static void need_near(uint64_t found, double wanted)
{
    if ((double)found < wanted * 0.96 || (double)found > wanted * 1.04) {
        fail_msg("%ju, not %f", (uintmax_t)found, wanted);
    }
}

static void test_many_times_are_exact_to_four_percent(void **state)
{
    (void)state;
    for (uint64_t scale = 100000; scale < UINT64_C(1) << 50; scale *= 3) {
        struct adl_quantile q = {0};

        for (uint64_t i = 1; i <= 1000; i++) {
            /* in no order */
            assert_int_equal(adl_quantile_add(&q, i * 7 % 1001 * scale / 1000),
                             0);
        }
        need_near(adl_quantile_get(&q, 50), (double)scale * 0.5);
        need_near(adl_quantile_get(&q, 95), (double)scale * 0.95);
        need_near(adl_quantile_get(&q, 100), (double)scale);
        adl_quantile_finish(&q);
    }
}

TEST_SUITE(cli_quantile)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_time_is_exact),
        cmocka_unit_test(test_many_times_are_exact_to_four_percent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
