/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/suite.h"
#include "util/siphash.h"

/* The reference vectors: key 00 01 .. 0f, input 00 01 .. (LEN - 1). */
static void test_hash_is_siphash_2_4_128(void **state)
{
    static const uint64_t key[2] = {UINT64_C(0x0706050403020100),
                                    UINT64_C(0x0f0e0d0c0b0a0908)};
    static const struct {
        size_t len;
        uint64_t low;
        uint64_t high;
    } cases[] = {
        {0, UINT64_C(0xe6a825ba047f81a3), UINT64_C(0x930255c71472f66d)},
        {1, UINT64_C(0x44af996bd8c187da), UINT64_C(0x45fc229b11597634)},
        {7, UINT64_C(0x53c1dbd8beebf1a1), UINT64_C(0x3982f01fa64ab8c0)},
        {8, UINT64_C(0x61f55862baa9623b), UINT64_C(0xb49714f364e2830f)},
        {15, UINT64_C(0x11a8b03399e99354), UINT64_C(0xd9c3cf970fec087e)},
        {63, UINT64_C(0x4a83502f77d15051), UINT64_C(0x7cbd3f979a063e50)},
    };
    unsigned char input[64];

    (void)state;
    for (size_t i = 0; i < sizeof(input); i++) {
        input[i] = (unsigned char)i;
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_siphash f = adl_siphash128(key, input, cases[i].len);

        assert_int_equal(f.low, cases[i].low);
        assert_int_equal(f.high, cases[i].high);
    }
}

static void test_bytes_may_come_in_pieces(void **state)
{
    static const uint64_t key[2] = {1, 2};
    static const char text[] = "what comes in two pieces, or in three";
    const size_t len = sizeof(text) - 1;
    struct adl_siphash whole = adl_siphash128(key, text, len);

    (void)state;
    for (size_t i = 0; i <= len; i++) {
        for (size_t j = i; j <= len; j++) {
            struct adl_siphash_state pieces;

            adl_siphash_init(&pieces, key);
            adl_siphash_add(&pieces, text, i);
            adl_siphash_add(&pieces, text + i, j - i);
            adl_siphash_add(&pieces, text + j, len - j);
            struct adl_siphash hash = adl_siphash_end(&pieces);
            assert_int_equal(hash.low, whole.low);
            assert_int_equal(hash.high, whole.high);
        }
    }
}

static void test_key_decides_over_the_hash(void **state)
{
    static const uint64_t keys[][2] = {{0, 0}, {1, 0}, {0, 1}};
    struct adl_siphash hashes[3];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        hashes[i] = adl_siphash128(keys[i], "x", 1);
    }
    assert_true(hashes[0].low != hashes[1].low);
    assert_true(hashes[0].high != hashes[2].high);
    assert_true(hashes[1].low != hashes[2].low);
}

TEST_SUITE(siphash)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_is_siphash_2_4_128),
        cmocka_unit_test(test_bytes_may_come_in_pieces),
        cmocka_unit_test(test_key_decides_over_the_hash),
    };

    return cmocka_run_group_tests_name("siphash", tests, NULL, NULL);
}
