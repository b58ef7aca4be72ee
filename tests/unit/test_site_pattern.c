/* SPDX-License-Identifier: MIT */
#include "site/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

#define N 100

static void test_any_piece_equals_that_piece_of_the_whole(void **state)
{
    uint8_t whole[N];
    uint8_t piece[N];

    (void)state;
    adl_pattern_fill(whole, N, 5, 0);
    for (size_t from = 0; from < N; from++) {
        for (size_t to = from; to <= N; to++) {
            adl_pattern_fill(piece, to - from, 5, from);
            assert_memory_equal(piece, whole + from, to - from);
        }
    }
}

static void test_piece_writes_nothing_behind_it(void **state)
{
    uint8_t bytes[N];

    (void)state;
    for (size_t len = 0; len < 20; len++) {
        memset(bytes, 0xa5, N);
        adl_pattern_fill(bytes, len, 5, 3);
        assert_int_equal(bytes[len], 0xa5);
    }
}

static void test_other_place_or_seed_gives_other_bytes(void **state)
{
    uint8_t a[N];
    uint8_t b[N];

    (void)state;
    adl_pattern_fill(a, N, 0, 0);
    for (uint64_t i = 1; i < 1000; i++) {
        adl_pattern_fill(b, N, 0, i);
        assert_memory_not_equal(a, b, N);
        adl_pattern_fill(b, N, i, 0);
        assert_memory_not_equal(a, b, N);
    }
}

TEST_SUITE(site_pattern)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_piece_equals_that_piece_of_the_whole),
        cmocka_unit_test(test_piece_writes_nothing_behind_it),
        cmocka_unit_test(test_other_place_or_seed_gives_other_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
