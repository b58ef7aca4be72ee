/* SPDX-License-Identifier: MIT */
#include "store/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fault.h"
#include "support/scratch.h"
#include "support/suite.h"

/* With openat2(), without it, with one that a sandbox refuses, and with one
 * that never gets through. */
static const int ways[] = {0, ENOSYS, EPERM, EAGAIN};

#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

static void take_way(size_t way)
{
    fault_clear();
    if (ways[way] != 0) {
        fault_arm_all(FAULT_OPENAT2, ways[way]);
    }
}

static int open_root(const struct scratch *s)
{
    int fd = open(scratch_path(s, "root"), O_RDONLY | O_DIRECTORY);

    assert_true(fd >= 0);
    return fd;
}

/*
 * root/in/deep, root/file, outside/, and symlinks in root: one out of it, one
 * to a folder inside and one to nowhere.
 */
static int setup(void **state)
{
    if (scratch_setup(state) < 0) {
        return -1;
    }
    const struct scratch *s = *state;
    scratch_write(scratch_path(s, "f"), "");
    return mkdir(scratch_path(s, "root"), 0777) == 0 &&
                   mkdir(scratch_path(s, "outside"), 0777) == 0 &&
                   mkdir(scratch_path(s, "root/in"), 0777) == 0 &&
                   mkdir(scratch_path(s, "root/in/deep"), 0777) == 0 &&
                   rename(scratch_path(s, "f"), scratch_path(s, "root/file")) ==
                       0 &&
                   symlink("../outside", scratch_path(s, "root/out")) == 0 &&
                   symlink("in", scratch_path(s, "root/alias")) == 0 &&
                   symlink("gone", scratch_path(s, "root/dangling")) == 0
               ? 0
               : -1;
}

static int teardown(void **state)
{
    fault_clear();
    return scratch_teardown(state);
}

static void test_a_folder_inside_opens(void **state)
{
    static const char *const paths[] = {"in/deep", "in//deep", "./in/deep",
                                        "in/deep/"};
    const struct scratch *s = *state;
    struct stat expected;
    struct stat info;

    assert_int_equal(stat(scratch_path(s, "root/in/deep"), &expected), 0);
    for (size_t way = 0; way < N_WAYS; way++) {
        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
            int root_fd = open_root(s);
            int fd = -1;

            take_way(way);
            assert_int_equal(adl_beneath_open(&fd, root_fd, paths[i]), 0);
            fault_clear();
            assert_int_equal(fstat(fd, &info), 0);
            assert_true(info.st_ino == expected.st_ino);
            assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
            close(fd);
            close(root_fd);
        }
    }
}

static void test_what_leads_out_or_through_is_refused(void **state)
{
    static const char *const paths[] = {
        "..",    "../outside", "in/../../outside", "/",        "/tmp", "out",
        "out/x", "alias",      "alias/deep",       "dangling", "file", "file/x",
    };
    const struct scratch *s = *state;

    for (size_t way = 0; way < N_WAYS; way++) {
        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
            int root_fd = open_root(s);
            int opened = -1;
            int made = -1;

            take_way(way);
            int err = adl_beneath_open(&opened, root_fd, paths[i]);
            int make_err = adl_beneath_make(&made, root_fd, paths[i]);
            fault_clear();

            assert_true(err == -EXDEV || err == -ELOOP || err == -ENOTDIR);
            assert_true(make_err == -EXDEV || make_err == -ELOOP ||
                        make_err == -ENOTDIR);
            assert_int_equal(opened, -1);
            assert_int_equal(made, -1);
            close(root_fd);
        }
    }
    assert_int_equal(scratch_count_entries(scratch_path(s, "outside")), 0);
    assert_int_equal(scratch_count_entries(scratch_path(s, "root")), 5);
    assert_int_equal(scratch_count_entries(s->path), 2);
}

static void test_folders_on_the_way_out_are_no_detour(void **state)
{
    const struct scratch *s = *state;
    int root_fd = open_root(s);
    int fd = -1;

    for (size_t way = 0; way < N_WAYS; way++) {
        take_way(way);
        assert_int_equal(adl_beneath_make(&fd, root_fd, "new/../../x"), -EXDEV);
        fault_clear();
    }
    assert_int_equal(scratch_count_entries(s->path), 2);
    close(root_fd);
}

static void test_opening_makes_nothing(void **state)
{
    const struct scratch *s = *state;
    int root_fd = open_root(s);
    int fd = -1;

    for (size_t way = 0; way < N_WAYS; way++) {
        take_way(way);
        assert_int_equal(adl_beneath_open(&fd, root_fd, "a/b"), -ENOENT);
        fault_clear();
    }
    assert_int_equal(scratch_count_entries(scratch_path(s, "root")), 5);
    close(root_fd);
}

static void test_making_makes_what_is_missing_once(void **state)
{
    static const char *const paths[N_WAYS] = {"a/b/c", "b/b/c", "c/b/c",
                                              "d/b/c"};
    const struct scratch *s = *state;
    int root_fd = open_root(s);

    for (size_t way = 0; way < N_WAYS; way++) {
        for (int again = 0; again < 2; again++) {
            struct stat there;
            struct stat info;
            int fd = -1;

            take_way(way);
            assert_int_equal(adl_beneath_make(&fd, root_fd, paths[way]), 0);
            fault_clear();
            assert_int_equal(fstatat(root_fd, paths[way], &there, 0), 0);
            assert_int_equal(fstat(fd, &info), 0);
            assert_true(info.st_ino == there.st_ino);
            close(fd);
        }
    }
    close(root_fd);
}

static void test_a_component_of_more_than_255_bytes_is_refused(void **state)
{
    const struct scratch *s = *state;
    int root_fd = open_root(s);
    char path[300];
    int fd = -1;

    for (size_t i = 0; i < sizeof(path) - 1; i++) {
        path[i] = 'x';
    }
    for (size_t len = 255; len <= 256; len++) {
        for (size_t way = 0; way < N_WAYS; way++) {
            path[len] = '\0';
            take_way(way);
            assert_int_equal(adl_beneath_open(&fd, root_fd, path),
                             len == 255 ? -ENOENT : -ENAMETOOLONG);
            fault_clear();
        }
        path[len] = 'x';
    }
    close(root_fd);
}

static void test_a_rename_on_the_way_is_tried_again(void **state)
{
    int root_fd = open_root(*state);
    int fd = -1;

    fault_arm_all(FAULT_OPENAT, EIO); /* so that the walk cannot help */
    if (adl_beneath_open(&fd, root_fd, "in/deep") == -EIO) {
        fault_clear();
        close(root_fd);
        print_message("skipped: there is no openat2() here\n");
        skip();
    }
    close(fd);
    fault_arm(FAULT_OPENAT2, 1, EAGAIN);
    assert_int_equal(adl_beneath_open(&fd, root_fd, "in/deep"), 0);
    fault_clear();

    close(fd);
    close(root_fd);
}

static void test_a_failing_step_leaks_nothing(void **state)
{
    static const enum fault_call calls[] = {FAULT_OPENAT, FAULT_MKDIRAT};
    int root_fd = open_root(*state);
    int n_fds = scratch_count_fds();

    for (size_t i = 0; i < 2; i++) {
        int nth = 1;

        for (;; nth++) {
            int fd = -1;

            fault_clear();
            fault_arm_all(FAULT_OPENAT2, ENOSYS);
            fault_arm(calls[i], nth, EIO);
            int err = adl_beneath_make(&fd, root_fd, i == 0 ? "p/q" : "r/s");
            fault_clear();
            if (fault_n_hits(calls[i]) == 0) {
                close(fd);
                break;
            }
            assert_int_equal(err, -EIO);
            assert_int_equal(scratch_count_fds(), n_fds);
        }
        assert_true(nth > 2);
    }
    close(root_fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

TEST_SUITE(beneath)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_folder_inside_opens),
        TEST(test_what_leads_out_or_through_is_refused),
        TEST(test_folders_on_the_way_out_are_no_detour),
        TEST(test_opening_makes_nothing),
        TEST(test_making_makes_what_is_missing_once),
        TEST(test_a_component_of_more_than_255_bytes_is_refused),
        TEST(test_a_rename_on_the_way_is_tried_again),
        TEST(test_a_failing_step_leaks_nothing),
    };

    return cmocka_run_group_tests_name("beneath", tests, NULL, NULL);
}
