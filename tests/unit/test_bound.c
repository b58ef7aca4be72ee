/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "asyncdl/trace.h"
#include "support/suite.h"

static void test_shares_are_judged(void **state)
{
    static const struct {
        uint64_t waited_ns;
        uint64_t worked_ns;
        enum asyncdl_bound bound;
    } cases[] = {
        {100, 0, ASYNCDL_BOUND_IO},
        {70, 30, ASYNCDL_BOUND_IO},
        {69, 31, ASYNCDL_BOUND_BOTH},
        {50, 50, ASYNCDL_BOUND_BOTH},
        {31, 69, ASYNCDL_BOUND_BOTH},
        {30, 70, ASYNCDL_BOUND_CPU},
        {0, 100, ASYNCDL_BOUND_CPU},
        {0, 0, ASYNCDL_BOUND_IO},
        {UINT64_MAX, UINT64_MAX, ASYNCDL_BOUND_BOTH},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(
            asyncdl_bound_judge(cases[i].waited_ns, cases[i].worked_ns),
            cases[i].bound);
    }
    assert_string_equal(asyncdl_bound_get_name(ASYNCDL_BOUND_IO), "I/O-bound");
    assert_string_equal(asyncdl_bound_get_name(ASYNCDL_BOUND_CPU), "CPU-bound");
    assert_string_equal(asyncdl_bound_get_name(ASYNCDL_BOUND_BOTH),
                        "bound by both");
}

TEST_SUITE(bound)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares_are_judged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
