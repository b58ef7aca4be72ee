/* SPDX-License-Identifier: MIT */
#include "cli/snippet.h"

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

static void test_what_is_shown_is_printable_short_and_no_secret(void **state)
{
    static const struct {
        const char *text;
        const char *shown;
    } cases[] = {
        {"", "\"\""},
        {"hello", "\"hello\""},
        {"a\x01\xff\tz", "\"a\\x01\\xff\\x09z\""},
        {"say \"\\\"", "\"say \\\"\\\\\\\"\""},
        {"u:secret@host/p", "\"***@host/p\""},
        {"ftp://u:p@ss@host/p", "\"***@host/p\""},
        {"host/p?sig=secret", "\"host/p?***\""},
        {"host/p#token=secret", "\"host/p#***\""},
        {"u:p?q@host", "\"***@host\""},
        {"1234567890123456789012345678901234567890123456789012345678901234",
         "\"123456789012345678901234567890123456789012345678901234567890..."
         "\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_buf buf = {0};

        assert_int_equal(
            adl_snippet_add(&buf, cases[i].text, strlen(cases[i].text)), 0);
        assert_string_equal(adl_buf_str(&buf), cases[i].shown);
        adl_buf_finish(&buf);
    }
}

TEST_SUITE(cli_snippet)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_shown_is_printable_short_and_no_secret),
    };

    return cmocka_run_group_tests_name("snippet", tests, NULL, NULL);
}
