/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/spill.h"
#include "util/rng.h"

/* More than the cache of pages holds. */
#define N_KEYS 200000

static void test_numbers_are_found_and_replaced(void **state)
{
    static const uint64_t keys[] = {0, 1, INT64_MAX, UINT64_MAX,
                                    UINT64_C(1) << 63};
    struct adl_spill *spill;
    uint32_t value = 7;

    (void)state;
    assert_int_equal(adl_spill_open(&spill), 0);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        assert_int_equal(adl_spill_get(spill, keys[i], &value), 0);
        assert_int_equal(value, 0);
        assert_int_equal(adl_spill_put(spill, keys[i], 1), 0);
        assert_int_equal(adl_spill_put(spill, keys[i], UINT32_MAX), 0);
        assert_int_equal(adl_spill_get(spill, keys[i], &value), 0);
        assert_int_equal(value, UINT32_MAX);
    }
    adl_spill_close(spill);
}

static void test_what_does_not_fit_the_cache_is_found(void **state)
{
    struct adl_rng writer = {42};
    struct adl_rng reader = {42};
    struct adl_spill *spill;

    (void)state;
    assert_int_equal(adl_spill_open(&spill), 0);
    for (uint32_t i = 1; i <= N_KEYS; i++) {
        assert_int_equal(adl_spill_put(spill, adl_rng_next(&writer), i), 0);
    }
    for (uint32_t i = 1; i <= N_KEYS; i++) {
        uint32_t value = 0;

        assert_int_equal(adl_spill_get(spill, adl_rng_next(&reader), &value),
                         0);
        assert_int_equal(value, i);
    }
    adl_spill_close(spill);
}

static void test_close_accepts_null(void **state)
{
    (void)state;
    adl_spill_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_found_and_replaced),
        cmocka_unit_test(test_what_does_not_fit_the_cache_is_found),
        cmocka_unit_test(test_close_accepts_null),
    };

    return cmocka_run_group_tests_name("spill", tests, NULL, NULL);
}
