/* SPDX-License-Identifier: MIT */
#include "trace/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

static void test_any_number_of_rows_has_its_place(void **state)
{
    static const size_t numbers[] = {0, 1, 2, 12, 38, 39, 200, 500, 100000};
    static const uint32_t widths[] = {320, 1000, 20000};

    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        for (size_t j = 0; j < sizeof(widths) / sizeof(widths[0]); j++) {
            struct adl_layout l;

            adl_layout_choose(&l, widths[j], numbers[i], 0, 240);
            assert_true(l.left > 0 && l.right < widths[j]);
            assert_true(l.right - l.left > 0.55 * widths[j]);
            assert_true(l.pitch >= 3.5 && l.pitch <= 20);
            assert_true(adl_layout_get_bar(l.pitch) < l.pitch);
            assert_true(adl_layout_get_bar(l.pitch) >= 3);
            assert_true((double)l.name_width * ADL_LAYOUT_LETTER < l.left);
        }
    }
}

static void test_threads_stay_high_among_many_tasks(void **state)
{
    struct adl_layout l;

    (void)state;
    adl_layout_choose(&l, 1000, 500, 5, 10);
    assert_true(l.lead_pitch >= 16 && l.pitch < 5);
    adl_layout_choose(&l, 1000, 400, 400, 10);
    assert_true(l.lead_pitch < 5);
}

static struct asyncdl_trace *make(const enum asyncdl_row_kind *kinds, size_t n)
{
    struct asyncdl_trace *trace = NULL;

    assert_int_equal(asyncdl_trace_create(&trace, NULL), 0);
    for (size_t i = 0; i < n; i++) {
        const struct asyncdl_trace_row row = {.kind = kinds[i]};
        uint64_t id = 0;
        uint64_t at = 1000 - i; /* later rows began earlier */

        assert_int_equal(asyncdl_trace_add_row(&id, trace, &row), 0);
        assert_int_equal(
            asyncdl_trace_add(trace, id, ASYNCDL_SPAN_QUEUE, 1, at), 0);
        assert_int_equal(
            asyncdl_trace_add(trace, id, ASYNCDL_SPAN_BODY, at, 2000), 0);
    }
    return trace;
}

static void test_rows_are_shown_as_asked(void **state)
{
    static const enum asyncdl_row_kind kinds[] = {
        ASYNCDL_ROW_TASK, ASYNCDL_ROW_TASK,    ASYNCDL_ROW_THREAD,
        ASYNCDL_ROW_TASK, ASYNCDL_ROW_PROCESS, ASYNCDL_ROW_TASK,
    };
    static const struct {
        size_t max_rows;
        bool is_by_start;
        size_t n;
        size_t rows[6];
    } cases[] = {
        {6, false, 6, {0, 1, 2, 3, 4, 5}},
        {100, true, 6, {2, 4, 5, 3, 1, 0}},
        {4, true, 4, {2, 4, 5, 0}}, /* threads are not left out */
        {3, true, 3, {2, 3, 0}},    /* unless they are too many */
        {2, false, 2, {0, 5}},
        {1, false, 1, {0}},
    };
    struct asyncdl_trace *trace = make(kinds, 6);
    struct adl_picture picture;

    (void)state;
    assert_int_equal(adl_picture_take(&picture, trace), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_choice choice;

        assert_int_equal(adl_choice_make(&choice, &picture, cases[i].max_rows,
                                         cases[i].is_by_start),
                         0);
        assert_int_equal(choice.n, cases[i].n);
        for (size_t j = 0; j < choice.n; j++) {
            assert_int_equal(choice.rows[j], cases[i].rows[j]);
        }
        adl_choice_finish(&choice);
    }
    adl_picture_finish(&picture);
    asyncdl_trace_destroy(trace);
}

TEST_SUITE(layout)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_number_of_rows_has_its_place),
        cmocka_unit_test(test_threads_stay_high_among_many_tasks),
        cmocka_unit_test(test_rows_are_shown_as_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
