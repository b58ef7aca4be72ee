/* SPDX-License-Identifier: MIT */
/* --failed: what failed, as a list that runs exactly that. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/download.h"
#include "support/suite.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void need_list(struct download *d, const char *name, const char *text)
{
    assert_string_equal(cmd_read(&d->cmd, name), download_expand(d, text));
}

/* Entries stand in the order in which they failed: these are all of them. */
static void need_entries(struct download *d, const char *name,
                         const char *const *entries)
{
    size_t len = 0;

    for (; *entries != NULL; entries++) {
        const char *entry = download_expand(d, *entries);

        cmd_need_text(cmd_read(&d->cmd, name), entry);
        len += strlen(entry);
    }
    assert_int_equal(strlen(cmd_read(&d->cmd, name)), len);
}

static void test_failed_list_runs_exactly_what_failed(void **state)
{
    static const char list[] =
        "http://@SITE@/bytes/10?runs\n"
        "http://u:p@@SITE@/status/404?token=t&runs\n  header=X-A: b\n"
        "rubbish\n"
        "http://@SITE@/bytes/11?runs\n  checksum=sha-256=" HEX64 "\n"
        "{\"urls\":[\"http://@SITE@/status/410?runs\","
        "\"http://@SITE@/status/500?runs\"],\"out\":\" x\"}\n"
        "http://@SITE@/bytes/12?runs\n";
    static const char *const failed[] = {
        "# list:4: no URL (nothing like http:// in front): \"rubbish\"\n",
        "http://u:p@@SITE@/status/404?token=t&runs\n  header=X-A: b\n",
        "http://@SITE@/bytes/11?runs\n  checksum=sha-256=" HEX64 "\n",
        "{\"urls\":[\"http://@SITE@/status/410?runs\","
        "\"http://@SITE@/status/500?runs\"],\"out\":\" x\"}\n",
        NULL,
    };
    static const struct {
        const char *target;
        bool is_again;
    } cases[] = {
        {"/bytes/10?runs", false},          {"/bytes/12?runs", false},
        {"/status/404?token=t&runs", true}, {"/bytes/11?runs", true},
        {"/status/410?runs", true},         {"/status/500?runs", true},
    };
    struct download d;

    download_init(&d, *state);
    download_run(&d, list, "--retry 0 --failed f", 3);
    need_entries(&d, "f", failed);
    const char *next = cmd_text(&d.cmd, "%s", cmd_read(&d.cmd, "f"));
    download_run(&d, next, "--retry 0 --failed f", 3);
    need_entries(&d, "f", failed + 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(download_count_requests(&d, cases[i].target),
                         cases[i].is_again ? 2 : 1);
    }
    download_finish(&d);
}

/* The journal has both lines, and cannot tell them apart. */
static void test_twin_that_failed_is_run_again(void **state)
{
    static const char line[] = "http://@SITE@/bytes/9?twin\n";
    struct download d;

    download_init(&d, *state);
    download_run(&d, line, "", 0);
    download_run(&d, "http://@SITE@/bytes/9?twin\nhttp://@SITE@/bytes/9?twin\n",
                 "--max-filesize 5 --failed f", 1);
    need_list(&d, "f", line);
    assert_false(cmd_has(&d.cmd, "out/9~2"));
    download_run(&d, line, "--failed f", 0);
    need_list(&d, "f", "");
    assert_int_equal(download_count_requests(&d, "/bytes/9?twin"), 3);
    download_need_pattern(&d, "9~2", 9, 0);
    download_finish(&d);
}

static void test_list_may_be_its_own_failed_list(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d,
                 "http://@SITE@/status/404\nhttp://@SITE@/bytes/9\n"
                 "http://@SITE@/status/503?times=1\n",
                 "-j 1 --retry 0 --failed list", 3);
    need_list(&d, "list",
              "http://@SITE@/status/404\nhttp://@SITE@/status/503?times=1\n");
    const char *rest = cmd_text(&d.cmd, "%s", cmd_read(&d.cmd, "list"));
    download_run(&d, rest, "--retry 0 --failed list", 1);
    need_list(&d, "list", "http://@SITE@/status/404\n");
    download_finish(&d);
}

static void test_nothing_failed_leaves_an_empty_list(void **state)
{
    struct download d;

    download_init(&d, *state);
    cmd_write(&d.cmd, "f", "http://of.an.earlier/run\n");
    download_run(&d, "http://@SITE@/bytes/9\n", "--failed f", 0);
    assert_string_equal(cmd_read(&d.cmd, "f"), "");
    download_run(&d, "", "--failed f", 0);
    download_finish(&d);
}

/* Stop it when the 404 has failed and the rest hangs. */
static void stop_in_the_middle(struct download *d, const char *options)
{
    struct proc *proc =
        download_start(d,
                       "http://@SITE@/status/404\nhttp://@SITE@/bytes/9\n"
                       "http://@SITE@/hang\nhttp://@SITE@/hang?2\n",
                       options);
    char line[256];

    assert_int_equal(proc_read_line(proc, line, sizeof(line)), 0);
    assert_int_equal(proc_signal(proc, SIGTERM), 0);
    cmd_wait(&d->cmd, proc, 143);
}

static void test_interrupted_run_tells_what_failed_so_far(void **state)
{
    struct download d;

    download_init(&d, *state);
    stop_in_the_middle(&d, "-j 1 --failed f");
    need_list(&d, "f", "http://@SITE@/status/404\n");
    download_finish(&d);
}

static void test_interrupted_run_loses_nothing_of_its_list(void **state)
{
    struct download d;

    download_init(&d, *state);
    stop_in_the_middle(&d, "-j 1 --failed list");
    need_list(&d, "list",
              "http://@SITE@/status/404\nhttp://@SITE@/bytes/9\n"
              "http://@SITE@/hang\nhttp://@SITE@/hang?2\n");
    cmd_need_text(d.cmd.err, "/list stays as it was: not all of it was tried");
    download_finish(&d);
}

static void test_local_fault_leaves_what_failed_until_then(void **state)
{
    struct download d;

    download_init(&d, *state);
    d.cmd.argv[0] = "sh";
    d.cmd.argv[1] = "-c";
    d.cmd.argv[2] = download_expand(
        &d, "ulimit -f 256; exec \"$ASYNCDL\" -d out -j 1 --failed f "
            "http://@SITE@/status/404 http://@SITE@/bytes/1000000 "
            "http://@SITE@/bytes/9");
    d.cmd.argv[3] = NULL;
    cmd_run(&d.cmd, 4);
    need_list(&d, "f",
              "http://@SITE@/status/404\nhttp://@SITE@/bytes/1000000\n");
    download_finish(&d);
}

static void test_file_that_cannot_be_written_starts_nothing(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d, "http://@SITE@/bytes/9?never\n", "--failed none/f", 2);
    assert_string_equal(d.cmd.err, "asyncdl: --failed: cannot write none/f: No "
                                   "such file or directory\n");
    assert_int_equal(download_count_requests(&d, "/bytes/9?never"), 0);
    download_finish(&d);
}

static void test_file_in_a_folder_to_be_made_is_made(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d, "http://@SITE@/status/404\nhttp://@SITE@/bytes/9\n",
                 "--failed out/f --manifest out/m", 1);
    need_list(&d, "out/f", "http://@SITE@/status/404\n");
    cmd_need_text(cmd_read(&d.cmd, "out/m"), "  9\n");
    download_finish(&d);
}

static void test_nothing_is_made_where_nothing_starts(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d, "http://@SITE@/bytes/9\n",
                 "--failed out/f --manifest none/m", 2);
    cmd_need_text(d.cmd.err, "cannot write --manifest none/m: No such file");
    assert_false(cmd_has(&d.cmd, "out"));
    cmd_write(&d.cmd, "file", "");
    download_run(&d, "http://@SITE@/bytes/9\n",
                 "-d file/out --failed file/out/f", 2);
    cmd_need_text(d.cmd.err, "file/out/f: Not a directory\n");
    download_finish(&d);
}

static void test_secrets_are_for_the_owner_only(void **state)
{
    struct download d;

    download_init(&d, *state);
    d.cmd.argv[0] = "sh";
    d.cmd.argv[1] = "-c";
    d.cmd.argv[2] = download_expand(
        &d, "umask 0; \"$ASYNCDL\" -q --failed f http://u:p@@SITE@/status/404 "
            "2>err; stat -c %a f");
    d.cmd.argv[3] = NULL;
    cmd_run(&d.cmd, 0);
    assert_string_equal(d.cmd.out, "600\n");
    need_list(&d, "f", "http://u:p@@SITE@/status/404\n");
    cmd_need_no_text(cmd_read(&d.cmd, "err"), "u:p");
    download_finish(&d);
}

/* Nothing starts, and what is there stays. */
static void test_outputs_that_would_destroy_start_nothing(void **state)
{
    static const struct {
        const char *options;
        const char *error;
    } cases[] = {
        {"--manifest out/.asyncdl/journal.db", "--manifest must not be in "},
        {"--failed out/.asyncdl/x", "--failed must not be in "},
        {"--manifest list", "--manifest must not be a list that is read"},
        {"--failed x --manifest x", "must not be one file: x and x"},
        {"-c out/9", "--cookie-jar must not replace a file of --dir"},
    };
    static const char list[] = "http://@SITE@/bytes/9\n";
    struct download d;

    download_init(&d, *state);
    download_run(&d, list, "", 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        download_run(&d, list, cases[i].options, 2);
        cmd_need_text(d.cmd.err, cases[i].error);
        need_list(&d, "list", list);
        assert_false(cmd_has(&d.cmd, "x"));
        download_need_pattern(&d, "9", 9, 0);
    }
    download_run(&d, list, "", 0);
    download_finish(&d);
}

/* It was saved in this run, or in one before. */
static void test_outputs_replace_no_file_of_a_line(void **state)
{
    static const struct {
        const char *options;
        const char *error;
    } cases[] = {
        {"--manifest out/9", "--manifest out/9: is the file of http://"},
        {"--failed out/9", "--failed out/9: is the file of http://"},
    };
    static const char list[] = "http://@SITE@/bytes/9\n";
    struct download d;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        download_init(&d, *state);
        for (int again = 0; again < 2; again++) {
            download_run(&d, list, cases[i].options, 4);
            cmd_need_text(d.cmd.err, cases[i].error);
            download_need_pattern(&d, "9", 9, 0);
        }
        download_finish(&d);
    }
}

TEST_SUITE(failed)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failed_list_runs_exactly_what_failed),
        cmocka_unit_test(test_twin_that_failed_is_run_again),
        cmocka_unit_test(test_list_may_be_its_own_failed_list),
        cmocka_unit_test(test_nothing_failed_leaves_an_empty_list),
        cmocka_unit_test(test_interrupted_run_tells_what_failed_so_far),
        cmocka_unit_test(test_interrupted_run_loses_nothing_of_its_list),
        cmocka_unit_test(test_local_fault_leaves_what_failed_until_then),
        cmocka_unit_test(test_file_that_cannot_be_written_starts_nothing),
        cmocka_unit_test(test_file_in_a_folder_to_be_made_is_made),
        cmocka_unit_test(test_nothing_is_made_where_nothing_starts),
        cmocka_unit_test(test_secrets_are_for_the_owner_only),
        cmocka_unit_test(test_outputs_that_would_destroy_start_nothing),
        cmocka_unit_test(test_outputs_replace_no_file_of_a_line),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
