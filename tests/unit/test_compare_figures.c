/* SPDX-License-Identifier: MIT */
#include "compare/figures.h"

#include "support/loop.h"
#include "support/suite.h"

static void test_median_is_the_middle_or_the_mean_of_two(void **state)
{
    double one[] = {4};
    double odd[] = {9, 1, 5};
    double even[] = {4, 1, 3, 2};

    (void)state;
    assert_true(figures_median(one, 1) == 4);
    assert_true(figures_median(odd, 3) == 5);
    assert_true(figures_median(even, 4) == 2.5);
}

static void test_times_are_written_as_short_as_they_tell(void **state)
{
    static const struct {
        double ratio;
        const char *text;
    } cases[] = {
        {1, "1.0x"},   {4.94, "4.9x"},   {9.94, "9.9x"},    {9.96, "10x"},
        {68.4, "68x"}, {0.5, "0.5x"},    {0.013, "0.013x"}, {0, "-"},
        {-1, "-"},     {1.0 / 0.0, "-"},
    };
    char text[FIGURE_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        figures_times(text, cases[i].ratio);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_memory_is_in_mebibytes(void **state)
{
    char text[FIGURE_BYTES];

    (void)state;
    figures_memory(text, 7445504);
    assert_string_equal(text, "7.1 MiB");
    figures_memory(text, 0);
    assert_string_equal(text, "-");
}

static void test_what_was_used_is_named_by_its_kind(void **state)
{
    static const struct {
        unsigned n_processes;
        unsigned n_threads;
        const char *text;
    } cases[] = {
        {0, 0, "-"},           {1, 1, "1 thread"},          {1, 7, "7 threads"},
        {4, 4, "4 processes"}, {3, 6, "3 proc, 6 threads"},
    };
    char text[FIGURE_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        figures_used(text, cases[i].n_processes, cases[i].n_threads);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_percent_of_nothing_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(figures_percent(0, 0), 0);
    assert_int_equal(figures_percent(1, 2), 33);
    assert_int_equal(figures_percent(5, 0), 100);
    assert_int_equal(figures_percent(UINT64_MAX, UINT64_MAX), 50);
}

TEST_SUITE(compare_figures)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_median_is_the_middle_or_the_mean_of_two),
        cmocka_unit_test(test_times_are_written_as_short_as_they_tell),
        cmocka_unit_test(test_memory_is_in_mebibytes),
        cmocka_unit_test(test_what_was_used_is_named_by_its_kind),
        cmocka_unit_test(test_percent_of_nothing_is_nothing),
    };

    return cmocka_run_group_tests_name("compare figures", tests, NULL, NULL);
}
