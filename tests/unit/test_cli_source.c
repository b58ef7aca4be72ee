/* SPDX-License-Identifier: MIT */
#include "cli/source.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "support/suite.h"

static int init(struct adl_sources *sources, struct adl_buf *error,
                const char *const *words)
{
    struct adl_strlist operands = {0};
    int err = 0;

    for (size_t i = 0; words[i] != NULL; i++) {
        assert_int_equal(adl_strlist_add(&operands, words[i]), 0);
    }
    err = adl_sources_init(sources, &operands, error);
    adl_strlist_finish(&operands);
    return err;
}

static void test_operands_are_told_apart(void **state)
{
    static const char *const words[] = {"http://h", "/dev/null", "-", NULL};
    struct adl_sources sources = {0};
    struct adl_buf error = {0};

    (void)state;
    assert_int_equal(init(&sources, &error, words), 0);
    assert_int_equal(sources.n, 3);
    assert_int_equal(sources.items[0].kind, ADL_SOURCE_URL);
    assert_int_equal(sources.items[1].kind, ADL_SOURCE_FILE);
    assert_int_equal(sources.items[2].kind, ADL_SOURCE_STDIN);
    assert_int_equal(sources.items[2].position, 3);
    adl_sources_finish(&sources);
    adl_buf_finish(&error);
}

static void test_what_cannot_be_read_is_refused_by_name(void **state)
{
    static const struct {
        const char *words[3];
        const char *error;
    } cases[] = {
        {{"http://h", "/does/not/exist"},
         "cannot read /does/not/exist: No such file or directory"},
        {{"/"}, "cannot read /: Is a directory"},
        {{"./no.such/list"},
         "cannot read ./no.such/list: No such file or directory"},
        {{"http:/u:LEAK@h.invalid/x"},
         "cannot read http:/h.invalid/x: No such file or directory"},
        {{"u:LEAK@h.invalid/x?token=LEAK"},
         "cannot read h.invalid/x?token=***: No such file or directory (a URL "
         "begins with http:// or https://)"},
        {{"/dev/null/x?key=LEAK"},
         "cannot read /dev/null/x?key=***: Not a directory"},
        {{"list.txt"}, "cannot read list.txt: No such file or directory"},
        {{"h.invalid:80/x"},
         "cannot read h.invalid:80/x: No such file or directory (a URL begins "
         "with http:// or https://)"},
        {{"www.h.invalid"},
         "cannot read www.h.invalid: No such file or directory (a URL begins "
         "with http:// or https://)"},
        {{"-", "-"},
         "- can be given only once: standard input ends when it was read"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_sources sources = {0};
        struct adl_buf error = {0};

        assert_true(init(&sources, &error, cases[i].words) < 0);
        assert_string_equal(adl_buf_str(&error), cases[i].error);
        assert_null(sources.items);
        adl_buf_finish(&error);
    }
}

TEST_SUITE(cli_source)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operands_are_told_apart),
        cmocka_unit_test(test_what_cannot_be_read_is_refused_by_name),
    };

    return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
