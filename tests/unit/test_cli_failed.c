/* SPDX-License-Identifier: MIT */
#include "cli/failed.h"

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
#include "support/fault.h"
#include "support/scratch.h"
#include "support/suite.h"

static const struct adl_sources no_sources = {0};

/* Names are relative, as users write them. */
static int setup(void **state)
{
    int rc = scratch_setup(state);

    return rc == 0 ? chdir(((struct scratch *)*state)->path) : rc;
}

static int teardown(void **state)
{
    fault_clear();
    return chdir("/") == 0 ? scratch_teardown(state) : -1;
}

static void assert_holds(const char *name, const char *expected)
{
    assert_true(scratch_holds(name, expected, strlen(expected)));
}

/* Nothing was left beside it. */
static void assert_alone(const char *name)
{
    assert_int_equal(access(name, F_OK), 0);
    assert_int_equal(scratch_count_entries("."), 1);
}

static void open_good(struct adl_failed *failed, const char *path)
{
    struct adl_buf error = {0};

    if (adl_failed_open(failed, path, &no_sources, &error) < 0) {
        fail_msg("%s", adl_buf_str(&error));
    }
    adl_buf_finish(&error);
}

/* What was said, in a buffer of this test's; and how it ended. */
static int finish(struct adl_failed *failed, bool is_whole, char *said,
                  size_t cap)
{
    char *text = NULL;
    size_t len = 0;
    struct adl_msg msg = {.stream = open_memstream(&text, &len)};

    assert_non_null(msg.stream);
    int err = adl_failed_finish(failed, &msg, is_whole, ADL_ASIDE_SYNC);
    assert_int_equal(fclose(msg.stream), 0);
    (void)snprintf(said, cap, "%s", text);
    free(text);
    return err;
}

static int finish_silently(struct adl_failed *failed)
{
    char said[200];
    int err = finish(failed, true, said, sizeof(said));

    assert_int_equal(err < 0, said[0] != '\0');
    return err;
}

/* A download of that URL ends so. */
static int end_one(struct adl_failed *failed, const char *url,
                   enum asyncdl_state result_state, int result_err)
{
    const struct asyncdl_result result = {.state = result_state,
                                          .err = result_err};
    struct adl_failed_ticket *ticket;
    struct adl_entry entry = {0};

    assert_int_equal(adl_strlist_add(&entry.urls, url), 0);
    int err = adl_failed_ticket(&ticket, failed, &entry);
    if (err == 0) {
        adl_failed_on_done(&result, ticket);
    }
    adl_entry_finish(&entry);
    return err;
}

static void test_only_failures_are_written(void **state)
{
    const struct adl_place place = {.file = "li\nst", .line = 7};
    struct adl_failed failed;
    struct stat st;

    (void)state;
    open_good(&failed, "f");
    assert_int_equal(access("f", F_OK), -1);
    end_one(&failed, "http://done", ASYNCDL_DONE, 0);
    end_one(&failed, "http://u:p@404/?token=t", ASYNCDL_FAILED, ASYNCDL_EHTTP);
    end_one(&failed, "http://there", ASYNCDL_SKIPPED, ASYNCDL_EEXISTS);
    end_one(&failed, "http://canceled", ASYNCDL_FAILED, -ECANCELED);
    end_one(&failed, "http://full", ASYNCDL_FAILED, -ENOSPC);
    adl_failed_add_bad(&failed, &place, "no\rURL");
    assert_int_equal(finish_silently(&failed), 0);

    assert_holds("f", "http://u:p@404/?token=t\nhttp://full\n"
                      "# li?st:7: no?URL\n");
    assert_int_equal(stat("f", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_alone("f");
}

static void test_no_failures_empty_an_old_file(void **state)
{
    struct adl_failed failed;

    (void)state;
    scratch_write("f", "http://of.an/earlier/run\n");
    open_good(&failed, "f");
    assert_holds("f", "http://of.an/earlier/run\n");
    assert_int_equal(finish_silently(&failed), 0);
    assert_holds("f", "");
}

static void test_link_stays_one(void **state)
{
    struct adl_failed failed;
    struct stat st;

    (void)state;
    assert_int_equal(mkdir("d", 0755), 0);
    scratch_write("d/f", "old\n");
    assert_int_equal(symlink("d/f", "link"), 0);
    open_good(&failed, "link");
    end_one(&failed, "http://a", ASYNCDL_FAILED, ASYNCDL_EHTTP);
    assert_int_equal(finish_silently(&failed), 0);

    assert_int_equal(lstat("link", &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_holds("d/f", "http://a\n");
}

static void test_what_cannot_be_written_is_refused(void **state)
{
    static const struct {
        const char *path;
        int err;
        const char *why;
    } cases[] = {
        {"", -ENOENT, "No such file or directory"},
        {".", -EISDIR, "Is a directory"},
        {"new/", -ENOENT, "No such file or directory"},
        {"none/f", -ENOENT, "No such file or directory"},
        {"file/f", -ENOTDIR, "Not a directory"},
        {"/dev/null", -EINVAL, "not a regular file"},
    };

    (void)state;
    scratch_write("file", "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_buf error = {0};
        struct adl_buf expected = {0};
        struct adl_failed failed;

        assert_int_equal(
            adl_failed_open(&failed, cases[i].path, &no_sources, &error),
            cases[i].err);
        assert_int_equal(adl_buf_addf(&expected,
                                      "--failed: cannot write %s: %s",
                                      cases[i].path, cases[i].why),
                         0);
        assert_string_equal(error.data, expected.data);
        assert_false(adl_failed_is_open(&failed));
        adl_buf_finish(&error);
        adl_buf_finish(&expected);
    }
    assert_alone("file");
}

static void test_list_that_was_not_tried_to_its_end_stays(void **state)
{
    struct adl_source source = {.kind = ADL_SOURCE_FILE, .text = "./f"};
    struct adl_sources sources = {.items = &source, .n = 1};
    struct adl_buf error = {0};
    struct adl_failed failed;
    char said[200];

    (void)state;
    scratch_write("f", "http://a\nhttp://b\n");
    for (int is_whole = 0; is_whole < 2; is_whole++) {
        assert_int_equal(adl_failed_open(&failed, "f", &sources, &error), 0);
        end_one(&failed, "http://a", ASYNCDL_FAILED, ASYNCDL_EHTTP);
        assert_int_equal(finish(&failed, is_whole, said, sizeof(said)), 0);
        assert_holds("f", is_whole ? "http://a\n" : "http://a\nhttp://b\n");
        assert_int_equal(strstr(said, "f stays as it was") != NULL, !is_whole);
        assert_alone("f");
    }
}

static void test_another_list_gets_what_failed_so_far(void **state)
{
    struct adl_failed failed;
    char said[200];

    (void)state;
    scratch_write("f", "http://of.an/earlier/run\n");
    open_good(&failed, "f");
    end_one(&failed, "http://a", ASYNCDL_FAILED, ASYNCDL_EHTTP);
    assert_int_equal(finish(&failed, false, said, sizeof(said)), 0);
    assert_holds("f", "http://a\n");
    assert_string_equal(said, "");
}

static void test_without_the_option_nothing_is_kept(void **state)
{
    const struct adl_place place = {.file = "f", .line = 1};
    struct adl_failed failed = {0};

    (void)state;
    assert_int_equal(
        end_one(&failed, "http://a", ASYNCDL_FAILED, ASYNCDL_EHTTP), 0);
    adl_failed_add_bad(&failed, &place, "why");
    assert_null(failed.aside.text.data);
    assert_int_equal(finish_silently(&failed), 0);
    adl_failed_abort(&failed);
}

/* Where nothing without a name can be had, or later not be given one. */
static void test_named_file_does_as_well(void **state)
{
    struct adl_failed failed;

    (void)state;
    fault_arm(FAULT_OPENAT_NAMELESS, 1, EOPNOTSUPP);
    open_good(&failed, "f");
    assert_int_equal(fault_n_hits(FAULT_OPENAT_NAMELESS), 1);
    end_one(&failed, "http://a", ASYNCDL_FAILED, ASYNCDL_EHTTP);
    assert_int_equal(finish_silently(&failed), 0);
    assert_holds("f", "http://a\n");
    assert_alone("f");

    fault_arm(FAULT_OPENAT_NAMELESS, 1, EOPNOTSUPP);
    open_good(&failed, "f");
    adl_failed_abort(&failed);
    assert_alone("f");
}

static void test_every_fault_leaves_the_old_file(void **state)
{
    static const struct {
        enum fault_call call;
        int err;
    } cases[] = {
        {FAULT_WRITE, ENOSPC},
        {FAULT_LINKAT_PROC, ENOSPC},
        {FAULT_RENAMEAT, EPERM},
    };

    (void)state;
    scratch_write("f", "old\n");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_failed failed;

        open_good(&failed, "f");
        end_one(&failed, "http://a", ASYNCDL_FAILED, ASYNCDL_EHTTP);
        fault_arm(cases[i].call, 1, cases[i].err);
        assert_int_equal(finish_silently(&failed), -cases[i].err);
        assert_int_equal(fault_n_hits(cases[i].call), 1);
        fault_clear();
        assert_holds("f", "old\n");
        assert_alone("f");
    }
}

static void test_short_write_goes_on(void **state)
{
    struct adl_failed failed;

    (void)state;
    open_good(&failed, "f");
    end_one(&failed, "http://abcdef", ASYNCDL_FAILED, ASYNCDL_EHTTP);
    fault_arm(FAULT_WRITE, 1, FAULT_SHORT);
    assert_int_equal(finish_silently(&failed), 0);
    fault_clear();
    assert_holds("f", "http://abcdef\n");
}

static void test_name_that_is_taken_is_tried_no_more(void **state)
{
    struct adl_failed failed;

    (void)state;
    open_good(&failed, "f");
    fault_arm(FAULT_LINKAT_PROC, 1, EEXIST);
    assert_int_equal(finish_silently(&failed), 0);
    assert_int_equal(fault_n_hits(FAULT_LINKAT_PROC), 1);
    fault_clear();
    assert_alone("f");
}

static void test_list_without_memory_says_so_at_the_end(void **state)
{
    struct adl_failed failed;

    (void)state;
    scratch_write("f", "old\n");
    open_good(&failed, "f");
    fault_arm(FAULT_CALLOC, 1, ENOMEM);
    assert_int_equal(
        end_one(&failed, "http://a", ASYNCDL_FAILED, ASYNCDL_EHTTP), -ENOMEM);
    fault_clear();
    assert_int_equal(finish_silently(&failed), -ENOMEM);
    assert_holds("f", "old\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

TEST_SUITE(cli_failed)
{
    const struct CMUnitTest tests[] = {
        TEST(test_only_failures_are_written),
        TEST(test_no_failures_empty_an_old_file),
        TEST(test_link_stays_one),
        TEST(test_what_cannot_be_written_is_refused),
        TEST(test_list_that_was_not_tried_to_its_end_stays),
        TEST(test_another_list_gets_what_failed_so_far),
        TEST(test_without_the_option_nothing_is_kept),
        TEST(test_named_file_does_as_well),
        TEST(test_every_fault_leaves_the_old_file),
        TEST(test_short_write_goes_on),
        TEST(test_name_that_is_taken_is_tried_no_more),
        TEST(test_list_without_memory_says_so_at_the_end),
    };

    return cmocka_run_group_tests_name("failed", tests, NULL, NULL);
}
