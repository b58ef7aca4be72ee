/* SPDX-License-Identifier: MIT */
#include "trace/store.h"

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

static struct asyncdl_trace *make(uint32_t max_rows, uint32_t max_spans)
{
    struct asyncdl_trace_options options = ASYNCDL_TRACE_OPTIONS_INIT;
    struct asyncdl_trace *trace = NULL;

    options.max_rows = max_rows;
    options.max_spans = max_spans;
    assert_int_equal(asyncdl_trace_create(&trace, &options), 0);
    return trace;
}

static uint64_t add_row(struct asyncdl_trace *trace, const char *name)
{
    const struct asyncdl_trace_row row = {.name = name};
    uint64_t id = 0;

    assert_int_equal(asyncdl_trace_add_row(&id, trace, &row), 0);
    return id;
}

static void test_bounds_out_of_range_are_refused(void **state)
{
    struct asyncdl_trace_options options = ASYNCDL_TRACE_OPTIONS_INIT;
    struct asyncdl_trace *trace = NULL;

    (void)state;
    options.max_rows = 7;
    assert_int_equal(asyncdl_trace_create(&trace, &options), -EINVAL);
    options.max_rows = 8;
    options.max_spans = 255;
    assert_int_equal(asyncdl_trace_create(&trace, &options), -EINVAL);
    options.max_spans = 256;
    options.struct_size++;
    assert_int_equal(asyncdl_trace_create(&trace, &options), -EINVAL);
    assert_null(trace);
}

static void test_spans_that_mean_nothing_are_refused(void **state)
{
    struct asyncdl_trace *trace = make(0, 0);
    struct asyncdl_trace_totals totals;
    uint64_t row = add_row(trace, NULL);

    (void)state;
    assert_int_equal(asyncdl_trace_add(trace, row + 1, ASYNCDL_SPAN_IO, 1, 2),
                     -EINVAL);
    assert_int_equal(
        asyncdl_trace_add(trace, row,
                          (enum asyncdl_span_kind)ASYNCDL_N_SPAN_KINDS, 1, 2),
        -EINVAL);
    assert_int_equal(asyncdl_trace_add(trace, row, ASYNCDL_SPAN_IO, 2, 2), 0);
    assert_int_equal(asyncdl_trace_add(trace, row, ASYNCDL_SPAN_IO, 2, 1), 0);
    asyncdl_trace_get_totals(&totals, trace);
    assert_int_equal(totals.n_spans, 0);
    asyncdl_trace_destroy(trace);
}

/* Ten million take a second or two; memory is that of a thousand. */
static void test_very_many_rows_are_sampled_and_all_counted(void **state)
{
    enum { N = 300000, MAX = 100 };
    struct asyncdl_trace *trace = make(MAX, 1000);
    struct asyncdl_trace_totals totals;
    struct adl_picture picture;

    (void)state;
    for (uint64_t i = 0; i < N; i++) {
        uint64_t id = add_row(trace, "row");

        for (uint64_t j = 0; j < 3; j++) {
            assert_int_equal(asyncdl_trace_add(trace, id, ASYNCDL_SPAN_BODY,
                                               10 * i + j, 10 * i + j + 1),
                             0);
        }
    }
    asyncdl_trace_get_totals(&totals, trace);
    assert_int_equal(totals.n_rows, N);
    assert_int_equal(totals.n_spans, 3 * N);
    assert_int_equal(totals.ns[ASYNCDL_SPAN_BODY], 3 * N);
    assert_in_range(totals.n_rows_kept, MAX / 2, MAX);
    assert_int_equal(totals.n_spans_kept, 3 * totals.n_rows_kept);

    assert_int_equal(adl_picture_take(&picture, trace), 0);
    uint64_t step = picture.rows[MAX / 2 + 1].id - picture.rows[MAX / 2].id;
    for (size_t i = 0; i < picture.n_rows; i++) {
        assert_int_equal(picture.rows[i].id,
                         i <= MAX / 2 ? i : MAX / 2 + (i - MAX / 2) * step);
    }
    adl_picture_finish(&picture);
    asyncdl_trace_destroy(trace);
}

static void test_very_many_spans_of_a_row_are_joined(void **state)
{
    enum { N = 100000, MAX = 256 };
    struct asyncdl_trace *trace = make(8, MAX);
    struct asyncdl_trace_totals totals;
    struct adl_picture picture;
    uint64_t ns[ASYNCDL_N_SPAN_KINDS] = {0};
    uint64_t row = add_row(trace, "loop");

    (void)state;
    for (uint64_t i = 0; i < N; i++) {
        uint64_t at = i * 1000;

        assert_int_equal(
            asyncdl_trace_add(trace, row, ASYNCDL_SPAN_COMPUTE, at, at + 300),
            0);
        assert_int_equal(
            asyncdl_trace_add(trace, row, ASYNCDL_SPAN_IO, at + 300, at + 1000),
            0);
    }
    asyncdl_trace_get_totals(&totals, trace);
    assert_in_range(totals.n_spans_kept, MAX / 4, MAX);
    assert_int_equal(totals.n_spans, 2 * N);
    assert_int_equal(totals.ns[ASYNCDL_SPAN_COMPUTE], 300 * N);
    assert_int_equal(adl_picture_take(&picture, trace), 0);
    for (size_t i = 0; i < picture.rows[0].n_spans; i++) {
        const struct adl_span *span = &picture.rows[0].spans[i];

        ns[span->kind] += span->to_ns - span->from_ns;
    }
    assert_memory_equal(ns, totals.ns, sizeof(ns));
    assert_int_equal(picture.start_ns, 0);
    assert_in_range(picture.end_ns, (N - 1000) * 1000, (N + 1000) * 1000);
    adl_picture_finish(&picture);
    asyncdl_trace_destroy(trace);
}

/* Neither many rows nor many spans in one alone. */
static void test_both_together_stay_in_bounds(void **state)
{
    struct asyncdl_trace *trace = make(64, 256);
    struct asyncdl_trace_totals totals;
    uint64_t rows[64];

    (void)state;
    for (size_t i = 0; i < 64; i++) {
        rows[i] = add_row(trace, "row");
    }
    for (uint64_t i = 0; i < 5000; i++) {
        assert_int_equal(
            asyncdl_trace_add(trace, rows[i % 64], ASYNCDL_SPAN_IO, i, i + 1),
            0);
        asyncdl_trace_get_totals(&totals, trace);
        assert_true(totals.n_spans_kept <= 257);
    }
    assert_true(totals.n_rows_kept >= 8);
    assert_int_equal(totals.n_spans, 5000);
    asyncdl_trace_destroy(trace);
}

static void test_names_are_cut_and_made_harmless(void **state)
{
    struct asyncdl_trace *trace = make(0, 0);
    struct adl_picture picture;
    char name[1000];

    (void)state;
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    (void)add_row(trace, name);
    (void)add_row(trace, "\x1b[31m\xFF\xC3\xA4");
    (void)add_row(trace, NULL);
    assert_int_equal(adl_picture_take(&picture, trace), 0);
    assert_int_equal(strlen(picture.rows[0].name), 240);
    assert_string_equal(picture.rows[1].name, "?[31m?\xC3\xA4");
    assert_string_equal(picture.rows[2].name, "");
    assert_int_equal(picture.start_ns, 0);
    assert_int_equal(picture.end_ns, 0);
    adl_picture_finish(&picture);
    asyncdl_trace_destroy(trace);
}

struct worker {
    struct asyncdl_trace *trace;
    int err;
};

static void work(void *data)
{
    struct worker *worker = data;

    for (uint64_t i = 0; i < 500 && worker->err == 0; i++) {
        const struct asyncdl_trace_row row = {.name = "job"};
        uint64_t id = 0;

        worker->err = asyncdl_trace_add_row(&id, worker->trace, &row);
        for (uint64_t j = 0; j < 10 && worker->err == 0; j++) {
            worker->err = asyncdl_trace_add(worker->trace, id,
                                            ASYNCDL_SPAN_COMPUTE, j, j + 1);
        }
    }
}

static void test_threads_add_at_the_same_time(void **state)
{
    struct asyncdl_trace *trace = make(64, 512);
    struct asyncdl_trace_totals totals;
    struct worker workers[4];
    uv_thread_t threads[4];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        workers[i] = (struct worker){.trace = trace};
        assert_int_equal(uv_thread_create(&threads[i], work, &workers[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(uv_thread_join(&threads[i]), 0);
        assert_int_equal(workers[i].err, 0);
    }
    asyncdl_trace_get_totals(&totals, trace);
    assert_int_equal(totals.n_rows, 2000);
    assert_int_equal(totals.n_spans, 20000);
    assert_int_equal(totals.ns[ASYNCDL_SPAN_COMPUTE], 20000);
    asyncdl_trace_destroy(trace);
}

TEST_SUITE(store)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds_out_of_range_are_refused),
        cmocka_unit_test(test_spans_that_mean_nothing_are_refused),
        cmocka_unit_test(test_very_many_rows_are_sampled_and_all_counted),
        cmocka_unit_test(test_very_many_spans_of_a_row_are_joined),
        cmocka_unit_test(test_both_together_stay_in_bounds),
        cmocka_unit_test(test_names_are_cut_and_made_harmless),
        cmocka_unit_test(test_threads_add_at_the_same_time),
    };

    asyncdl_trace_destroy(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
