/* SPDX-License-Identifier: MIT */
#include "cli/value.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

struct number_case {
    const char *text;
    int err;
    uint64_t value;
};

#define N(cases) (sizeof(cases) / sizeof((cases)[0]))

static void test_sizes_are_1024_based_and_strict(void **state)
{
    static const struct number_case cases[] = {
        {"0", 0, 0},
        {"1000", 0, 1000},
        {"7B", 0, 7},
        {"500K", 0, 512000},
        {"500k", 0, 512000},
        {"10M", 0, 10485760},
        {"10MB", 0, 10485760},
        {"10MiB", 0, 10485760},
        {"1.5M", 0, 1572864},
        {"0.5", 0, 1}, /* not without a limit */
        {"0.00000000000000001K", 0, 1},
        {"0.0", 0, 0},
        {"2G", 0, UINT64_C(2147483648)},
        {"8388607T", 0, UINT64_C(8388607) << 40},
        {"9223372036854775807", 0, INT64_MAX},
        {"9223372036854775808", -ERANGE, 0},
        {"18446744073709551616", -ERANGE, 0},
        {"8388608T", -ERANGE, 0},
        {"99999999999999999999999", -ERANGE, 0},
        {"", -EINVAL, 0},
        {"K", -EINVAL, 0},
        {"-1", -EINVAL, 0},
        {"+1", -EINVAL, 0},
        {" 1", -EINVAL, 0},
        {"1 ", -EINVAL, 0},
        {"1 K", -EINVAL, 0},
        {"1.", -EINVAL, 0},
        {".5", -EINVAL, 0},
        {"1,5M", -EINVAL, 0},
        {"1KK", -EINVAL, 0},
        {"0x10", -EINVAL, 0},
        {"1e3", -EINVAL, 0},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        uint64_t value = 4711;
        int err = adl_value_parse_size(&value, cases[i].text);

        if (err != cases[i].err ||
            value != (err == 0 ? cases[i].value : 4711)) {
            fail_msg("%s: %d, %llu", cases[i].text, err,
                     (unsigned long long)value);
        }
    }
}

static void test_durations_are_seconds_unless_a_unit_says_otherwise(
    void **state)
{
    static const struct number_case cases[] = {
        {"30", 0, 30000},
        {"1.5", 0, 1500},
        {"0.001", 0, 1},
        {"0.0001", 0, 1},
        {"500ms", 0, 500},
        {"30s", 0, 30000},
        {"2m", 0, 120000},
        {"1.5h", 0, 5400000},
        {"8760h", 0, ADL_VALUE_MAX_MS},
        {"8761h", -ERANGE, 0},
        {"31536000001ms", -ERANGE, 0},
        {"18446744073709551615", -ERANGE, 0},
        {"1.1234567890123456789", 0, 1123},
        {"1d", -EINVAL, 0},
        {"ms", -EINVAL, 0},
        {"-1", -EINVAL, 0},
        {"", -EINVAL, 0},
        {"1:30", -EINVAL, 0},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        uint64_t value = 4711;
        int err = adl_value_parse_duration(&value, cases[i].text);

        if (err != cases[i].err ||
            value != (err == 0 ? cases[i].value : 4711)) {
            fail_msg("%s: %d, %llu", cases[i].text, err,
                     (unsigned long long)value);
        }
    }
}

static void test_counts_keep_within_their_range(void **state)
{
    static const struct number_case cases[] = {
        {"1", 0, 1},         {"10", 0, 10},
        {"007", 0, 7},       {"0", -ERANGE, 0},
        {"11", -ERANGE, 0},  {"1.0", -EINVAL, 0},
        {"1K", -EINVAL, 0},  {"", -EINVAL, 0},
        {"-1", -EINVAL, 0},  {"1 ", -EINVAL, 0},
        {"ten", -EINVAL, 0}, {"18446744073709551617", -ERANGE, 0},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        uint64_t value = 4711;
        int err = adl_value_parse_count(&value, cases[i].text, 1, 10);

        if (err != cases[i].err ||
            value != (err == 0 ? cases[i].value : 4711)) {
            fail_msg("%s: %d, %llu", cases[i].text, err,
                     (unsigned long long)value);
        }
    }
}

static void test_rates_name_their_unit(void **state)
{
    static const struct {
        const char *text;
        int err;
        uint32_t n;
        uint32_t ms;
    } cases[] = {
        {"10/s", 0, 10, 1000},
        {"5/m", 0, 5, 60000},
        {"4294967295/h", 0, UINT32_MAX, 3600000},
        {"4294967296/h", -ERANGE, 0, 0},
        {"0/s", -ERANGE, 0, 0},
        {"10", -EINVAL, 0, 0},
        {"10/", -EINVAL, 0, 0},
        {"10/d", -EINVAL, 0, 0},
        {"/s", -EINVAL, 0, 0},
        {"1.5/s", -EINVAL, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        uint32_t n = 0;
        uint32_t ms = 0;
        int err = adl_value_parse_rate(&n, &ms, cases[i].text);

        if (err != cases[i].err || n != cases[i].n || ms != cases[i].ms) {
            fail_msg("%s: %d, %u in %u ms", cases[i].text, err, n, ms);
        }
    }
}

TEST_SUITE(cli_value)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_are_1024_based_and_strict),
        cmocka_unit_test(
            test_durations_are_seconds_unless_a_unit_says_otherwise),
        cmocka_unit_test(test_counts_keep_within_their_range),
        cmocka_unit_test(test_rates_name_their_unit),
    };

    return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
