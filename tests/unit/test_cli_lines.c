/* SPDX-License-Identifier: MIT */
#include "cli/lines.h"

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

/* Feed text in pieces of len bytes; write lines as "N:text|". */
static void read_in_pieces(struct adl_buf *out, const char *text, size_t n_text,
                           size_t len)
{
    struct adl_lines lines;
    struct adl_line line;

    assert_int_equal(adl_lines_init(&lines), 0);
    for (size_t i = 0; i <= n_text; i += len) {
        /* A copy that ends where the piece does: reading on is seen. */
        size_t n = n_text - i < len ? n_text - i : len;
        char *piece = malloc(n + 1);

        assert_non_null(piece);
        memcpy(piece, text + i, n);
        adl_lines_add(&lines, piece, n);
        if (i + len > n_text) {
            adl_lines_end(&lines);
        }
        while (adl_lines_next(&line, &lines)) {
            assert_int_equal(
                adl_buf_addf(out, "%u:%.*s%s|", (unsigned)line.number,
                             line.is_too_long ? 0 : (int)line.len, line.text,
                             line.is_too_long ? "(long)" : ""),
                0);
        }
        free(piece);
    }
    adl_lines_finish(&lines);
}

static void test_lines_are_the_same_however_they_arrive(void **state)
{
    static const struct {
        const char *text;
        const char *lines;
    } cases[] = {
        {"", ""},
        {"\n", "1:|"},
        {"a", "1:a|"},
        {"a\n", "1:a|"},
        {"a\nb", "1:a|2:b|"},
        {"a\r\nb\r\n", "1:a|2:b|"},
        {"a\n\n\nb\n", "1:a|2:|3:|4:b|"},
        {"\xef\xbb\xbf"
         "a\n\xef\xbb\xbf"
         "b",
         "1:a|2:\xef\xbb\xbf"
         "b|"},
        {"\xef\xbb\xbf", "1:|"},
        {"\xef\xbb", "1:\xef\xbb|"},
        {"one line\nanother line\nlast", "1:one line|2:another line|3:last|"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t len = 1; len < 16; len++) {
            struct adl_buf out = {0};

            read_in_pieces(&out, cases[i].text, strlen(cases[i].text), len);
            assert_string_equal(adl_buf_str(&out), cases[i].lines);
            adl_buf_finish(&out);
        }
    }
}

static void test_a_long_line_is_passed_over_in_bounded_memory(void **state)
{
    size_t n = (size_t)3 * 1024 * 1024;
    char *text = malloc(n);

    (void)state;
    assert_non_null(text);
    memset(text, 'x', n);
    memcpy(text, "a\n", 2);
    memcpy(text + n - 3, "\nb", 2);
    for (size_t len = 1000; len <= n; len *= 10) {
        struct adl_buf out = {0};

        read_in_pieces(&out, text, n - 1, len);
        assert_string_equal(adl_buf_str(&out), "1:a|2:(long)|3:b|");
        adl_buf_finish(&out);
    }
    free(text);
}

static void test_the_longest_line_is_not_too_long(void **state)
{
    static char text[ADL_LINES_MAX_LEN + 2];

    (void)state;
    memset(text, 'x', sizeof(text));
    for (size_t len = 4096; len <= sizeof(text) * 2; len *= 2) {
        for (size_t extra = 0; extra < 2; extra++) {
            size_t n = ADL_LINES_MAX_LEN + extra;
            struct adl_buf out = {0};

            read_in_pieces(&out, text, n, len);
            assert_int_equal(strcmp(adl_buf_str(&out), "1:(long)|") == 0,
                             extra == 1);
            adl_buf_finish(&out);
        }
    }
}

/* Neither counts, so that it must not matter where the pieces end either. */
static void test_mark_and_line_end_make_no_line_too_long(void **state)
{
    static const char mark[] = "\xef\xbb\xbf";
    static char text[sizeof(mark) + ADL_LINES_MAX_LEN + 4];

    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        size_t n = sizeof(mark) - 1 + ADL_LINES_MAX_LEN + extra;

        memset(text, 'x', sizeof(text));
        memcpy(text, mark, sizeof(mark) - 1);
        memcpy(text + n, "\r\nb", 3);
        for (size_t len = 4095; len <= sizeof(text) * 2; len *= 2) {
            struct adl_buf out = {0};

            read_in_pieces(&out, text, n + 3, len);
            assert_int_equal(strcmp(adl_buf_str(&out), "1:(long)|2:b|") == 0,
                             extra == 1);
            adl_buf_finish(&out);
        }
    }
}

static void test_nul_bytes_are_part_of_a_line(void **state)
{
    struct adl_lines lines;
    struct adl_line line;

    (void)state;
    assert_int_equal(adl_lines_init(&lines), 0);
    adl_lines_add(&lines, "a\0b\nc", 5);
    adl_lines_end(&lines);

    assert_true(adl_lines_next(&line, &lines));
    assert_int_equal(line.len, 3);
    assert_memory_equal(line.text, "a\0b", 3);
    assert_true(adl_lines_next(&line, &lines));
    assert_false(adl_lines_next(&line, &lines));
    adl_lines_finish(&lines);
}

TEST_SUITE(cli_lines)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_are_the_same_however_they_arrive),
        cmocka_unit_test(test_a_long_line_is_passed_over_in_bounded_memory),
        cmocka_unit_test(test_the_longest_line_is_not_too_long),
        cmocka_unit_test(test_mark_and_line_end_make_no_line_too_long),
        cmocka_unit_test(test_nul_bytes_are_part_of_a_line),
    };

    return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
