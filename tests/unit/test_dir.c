/* SPDX-License-Identifier: MIT */
#include "store/dir.h"

#include <errno.h>
#include <fcntl.h>
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
#include <uv.h>

#include "asyncdl/error.h"
#include "support/fault.h"
#include "support/scratch.h"
#include "support/suite.h"

#define N_THREADS 8

static int has(struct adl_dir *dir, const char *path)
{
    struct adl_dir_view view = {.is_open = false};
    struct stat info;
    int answer = adl_dir_look(dir, &view, path, &info);

    adl_dir_view_finish(&view);
    return answer;
}

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

static bool is_there(const struct scratch *s, const char *name)
{
    struct stat info;

    return lstat(scratch_path(s, name), &info) == 0;
}

static bool is_folder(int fd, const struct scratch *s, const char *name)
{
    struct stat info;
    struct stat there;

    return fstat(fd, &info) == 0 && lstat(scratch_path(s, name), &there) == 0 &&
           info.st_ino == there.st_ino;
}

static void test_creating_and_asking_make_nothing(void **state)
{
    const struct scratch *s = *state;
    struct adl_dir *dir = create(s, "a/b");

    assert_int_equal(has(dir, "x"), 0);
    assert_int_equal(has(dir, "x/y"), 0);
    adl_dir_destroy(dir);
    assert_int_equal(scratch_count_entries(s->path), 0);
}

static void test_one_that_only_looks_makes_and_removes_nothing(void **state)
{
    struct scratch *s = *state;
    int root_fd = -1;
    int aside_fd = -1;
    struct adl_dir *dir = create(s, "d");

    adl_dir_only_look(dir);
    assert_int_equal(adl_dir_lend(dir, &root_fd, &aside_fd), -ENOENT);
    assert_false(is_there(s, "d"));
    assert_int_equal(mkdir(scratch_path(s, "d"), 0777), 0);
    assert_int_equal(adl_dir_lend(dir, &root_fd, &aside_fd), -ENOENT);
    assert_false(is_there(s, "d/.asyncdl"));
    assert_int_equal(mkdir(scratch_path(s, "d/.asyncdl"), 0777), 0);
    fault_arm_all(FAULT_FLOCK, EIO); /* is not asked */
    assert_int_equal(adl_dir_lend(dir, &root_fd, &aside_fd), 0);
    adl_dir_destroy(dir);
    assert_int_equal(fault_n_hits(FAULT_FLOCK), 0);
    assert_true(is_there(s, "d/.asyncdl"));
}

static void test_lending_makes_missing_parents(void **state)
{
    static const char *const names[] = {"a",    "b/c/d", "e/f/",
                                        "g//h", "b/c/i", "j/./k"};
    const struct scratch *s = *state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct adl_dir *dir = create(s, names[i]);
        int root_fd = -1;
        int aside_fd = -1;

        assert_int_equal(adl_dir_lend(dir, &root_fd, &aside_fd), 0);
        assert_true(is_folder(root_fd, s, names[i]));
        assert_int_equal(faccessat(root_fd, ".asyncdl", W_OK, 0), 0);
        assert_int_equal(fcntl(root_fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        assert_int_equal(fcntl(aside_fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        adl_dir_destroy(dir);
    }
}

static void test_folders_are_made_with_the_umask(void **state)
{
    const struct scratch *s = *state;
    struct adl_dir *dir = create(s, "a/b");
    mode_t old = umask(027);
    struct stat info;
    const char *name;
    int fd;

    int err = adl_dir_open_parent(dir, "p/q", &fd, &name);
    umask(old);

    assert_int_equal(err, 0);
    assert_int_equal(fstat(fd, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0750);
    assert_int_equal(stat(scratch_path(s, "a"), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0750);
    close(fd);
    adl_dir_destroy(dir);
}

static void test_the_directory_may_be_a_symlink(void **state)
{
    const struct scratch *s = *state;
    struct adl_dir *dir = create(s, "alias");
    int root_fd;
    int aside_fd;

    assert_int_equal(mkdir(scratch_path(s, "real"), 0777), 0);
    assert_int_equal(symlink("real", scratch_path(s, "alias")), 0);

    assert_int_equal(adl_dir_lend(dir, &root_fd, &aside_fd), 0);
    assert_true(is_folder(aside_fd, s, "real/.asyncdl"));
    adl_dir_destroy(dir);
}

static void test_a_file_in_place_of_the_directory_is_an_error(void **state)
{
    static const char *const names[] = {"file", "file/a", "file/a/b"};
    const struct scratch *s = *state;
    int root_fd;
    int aside_fd;

    scratch_write(scratch_path(s, "file"), "x");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct adl_dir *dir = create(s, names[i]);

        assert_int_equal(adl_dir_lend(dir, &root_fd, &aside_fd), -ENOTDIR);
        adl_dir_destroy(dir);
    }
    assert_true(scratch_holds(scratch_path(s, "file"), "x", 1));
}

static void test_an_empty_path_is_an_error(void **state)
{
    struct adl_dir *dir = NULL;
    int root_fd;
    int aside_fd;

    (void)state;
    assert_int_equal(adl_dir_create(&dir, ""), 0);
    assert_int_equal(adl_dir_lend(dir, &root_fd, &aside_fd), -ENOENT);
    adl_dir_destroy(dir);
}

static void test_a_symlink_or_a_file_aside_is_not_followed(void **state)
{
    const struct scratch *s = *state;
    int root_fd;
    int aside_fd;

    for (int i = 0; i < 2; i++) {
        struct adl_dir *dir = create(s, i == 0 ? "a" : "b");

        assert_int_equal(mkdir(scratch_path(s, i == 0 ? "a" : "b"), 0777), 0);
        if (i == 0) {
            assert_int_equal(mkdir(scratch_path(s, "outside"), 0777), 0);
            assert_int_equal(
                symlink("../outside", scratch_path(s, "a/.asyncdl")), 0);
        } else {
            scratch_write(scratch_path(s, "b/.asyncdl"), "mine");
        }

        int err = adl_dir_lend(dir, &root_fd, &aside_fd);
        assert_true(err == -ENOTDIR || err == -ELOOP);
        adl_dir_destroy(dir);
    }
    assert_int_equal(scratch_count_entries(scratch_path(s, "outside")), 0);
    assert_true(is_there(s, "a/.asyncdl"));
    assert_true(scratch_holds(scratch_path(s, "b/.asyncdl"), "mine", 4));
}

static void test_has_tells_what_is_there(void **state)
{
    static const struct {
        const char *path;
        int has;
    } cases[] = {
        {"file", 1},
        {"folder", 1},
        {"dangling", 1},
        {"gone", 0},
        {"folder/file", 1},
        {"folder/gone", 0},
        {"gone/gone", 0},
        {"file/x", ASYNCDL_EINWAY},
        {"alias/file", ASYNCDL_EINWAY},
        {"..", -EINVAL},
        {"folder/..", -EINVAL},
        {"", -EINVAL},
        {"folder/", -EINVAL},
        {"../root/file", -EXDEV},
        {"/file", -EXDEV},
        {"/tmp/file", -EXDEV},
    };
    const struct scratch *s = *state;
    struct adl_dir *dir = create(s, "root");

    assert_int_equal(mkdir(scratch_path(s, "root"), 0777), 0);
    assert_int_equal(mkdir(scratch_path(s, "root/folder"), 0777), 0);
    scratch_write(scratch_path(s, "root/file"), "");
    scratch_write(scratch_path(s, "root/folder/file"), "");
    assert_int_equal(symlink("nowhere", scratch_path(s, "root/dangling")), 0);
    assert_int_equal(symlink("folder", scratch_path(s, "root/alias")), 0);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(has(dir, cases[i].path), cases[i].has);
    }
    assert_false(is_there(s, "root/.asyncdl"));
    adl_dir_destroy(dir);
}

/* It is still the folder that was opened, wherever it is now. */
static void test_a_view_keeps_the_folder_of_the_last_look_open(void **state)
{
    static const struct {
        const char *path;
        int has; /* while "folder" is in view, which is "moved" by now */
        bool is_seen_anew;
    } cases[] = {
        {"folder/file", 1, false},    {"folder/gone", 0, false},
        {"folder/..", -EINVAL, true}, {"folder/", -EINVAL, true},
        {"folder/in/file", 0, true},  {"folders/file", 0, true},
        {"moved/file", 1, true},      {"folder", 0, true},
    };
    const struct scratch *s = *state;
    struct adl_dir *dir = create(s, "root");

    assert_int_equal(mkdir(scratch_path(s, "root"), 0777), 0);
    assert_int_equal(mkdir(scratch_path(s, "root/folder"), 0777), 0);
    scratch_write(scratch_path(s, "root/folder/file"), "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_dir_view view = {.is_open = false};
        char from[200];
        struct stat info;

        assert_int_equal(adl_dir_look(dir, &view, "folder/file", &info), 1);
        (void)snprintf(from, sizeof(from), "%s",
                       scratch_path(s, "root/folder"));
        assert_int_equal(rename(from, scratch_path(s, "root/moved")), 0);
        assert_int_equal(adl_dir_look(dir, &view, cases[i].path, &info),
                         cases[i].has);
        adl_dir_view_reset(&view);
        assert_int_equal(adl_dir_look(dir, &view, cases[i].path, &info),
                         cases[i].is_seen_anew ? cases[i].has : 0);
        adl_dir_view_finish(&view);
        assert_int_equal(rename(scratch_path(s, "root/moved"), from), 0);
    }
    adl_dir_destroy(dir);
}

static void test_a_path_that_is_too_long_is_refused(void **state)
{
    const struct scratch *s = *state;
    struct adl_dir *dir = create(s, "a");
    char path[4003];
    const char *name;
    int fd;

    for (size_t i = 0; i < sizeof(path) - 1; i++) {
        path[i] = i % 2 == 0 ? 'x' : '/';
    }
    path[sizeof(path) - 2] = 'x';
    path[sizeof(path) - 1] = '\0';

    assert_int_equal(has(dir, path), -ENAMETOOLONG);
    assert_int_equal(adl_dir_open_parent(dir, path, &fd, &name), -ENAMETOOLONG);
    adl_dir_destroy(dir);
}

static void test_the_parent_is_made_and_the_name_pointed_at(void **state)
{
    const struct scratch *s = *state;
    struct adl_dir *dir = create(s, "a");
    const char *path = "p/q/file";
    const char *name = NULL;
    int fd = -1;

    assert_int_equal(adl_dir_open_parent(dir, path, &fd, &name), 0);
    assert_ptr_equal(name, path + 4);
    assert_true(is_folder(fd, s, "a/p/q"));
    close(fd);

    assert_int_equal(adl_dir_open_parent(dir, "file", &fd, &name), 0);
    assert_string_equal(name, "file");
    assert_true(is_folder(fd, s, "a"));
    close(fd);
    assert_int_equal(has(dir, "p/q"), 1);
    adl_dir_destroy(dir);
}

static void test_a_parent_outside_is_refused(void **state)
{
    static const char *const paths[] = {"../x", "out/x", "out/y/x", "/x",
                                        "..",   "p/..",  "."};
    const struct scratch *s = *state;
    struct adl_dir *dir = create(s, "a");
    const char *name;
    int fd = -1;

    assert_int_equal(mkdir(scratch_path(s, "a"), 0777), 0);
    assert_int_equal(mkdir(scratch_path(s, "outside"), 0777), 0);
    assert_int_equal(symlink("../outside", scratch_path(s, "a/out")), 0);

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_true(adl_dir_open_parent(dir, paths[i], &fd, &name) < 0);
        assert_int_equal(fd, -1);
    }
    assert_int_equal(scratch_count_entries(scratch_path(s, "outside")), 0);
    adl_dir_destroy(dir);
}

static void test_destroy_removes_the_empty_folder_aside(void **state)
{
    const struct scratch *s = *state;
    struct adl_dir *dir = create(s, "a");
    int root_fd;
    int aside_fd;

    assert_int_equal(adl_dir_lend(dir, &root_fd, &aside_fd), 0);
    assert_true(is_there(s, "a/.asyncdl"));
    adl_dir_destroy(dir);
    assert_false(is_there(s, "a/.asyncdl"));
    assert_true(is_there(s, "a"));
}

static void test_destroy_leaves_what_is_not_empty_or_not_opened(void **state)
{
    const struct scratch *s = *state;
    struct adl_dir *full = create(s, "full");
    struct adl_dir *other = create(s, "other");
    int root_fd;
    int aside_fd;

    assert_int_equal(adl_dir_lend(full, &root_fd, &aside_fd), 0);
    scratch_write(scratch_path(s, "full/.asyncdl/journal"), "x");
    assert_int_equal(mkdir(scratch_path(s, "other"), 0777), 0);
    assert_int_equal(mkdir(scratch_path(s, "other/.asyncdl"), 0777), 0);
    assert_int_equal(has(other, "x"), 0);

    adl_dir_destroy(full);
    adl_dir_destroy(other);
    adl_dir_destroy(NULL);
    assert_true(is_there(s, "full/.asyncdl/journal"));
    assert_true(is_there(s, "other/.asyncdl"));
}

static void test_the_last_to_leave_removes_the_folder_aside(void **state)
{
    const struct scratch *s = *state;
    struct adl_dir *first = create(s, "a");
    struct adl_dir *second = create(s, "a");
    int root_fd;
    int aside_fd;

    assert_int_equal(adl_dir_lend(first, &root_fd, &aside_fd), 0);
    assert_int_equal(adl_dir_lend(second, &root_fd, &aside_fd), 0);

    adl_dir_destroy(first);
    assert_true(is_folder(aside_fd, s, "a/.asyncdl"));
    adl_dir_destroy(second);
    assert_false(is_there(s, "a/.asyncdl"));
}

static void test_destroy_leaves_a_folder_that_took_the_name(void **state)
{
    const struct scratch *s = *state;
    struct adl_dir *dir = create(s, "a");
    int root_fd;
    int aside_fd;

    assert_int_equal(adl_dir_lend(dir, &root_fd, &aside_fd), 0);
    assert_int_equal(rmdir(scratch_path(s, "a/.asyncdl")), 0);
    assert_int_equal(mkdir(scratch_path(s, "b"), 0777), 0);
    assert_int_equal(
        rename(scratch_path(s, "b"), scratch_path(s, "a/.asyncdl")), 0);

    adl_dir_destroy(dir);
    assert_true(is_there(s, "a/.asyncdl"));
}

static void test_a_folder_without_locks_is_used_and_left(void **state)
{
    const struct scratch *s = *state;
    struct adl_dir *dir = create(s, "a");
    int root_fd;
    int aside_fd;

    fault_arm_all(FAULT_FLOCK, ENOLCK);
    assert_int_equal(adl_dir_lend(dir, &root_fd, &aside_fd), 0);
    adl_dir_destroy(dir);
    assert_true(is_there(s, "a/.asyncdl"));
}

static void test_a_failed_call_is_told_and_can_be_made_again(void **state)
{
    static const enum fault_call calls[] = {
        FAULT_STRDUP,  FAULT_OPEN,  FAULT_OPENAT, FAULT_OPENAT2, FAULT_MKDIR,
        FAULT_MKDIRAT, FAULT_FLOCK, FAULT_FSTAT,  FAULT_FSTATAT,
    };
    const struct scratch *s = *state;
    char name[32];

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        for (int nth = 1;; nth++) {
            const char *last;
            int fd = -1;

            (void)snprintf(name, sizeof(name), "%zu-%d/a/b", i, nth);
            struct adl_dir *dir = create(s, name);
            fault_arm(calls[i], nth, EIO);
            int err = adl_dir_open_parent(dir, "p/q", &fd, &last);
            fault_clear();
            int n_hits = fault_n_hits(calls[i]);
            if (n_hits > 0) {
                assert_int_equal(err,
                                 calls[i] == FAULT_STRDUP ? -ENOMEM : -EIO);
                assert_int_equal(fd, -1);
                err = adl_dir_open_parent(dir, "p/q", &fd, &last);
            }
            assert_int_equal(err, 0);
            close(fd);
            adl_dir_destroy(dir);
            assert_int_equal(scratch_count_fds(), s->n_fds);
            if (n_hits == 0) {
                assert_true(nth > 1);
                break;
            }
        }
    }
}

static void test_out_of_memory_fails_creation_and_leaks_nothing(void **state)
{
    static const enum fault_call calls[] = {FAULT_CALLOC, FAULT_STRDUP};

    (void)state;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        struct adl_dir *dir = NULL;

        fault_arm(calls[i], 1, ENOMEM);
        assert_int_equal(adl_dir_create(&dir, "x"), -ENOMEM);
        fault_clear();
        assert_null(dir);
    }
}

static void test_an_interrupted_lock_is_waited_for_again(void **state)
{
    struct adl_dir *dir = create(*state, "a");
    int root_fd;
    int aside_fd;

    fault_arm(FAULT_FLOCK, 1, EINTR);
    assert_int_equal(adl_dir_lend(dir, &root_fd, &aside_fd), 0);
    assert_int_equal(fault_n_hits(FAULT_FLOCK), 1);
    adl_dir_destroy(dir);
}

struct borrower {
    struct adl_dir *dir;
    uv_barrier_t *start;
    int err;
    int root_fd;
    int aside_fd;
};

static void borrow(void *data)
{
    struct borrower *b = data;
    const char *name;
    int fd = -1;

    uv_barrier_wait(b->start);
    b->err = has(b->dir, "p/gone");
    if (b->err == 0) {
        b->err = adl_dir_lend(b->dir, &b->root_fd, &b->aside_fd);
    }
    if (b->err == 0) {
        b->err = adl_dir_open_parent(b->dir, "p/q/r", &fd, &name);
    }
    if (b->err == 0) {
        b->err = close(fd);
    }
}

static void test_threads_borrow_the_same_descriptors(void **state)
{
    const struct scratch *s = *state;

    for (int round = 0; round < 20; round++) {
        struct borrower borrowers[N_THREADS];
        uv_thread_t threads[N_THREADS];
        uv_barrier_t start;
        char name[32];

        (void)snprintf(name, sizeof(name), "%d/a/b", round);
        struct adl_dir *dir = create(s, name);
        assert_int_equal(uv_barrier_init(&start, N_THREADS), 0);
        for (int i = 0; i < N_THREADS; i++) {
            borrowers[i] = (struct borrower){.dir = dir, .start = &start};
            assert_int_equal(
                uv_thread_create(&threads[i], borrow, &borrowers[i]), 0);
        }
        for (int i = 0; i < N_THREADS; i++) {
            assert_int_equal(uv_thread_join(&threads[i]), 0);
        }
        for (int i = 0; i < N_THREADS; i++) {
            assert_int_equal(borrowers[i].err, 0);
            assert_int_equal(borrowers[i].root_fd, borrowers[0].root_fd);
            assert_int_equal(borrowers[i].aside_fd, borrowers[0].aside_fd);
        }
        assert_int_equal(scratch_count_fds(), s->n_fds + 2);
        uv_barrier_destroy(&start);
        adl_dir_destroy(dir);
    }
}

static void test_it_is_new_while_nothing_else_was_in_it(void **state)
{
    static const struct {
        const char *there; /* below DIR, made before; NULL: not even DIR */
        bool is_new;
    } cases[] = {
        {NULL, true},      {"", true},         {".asyncdl", true},
        {"folder", false}, {".hidden", false},
    };
    const struct scratch *s = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[64];
        struct adl_dir *dir;
        int root_fd;
        int aside_fd;

        (void)snprintf(name, sizeof(name), "new%zu", i);
        if (cases[i].there != NULL) {
            assert_int_equal(mkdir(scratch_path(s, name), 0777), 0);
            (void)snprintf(name, sizeof(name), "new%zu/%s", i, cases[i].there);
            (void)mkdir(scratch_path(s, name), 0777); /* "" is there */
            (void)snprintf(name, sizeof(name), "new%zu", i);
        }
        assert_int_equal(adl_dir_create(&dir, scratch_path(s, name)), 0);
        assert_false(adl_dir_is_new(dir)); /* not known yet */
        assert_int_equal(adl_dir_lend(dir, &root_fd, &aside_fd), 0);
        assert_int_equal(adl_dir_is_new(dir), cases[i].is_new);
        adl_dir_destroy(dir);
    }
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, scratch_setup, teardown)

TEST_SUITE(dir)
{
    const struct CMUnitTest tests[] = {
        TEST(test_creating_and_asking_make_nothing),
        TEST(test_one_that_only_looks_makes_and_removes_nothing),
        TEST(test_lending_makes_missing_parents),
        TEST(test_folders_are_made_with_the_umask),
        TEST(test_the_directory_may_be_a_symlink),
        TEST(test_a_file_in_place_of_the_directory_is_an_error),
        TEST(test_an_empty_path_is_an_error),
        TEST(test_a_symlink_or_a_file_aside_is_not_followed),
        TEST(test_has_tells_what_is_there),
        TEST(test_a_view_keeps_the_folder_of_the_last_look_open),
        TEST(test_a_path_that_is_too_long_is_refused),
        TEST(test_the_parent_is_made_and_the_name_pointed_at),
        TEST(test_a_parent_outside_is_refused),
        TEST(test_destroy_removes_the_empty_folder_aside),
        TEST(test_destroy_leaves_what_is_not_empty_or_not_opened),
        TEST(test_the_last_to_leave_removes_the_folder_aside),
        TEST(test_destroy_leaves_a_folder_that_took_the_name),
        TEST(test_a_folder_without_locks_is_used_and_left),
        TEST(test_a_failed_call_is_told_and_can_be_made_again),
        TEST(test_out_of_memory_fails_creation_and_leaks_nothing),
        TEST(test_an_interrupted_lock_is_waited_for_again),
        TEST(test_threads_borrow_the_same_descriptors),
        TEST(test_it_is_new_while_nothing_else_was_in_it),
    };

    return cmocka_run_group_tests_name("dir", tests, NULL, NULL);
}
