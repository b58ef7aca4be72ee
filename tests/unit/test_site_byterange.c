/* SPDX-License-Identifier: MIT */
#include "site/byterange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/suite.h"

static const struct {
    const char *header;
    uint64_t size;
    enum adl_byterange_kind kind;
    uint64_t first;
    uint64_t last;
} cases[] = {
    {NULL, 10, ADL_BYTERANGE_ALL, 0, 0},
    {"bytes=0-", 10, ADL_BYTERANGE_PART, 0, 9},
    {"bytes=3-5", 10, ADL_BYTERANGE_PART, 3, 5},
    {"bytes=9-9", 10, ADL_BYTERANGE_PART, 9, 9},
    {"bytes=3-99", 10, ADL_BYTERANGE_PART, 3, 9},
    {"Bytes=3-4", 10, ADL_BYTERANGE_PART, 3, 4},
    {"bytes=-4", 10, ADL_BYTERANGE_PART, 6, 9},
    {"bytes=-99", 10, ADL_BYTERANGE_PART, 0, 9},
    {"bytes=-0", 10, ADL_BYTERANGE_NONE, 0, 0},
    {"bytes=10-", 10, ADL_BYTERANGE_NONE, 0, 0},
    {"bytes=10-12", 10, ADL_BYTERANGE_NONE, 0, 0},
    {"bytes=0-", 0, ADL_BYTERANGE_NONE, 0, 0},
    {"bytes=-1", 0, ADL_BYTERANGE_NONE, 0, 0},
    {"bytes=99999999999999999999-", 10, ADL_BYTERANGE_NONE, 0, 0},
    {"bytes=0-99999999999999999999", 10, ADL_BYTERANGE_PART, 0, 9},
    {"bytes=5-3", 10, ADL_BYTERANGE_ALL, 0, 0},
    {"bytes=-", 10, ADL_BYTERANGE_ALL, 0, 0},
    {"bytes=", 10, ADL_BYTERANGE_ALL, 0, 0},
    {"bytes=1-2,4-5", 10, ADL_BYTERANGE_ALL, 0, 0},
    {"bytes=1-2 ", 10, ADL_BYTERANGE_ALL, 0, 0},
    {"bytes=a-2", 10, ADL_BYTERANGE_ALL, 0, 0},
    {"lines=1-2", 10, ADL_BYTERANGE_ALL, 0, 0},
    {"bytes", 10, ADL_BYTERANGE_ALL, 0, 0},
};

static void test_header_means_what_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_byterange range =
            adl_byterange_parse(cases[i].header, cases[i].size);

        assert_int_equal(range.kind, cases[i].kind);
        assert_int_equal(range.first, cases[i].first);
        assert_int_equal(range.last, cases[i].last);
    }
}

TEST_SUITE(site_byterange)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_means_what_the_table_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
