/* SPDX-License-Identifier: MIT */
#include "pool/chunking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/suite.h"

static void test_chunks_by_number_and_workers(void **state)
{
    static const struct {
        size_t n;
        uint32_t n_workers;
        size_t chunk;
    } cases[] = {
        {1, 1, 1},        {20, 2, 1},
        {64, 2, 2},       {1000, 2, 31},
        {1000, 1024, 1},  {100000, 2, 256},
        {100000, 64, 97}, {SIZE_MAX, 1024, 256},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(adl_chunking_choose(cases[i].n, cases[i].n_workers),
                         cases[i].chunk);
    }
}

TEST_SUITE(chunking)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunks_by_number_and_workers),
    };

    return cmocka_run_group_tests_name("chunking", tests, NULL, NULL);
}
