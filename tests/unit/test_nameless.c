/* SPDX-License-Identifier: MIT */
#include "store/nameless.h"

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
#include "store/file.h"
#include "support/fault.h"
#include "support/scratch.h"
#include "support/suite.h"

#define NOBODY    65534
#define MOUNTED   (1u << 20)
#define BIG_BYTES 50000 /* more than is copied at once */

static const struct adl_sink_target plain = {.path = "a/b",
                                             .mtime_s = ADL_SINK_NO_TIME};
static const struct adl_sink_target lasting = {
    .path = "a/b", .mtime_s = 784111777, .is_durable = true};

/* Folders "aside" and "folder" to work in. */
struct bed {
    const struct scratch *scratch;
    int aside_fd;
    struct adl_place place; /* "folder/b" */
    struct adl_sink_error error;
};

static int teardown(void **state)
{
    fault_clear();
    return scratch_teardown(state);
}

static int open_folder(const struct scratch *s, const char *name)
{
    int fd = open(scratch_path(s, name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static void init_bed(struct bed *bed, void **state)
{
    const struct scratch *s = *state;

    assert_int_equal(mkdir(scratch_path(s, "aside"), 0777), 0);
    assert_int_equal(mkdir(scratch_path(s, "folder"), 0777), 0);
    *bed = (struct bed){
        .scratch = s,
        .aside_fd = open_folder(s, "aside"),
        .place = {.folder_fd = open_folder(s, "folder"), .name = "b"},
    };
    adl_sink_error_init(&bed->error);
}

/* Nothing is ever left aside. */
static void finish_bed(struct bed *bed)
{
    assert_int_equal(scratch_count_entries(scratch_path(bed->scratch, "aside")),
                     0);
    close(bed->aside_fd);
    close(bed->place.folder_fd);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static int make(struct bed *bed, const struct adl_sink_target *target,
                const void *bytes, size_t len)
{
    int fd = -1;

    assert_int_equal(
        adl_nameless_make(&fd, bed->aside_fd, target, bytes, len, &bed->error),
        0);
    assert_string_equal(bed->error.text, "");
    return fd;
}

static const char *fill_big(void)
{
    static char bytes[BIG_BYTES];

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(i % 251);
    }
    return bytes;
}

static void test_what_is_made_appears_whole_with_its_name(void **state)
{
    static const size_t lengths[] = {0, 1, 4096, BIG_BYTES};
    static const struct adl_sink_target *const targets[] = {&plain, &lasting};
    const char *bytes = fill_big();
    mode_t old = umask(027);
    struct bed bed;

    init_bed(&bed, state);
    for (size_t i = 0; i < 8; i++) {
        const struct adl_sink_target *target = targets[i % 2];
        size_t len = lengths[i / 2];
        int fd = make(&bed, target, bytes, len);
        const char *path = scratch_path(bed.scratch, "folder/b");
        struct stat info;

        assert_int_equal(
            scratch_count_entries(scratch_path(bed.scratch, "aside")), 0);
        assert_int_equal(access(path, F_OK), -1);
        assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        assert_int_equal(adl_nameless_link(fd, &bed.place, target, &bed.error),
                         0);
        assert_string_equal(bed.error.text, "");
        assert_false(is_open(fd));
        assert_true(scratch_holds(path, bytes, len));
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 07777, 0640);
        assert_int_equal(info.st_nlink, 1);
        assert_int_equal(info.st_mtim.tv_sec == 784111777, target == &lasting);
        assert_int_equal(unlink(path), 0);
    }
    umask(old);
    finish_bed(&bed);
}

struct fault_case {
    enum fault_call call;
    int nth;
    int fault;
    int err;
    const char *text;
};

static void test_a_file_that_cannot_be_made_is_told_and_gone(void **state)
{
    static const struct fault_case cases[] = {
        {FAULT_OPENAT_NAMELESS, 1, ENOSPC, -ENOSPC,
         "make a/b: no space left on device"},
        {FAULT_OPENAT_NAMELESS, 1, EACCES, -EACCES,
         "make a/b: permission denied"},
        {FAULT_OPENAT_NAMELESS, 1, EMFILE, -EMFILE,
         "make a/b: too many open files"},
        /* another way is tried: nothing is said */
        {FAULT_OPENAT_NAMELESS, 1, EOPNOTSUPP, -ENOTSUP, ""},
        {FAULT_OPENAT_NAMELESS, 1, EISDIR, -ENOTSUP, ""},
        {FAULT_OPENAT_NAMELESS, 1, EINVAL, -ENOTSUP, ""},
        {FAULT_OPENAT_NAMELESS, 1, ENOENT, -ENOTSUP, ""},
        {FAULT_WRITE, 1, ENOSPC, -ENOSPC, "write a/b: no space left on device"},
        {FAULT_WRITE, 1, EDQUOT, -EDQUOT, "write a/b: disk quota exceeded"},
        {FAULT_WRITE, 1, 0, -EIO, "write a/b: i/o error"},
        {FAULT_FUTIMENS, 1, EIO, -EIO, "set the time of a/b: i/o error"},
        {FAULT_FSYNC, 1, EIO, -EIO, "set the time of a/b: i/o error"},
    };
    struct bed bed;

    init_bed(&bed, state);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct fault_case *c = &cases[i];
        int n_fds = scratch_count_fds();
        int fd = -2;

        adl_sink_error_init(&bed.error);
        fault_arm(c->call, c->nth, c->fault);
        int err = adl_nameless_make(&fd, bed.aside_fd, &lasting, "bytes", 5,
                                    &bed.error);
        assert_int_equal(fault_n_hits(c->call), 1);
        fault_clear();
        if (err != c->err || strcmp(bed.error.text, c->text) != 0) {
            fail_msg("%zu: %d, %s", i, err, bed.error.text);
        }
        assert_int_equal(fd, -2);
        assert_int_equal(scratch_count_fds(), n_fds);
    }
    finish_bed(&bed);
}

static void test_short_writes_are_carried_on(void **state)
{
    const char *bytes = fill_big();
    struct bed bed;

    init_bed(&bed, state);
    fault_arm_all(FAULT_WRITE, FAULT_SHORT);
    int fd = make(&bed, &plain, bytes, BIG_BYTES);
    assert_true(fault_n_hits(FAULT_WRITE) > 1);
    fault_clear();
    assert_int_equal(adl_nameless_link(fd, &bed.place, &plain, &bed.error), 0);
    assert_true(
        scratch_holds(scratch_path(bed.scratch, "folder/b"), bytes, BIG_BYTES));
    finish_bed(&bed);
}

/* A disk that is full, and has room again once the file is gone. */
static void test_a_full_disk_is_told_and_gets_its_room_back(void **state)
{
    static char bytes[2 * MOUNTED];
    struct bed bed;

    init_bed(&bed, state);
    const char *path = scratch_path(bed.scratch, "aside");
    if (!scratch_mount(path, MOUNTED)) {
        finish_bed(&bed);
        print_message("skipped: may not mount here\n");
        skip();
    }
    int full_fd = open_folder(bed.scratch, "aside");
    for (int i = 0; i < 3; i++) {
        int fd = -2;

        adl_sink_error_init(&bed.error);
        assert_int_equal(adl_nameless_make(&fd, full_fd, &plain, bytes,
                                           sizeof(bytes), &bed.error),
                         -ENOSPC);
        assert_string_equal(bed.error.text,
                            "write a/b: no space left on device");
        assert_int_equal(fd, -2);
        assert_int_equal(adl_nameless_make(&fd, full_fd, &plain, bytes,
                                           MOUNTED / 2, &bed.error),
                         0);
        close(fd);
    }
    close(full_fd);
    scratch_unmount(scratch_path(bed.scratch, "aside"));
    finish_bed(&bed);
}

static void put_file(const char *path)
{
    scratch_write(path, "old");
}

static void put_folder(const char *path)
{
    assert_int_equal(mkdir(path, 0777), 0);
}

static void put_link(const char *path)
{
    assert_int_equal(symlink("nowhere", path), 0);
}

static void put_pipe(const char *path)
{
    assert_int_equal(mkfifo(path, 0666), 0);
}

static void test_what_has_the_name_is_never_replaced(void **state)
{
    static void (*const kinds[])(const char *path) = {put_file, put_folder,
                                                      put_link, put_pipe};
    struct bed bed;

    init_bed(&bed, state);
    const char *path = scratch_path(bed.scratch, "folder/b");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct stat before;
        struct stat after;
        int fd = make(&bed, &plain, "new", 3);

        kinds[i](path);
        assert_int_equal(lstat(path, &before), 0);
        assert_int_equal(adl_nameless_link(fd, &bed.place, &plain, &bed.error),
                         ASYNCDL_EEXISTS);
        assert_memory_equal(bed.error.text, "link a/b: ", 10);
        assert_false(is_open(fd));
        assert_int_equal(lstat(path, &after), 0);
        assert_int_equal(before.st_ino, after.st_ino);
        assert_int_equal(before.st_mode, after.st_mode);
        assert_int_equal(remove(path), 0);
        adl_sink_error_init(&bed.error);
    }
    assert_int_equal(access(scratch_path(bed.scratch, "folder/nowhere"), F_OK),
                     -1);
    finish_bed(&bed);
}

static void test_a_link_that_fails_is_told_and_leaves_nothing(void **state)
{
    static const struct {
        int link_fault;
        int proc_fault;
        int close_fault;
        int err;
        bool stays_open;
        const char *text;
    } cases[] = {
        {ENOSPC, 0, 0, -ENOSPC, false, "link a/b: no space left on device"},
        {EDQUOT, 0, 0, -EDQUOT, false, "link a/b: disk quota exceeded"},
        {EACCES, 0, 0, -EACCES, false, "link a/b: permission denied"},
        {ENOENT, EROFS, 0, -EROFS, false, "link a/b: read-only file system"},
        {0, 0, EIO, -EIO, false, "close a/b: i/o error"},
        {0, 0, ENOSPC, -ENOSPC, false, "close a/b: no space left on device"},
        {ENOENT, 0, EIO, -EIO, false, "close a/b: i/o error"},
        /* the first fault is the one that is told */
        {ENOSPC, 0, EIO, -ENOSPC, false, "link a/b: no space left on device"},
        /* another way is tried, with the file as it is */
        {ENOENT, ENOENT, EIO, -ENOTSUP, true, ""},
        {EPERM, EPERM, EIO, -ENOTSUP, true, ""},
        {EOPNOTSUPP, 0, EIO, -ENOTSUP, true, ""},
    };
    struct bed bed;

    init_bed(&bed, state);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int fd = make(&bed, &plain, "new", 3);

        fault_arm(FAULT_LINKAT_EMPTY, cases[i].link_fault != 0,
                  cases[i].link_fault);
        fault_arm(FAULT_LINKAT_PROC, cases[i].proc_fault != 0,
                  cases[i].proc_fault);
        fault_arm(FAULT_CLOSE, cases[i].close_fault != 0, cases[i].close_fault);
        int err = adl_nameless_link(fd, &bed.place, &plain, &bed.error);
        fault_clear();
        if (err != cases[i].err || strcmp(bed.error.text, cases[i].text) != 0) {
            fail_msg("%zu: %d, %s", i, err, bed.error.text);
        }
        assert_int_equal(is_open(fd), cases[i].stays_open);
        if (cases[i].stays_open) {
            close(fd);
        }
        assert_int_equal(
            scratch_count_entries(scratch_path(bed.scratch, "folder")), 0);
        adl_sink_error_init(&bed.error);
    }
    finish_bed(&bed);
}

static void test_a_folder_that_was_removed_is_told(void **state)
{
    struct bed bed;

    init_bed(&bed, state);
    int fd = make(&bed, &plain, "new", 3);
    assert_int_equal(rmdir(scratch_path(bed.scratch, "folder")), 0);
    int err = adl_nameless_link(fd, &bed.place, &plain, &bed.error);
    assert_true(err < 0);
    assert_int_equal(is_open(fd), err == -ENOTSUP);
    if (err == -ENOTSUP) {
        close(fd);
    }
    finish_bed(&bed);
}

static void test_a_folder_on_another_disk_is_told(void **state)
{
    struct bed bed;

    init_bed(&bed, state);
    assert_int_equal(mkdir(scratch_path(bed.scratch, "disk"), 0777), 0);
    if (!scratch_mount(scratch_path(bed.scratch, "disk"), MOUNTED)) {
        finish_bed(&bed);
        print_message("skipped: may not mount here\n");
        skip();
    }
    const struct adl_place other = {
        .folder_fd = open_folder(bed.scratch, "disk"), .name = "b"};
    int fd = make(&bed, &plain, "new", 3);
    assert_int_equal(adl_nameless_link(fd, &other, &plain, &bed.error), -EXDEV);
    assert_memory_equal(bed.error.text, "link a/b: ", 10);
    assert_false(is_open(fd));
    close(other.folder_fd);
    scratch_unmount(scratch_path(bed.scratch, "disk"));
    finish_bed(&bed);
}

/* As a user who may write aside and not where the file is to appear. */
static int link_as_nobody(struct bed *bed)
{
    int fd;

    if (geteuid() == 0 && seteuid(NOBODY) < 0) {
        return 1;
    }
    if (adl_nameless_make(&fd, bed->aside_fd, &plain, "x", 1, &bed->error) <
        0) {
        return 2;
    }
    if (adl_nameless_link(fd, &bed->place, &plain, &bed->error) != -EACCES) {
        return 3;
    }
    return strcmp(bed->error.text, "link a/b: permission denied") == 0 &&
                   !is_open(fd)
               ? 0
               : 4;
}

static void test_missing_permissions_are_told(void **state)
{
    struct bed bed;
    int status;

    init_bed(&bed, state);
    assert_int_equal(chmod(bed.scratch->path, 0755), 0);
    assert_int_equal(chmod(scratch_path(bed.scratch, "aside"), 0777), 0);
    assert_int_equal(chmod(scratch_path(bed.scratch, "folder"), 0555), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(link_as_nobody(&bed));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    finish_bed(&bed);
}

/* Is it held, as a part must be that is in use? */
static bool is_held(const struct scratch *s, const char *name)
{
    char below[64];

    (void)snprintf(below, sizeof(below), "aside/%s", name);
    int fd = open(scratch_path(s, below), O_RDWR | O_CLOEXEC);
    bool is_held = fd >= 0 && adl_file_lock(fd) == -EWOULDBLOCK;
    close(fd);
    return is_held;
}

static void test_it_becomes_a_part_with_all_it_holds(void **state)
{
    static const size_t lengths[] = {0, 1, 16384, BIG_BYTES};
    const char *bytes = fill_big();
    struct bed bed;

    init_bed(&bed, state);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct adl_part part = {.fd = -1};
        struct stat info;
        int fd = make(&bed, &lasting, bytes, lengths[i]);

        assert_int_equal(adl_nameless_become_part(&part, fd, bed.aside_fd,
                                                  &lasting, &bed.error),
                         0);
        assert_string_equal(bed.error.text, "");
        assert_int_not_equal(part.fd, fd);
        assert_false(is_open(fd));
        assert_true(is_held(bed.scratch, part.name));
        assert_int_equal(fstat(part.fd, &info), 0);
        assert_int_equal(info.st_mtim.tv_sec, 784111777);
        assert_int_equal(
            adl_part_commit(&part, bed.place.folder_fd, "b", false), 0);
        const char *path = scratch_path(bed.scratch, "folder/b");
        assert_true(scratch_holds(path, bytes, lengths[i]));
        assert_int_equal(unlink(path), 0);
    }
    finish_bed(&bed);
}

static void test_a_part_that_cannot_be_made_is_told_and_gone(void **state)
{
    static const struct fault_case cases[] = {
        {FAULT_OPENAT, 1, EACCES, -EACCES, "permission denied"},
        {FAULT_OPENAT, 1, ENOSPC, -ENOSPC, "no space left on device"},
        {FAULT_FLOCK, 1, EIO, -EIO, "i/o error"},
        {FAULT_WRITE, 1, ENOSPC, -ENOSPC, "no space left on device"},
        {FAULT_WRITE, 3, EDQUOT, -EDQUOT, "disk quota exceeded"},
        {FAULT_FUTIMENS, 1, EIO, -EIO, "i/o error"},
        {FAULT_FSYNC, 1, ENOSPC, -ENOSPC, "no space left on device"},
        {FAULT_FCNTL, 1, EMFILE, -EMFILE, "too many open files"},
        {FAULT_CLOSE, 1, EDQUOT, -EDQUOT, "disk quota exceeded"},
    };
    const char *bytes = fill_big();
    struct bed bed;

    init_bed(&bed, state);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct fault_case *c = &cases[i];
        struct adl_part part = {.fd = -2};
        int n_fds = scratch_count_fds();
        char text[100];
        int fd = make(&bed, &lasting, bytes, BIG_BYTES);

        fault_arm(c->call, c->nth, c->fault);
        int err = adl_nameless_become_part(&part, fd, bed.aside_fd, &lasting,
                                           &bed.error);
        assert_int_equal(fault_n_hits(c->call), 1);
        fault_clear();
        (void)snprintf(text, sizeof(text), "make part file for a/b: %s",
                       c->text);
        if (err != c->err || strcmp(bed.error.text, text) != 0) {
            fail_msg("%zu: %d, %s", i, err, bed.error.text);
        }
        assert_int_equal(part.fd, -2);
        assert_false(is_open(fd));
        assert_int_equal(scratch_count_fds(), n_fds);
        assert_int_equal(
            scratch_count_entries(scratch_path(bed.scratch, "aside")), 0);
        adl_sink_error_init(&bed.error);
    }
    finish_bed(&bed);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, teardown)

TEST_SUITE(nameless)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_made_appears_whole_with_its_name),
        TEST(test_a_file_that_cannot_be_made_is_told_and_gone),
        TEST(test_short_writes_are_carried_on),
        TEST(test_a_full_disk_is_told_and_gets_its_room_back),
        TEST(test_what_has_the_name_is_never_replaced),
        TEST(test_a_link_that_fails_is_told_and_leaves_nothing),
        TEST(test_a_folder_that_was_removed_is_told),
        TEST(test_a_folder_on_another_disk_is_told),
        TEST(test_missing_permissions_are_told),
        TEST(test_it_becomes_a_part_with_all_it_holds),
        TEST(test_a_part_that_cannot_be_made_is_told_and_gone),
    };

    return cmocka_run_group_tests_name("nameless", tests, NULL, NULL);
}
