/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/effort.h"
#include "support/fault.h"
#include "support/suite.h"
#include "util/numbers.h"
#include "util/rng.h"

static void put(struct adl_numbers *numbers, uint64_t key, uint32_t value)
{
    assert_int_equal(adl_numbers_reserve(numbers, 1), 0);
    assert_int_equal(adl_numbers_put(numbers, key, value), 0);
}

static uint32_t get(struct adl_numbers *numbers, uint64_t key)
{
    uint32_t value = 7;

    assert_int_equal(adl_numbers_get(numbers, key, &value), 0);
    return value;
}

static void test_numbers_are_found_and_replaced(void **state)
{
    static const uint64_t keys[] = {0, INT64_MAX, UINT64_MAX, 2,
                                    UINT64_C(1) << 63};
    struct adl_numbers numbers = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        assert_int_equal(get(&numbers, keys[i]), 0);
        put(&numbers, keys[i], 1);
        put(&numbers, keys[i], UINT32_MAX);
        assert_int_equal(get(&numbers, keys[i]), UINT32_MAX);
    }
    adl_numbers_finish(&numbers);
}

static void test_memory_is_bounded_and_nothing_is_lost(void **state)
{
    struct adl_numbers numbers = {0};
    const unsigned n_keys = effort(300000, 80000); /* the disk has some */

    (void)state;
    for (int round = 0; round < 2; round++) {
        struct adl_rng rng = {42};

        for (uint32_t i = 1; i <= n_keys; i++) {
            uint64_t key = adl_rng_next(&rng);

            assert_int_equal(get(&numbers, key), round == 0 ? 0 : i);
            put(&numbers, key, i);
        }
    }
    assert_true(numbers.n_slots <= 131072);
    assert_true(numbers.n_used >= 65536);
    adl_numbers_finish(&numbers);
}

static void test_memory_that_lacks_loses_nothing(void **state)
{
    struct adl_numbers numbers = {0};
    struct adl_rng writer = {1};
    struct adl_rng reader = {1};
    uint32_t n = 0;

    (void)state;
    for (int nth = 1; nth <= 2; nth++) {
        fault_arm(FAULT_CALLOC, nth, ENOMEM);
        assert_int_equal(adl_numbers_reserve(&numbers, 1), -ENOMEM);
        fault_clear();
    }
    fault_arm_all(FAULT_CALLOC, ENOMEM);
    assert_int_equal(adl_numbers_reserve(&numbers, 1), -ENOMEM);
    fault_clear();
    assert_int_equal(adl_numbers_reserve(&numbers, 1), 0);
    fault_arm_all(FAULT_CALLOC, ENOMEM);
    while (adl_numbers_reserve(&numbers, 1) == 0) {
        put(&numbers, adl_rng_next(&writer), ++n);
    }
    fault_clear();
    assert_true(n > 0);
    put(&numbers, adl_rng_next(&writer), ++n);
    for (uint32_t i = 1; i <= n; i++) {
        assert_int_equal(get(&numbers, adl_rng_next(&reader)), i);
    }
    adl_numbers_finish(&numbers);
}

TEST_SUITE(numbers)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_found_and_replaced),
        cmocka_unit_test(test_memory_is_bounded_and_nothing_is_lost),
        cmocka_unit_test(test_memory_that_lacks_loses_nothing),
    };

    return cmocka_run_group_tests_name("numbers", tests, NULL, NULL);
}
