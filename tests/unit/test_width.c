/* SPDX-License-Identifier: MIT */
#include "fetch/width.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/suite.h"

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
        (void)adl_width_lack(&width, cases[i].n_active, 0);
        assert_int_equal(width.now, cases[i].then);
    }
}

static void test_a_windowful_of_good_ends_adds_one(void **state)
{
    struct adl_width width;

    (void)state;
    adl_width_init(&width, 5);
    (void)adl_width_lack(&width, 3, 0);

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
    (void)adl_width_lack(&width, 2, 0);
    (void)adl_width_grow(&width);
    (void)adl_width_lack(&width, 2, 0);

    assert_false(adl_width_grow(&width));
    assert_true(adl_width_grow(&width));
}

static void test_nothing_but_lacks_is_hopeless_after_long(void **state)
{
    enum { LACKS, ENDS };
    static const struct {
        struct {
            int what;
            uint64_t now_ms;
        } past[4];
        bool is_hopeless; /* by the last of them */
    } cases[] = {
        {{{LACKS, 5}}, false},
        {{{LACKS, 5}, {LACKS, 10004}}, false},
        {{{LACKS, 5}, {LACKS, 10005}}, true},
        {{{LACKS, 5}, {LACKS, 9000}, {LACKS, 10005}}, true},
        {{{LACKS, 0}, {LACKS, 10000}}, true},
        {{{LACKS, 5}, {ENDS, 9000}, {LACKS, 10005}}, false},
        {{{LACKS, 5}, {ENDS, 9000}, {LACKS, 10005}, {LACKS, 20005}}, true},
        {{{LACKS, 5}, {LACKS, 30000}, {ENDS, 0}, {LACKS, 30001}}, false},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        bool is_hopeless = false;
        struct adl_width width;

        adl_width_init(&width, 100);
        for (size_t j = 0; j < 4; j++) {
            uint64_t now_ms = cases[i].past[j].now_ms;

            if (cases[i].past[j].what == ENDS) {
                adl_width_note(&width);
            } else if (j == 0 || now_ms > 0) {
                is_hopeless = adl_width_lack(&width, 1, now_ms);
            }
        }
        assert_true(is_hopeless == cases[i].is_hopeless);
    }
}

static void test_descriptors_are_shared_out(void **state)
{
    static const struct {
        size_t n_free;
        uint32_t asked;
        struct adl_shares shares;
    } cases[] = {
        {0, 128, {1, 1, 2, 6}},
        {10, 128, {1, 1, 2, 6}},
        {16, 128, {1, 1, 2, 6}},
        {28, 128, {2, 4, 2, 10}},
        {40, 200, {6, 6, 3, 18}},
        {570, 128, {128, 170, 64, 426}},
        {1000, 128, {128, 320, 64, 576}},
        {1000, 1, {1, 66, 64, 195}},
        {100000, 4000, {4000, 8064, 64, 12192}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_shares s = adl_width_share(cases[i].n_free, cases[i].asked);

        if (s.max_active != cases[i].shares.max_active ||
            s.max_connects != cases[i].shares.max_connects ||
            s.max_batch != cases[i].shares.max_batch ||
            s.max_open != cases[i].shares.max_open) {
            fail_msg("case %zu: %u, %u, %u, %zu", i, s.max_active,
                     s.max_connects, s.max_batch, s.max_open);
        }
    }
}

TEST_SUITE(width)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_lack_leaves_what_went_well),
        cmocka_unit_test(test_a_windowful_of_good_ends_adds_one),
        cmocka_unit_test(test_it_never_grows_over_what_was_asked_for),
        cmocka_unit_test(test_a_lack_starts_the_count_anew),
        cmocka_unit_test(test_nothing_but_lacks_is_hopeless_after_long),
        cmocka_unit_test(test_descriptors_are_shared_out),
    };

    return cmocka_run_group_tests_name("width", tests, NULL, NULL);
}
