/* SPDX-License-Identifier: MIT */
#include "asyncdl/report.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"
#include "support/written.h"

#define EVIL "</script></style>\"'><img src=http://x/ onerror=alert(1)>"

static struct asyncdl_trace *make(size_t n_rows)
{
    struct asyncdl_trace *trace = NULL;

    assert_int_equal(asyncdl_trace_create(&trace, NULL), 0);
    for (size_t i = 0; i < n_rows; i++) {
        const struct asyncdl_trace_row row = {.name = EVIL, .note = EVIL};
        uint64_t id = 0;

        assert_int_equal(asyncdl_trace_add_row(&id, trace, &row), 0);
        assert_int_equal(asyncdl_trace_add(trace, id, ASYNCDL_SPAN_BODY,
                                           1000 * i, 1000 * i + 5000),
                         0);
    }
    return trace;
}

static struct asyncdl_report *begin(struct written *w)
{
    struct asyncdl_report_options options = ASYNCDL_REPORT_OPTIONS_INIT;
    struct asyncdl_report *report = NULL;

    options.title = EVIL;
    options.summary = EVIL;
    options.footer = EVIL;
    assert_int_equal(asyncdl_report_open(&report, &options, written_add, w), 0);
    return report;
}

static int add_all(struct asyncdl_report *report, struct asyncdl_trace *trace)
{
    static const struct asyncdl_column columns[] = {
        {EVIL, ASYNCDL_COLUMN_TEXT, 0},
        {EVIL, ASYNCDL_COLUMN_NUMBER, 0},
        {EVIL, ASYNCDL_COLUMN_BAR, 0},
    };
    static const char *const cells[] = {EVIL, "1", "50 ms", EVIL, NULL, "-1"};
    static const char *const notes[] = {EVIL, NULL};
    struct asyncdl_diagram_options options = ASYNCDL_DIAGRAM_OPTIONS_INIT;
    struct asyncdl_table table = ASYNCDL_TABLE_INIT;

    options.title = EVIL;
    table.caption = EVIL;
    table.columns = columns;
    table.n_columns = 3;
    table.cells = cells;
    table.n_rows = 2;
    table.notes = notes;
    (void)asyncdl_report_add_heading(report, EVIL); /* they keep the error */
    (void)asyncdl_report_add_verdict(report, EVIL);
    (void)asyncdl_report_add_paragraph(report, EVIL);
    (void)asyncdl_report_add_listing(report, EVIL);
    (void)asyncdl_report_add_table(report, &table);
    return asyncdl_report_add_diagram(report, trace, &options);
}

/* What is text stays text, wherever it stands. */
static void test_nothing_that_is_told_becomes_markup(void **state)
{
    struct asyncdl_trace *trace = make(3);
    struct written w = {0};
    struct asyncdl_report *report = begin(&w);

    (void)state;
    assert_int_equal(add_all(report, trace), 0);
    assert_int_equal(add_all(report, trace), 0);
    assert_int_equal(asyncdl_report_close(report), 0);
    assert_int_equal(written_count(&w, "<script"), 1);
    assert_int_equal(written_count(&w, "</script"), 1);
    assert_int_equal(written_count(&w, "<style"), 1);
    assert_int_equal(written_count(&w, "<img"), 0);
    assert_int_equal(written_count(&w, " src="),
                     written_count(&w, "&lt;img src="));
    assert_int_equal(written_count(&w, "<section>"), 2);
    assert_int_equal(written_count(&w, "</section>"), 2);
    assert_int_equal(written_count(&w, "id=\"d1-clip\""), 1);
    assert_int_equal(written_count(&w, "id=\"d2-clip\""), 1);
    assert_non_null(strstr(w.text, "default-src 'none'"));
    written_finish(&w);
    asyncdl_trace_destroy(trace);
}

/* Bars are shares of the largest of their column. */
static void test_bars_are_as_long_as_their_numbers(void **state)
{
    static const struct asyncdl_column columns[] = {
        {"way", ASYNCDL_COLUMN_TEXT, 0},
        {"s", ASYNCDL_COLUMN_BAR, 0},
    };
    static const char *const cells[] = {"a", "8 s", "b", "2 s", "c", "none"};
    static const double values[] = {0, 1, 0, 4, 0, 0};
    struct asyncdl_table table = ASYNCDL_TABLE_INIT;
    struct written w = {0};
    struct asyncdl_report *report = begin(&w);

    (void)state;
    table.caption = "c";
    table.columns = columns;
    table.n_columns = 2;
    table.cells = cells;
    table.n_rows = 3;
    assert_int_equal(asyncdl_report_add_table(report, &table), 0);
    table.values = values;
    assert_int_equal(asyncdl_report_add_table(report, &table), 0);
    table.n_columns = 0;
    assert_int_equal(asyncdl_report_add_table(report, &table), -EINVAL);
    assert_int_equal(asyncdl_report_close(report), 0);
    assert_int_equal(written_count(&w, "<rect width=\"100.0%\""), 2);
    assert_int_equal(written_count(&w, "<rect width=\"25.0%\""), 2);
    assert_int_equal(written_count(&w, "<rect width=\"0.0%\""), 2);
    written_finish(&w);
}

static void test_a_failure_of_the_writer_is_kept_to_the_end(void **state)
{
    struct asyncdl_trace *trace = make(300);

    (void)state;
    for (size_t max_len = 8192; max_len < 40000; max_len += 4096) {
        struct written w = {.max_len = max_len, .err = -ENOSPC};
        struct asyncdl_report_options options = ASYNCDL_REPORT_OPTIONS_INIT;
        struct asyncdl_report *report = NULL;

        options.title = "t";
        if (asyncdl_report_open(&report, &options, written_add, &w) == 0) {
            assert_int_equal(add_all(report, trace), -ENOSPC);
            size_t n_calls = w.n_calls;
            assert_int_equal(asyncdl_report_close(report), -ENOSPC);
            assert_int_equal(w.n_calls, n_calls);
        }
        written_finish(&w);
    }
    asyncdl_trace_destroy(trace);
}

static void test_a_page_without_a_title_is_refused(void **state)
{
    struct asyncdl_report_options options = ASYNCDL_REPORT_OPTIONS_INIT;
    struct asyncdl_report *report = NULL;
    struct written w = {0};

    (void)state;
    assert_int_equal(asyncdl_report_open(&report, &options, written_add, &w),
                     -EINVAL);
    assert_null(report);
    assert_int_equal(asyncdl_report_close(NULL), 0);
}

TEST_SUITE(report)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_that_is_told_becomes_markup),
        cmocka_unit_test(test_bars_are_as_long_as_their_numbers),
        cmocka_unit_test(test_a_failure_of_the_writer_is_kept_to_the_end),
        cmocka_unit_test(test_a_page_without_a_title_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
