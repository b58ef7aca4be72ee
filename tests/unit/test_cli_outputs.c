/* SPDX-License-Identifier: MIT */
#include "cli/outputs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/scratch.h"
#include "support/suite.h"

/* Lists l and m, DIR out with a journal and a file, and what leads there. */
static int setup(void **state)
{
    static const char *const files[] = {"l", "m", "out/a",
                                        "out/.asyncdl/journal.db", "jar"};
    int rc = scratch_setup(state);

    rc = rc == 0 ? chdir(((struct scratch *)*state)->path) : rc;
    rc = rc == 0 ? mkdir("out", 0777) : rc;
    rc = rc == 0 ? mkdir("out/.asyncdl", 0777) : rc;
    rc = rc == 0 ? mkdir("out/.asyncdl/sub", 0777) : rc;
    for (size_t i = 0; rc == 0 && i < sizeof(files) / sizeof(files[0]); i++) {
        scratch_write(files[i], "text");
    }
    if (rc == 0) {
        scratch_write("out/jar", "# Netscape HTTP Cookie File\n");
        rc = symlink("out/.asyncdl/journal.db", "to-journal");
    }
    rc = rc == 0 ? symlink("out/.asyncdl", "to-aside") : rc;
    rc = rc == 0 ? symlink("l", "to-l") : rc;
    rc = rc == 0 ? symlink("out", "to-out") : rc;
    return rc == 0 ? link("l", "hard-l") : rc;
}

static int teardown(void **state)
{
    return chdir("/") == 0 ? scratch_teardown(state) : -1;
}

struct given {
    const char *failed;
    const char *manifest;
    const char *jar;
    const char *report;
};

static int init(struct adl_outputs *outputs, const struct given *given,
                const struct adl_msg *msg, struct adl_buf *error)
{
    struct adl_strlist operands = {0};
    struct adl_sources sources = {0};
    struct adl_options options;

    adl_options_init(&options);
    options.client.dir = "out";
    options.failed = given->failed;
    options.manifest = given->manifest;
    options.client.http.cookie_jar = given->jar;
    options.charts[ADL_CHART_REPORT] = given->report;
    assert_int_equal(adl_strlist_add(&operands, "l"), 0);
    assert_int_equal(adl_strlist_add(&operands, "m"), 0);
    assert_int_equal(adl_strlist_add(&operands, "http://h/x"), 0);
    assert_int_equal(adl_sources_init(&sources, &operands, error), 0);
    int err = adl_outputs_init(outputs, &options, &sources, msg, error);
    adl_sources_finish(&sources);
    adl_strlist_finish(&operands);
    adl_options_finish(&options);
    return err;
}

static void test_outputs_keep_off_journal_lists_and_each_other(void **state)
{
    static const struct {
        struct given given;
        const char *error; /* a part of it; NULL: it is good */
    } cases[] = {
        {{NULL, NULL, NULL, NULL}, NULL},
        {{"f", "s", "c", NULL}, NULL},
        {{"out/f", "out/s", "out/c", NULL}, NULL},
        {{"out/a", NULL, NULL, NULL}, NULL}, /* judged when a line has it */
        {{"l", "s", NULL, NULL}, NULL},
        {{"to-l", NULL, NULL, NULL}, NULL},
        {{"none/f", "none/f", NULL, NULL}, NULL}, /* cannot be opened anyway */
        {{NULL, "/dev/null", "/dev/null", NULL}, NULL},
        {{"out/.asyncdlx", NULL, NULL, NULL}, NULL},
        {{NULL, NULL, "jar", NULL}, NULL},
        {{NULL, NULL, "out/jar", NULL}, NULL},
        {{NULL, NULL, "out/a", NULL}, "--cookie-jar must not replace a file"},
        {{NULL, "out/.asyncdl/journal.db", NULL, NULL},
         "--manifest must not be in "},
        {{"out/.asyncdl/journal.db", NULL, NULL, NULL},
         "--failed must not be in "},
        {{NULL, NULL, "out/.asyncdl/journal.db", NULL},
         "--cookie-jar must not be in "},
        {{NULL, "out/.asyncdl/new", NULL, NULL},
         "/out/.asyncdl, where the journal is: out/.asyncdl/new"},
        {{NULL, "out/.asyncdl/sub/new", NULL, NULL},
         "--manifest must not be in "},
        {{NULL, "to-journal", NULL, NULL}, "--manifest must not be in "},
        {{NULL, "to-aside/new", NULL, NULL}, "--manifest must not be in "},
        {{NULL, "to-out/../out/.asyncdl/new", NULL, NULL}, "must not be in "},
        {{NULL, "l", NULL, NULL}, "--manifest must not be a list that is read"},
        {{NULL, "m", NULL, NULL}, "(only --failed may replace one): m"},
        {{NULL, "to-l", NULL, NULL}, "must not be a list"},
        {{NULL, "hard-l", NULL, NULL}, "must not be a list"},
        {{NULL, NULL, "./l", NULL}, "--cookie-jar must not be a list"},
        {{"x", "x", NULL, NULL},
         "--failed and --manifest must not be one file: x"},
        {{"x", "./x", NULL, NULL}, "must not be one file: x and ./x"},
        {{"out/x", NULL, "to-out/x", NULL},
         "--failed and --cookie-jar must not be"},
        {{NULL, "jar", "to-out/../jar", NULL},
         "--manifest and --cookie-jar must"},
        {{"f", "s", "c", "r"}, NULL},
        {{NULL, NULL, NULL, "l"}, "--report must not be a list"},
        {{NULL, "x", NULL, "./x"}, "--manifest and --report must not be one"},
        {{NULL, NULL, NULL, "out/.asyncdl/r"}, "--report must not be in "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct adl_msg msg = {.stream = stderr};
        struct adl_outputs outputs = {0};
        struct adl_buf error = {0};
        int err = init(&outputs, &cases[i].given, &msg, &error);

        if (cases[i].error == NULL) {
            assert_string_equal(adl_buf_str(&error), "");
            assert_int_equal(err, 0);
        } else if (err != -EINVAL ||
                   strstr(adl_buf_str(&error), cases[i].error) == NULL) {
            fail_msg("%d \"%s\", not: %s", err, adl_buf_str(&error),
                     cases[i].error);
        }
        adl_outputs_finish(&outputs);
        adl_buf_finish(&error);
    }
}

static void tell(struct adl_outputs *outputs, enum asyncdl_state result_state,
                 int err, const char *path)
{
    const struct asyncdl_result result = {
        .state = result_state,
        .err = err,
        .url = "http://u:p@h/a",
        .path = path,
    };
    const struct asyncdl_event event = {
        .type = ASYNCDL_EVENT_DONE,
        .result = &result,
    };

    adl_outputs_on_event(&event, outputs);
}

static void test_only_what_a_line_saved_is_taken(void **state)
{
    static const struct {
        enum asyncdl_state state;
        int err;
        const char *path;
        bool is_taken;
    } cases[] = {
        {ASYNCDL_DONE, 0, "sub/f", false},
        {ASYNCDL_DONE, 0, "f~2", false},
        {ASYNCDL_DONE, 0, NULL, false},
        {ASYNCDL_DONE, 0, "f", true},
        {ASYNCDL_SKIPPED, 0, "f", true},
        {ASYNCDL_SKIPPED, ASYNCDL_ECHANGED, "f", true},
        {ASYNCDL_SKIPPED, ASYNCDL_EEXISTS, "f", false},
        {ASYNCDL_FAILED, ASYNCDL_EHTTP, "f", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct given given = {.failed = "out/f", .manifest = "f"};
        struct adl_outputs outputs = {0};
        struct adl_buf error = {0};
        char *said = NULL;
        size_t len = 0;
        struct adl_msg msg = {.stream = open_memstream(&said, &len)};

        assert_non_null(msg.stream);
        assert_int_equal(init(&outputs, &given, &msg, &error), 0);
        tell(&outputs, cases[i].state, cases[i].err, cases[i].path);
        tell(&outputs, cases[i].state, cases[i].err, cases[i].path);
        assert_int_equal(outputs.err, cases[i].is_taken ? -EEXIST : 0);
        assert_int_equal(outputs.files[ADL_OUTPUT_FAILED].is_taken,
                         cases[i].is_taken);
        assert_false(outputs.files[ADL_OUTPUT_MANIFEST].is_taken);
        assert_int_equal(fclose(msg.stream), 0);
        assert_string_equal(
            said, cases[i].is_taken
                      ? "asyncdl: --failed out/f: is the file of http://h/a: "
                        "cannot go on; name another file\n"
                      : "");
        free(said);
        adl_outputs_finish(&outputs);
        adl_buf_finish(&error);
    }
}

TEST_SUITE(cli_outputs)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_outputs_keep_off_journal_lists_and_each_other, setup,
            teardown),
        cmocka_unit_test_setup_teardown(test_only_what_a_line_saved_is_taken,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
