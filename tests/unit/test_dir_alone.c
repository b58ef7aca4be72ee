/* SPDX-License-Identifier: MIT */
/* Directories that are worked in alone. */
#include "store/dir.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/fault.h"
#include "support/scratch.h"
#include "support/suite.h"

#define LOCK "a/.asyncdl/journal.lock"

static int teardown(void **state)
{
    fault_clear();
    return scratch_teardown(state);
}

static struct adl_dir *create(const struct scratch *s, const char *name)
{
    struct adl_dir *dir = NULL;

    assert_int_equal(adl_dir_create(&dir, scratch_path(s, name)), 0);
    return dir;
}

/* Answers what beginning to work alone came to. */
static int create_alone(struct adl_dir **out, const struct scratch *s,
                        const char *name)
{
    *out = create(s, name);
    return adl_dir_work_alone(*out);
}

static bool is_there(const struct scratch *s, const char *name)
{
    struct stat info;

    return lstat(scratch_path(s, name), &info) == 0;
}

static int lend(struct adl_dir *dir)
{
    int root_fd;
    int aside_fd;

    return adl_dir_lend(dir, &root_fd, &aside_fd);
}

static void test_it_is_locked_late_and_nothing_is_left(void **state)
{
    const struct scratch *s = *state;
    struct adl_dir_view view = {.is_open = false};
    struct adl_dir *dir;
    struct stat info;

    assert_int_equal(create_alone(&dir, s, "a/b"), 0);
    assert_int_equal(adl_dir_look(dir, &view, "x", &info), 0);
    assert_false(is_there(s, "a"));
    assert_int_equal(lend(dir), 0);
    assert_true(is_there(s, "a/b/.asyncdl/journal.lock"));
    assert_int_equal(lend(dir), 0); /* it has it already */
    assert_true(adl_dir_is_new(dir));
    adl_dir_destroy(dir);
    assert_false(is_there(s, "a/b/.asyncdl"));

    assert_int_equal(create_alone(&dir, s, "a/b"), 0);
    adl_dir_destroy(dir);
    assert_false(is_there(s, "a/b/.asyncdl"));
    adl_dir_view_finish(&view);
}

static void test_two_do_not_work_there(void **state)
{
    const struct scratch *s = *state;
    struct adl_dir *first;
    struct adl_dir *late;
    struct adl_dir *second;

    assert_int_equal(create_alone(&first, s, "a"), 0);
    assert_int_equal(create_alone(&late, s, "a"), 0); /* nobody has it yet */
    assert_int_equal(lend(first), 0);
    assert_int_equal(create_alone(&second, s, "a"), ASYNCDL_EINUSE);
    assert_int_equal(lend(late), ASYNCDL_EINUSE);
    assert_false(adl_dir_is_open(late));
    adl_dir_destroy(second);
    adl_dir_destroy(first);

    assert_int_equal(lend(late), ASYNCDL_EINUSE); /* once told, for ever */
    assert_int_equal(create_alone(&second, s, "a"), 0);
    assert_int_equal(lend(second), 0);
    adl_dir_destroy(late);
    assert_true(is_there(s, LOCK));
    adl_dir_destroy(second);
    assert_false(is_there(s, "a/.asyncdl"));
}

/* As many as there are, on both sides of one that works alone. */
static void test_those_that_do_not_care_share_it_with_anybody(void **state)
{
    const struct scratch *s = *state;
    struct adl_dir *dirs[4];

    for (int i = 0; i < 4; i++) {
        if (i == 2) {
            assert_int_equal(create_alone(&dirs[i], s, "a"), 0);
        } else {
            dirs[i] = create(s, "a");
        }
        assert_int_equal(lend(dirs[i]), 0);
    }
    adl_dir_destroy(dirs[2]);
    assert_false(is_there(s, LOCK));
    assert_true(is_there(s, "a/.asyncdl"));
    adl_dir_destroy(dirs[0]);
    adl_dir_destroy(dirs[1]);
    adl_dir_destroy(dirs[3]);
    assert_false(is_there(s, "a/.asyncdl"));
}

/* Only what is sure keeps one from beginning: the rest is told, if at all, when
 * the directory is needed. */
static void test_looking_for_another_keeps_nobody_off_by_mistake(void **state)
{
    static const struct {
        enum fault_call call;
        int nth;
        int fault;
    } cases[] = {
        {FAULT_OPEN, 1, EACCES},   {FAULT_OPENAT, 1, EACCES},
        {FAULT_OPENAT, 1, ELOOP},  {FAULT_OPENAT, 2, EACCES},
        {FAULT_OPENAT, 2, EMFILE}, {FAULT_FSTAT, 1, EIO},
        {FAULT_FCNTL, 1, EIO},     {FAULT_FCNTL, 1, ENOLCK},
        {FAULT_FCNTL, 1, EINVAL},
    };
    const struct scratch *s = *state;
    struct adl_dir *dir;

    assert_int_equal(mkdir(scratch_path(s, "a"), 0777), 0);
    assert_int_equal(mkdir(scratch_path(s, "a/.asyncdl"), 0777), 0);
    scratch_write(scratch_path(s, LOCK), "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fault_arm(cases[i].call, cases[i].nth, cases[i].fault);
        assert_int_equal(create_alone(&dir, s, "a"), 0);
        assert_int_equal(fault_n_hits(cases[i].call), 1);
        fault_clear();
        adl_dir_destroy(dir);
    }
    assert_int_equal(remove(scratch_path(s, LOCK)), 0);
    assert_int_equal(symlink("x", scratch_path(s, LOCK)), 0);
    assert_int_equal(create_alone(&dir, s, "a"), ASYNCDL_EINWAY);
    adl_dir_destroy(dir);
}

static void test_without_locks_it_works_beside_others(void **state)
{
    const struct scratch *s = *state;
    struct adl_dir *first;
    struct adl_dir *second;

    fault_arm_all(FAULT_FCNTL, ENOLCK);
    assert_int_equal(create_alone(&first, s, "a"), 0);
    assert_int_equal(lend(first), 0);
    assert_int_equal(create_alone(&second, s, "a"), 0);
    assert_int_equal(lend(second), 0);
    adl_dir_destroy(first);
    adl_dir_destroy(second);
    assert_false(is_there(s, "a/.asyncdl"));
}

/* Each call fails in turn: it is told, and the lock can be taken later. */
static void test_a_lock_that_failed_is_asked_for_again(void **state)
{
    static const enum fault_call calls[] = {FAULT_OPENAT, FAULT_FSTAT,
                                            FAULT_FCNTL, FAULT_FSTATAT};
    const struct scratch *s = *state;

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        int n_hits = 1;
        int nth = 0;

        while (n_hits > 0) {
            struct adl_dir *dir;

            assert_int_equal(create_alone(&dir, s, "a"), 0);
            fault_arm(calls[i], ++nth, EIO);
            int err = lend(dir);
            n_hits = fault_n_hits(calls[i]);
            fault_clear();
            assert_int_equal(err, n_hits > 0 ? -EIO : 0);
            assert_int_equal(lend(dir), 0);
            assert_true(is_there(s, LOCK));
            adl_dir_destroy(dir);
            assert_int_equal(scratch_count_entries(scratch_path(s, "a")), 0);
        }
        assert_true(nth > 1);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, teardown)

TEST_SUITE(dir_alone)
{
    const struct CMUnitTest tests[] = {
        TEST(test_it_is_locked_late_and_nothing_is_left),
        TEST(test_two_do_not_work_there),
        TEST(test_those_that_do_not_care_share_it_with_anybody),
        TEST(test_looking_for_another_keeps_nobody_off_by_mistake),
        TEST(test_without_locks_it_works_beside_others),
        TEST(test_a_lock_that_failed_is_asked_for_again),
    };

    return cmocka_run_group_tests_name("dir_alone", tests, NULL, NULL);
}
