/* SPDX-License-Identifier: MIT */
#include "cli/conflict.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/optparse.h"
#include "support/suite.h"

#define MAX_WORDS 5

static int check(struct adl_buf *error, const char *const *words)
{
    const char *argv[MAX_WORDS + 1] = {"asyncdl"};
    struct adl_options options;
    int argc = 1;

    for (; words[argc - 1] != NULL; argc++) {
        argv[argc] = words[argc - 1];
    }
    adl_options_init(&options);
    assert_int_equal(adl_optparse(&options, argc, argv, error), 0);
    int err = adl_conflict_check(&options, error);
    adl_options_finish(&options);
    return err;
}

static void test_options_that_do_nothing_are_refused_by_name(void **state)
{
    static const struct {
        const char *words[MAX_WORDS];
        const char *error; /* begins so; NULL: all is well */
    } cases[] = {
        {{"--verify", "--no-journal"}, "--verify with --no-journal: "},
        {{"--no-journal", "--verify"}, "--verify with --no-journal: "},
        {{"--verify", "--discard"}, "--verify with --discard: "},
        {{"--restart", "--no-journal"}, "--restart with --no-journal: "},
        {{"--discard", "--restart"}, "--restart with --discard: "},
        {{"--manifest", "m", "--discard"}, "--manifest with --discard: "},
        {{"-n", "-q"}, "--dry-run with --quiet: "},
        {{"-qn"}, "--dry-run with --quiet: "},
        {{"-n", "--json"}, "--dry-run with --json: "},
        {{"-n", "--progress", "bar"}, "--dry-run with --progress bar or none"},
        {{"-n", "--progress=none"}, "--dry-run with --progress bar or none: "},
        {{"--json", "--progress=bar"}, "--json with --progress bar or plain: "},
        {{"--json", "--progress", "plain"}, "--json with --progress bar or "},
        {{"-q", "--progress=bar"}, "--quiet with --progress bar or plain: "},
        {{"-q", "--progress=plain"}, "--quiet with --progress bar or plain: "},
        {{"-q", "--json", "--progress=none"}, NULL},
        {{"-n", "--progress=plain"}, NULL},
        {{"--failed", "-"}, "--failed -: must be a file; "},
        {{"--manifest", "-"}, "--manifest -: must be a file; "},
        {{"--trace", "-"}, "--trace -: must be a file; "},
        {{"--timeline", "-"}, "--timeline -: must be a file; "},
        {{"--report", "-"}, "--report -: must be a file; "},
        {{"--manifest", "./-", "--failed", "./-"}, NULL},
        {{"--verify", "--restart", "-n"}, NULL},
        {{"--no-journal", "--discard", "-q"}, NULL},
        {{"--no-journal", "--journal", "--verify"}, NULL},
        {{"--verify", "--no-verify", "--no-journal"}, NULL},
        {{"--discard", "--no-discard", "--restart"}, NULL},
        {{"-n", "--no-dry-run", "-q"}, NULL},
        {{NULL}, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_buf error = {0};
        const char *wanted = cases[i].error;
        int err = check(&error, cases[i].words);
        const char *found = adl_buf_str(&error);

        if (err != (wanted != NULL ? -EINVAL : 0) ||
            (wanted != NULL ? strncmp(found, wanted, strlen(wanted)) != 0
                            : found[0] != '\0')) {
            fail_msg("%zu: %d: %s", i, err, found);
        }
        adl_buf_finish(&error);
    }
}

static void test_options_of_config_files_count_the_same(void **state)
{
    static const char text[] = "verify\nno-journal\n";
    char path[] = "/tmp/asyncdl-test-XXXXXX";
    const char *const words[] = {"-K", path, NULL};
    struct adl_buf error = {0};

    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
    assert_int_equal(close(fd), 0);

    assert_int_equal(check(&error, words), -EINVAL);
    assert_int_equal(unlink(path), 0);
    assert_non_null(strstr(adl_buf_str(&error), "--verify with --no-journal"));
    adl_buf_finish(&error);
}

TEST_SUITE(cli_conflict)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_that_do_nothing_are_refused_by_name),
        cmocka_unit_test(test_options_of_config_files_count_the_same),
    };

    return cmocka_run_group_tests_name("cli-conflict", tests, NULL, NULL);
}
