/* SPDX-License-Identifier: MIT */
#include "compare/sums.h"

#include "support/loop.h"
#include "support/suite.h"

static void test_sums_are_written_in_decimal(void **state)
{
    static const struct {
        struct sum sum;
        const char *text;
    } cases[] = {
        {{0, 0}, "0"},
        {{0, 10}, "10"},
        {{0, UINT64_MAX}, "18446744073709551615"},
        {{1, 0}, "18446744073709551616"},
        {{UINT64_MAX, UINT64_MAX}, "340282366920938463463374607431768211455"},
    };
    char text[SUM_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sums_write(text, cases[i].sum);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_closed_form_is_exact_past_64_bits(void **state)
{
    static const struct {
        uint64_t n;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "0"},
        {2, "1"},
        {3, "5"},
        {4, "14"},
        {5000000, "41666654166667500000"},
        {UINT32_MAX, "26409387477084663096589418495"},
    };
    char text[SUM_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sums_write(text, sums_closed_form(cases[i].n));
        assert_string_equal(text, cases[i].text);
    }
}

static void test_the_loop_agrees_with_the_closed_form(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 2000; n++) {
        assert_true(sums_equal(sums_of_squares(n), sums_closed_form(n)));
    }
    assert_true(
        sums_equal(sums_of_squares(5000019), sums_closed_form(5000019)));
}

static void test_a_carry_is_no_equal(void **state)
{
    (void)state;
    assert_false(sums_equal((struct sum){1, 5}, (struct sum){2, 5}));
    assert_false(sums_equal((struct sum){1, 5}, (struct sum){1, 6}));
}

static void test_repeating_gives_the_same(void **state)
{
    (void)state;
    assert_true(
        sums_equal(sums_of_squares_repeat(1000, 3), sums_closed_form(1000)));
    assert_true(sums_equal(sums_of_squares_repeat(1000, 0), (struct sum){0}));
}

TEST_SUITE(compare_sums)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_are_written_in_decimal),
        cmocka_unit_test(test_closed_form_is_exact_past_64_bits),
        cmocka_unit_test(test_the_loop_agrees_with_the_closed_form),
        cmocka_unit_test(test_a_carry_is_no_equal),
        cmocka_unit_test(test_repeating_gives_the_same),
    };

    return cmocka_run_group_tests_name("compare sums", tests, NULL, NULL);
}
