/* SPDX-License-Identifier: MIT */
#include "trace/words.h"

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

static void test_long_names_lose_their_middle(void **state)
{
    static const struct {
        const char *text;
        size_t columns;
        const char *wanted;
    } cases[] = {
        {"short", 10, "short"},
        {"exactly ten", 11, "exactly ten"},
        {"https://example.org/a/b.iso", 11,
         "https\xE2\x80\xA6"
         "b.iso"},
        {"abcdef", 4,
         "ab\xE2\x80\xA6"
         "f"},
        {"\xE4\xB8\x80\xE4\xBA\x8C\xE4\xB8\x89\xE5\x9B\x9B", 8,
         "\xE4\xB8\x80\xE4\xBA\x8C\xE4\xB8\x89\xE5\x9B\x9B"},
        {"\xE4\xB8\x80\xE4\xBA\x8C\xE4\xB8\x89\xE5\x9B\x9B", 5,
         "\xE4\xB8\x80\xE2\x80\xA6\xE5\x9B\x9B"},
        {"", 4, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[ADL_WORDS_CAP];

        adl_words_fit(out, cases[i].text, cases[i].columns);
        assert_string_equal(out, cases[i].wanted);
        assert_true(adl_words_get_width(out) <= cases[i].columns);
    }
}

static void test_what_is_longer_than_can_be_is_cut(void **state)
{
    char text[4000];
    char out[ADL_WORDS_CAP];

    (void)state;
    for (size_t i = 0; i + 3 < sizeof(text); i += 3) {
        memcpy(text + i, "\xE4\xB8\x80", 4);
    }
    adl_words_fit(out, text, 100000);
    assert_true(strlen(out) < ADL_WORDS_CAP);
    assert_true(adl_words_get_width(out) > 100);
}

static const char *tell(struct written *w,
                        const struct asyncdl_trace_totals *totals,
                        size_t n_shown)
{
    struct adl_stream s;

    adl_stream_init(&s, written_add, w);
    adl_words_add_left_out(&s, adl_stream_str, totals, n_shown);
    assert_int_equal(adl_stream_flush(&s), 0);
    return w->text != NULL ? w->text : "";
}

static void test_what_is_left_out_is_told(void **state)
{
    static const struct {
        struct asyncdl_trace_totals totals;
        size_t n_shown;
        const char *wanted;
    } cases[] = {
        {{.n_rows = 5, .n_rows_kept = 5, .n_spans = 9, .n_spans_kept = 9},
         5,
         ""},
        {{.n_rows = 500, .n_rows_kept = 500, .n_spans = 9, .n_spans_kept = 9},
         200,
         "200 of 500 rows are shown, evenly chosen; totals count all."},
        {{.n_rows = 1, .n_rows_kept = 1, .n_spans = 90, .n_spans_kept = 9},
         1,
         "Short spans were joined: 9 stand for 90."},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct written w = {0};

        assert_string_equal(tell(&w, &cases[i].totals, cases[i].n_shown),
                            cases[i].wanted);
        written_finish(&w);
    }
}

TEST_SUITE(words)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_names_lose_their_middle),
        cmocka_unit_test(test_what_is_longer_than_can_be_is_cut),
        cmocka_unit_test(test_what_is_left_out_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
