/* SPDX-License-Identifier: MIT */
#include "cli/foreign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/options.h"
#include "cli/optparse.h"
#include "support/suite.h"

static void test_habits_get_advice(void **state)
{
    static const struct {
        const char *word;
        const char *error;
    } cases[] = {
        {"-i", "unknown option -i: lists and URLs are arguments, - is "
               "standard input"},
        {"-OJ", "unknown option -O: files are named after their URLs, or as "
                "--output says"},
        {"--tries=3", "unknown option --tries: see --retry"},
        {"--parallel-max=3", "unknown option --parallel-max: see --jobs"},
        {"--no-check-certificate",
         "unknown option --no-check-certificate: see --insecure"},
        {"-L", "unknown option -L: redirects are followed, see --max-redirs"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const argv[] = {"asyncdl", cases[i].word, NULL};
        struct adl_options options;
        struct adl_buf error = {0};

        adl_options_init(&options);
        assert_true(adl_optparse(&options, 2, argv, &error) < 0);
        assert_string_equal(adl_buf_str(&error), cases[i].error);
        adl_options_finish(&options);
        adl_buf_finish(&error);
    }
}

static void test_parts_and_unknown_words_get_none(void **state)
{
    (void)state;
    assert_null(adl_foreign_get_name("parallel-", 9));
    assert_null(adl_foreign_get_name("arallel", 7));
    assert_null(adl_foreign_get_name("", 0));
    assert_null(adl_foreign_get_letter('\0'));
    assert_null(adl_foreign_get_letter('%'));
    assert_non_null(adl_foreign_get_name("parallel-max", 8));
}

/* What exists needs no advice. */
static void test_options_that_exist_are_not_foreign(void **state)
{
    (void)state;
    for (const struct adl_option *o = adl_option_table; o->name != NULL; o++) {
        assert_null(adl_foreign_get_letter(o->letter));
        assert_null(adl_foreign_get_name(o->name, strlen(o->name)));
    }
}

TEST_SUITE(cli_foreign)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_habits_get_advice),
        cmocka_unit_test(test_parts_and_unknown_words_get_none),
        cmocka_unit_test(test_options_that_exist_are_not_foreign),
    };

    return cmocka_run_group_tests_name("foreign", tests, NULL, NULL);
}
