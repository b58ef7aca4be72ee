/* SPDX-License-Identifier: MIT */
#include "store/sink_error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/suite.h"

static void test_codes_are_told_in_words(void **state)
{
    static const struct {
        int err;
        int answer;
        const char *text;
    } cases[] = {
        {-ENOSPC, -ENOSPC, "write a/b: no space left on device"},
        {-EISDIR, ASYNCDL_EINWAY, "write a/b: a folder has that name"},
        {-EEXIST, ASYNCDL_EEXISTS, NULL},
        {ASYNCDL_ECHECKSUM, ASYNCDL_ECHECKSUM, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_sink_error error;

        adl_sink_error_init(&error);
        assert_string_equal(error.text, "");
        assert_int_equal(
            adl_sink_error_report(&error, cases[i].err, "write", "a/b"),
            cases[i].answer);
        if (cases[i].text != NULL) {
            assert_string_equal(error.text, cases[i].text);
        } else {
            assert_memory_equal(error.text, "write a/b: ", 11);
        }
    }
}

/* A path that is too long is cut, between characters, and nothing else is. */
static void test_a_long_path_is_cut_between_characters(void **state)
{
    char path[3 * ADL_SINK_ERROR_MAX];

    (void)state;
    for (size_t lead = 0; lead < 4; lead++) {
        struct adl_sink_error error;
        size_t len = 0;

        memset(path, 'x', lead);
        for (len = lead; len + 3 < sizeof(path); len += 3) {
            memcpy(path + len, "\xe2\x82\xac", 3); /* the euro sign */
        }
        path[len] = '\0';
        adl_sink_error_explain(&error, "open", path, "because");
        assert_true(strlen(error.text) < ADL_SINK_ERROR_MAX);
        assert_true(strlen(error.text) > ADL_SINK_ERROR_MAX - 5);
        const char *cut = strstr(error.text, "...: because");
        assert_non_null(cut);
        assert_int_equal((size_t)(cut - error.text - 5 - lead) % 3, 0);
    }
}

TEST_SUITE(sink_error)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_are_told_in_words),
        cmocka_unit_test(test_a_long_path_is_cut_between_characters),
    };

    return cmocka_run_group_tests_name("sink_error", tests, NULL, NULL);
}
