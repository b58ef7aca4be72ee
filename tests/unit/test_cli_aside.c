/* SPDX-License-Identifier: MIT */
#include "cli/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fault.h"
#include "support/scratch.h"
#include "support/suite.h"

static const struct adl_aside_options usual = {.mode = 0640};
static const struct adl_aside_options any = {.mode = 0640,
                                             .takes_devices = true};

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

static void add(struct adl_aside *aside, const char *text)
{
    adl_aside_note(aside, adl_buf_add_str(&aside->text, text));
    adl_aside_added(aside);
}

static bool holds(const char *name, const char *text)
{
    return scratch_holds(name, text, strlen(text));
}

static void test_what_is_no_file_is_refused(void **state)
{
    static const struct {
        const char *path;
        int err;
        int err_any; /* where devices will do */
        bool lacks_folder;
    } cases[] = {
        {"", -ENOENT, -ENOENT, false},
        {".", -EISDIR, -EISDIR, false},
        {"new/", -ENOENT, -ENOENT, true},
        {"none/f", -ENOENT, -ENOENT, true},
        {"none/of/f", -ENOENT, -ENOENT, true},
        {"file/f", -ENOTDIR, -ENOTDIR, false},
        {"/dev/null", -EINVAL, 0, false},
        {"f", 0, 0, false},
        {"file", 0, 0, false},
    };
    struct adl_aside aside;

    (void)state;
    scratch_write("file", "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(adl_aside_open(&aside, cases[i].path, &usual),
                         cases[i].err);
        assert_int_equal(adl_aside_is_open(&aside), cases[i].err == 0);
        adl_aside_abort(&aside);
        assert_int_equal(adl_aside_open(&aside, cases[i].path, &any),
                         cases[i].err_any);
        adl_aside_abort(&aside);
        assert_int_equal(adl_aside_lacks_folder(cases[i].path),
                         cases[i].lacks_folder);
    }
    assert_int_equal(scratch_count_entries("."), 1);
}

/* All of these, as all that ends a program, leave nothing behind. */
static void test_nothing_is_to_be_seen_before_the_end(void **state)
{
    struct adl_aside aside;
    struct stat st;

    (void)state;
    assert_int_equal(adl_aside_open(&aside, "f", &usual), 0);
    add(&aside, "text");
    assert_int_equal(scratch_count_entries("."), 0);
    fault_arm_all(FAULT_RENAMEAT, EPERM); /* a new one needs no other name */
    assert_int_equal(adl_aside_commit(&aside, ADL_ASIDE_SYNC), 0);
    assert_true(holds("f", "text"));
    assert_int_equal(stat("f", &st), 0);
    assert_int_equal(st.st_mode & 0137, 0);
    assert_int_equal(scratch_count_entries("."), 1);
    assert_int_equal(adl_aside_commit(&aside, ADL_ASIDE_SYNC), 0);
}

static void test_the_old_one_stays_until_the_end(void **state)
{
    struct adl_aside aside;

    (void)state;
    scratch_write("f", "old");
    assert_int_equal(adl_aside_open(&aside, "f", &usual), 0);
    add(&aside, "new");
    assert_true(holds("f", "old"));
    adl_aside_abort(&aside);
    assert_true(holds("f", "old"));
    assert_int_equal(adl_aside_open(&aside, "f", &usual), 0);
    add(&aside, "new");
    assert_int_equal(adl_aside_commit(&aside, ADL_ASIDE_FAST), 0);
    assert_true(holds("f", "new"));
    assert_int_equal(scratch_count_entries("."), 1);
}

static void test_one_without_nameless_files_does_as_well(void **state)
{
    struct adl_aside aside;

    (void)state;
    for (int is_old = 0; is_old < 2; is_old++) {
        fault_arm(FAULT_OPENAT_NAMELESS, 1, EOPNOTSUPP);
        assert_int_equal(adl_aside_open(&aside, "f", &usual), 0);
        assert_int_equal(fault_n_hits(FAULT_OPENAT_NAMELESS), 1);
        fault_clear();
        add(&aside, "new");
        assert_int_equal(adl_aside_commit(&aside, ADL_ASIDE_SYNC), 0);
        assert_true(holds("f", "new"));
        assert_int_equal(scratch_count_entries("."), 1);
    }
}

static void test_text_is_written_as_it_gets_much(void **state)
{
    static char much[200000];
    struct adl_aside aside;
    struct stat st;

    (void)state;
    memset(much, 'm', sizeof(much) - 1);
    assert_int_equal(adl_aside_open(&aside, "f", &usual), 0);
    add(&aside, "little");
    assert_int_equal(aside.text.len, 6);
    add(&aside, much);
    assert_int_equal(aside.text.len, 0);
    fault_arm(FAULT_WRITE, 1, FAULT_SHORT);
    add(&aside, much);
    assert_int_equal(adl_aside_commit(&aside, ADL_ASIDE_SYNC), 0);
    assert_int_equal(stat("f", &st), 0);
    assert_int_equal(st.st_size, 6 + 2 * (sizeof(much) - 1));
}

static void test_a_pipe_gets_it_as_it_comes(void **state)
{
    struct adl_aside aside;
    char bytes[8] = "";

    (void)state;
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_int_equal(adl_aside_open(&aside, "pipe", &any), -ENXIO);
    int fd = open("pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(adl_aside_open(&aside, "pipe", &any), 0);
    add(&aside, "text");
    assert_int_equal(read(fd, bytes, sizeof(bytes)), 4);
    assert_int_equal(adl_aside_commit(&aside, ADL_ASIDE_SYNC), 0);
    assert_int_equal(scratch_count_entries("."), 1);
    close(fd);
}

static void test_every_fault_leaves_the_old_one(void **state)
{
    static const struct {
        enum fault_call call;
        int nth;
        int err;
    } cases[] = {
        {FAULT_WRITE, 1, ENOSPC},
        {FAULT_LINKAT_PROC, 1, ENOSPC},
        {FAULT_LINKAT_PROC, 2, ENOSPC},
        {FAULT_RENAMEAT, 1, EPERM},
    };

    (void)state;
    scratch_write("f", "old");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_aside aside;

        assert_int_equal(adl_aside_open(&aside, "f", &usual), 0);
        add(&aside, "new");
        fault_arm(cases[i].call, cases[i].nth, cases[i].err);
        assert_int_equal(adl_aside_commit(&aside, ADL_ASIDE_SYNC),
                         -cases[i].err);
        assert_int_equal(fault_n_hits(cases[i].call), 1);
        fault_clear();
        assert_true(holds("f", "old"));
        assert_int_equal(scratch_count_entries("."), 1);
    }
}

static void test_what_was_lost_is_told_at_the_end(void **state)
{
    struct adl_aside aside;

    (void)state;
    assert_int_equal(adl_aside_open(&aside, "f", &usual), 0);
    adl_aside_note(&aside, -ENOMEM);
    adl_aside_note(&aside, -EIO);
    add(&aside, "more");
    assert_int_equal(adl_aside_commit(&aside, ADL_ASIDE_SYNC), -ENOMEM);
    assert_int_equal(access("f", F_OK), -1);
}

static void test_what_cannot_arrive_is_known_before_the_end(void **state)
{
    struct adl_aside none = {.path = NULL};
    struct adl_aside aside;

    (void)state;
    assert_int_equal(adl_aside_settle(&none, ADL_ASIDE_SYNC), 0);
    scratch_write("f", "old");
    assert_int_equal(adl_aside_open(&aside, "f", &usual), 0);
    add(&aside, "new");
    assert_int_equal(adl_aside_settle(&aside, ADL_ASIDE_SYNC), 0);
    assert_true(holds("f", "old"));
    add(&aside, "er");
    fault_arm(FAULT_WRITE, 1, ENOSPC);
    assert_int_equal(adl_aside_settle(&aside, ADL_ASIDE_SYNC), -ENOSPC);
    fault_clear();
    assert_int_equal(adl_aside_commit(&aside, ADL_ASIDE_SYNC), -ENOSPC);
    assert_true(holds("f", "old"));

    assert_int_equal(adl_aside_open(&aside, "f", &usual), 0);
    add(&aside, "new");
    assert_int_equal(adl_aside_settle(&aside, ADL_ASIDE_SYNC), 0);
    add(&aside, "er");
    assert_int_equal(adl_aside_commit(&aside, ADL_ASIDE_SYNC), 0);
    assert_true(holds("f", "newer"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

TEST_SUITE(cli_aside)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_no_file_is_refused),
        TEST(test_nothing_is_to_be_seen_before_the_end),
        TEST(test_the_old_one_stays_until_the_end),
        TEST(test_one_without_nameless_files_does_as_well),
        TEST(test_text_is_written_as_it_gets_much),
        TEST(test_a_pipe_gets_it_as_it_comes),
        TEST(test_every_fault_leaves_the_old_one),
        TEST(test_what_cannot_arrive_is_known_before_the_end),
        TEST(test_what_was_lost_is_told_at_the_end),
    };

    return cmocka_run_group_tests_name("cli-aside", tests, NULL, NULL);
}
