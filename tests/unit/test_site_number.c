/* SPDX-License-Identifier: MIT */
#include "site/number.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/suite.h"

static void test_numbers_up_to_the_bound_are_read(void **state)
{
    static const struct {
        const char *text;
        uint64_t max;
        uint64_t value;
    } cases[] = {
        {"0", 0, 0},
        {"7", 7, 7},
        {"007", 9, 7},
        {"65535", 65535, 65535},
        {"18446744073709551615", UINT64_MAX, UINT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t value = 1234;

        assert_int_equal(adl_number_parse(&value, cases[i].text, cases[i].max),
                         0);
        assert_int_equal(value, cases[i].value);
    }
}

static void test_everything_else_is_refused_and_leaves_the_output(void **state)
{
    static const struct {
        const char *text;
        uint64_t max;
    } cases[] = {
        {"", 9},
        {"-1", 9},
        {"+1", 9},
        {" 1", 9},
        {"1 ", 9},
        {"1.0", 9},
        {"0x1", 99},
        {"8", 7},
        {"65536", 65535},
        {"1", 0},
        {"18446744073709551616", UINT64_MAX},
        {"99999999999999999999999", UINT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t value = 1234;

        assert_int_equal(adl_number_parse(&value, cases[i].text, cases[i].max),
                         -EINVAL);
        assert_int_equal(value, 1234);
    }
}

TEST_SUITE(site_number)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_up_to_the_bound_are_read),
        cmocka_unit_test(test_everything_else_is_refused_and_leaves_the_output),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
