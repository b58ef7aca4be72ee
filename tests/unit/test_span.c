/* SPDX-License-Identifier: MIT */
#include "trace/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

#define IO      ASYNCDL_SPAN_IO
#define COMPUTE ASYNCDL_SPAN_COMPUTE

static void need_spans(const struct adl_span *spans, size_t n,
                       const struct adl_span *wanted, size_t n_wanted)
{
    assert_int_equal(n, n_wanted);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(spans[i].from_ns, wanted[i].from_ns);
        assert_int_equal(spans[i].to_ns, wanted[i].to_ns);
        assert_int_equal(spans[i].kind, wanted[i].kind);
        assert_int_equal(spans[i].n, wanted[i].n);
    }
}

static void test_what_is_alone_in_its_window_stays(void **state)
{
    struct adl_span spans[] = {{100, 150, IO, 1}, {200, 950, COMPUTE, 3}};
    const struct adl_span wanted[] = {{100, 150, IO, 1},
                                      {200, 950, COMPUTE, 3}};

    (void)state;
    need_spans(spans, adl_span_join(spans, 2, 100), wanted, 2);
    need_spans(spans, adl_span_join(spans, 2, 0), wanted, 2);
    assert_int_equal(adl_span_join(NULL, 0, 100), 0);
}

static void test_a_window_is_joined_kind_by_kind(void **state)
{
    struct adl_span spans[] = {
        {10, 12, COMPUTE, 1}, {12, 20, IO, 1},   {20, 21, COMPUTE, 2},
        {30, 40, IO, 1},      {150, 160, IO, 1}, {205, 290, IO, 1},
    };
    const struct adl_span wanted[] = {
        {10, 13, COMPUTE, 3},
        {13, 31, IO, 2},
        {150, 245, IO, 2},
    };

    (void)state;
    need_spans(spans, adl_span_join(spans, 6, 100), wanted, 3);
}

static void test_joining_keeps_the_time_of_each_kind(void **state)
{
    enum { N = 1000 };
    static struct adl_span spans[N];
    uint64_t before[ASYNCDL_N_SPAN_KINDS] = {0};
    uint64_t after[ASYNCDL_N_SPAN_KINDS] = {0};
    uint64_t at = 5;
    uint32_t n_joined = 0;

    (void)state;
    for (uint32_t i = 0; i < N; i++) {
        uint64_t len = 1 + i * 7919 % 97;

        spans[i] =
            (struct adl_span){at, at + len, i * 31 % ASYNCDL_N_SPAN_KINDS, 1};
        before[spans[i].kind] += len;
        at += len + i % 3;
    }
    size_t n = adl_span_join(spans, N, 4000);
    assert_true(n < N / 2);
    for (size_t i = 0; i < n; i++) {
        after[spans[i].kind] += spans[i].to_ns - spans[i].from_ns;
        n_joined += spans[i].n;
        assert_true(i == 0 || spans[i].from_ns >= spans[i - 1].from_ns);
    }
    assert_memory_equal(before, after, sizeof(before));
    assert_int_equal(n_joined, N);
}

static void test_spans_are_sorted_by_their_beginning(void **state)
{
    struct adl_span spans[] = {
        {30, 31, IO, 1}, {10, 50, IO, 1}, {20, 22, IO, 1}};

    (void)state;
    adl_span_sort(spans, 3);
    assert_int_equal(spans[0].from_ns, 10);
    assert_int_equal(spans[1].from_ns, 20);
    assert_int_equal(spans[2].from_ns, 30);
}

static void test_kinds_have_words_and_letters_of_their_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ASYNCDL_N_SPAN_KINDS; i++) {
        const struct adl_span_words *words = adl_span_get_words(i);

        assert_string_equal(asyncdl_span_get_name((enum asyncdl_span_kind)i),
                            words->name);
        for (unsigned j = 0; j < i; j++) {
            assert_string_not_equal(words->name, adl_span_get_words(j)->name);
            assert_string_not_equal(words->label, adl_span_get_words(j)->label);
            assert_true(words->letter != adl_span_get_words(j)->letter);
        }
    }
    assert_ptr_equal(adl_span_get_words(99), adl_span_get_words(IO));
}

TEST_SUITE(span)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_alone_in_its_window_stays),
        cmocka_unit_test(test_a_window_is_joined_kind_by_kind),
        cmocka_unit_test(test_joining_keeps_the_time_of_each_kind),
        cmocka_unit_test(test_spans_are_sorted_by_their_beginning),
        cmocka_unit_test(test_kinds_have_words_and_letters_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
