/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "asyncdl/trace.h"
#include "support/suite.h"
#include "support/written.h"

static struct asyncdl_trace *make(void)
{
    struct asyncdl_trace *trace = NULL;
    static const struct {
        const char *name;
        enum asyncdl_span_kind kind;
        uint64_t from_ns;
        uint64_t to_ns;
    } spans[] = {
        {"first", ASYNCDL_SPAN_IO, 1000, 6000},
        {"second", ASYNCDL_SPAN_COMPUTE, 6000, 11000},
    };

    assert_int_equal(asyncdl_trace_create(&trace, NULL), 0);
    for (size_t i = 0; i < 2; i++) {
        const struct asyncdl_trace_row row = {.name = spans[i].name};
        uint64_t id = 0;

        assert_int_equal(asyncdl_trace_add_row(&id, trace, &row), 0);
        assert_int_equal(asyncdl_trace_add(trace, id, spans[i].kind,
                                           spans[i].from_ns, spans[i].to_ns),
                         0);
    }
    return trace;
}

static void test_a_column_has_the_letter_of_what_took_most(void **state)
{
    struct asyncdl_diagram_options options = ASYNCDL_DIAGRAM_OPTIONS_INIT;
    struct asyncdl_trace *trace = make();
    struct written w = {0};

    (void)state;
    options.title = "ti\x1b[1mtle\xff"; /* a terminal is not to hear it */
    options.width = 49;                 /* 6 + 3, and 40 for 10 us */
    assert_int_equal(asyncdl_trace_write_text(trace, &options, written_add, &w),
                     0);
    assert_string_equal(w.text,
                        "ti?[1mtle?\n"
                        "first  |--------------------                    |\n"
                        "second |                    ####################|\n"
                        "       ++-------------------+-------------------+\n"
                        "        0                   5 \xC2\xB5s\n"
                        "- waiting for I/O   # computing\n");
    written_finish(&w);
    asyncdl_trace_destroy(trace);
}

static void test_colours_come_when_asked_for(void **state)
{
    struct asyncdl_diagram_options options = ASYNCDL_DIAGRAM_OPTIONS_INIT;
    struct asyncdl_trace *trace = make();
    struct written w = {0};

    (void)state;
    options.flags = ASYNCDL_DIAGRAM_COLOR;
    assert_int_equal(asyncdl_trace_write_text(trace, &options, written_add, &w),
                     0);
    assert_non_null(strstr(w.text, "\033[31m---"));
    assert_non_null(strstr(w.text, "\033[1;34m###"));
    assert_int_equal(written_count(&w, "###\033[0m|\n"), 1);
    written_finish(&w);
    asyncdl_trace_destroy(trace);
}

static void test_options_out_of_range_are_refused(void **state)
{
    static const struct asyncdl_diagram_options bad[] = {
        {.struct_size = 8},
        {.struct_size = sizeof(bad[0]), .width = 39},
        {.struct_size = sizeof(bad[0]), .width = 1001},
        {.struct_size = sizeof(bad[0]), .reserved = 1},
    };
    struct asyncdl_trace *trace = make();
    struct written w = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(
            asyncdl_trace_write_text(trace, &bad[i], written_add, &w), -EINVAL);
    }
    assert_int_equal(w.n_calls, 0);
    w = (struct written){.max_len = 1, .err = -EPIPE};
    assert_int_equal(asyncdl_trace_write_text(trace, NULL, written_add, &w),
                     -EPIPE);
    asyncdl_trace_destroy(trace);
}

TEST_SUITE(text)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_column_has_the_letter_of_what_took_most),
        cmocka_unit_test(test_colours_come_when_asked_for),
        cmocka_unit_test(test_options_out_of_range_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
