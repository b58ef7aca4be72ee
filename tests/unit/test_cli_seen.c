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
        cmocka_unit_test(test_each_string_is_new_once),
    };

    return cmocka_run_group_tests_name("seen", tests, NULL, NULL);
}
