/* SPDX-License-Identifier: MIT */
#include "cli/seen.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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
        struct adl_fingerprint f = adl_seen_hash(key, input, cases[i].len);

        assert_int_equal(f.low, cases[i].low);
        assert_int_equal(f.high, cases[i].high);
    }
}

static void test_each_string_is_new_once(void **state)
{
    static const uint64_t key[2] = {1, 2};
    struct adl_seen seen;

    (void)state;
    adl_seen_init(&seen, key);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 20000; i++) {
            char text[32];

            (void)snprintf(text, sizeof(text), "http://h/%d", i);
            assert_int_equal(adl_seen_add(&seen, text), round == 0);
        }
    }
    assert_int_equal(seen.n, 20000);
    adl_seen_finish(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_is_siphash_2_4_128),
        cmocka_unit_test(test_each_string_is_new_once),
    };

    return cmocka_run_group_tests_name("seen", tests, NULL, NULL);
}
