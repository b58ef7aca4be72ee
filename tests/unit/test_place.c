/* SPDX-License-Identifier: MIT */
#include "store/place.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/fault.h"
#include "support/scratch.h"
#include "support/suite.h"

#define NOBODY 65534

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

static int lend_root(struct adl_dir *dir)
{
    struct adl_sink_error error;
    int root_fd = -1;
    int aside_fd = -1;

    adl_sink_error_init(&error);
    assert_int_equal(adl_place_lend(&root_fd, &aside_fd, dir, "f", &error), 0);
    assert_string_equal(error.text, "");
    return root_fd;
}

static bool is_folder(int fd, const char *path)
{
    struct stat mine;
    struct stat there;

    return fstat(fd, &mine) == 0 && stat(path, &there) == 0 &&
           mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void test_lending_makes_both_folders(void **state)
{
    const struct scratch *s = *state;
    struct adl_dir *dir = create(s, "a/d");
    struct adl_sink_error error;
    int root_fd = -1;
    int aside_fd = -1;

    adl_sink_error_init(&error);
    assert_int_equal(adl_place_lend(&root_fd, &aside_fd, dir, "x/y", &error),
                     0);
    assert_true(is_folder(root_fd, scratch_path(s, "a/d")));
    assert_true(is_folder(aside_fd, scratch_path(s, "a/d/.asyncdl")));
    assert_int_equal(scratch_count_entries(scratch_path(s, "a/d")), 1);
    adl_dir_destroy(dir);
}

static void test_a_directory_that_cannot_be_lent_is_told_with_the_file(
    void **state)
{
    static const struct {
        enum fault_call call;
        int fault;
        int err;
        const char *text;
    } cases[] = {
        {FAULT_MKDIR, ENOSPC, -ENOSPC, "no space left on device"},
        {FAULT_MKDIR, EACCES, -EACCES, "permission denied"},
        {FAULT_MKDIRAT, EROFS, -EROFS, "read-only file system"},
        {FAULT_MKDIRAT, EDQUOT, -EDQUOT, "disk quota exceeded"},
        {FAULT_OPENAT, EMFILE, -EMFILE, "too many open files"},
        {FAULT_FSTAT, EIO, -EIO, "i/o error"},
        {FAULT_FCNTL, EAGAIN, ASYNCDL_EINUSE,
         "another run works in that folder"},
    };
    const struct scratch *s = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_dir *dir = create(s, "d");
        struct adl_sink_error error;
        char text[ADL_SINK_ERROR_MAX];
        int root_fd = -2;
        int aside_fd = -2;

        assert_int_equal(adl_dir_work_alone(dir), 0);
        adl_sink_error_init(&error);
        fault_arm(cases[i].call, 1, cases[i].fault);
        assert_int_equal(
            adl_place_lend(&root_fd, &aside_fd, dir, "a/f", &error),
            cases[i].err);
        fault_clear();
        (void)snprintf(text, sizeof(text),
                       "open the directory or its .asyncdl/ for a/f: %s",
                       cases[i].text);
        assert_string_equal(error.text, text);
        assert_int_equal(root_fd, -2);
        assert_int_equal(aside_fd, -2);
        adl_dir_destroy(dir);
        (void)remove(scratch_path(s, "d/.asyncdl/journal.lock"));
        (void)rmdir(scratch_path(s, "d/.asyncdl"));
        (void)rmdir(scratch_path(s, "d"));
    }
}

static void test_what_is_in_the_way_of_the_directory_is_told(void **state)
{
    static const struct {
        const char *dir;
        int err;
    } cases[] = {
        {"file", -ENOTDIR},    {"file/d", -ENOTDIR}, {"loop", -ELOOP},
        {"dangling", -ENOENT}, {"taken", -ENOTDIR},
    };
    const struct scratch *s = *state;

    scratch_write(scratch_path(s, "file"), "x");
    assert_int_equal(symlink("loop", scratch_path(s, "loop")), 0);
    assert_int_equal(symlink("nowhere", scratch_path(s, "dangling")), 0);
    assert_int_equal(mkdir(scratch_path(s, "taken"), 0777), 0);
    scratch_write(scratch_path(s, "taken/.asyncdl"), "x");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_dir *dir = create(s, cases[i].dir);
        struct adl_sink_error error;
        int root_fd = -2;
        int aside_fd = -2;

        adl_sink_error_init(&error);
        int err = adl_place_lend(&root_fd, &aside_fd, dir, "f", &error);
        if (err != cases[i].err || root_fd != -2 || aside_fd != -2 ||
            strncmp(error.text, "open the directory or its", 25) != 0) {
            fail_msg("%s: %d, %s", cases[i].dir, err, error.text);
        }
        adl_dir_destroy(dir);
    }
    assert_true(scratch_holds(scratch_path(s, "taken/.asyncdl"), "x", 1));
}

static void test_the_folder_of_a_path_is_made_and_its_name_pointed_at(
    void **state)
{
    static const struct {
        const char *path;
        const char *folder; /* NULL: the directory itself, lent */
        size_t name_at;
    } cases[] = {
        {"f", NULL, 0},     {".hidden", NULL, 0},      {"a b", NULL, 0},
        {"p/f", "d/p", 2},  {"p/q/r/f", "d/p/q/r", 6}, {"old/f", "d/old", 4},
        {"p/.f", "d/p", 2},
    };
    const struct scratch *s = *state;
    struct adl_dir *dir = create(s, "d");
    int root_fd = lend_root(dir);

    assert_int_equal(mkdir(scratch_path(s, "d/old"), 0777), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_place place = {.folder_fd = -2};
        struct adl_sink_error error;
        bool is_owned = cases[i].folder != NULL;

        adl_sink_error_init(&error);
        assert_int_equal(
            adl_place_open(&place, dir, root_fd, cases[i].path, &error), 0);
        assert_ptr_equal(place.name, cases[i].path + cases[i].name_at);
        assert_int_equal(place.is_owned, is_owned);
        assert_int_equal(place.folder_fd == root_fd, !is_owned);
        assert_true(
            is_folder(place.folder_fd,
                      scratch_path(s, is_owned ? cases[i].folder : "d")));
        assert_string_equal(error.text, "");
        adl_place_close(&place);
        assert_int_equal(is_open(place.folder_fd), !is_owned);
        assert_true(is_open(root_fd));
    }
    adl_dir_destroy(dir);
}

static void test_paths_that_lead_elsewhere_are_refused(void **state)
{
    static const struct {
        const char *path;
        int err;
    } cases[] = {
        {"file/f", ASYNCDL_EINWAY},
        {"file/x/f", ASYNCDL_EINWAY},
        {"link/f", ASYNCDL_EINWAY},
        {"p/link/f", ASYNCDL_EINWAY},
        {"dangling/f", ASYNCDL_EINWAY},
        {"pipe/f", ASYNCDL_EINWAY},
        {"../f", -EXDEV},
        {"p/../../f", -EXDEV},
        {"/f", -EXDEV},
        {"/tmp/f", -EXDEV},
        {"p/..", -EINVAL},
        {"p/.", -EINVAL},
        {"p/", -EINVAL},
    };
    const struct scratch *s = *state;
    struct adl_dir *dir = create(s, "d");
    int root_fd = lend_root(dir);

    scratch_write(scratch_path(s, "d/file"), "x");
    assert_int_equal(mkdir(scratch_path(s, "out"), 0777), 0);
    assert_int_equal(mkdir(scratch_path(s, "d/p"), 0777), 0);
    assert_int_equal(symlink("../out", scratch_path(s, "d/link")), 0);
    assert_int_equal(symlink("../../out", scratch_path(s, "d/p/link")), 0);
    assert_int_equal(symlink("../gone", scratch_path(s, "d/dangling")), 0);
    assert_int_equal(mkfifo(scratch_path(s, "d/pipe"), 0666), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_place place = {.folder_fd = -2, .name = "as it was"};
        struct adl_sink_error error;

        adl_sink_error_init(&error);
        int err = adl_place_open(&place, dir, root_fd, cases[i].path, &error);
        if (err != cases[i].err || place.folder_fd != -2 ||
            strcmp(place.name, "as it was") != 0 ||
            strncmp(error.text, "open the folder of ", 19) != 0 ||
            strstr(error.text, cases[i].path) == NULL) {
            fail_msg("%s: %d, %s", cases[i].path, err, error.text);
        }
    }
    assert_int_equal(scratch_count_entries(scratch_path(s, "out")), 0);
    assert_int_equal(access(scratch_path(s, "gone"), F_OK), -1);
    adl_dir_destroy(dir);
}

static void test_names_that_no_file_system_has_are_refused(void **state)
{
    struct adl_dir *dir = create(*state, "d");
    int root_fd = lend_root(dir);
    char path[300];

    memset(path, 'x', sizeof(path));
    for (size_t len = 255; len <= 256; len++) {
        struct adl_place place = {.folder_fd = -2};
        struct adl_sink_error error;

        (void)snprintf(path + len, sizeof(path) - len, "/f");
        adl_sink_error_init(&error);
        int err = adl_place_open(&place, dir, root_fd, path, &error);
        assert_int_equal(err, len == 255 ? 0 : -ENAMETOOLONG);
        if (err == 0) {
            assert_ptr_equal(place.name, path + 256);
            adl_place_close(&place);
        }
        path[len] = 'x';
    }
    adl_dir_destroy(dir);
}

static void test_a_folder_that_cannot_be_made_is_told(void **state)
{
    static const struct {
        enum fault_call call;
        int fault;
    } cases[] = {
        {FAULT_MKDIRAT, ENOSPC}, {FAULT_MKDIRAT, EACCES},
        {FAULT_MKDIRAT, EROFS},  {FAULT_MKDIRAT, EDQUOT},
        {FAULT_OPENAT2, EMFILE}, {FAULT_OPENAT2, EIO},
    };
    const struct scratch *s = *state;
    struct adl_dir *dir = create(s, "d");
    int root_fd = lend_root(dir);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int n_hits = 1;
        int nth = 0;

        while (n_hits > 0) {
            struct adl_place place = {.folder_fd = -2};
            struct adl_sink_error error;
            char path[32];

            (void)snprintf(path, sizeof(path), "p%zu-%d/q/f", i, ++nth);
            adl_sink_error_init(&error);
            int n_fds = scratch_count_fds();
            fault_arm(cases[i].call, nth, cases[i].fault);
            int err = adl_place_open(&place, dir, root_fd, path, &error);
            n_hits = fault_n_hits(cases[i].call);
            fault_clear();
            assert_int_equal(err, n_hits > 0 ? -cases[i].fault : 0);
            assert_int_equal(error.text[0] != '\0', n_hits > 0);
            assert_int_equal(place.folder_fd == -2, n_hits > 0);
            adl_place_close(&place); /* none: is not owned */
            assert_int_equal(scratch_count_fds(), n_fds);
        }
        assert_true(nth > 1);
    }
    adl_dir_destroy(dir);
}

/* As a user who may do nothing there; root may everything. */
static int open_as_nobody(struct adl_dir *dir, int root_fd, const char *path)
{
    struct adl_place place;
    struct adl_sink_error error;

    adl_sink_error_init(&error);
    if (geteuid() == 0 && seteuid(NOBODY) < 0) {
        return 1;
    }
    int err = adl_place_open(&place, dir, root_fd, path, &error);
    return err == -EACCES && strstr(error.text, "permission denied") != NULL
               ? 0
               : 1;
}

static void test_missing_permissions_are_told(void **state)
{
    static const char *const paths[] = {"p/f", "closed/f/g"};
    const struct scratch *s = *state;
    struct adl_dir *dir = create(s, "d");
    int root_fd = lend_root(dir);

    assert_int_equal(mkdir(scratch_path(s, "d/closed"), 0), 0);
    assert_int_equal(chmod(scratch_path(s, "d"), 0555), 0);
    assert_int_equal(chmod(s->path, 0755), 0);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        pid_t pid = fork();
        int status;

        assert_true(pid >= 0);
        if (pid == 0) {
            _exit(open_as_nobody(dir, root_fd, paths[i]));
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_int_equal(chmod(scratch_path(s, "d"), 0755), 0);
    assert_int_equal(chmod(scratch_path(s, "d/closed"), 0755), 0);
    adl_dir_destroy(dir);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, teardown)

TEST_SUITE(place)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lending_makes_both_folders),
        TEST(test_a_directory_that_cannot_be_lent_is_told_with_the_file),
        TEST(test_what_is_in_the_way_of_the_directory_is_told),
        TEST(test_the_folder_of_a_path_is_made_and_its_name_pointed_at),
        TEST(test_paths_that_lead_elsewhere_are_refused),
        TEST(test_names_that_no_file_system_has_are_refused),
        TEST(test_a_folder_that_cannot_be_made_is_told),
        TEST(test_missing_permissions_are_told),
    };

    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
