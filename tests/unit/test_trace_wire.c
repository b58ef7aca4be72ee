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

static struct asyncdl_trace *make(uint32_t max_rows)
{
    struct asyncdl_trace_options options = ASYNCDL_TRACE_OPTIONS_INIT;
    struct asyncdl_trace *trace = NULL;

    options.max_rows = max_rows;
    assert_int_equal(asyncdl_trace_create(&trace, &options), 0);
    return trace;
}

static void fill(struct asyncdl_trace *trace, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct asyncdl_trace_row row = {
            .name = "\xFFworker",
            .note = "a note",
            .kind = ASYNCDL_ROW_PROCESS,
            .pid = 4242,
        };
        uint64_t id = 0;

        assert_int_equal(asyncdl_trace_add_row(&id, trace, &row), 0);
        assert_int_equal(asyncdl_trace_add(trace, id, ASYNCDL_SPAN_COMPUTE,
                                           100 * i, 100 * i + 50),
                         0);
    }
}

static void test_what_was_merged_counts_as_if_it_were_added(void **state)
{
    struct asyncdl_trace *from = make(8);
    struct asyncdl_trace *to = make(100);
    struct asyncdl_trace_totals totals;
    struct written bytes = {0};
    struct written json = {0};

    (void)state;
    fill(from, 50); /* of which few are kept */
    fill(to, 3);
    assert_int_equal(asyncdl_trace_write_bytes(from, written_add, &bytes), 0);
    assert_int_equal(asyncdl_trace_merge(to, bytes.text, bytes.len), 0);
    asyncdl_trace_get_totals(&totals, to);
    assert_int_equal(totals.n_rows, 53);
    assert_int_equal(totals.n_spans, 53);
    assert_int_equal(totals.ns[ASYNCDL_SPAN_COMPUTE], 53 * 50);
    assert_in_range(totals.n_rows_kept, 3 + 4, 3 + 8);
    assert_int_equal(asyncdl_trace_write_chrome(to, written_add, &json), 0);
    assert_int_equal(written_count(&json, "\"name\":\"?worker\""),
                     totals.n_rows_kept);
    assert_non_null(strstr(json.text, "\"pid\":4242"));
    written_finish(&json);
    written_finish(&bytes);
    asyncdl_trace_destroy(from);
    asyncdl_trace_destroy(to);
}

static void need_untouched(struct asyncdl_trace *trace)
{
    struct asyncdl_trace_totals totals;

    asyncdl_trace_get_totals(&totals, trace);
    assert_int_equal(totals.n_rows, 0);
    assert_int_equal(totals.n_spans, 0);
}

/* Where the bytes of one row end, others may: those are whole rows, and told
 * by the number of them. */
static void test_bytes_that_are_cut_short_are_refused(void **state)
{
    struct asyncdl_trace *from = make(8);
    struct asyncdl_trace *to = make(8);
    struct written bytes = {0};

    (void)state;
    fill(from, 3);
    assert_int_equal(asyncdl_trace_write_bytes(from, written_add, &bytes), 0);
    for (size_t len = 0; len < bytes.len; len++) {
        char *copy = malloc(len > 0 ? len : 1); /* so that ASan sees its end */

        assert_non_null(copy);
        memcpy(copy, bytes.text, len);
        assert_int_equal(asyncdl_trace_merge(to, copy, len), -EPROTO);
        free(copy);
    }
    need_untouched(to);
    written_finish(&bytes);
    asyncdl_trace_destroy(from);
    asyncdl_trace_destroy(to);
}

/* Whatever a byte becomes, it is refused or read, and nothing breaks. */
static void test_damaged_bytes_do_no_harm(void **state)
{
    struct asyncdl_trace *from = make(8);
    struct written bytes = {0};

    (void)state;
    fill(from, 2);
    assert_int_equal(asyncdl_trace_write_bytes(from, written_add, &bytes), 0);
    for (size_t i = 0; i < bytes.len; i++) {
        for (unsigned bit = 1; bit < 256; bit *= 2) {
            struct asyncdl_trace *to = make(8);
            char before = bytes.text[i];

            bytes.text[i] = (char)((unsigned char)before ^ bit);
            int err = asyncdl_trace_merge(to, bytes.text, bytes.len);
            assert_true(err == 0 || err == -EPROTO);
            if (err < 0) {
                need_untouched(to);
            }
            bytes.text[i] = before;
            asyncdl_trace_destroy(to);
        }
    }
    written_finish(&bytes);
    asyncdl_trace_destroy(from);
}

TEST_SUITE(trace_wire)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_merged_counts_as_if_it_were_added),
        cmocka_unit_test(test_bytes_that_are_cut_short_are_refused),
        cmocka_unit_test(test_damaged_bytes_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
