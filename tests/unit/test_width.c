/* SPDX-License-Identifier: MIT */
#include "fetch/width.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define N_OF(array) (sizeof(array) / sizeof(*(array)))

static void test_a_lack_leaves_what_went_well(void **state)
{
    static const struct {
        uint32_t now;
        uint32_t n_active;
        uint32_t then;
    } cases[] = {
        {100, 40, 40}, {100, 1, 1},  {100, 0, 1},
        {1, 0, 1},     {10, 10, 10}, {10, 30, 10},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct adl_width width;

        adl_width_init(&width, 100);
        width.now = cases[i].now;
        adl_width_shrink(&width, cases[i].n_active);
        assert_int_equal(width.now, cases[i].then);
    }
}

static void test_a_windowful_of_good_ends_adds_one(void **state)
{
    struct adl_width width;

    (void)state;
    adl_width_init(&width, 5);
    adl_width_shrink(&width, 3);

    assert_false(adl_width_grow(&width));
    assert_false(adl_width_grow(&width));
    assert_true(adl_width_grow(&width));
    assert_int_equal(width.now, 4);
    for (int i = 0; i < 3; i++) {
        assert_false(adl_width_grow(&width));
    }
    assert_true(adl_width_grow(&width));
    assert_int_equal(width.now, 5);
}

static void test_it_never_grows_over_what_was_asked_for(void **state)
{
    struct adl_width width;

    (void)state;
    adl_width_init(&width, 2);
    for (int i = 0; i < 10; i++) {
        assert_false(adl_width_grow(&width));
    }
    assert_int_equal(width.now, 2);
}

static void test_a_lack_starts_the_count_anew(void **state)
{
    struct adl_width width;

    (void)state;
    adl_width_init(&width, 5);
    adl_width_shrink(&width, 2);
    (void)adl_width_grow(&width);
    adl_width_shrink(&width, 2);

    assert_false(adl_width_grow(&width));
    assert_true(adl_width_grow(&width));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_lack_leaves_what_went_well),
        cmocka_unit_test(test_a_windowful_of_good_ends_adds_one),
        cmocka_unit_test(test_it_never_grows_over_what_was_asked_for),
        cmocka_unit_test(test_a_lack_starts_the_count_anew),
    };

    return cmocka_run_group_tests_name("width", tests, NULL, NULL);
}
