/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memfd_create */

#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/fault.h"
#include "support/scratch.h"
#include "support/suite.h"

static int teardown(void **state)
{
    fault_clear();
    return scratch_teardown(state);
}

static int open_folder(const struct scratch *s)
{
    int fd = open(s->path, O_RDONLY | O_DIRECTORY);

    assert_true(fd >= 0);
    return fd;
}

static int make_file(const struct scratch *s, const char *name)
{
    int fd = open(scratch_path(s, name), O_RDWR | O_CREAT | O_EXCL, 0666);

    assert_true(fd >= 0);
    return fd;
}

static void test_a_file_system_without_nameless_files_is_told(void **state)
{
    static const struct {
        int errnum;
        int err;
    } cases[] = {
        {EOPNOTSUPP, -ENOTSUP}, {EISDIR, -ENOTSUP}, {EINVAL, -ENOTSUP},
        {ENOENT, -ENOTSUP},     {ENOSPC, -ENOSPC},  {EMFILE, -EMFILE},
    };
    int folder_fd = open_folder(*state);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int fd = -1;

        fault_arm(FAULT_OPENAT_NAMELESS, 1, cases[i].errnum);
        assert_int_equal(adl_file_open_nameless(&fd, folder_fd), cases[i].err);
        assert_int_equal(fd, -1);
    }
    close(folder_fd);
}

/* by_descriptor and by_proc: what the two links fail with, 0 for not. */
static int link_failing(int folder_fd, int by_descriptor, int by_proc)
{
    int fd;

    assert_int_equal(adl_file_open_nameless(&fd, folder_fd), 0);
    if (by_descriptor != 0) {
        fault_arm_all(FAULT_LINKAT_EMPTY, by_descriptor);
    }
    if (by_proc != 0) {
        fault_arm_all(FAULT_LINKAT_PROC, by_proc);
    }
    int err = adl_file_link_nameless(fd, folder_fd, "name");
    fault_clear();
    close(fd);
    (void)unlinkat(folder_fd, "name", 0); /* where it was linked */
    return err;
}

static void test_a_link_falls_back_to_proc_and_then_gives_up(void **state)
{
    int folder_fd = open_folder(*state);

    assert_int_equal(link_failing(folder_fd, ENOENT, 0), 0);
    assert_int_equal(link_failing(folder_fd, EPERM, 0), 0);
    assert_int_equal(link_failing(folder_fd, EINVAL, 0), 0);
    assert_int_equal(link_failing(folder_fd, ENOENT, ENOENT), -ENOTSUP);
    assert_int_equal(link_failing(folder_fd, EPERM, EPERM), -ENOTSUP);
    assert_int_equal(link_failing(folder_fd, EOPNOTSUPP, 0), -ENOTSUP);
    assert_int_equal(link_failing(folder_fd, ENOSPC, 0), -ENOSPC);
    assert_int_equal(link_failing(folder_fd, ENOENT, EEXIST), -EEXIST);
    close(folder_fd);
}

static void test_a_link_never_replaces(void **state)
{
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);

    scratch_write(scratch_path(s, "name"), "old");
    for (int i = 0; i < 2; i++) {
        int fd;

        assert_int_equal(adl_file_open_nameless(&fd, folder_fd), 0);
        if (i == 1) {
            fault_arm_all(FAULT_LINKAT_EMPTY, ENOENT);
        }
        assert_int_equal(adl_file_link_nameless(fd, folder_fd, "name"),
                         -EEXIST);
        fault_clear();
        close(fd);
    }
    assert_true(scratch_holds(scratch_path(s, "name"), "old", 3));
    close(folder_fd);
}

static void test_short_and_interrupted_writes_are_carried_on(void **state)
{
    const struct scratch *s = *state;
    int fd = make_file(s, "f");

    fault_arm(FAULT_WRITE, 1, FAULT_SHORT);
    assert_int_equal(adl_file_write(fd, "0123456", 7), 0);
    fault_arm(FAULT_WRITE, 1, EINTR);
    assert_int_equal(adl_file_write(fd, "789", 3), 0);
    fault_arm_all(FAULT_WRITE, FAULT_SHORT);
    assert_int_equal(adl_file_write(fd, "abcdef", 6), 0);
    fault_clear();
    assert_true(scratch_holds(scratch_path(s, "f"), "0123456789abcdef", 16));
    close(fd);
}

static void test_a_write_of_nothing_does_not_go_on_for_ever(void **state)
{
    int fd = make_file(*state, "f");

    fault_arm_all(FAULT_WRITE, 0);
    assert_int_equal(adl_file_write(fd, "x", 1), -EIO);
    assert_int_equal(adl_file_write(fd, "x", 0), 0);
    close(fd);
}

/* From wherever the first stands, over more than one buffer. */
static void test_a_copy_is_whole_or_an_error(void **state)
{
    static char bytes[50000];
    int from = make_file(*state, "from");
    int to = make_file(*state, "to");

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(i % 251);
    }
    assert_int_equal(adl_file_write(from, bytes, sizeof(bytes)), 0);
    assert_int_equal(adl_file_copy(to, from), 0);
    assert_true(
        scratch_holds(scratch_path(*state, "to"), bytes, sizeof(bytes)));

    fault_arm(FAULT_WRITE, 2, ENOSPC);
    assert_int_equal(adl_file_copy(to, from), -ENOSPC);
    fault_clear();
    close(from);
    assert_int_equal(adl_file_copy(to, from), -EBADF);
    close(to);
}

static void test_room_is_allocated_without_changing_the_length(void **state)
{
    int fd = make_file(*state, "f");
    struct stat info;

    assert_int_equal(adl_file_allocate(fd, 1 << 20), 0);
    assert_int_equal(fstat(fd, &info), 0);
    assert_int_equal(info.st_size, 0);
    assert_int_equal(adl_file_allocate(fd, UINT64_MAX), ASYNCDL_ETOOBIG);
    assert_int_equal(adl_file_allocate(fd, INT64_MAX), ASYNCDL_ETOOBIG);
    assert_int_equal(adl_file_allocate(fd, UINT64_C(1) << 60), ASYNCDL_ETOOBIG);
    close(fd);
}

static void test_in_memory_there_must_only_be_room(void **state)
{
    static char bytes[256 << 10];
    const char *folder = scratch_path(*state, "memory");
    char path[SCRATCH_PATH_MAX + 8];
    struct stat info;

    assert_int_equal(mkdir(folder, 0777), 0);
    if (!scratch_mount(folder, 1 << 20)) {
        print_message("skipped: this user may not mount a tmpfs\n");
        skip();
    }
    (void)snprintf(path, sizeof(path), "%s/f", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_true(adl_file_is_in_memory(fd));
    assert_int_equal(adl_file_allocate(fd, 1 << 20), 0);
    assert_int_equal(fstat(fd, &info), 0);
    assert_int_equal(info.st_blocks, 0);
    assert_int_equal(adl_file_allocate(fd, (1 << 20) + 1), -ENOSPC);
    assert_int_equal(adl_file_allocate(fd, INT64_MAX), ASYNCDL_ETOOBIG);

    assert_int_equal(adl_file_write(fd, bytes, sizeof(bytes)), 0);
    assert_int_equal(adl_file_allocate(fd, 1 << 20), 0); /* it has some */
    assert_int_equal(adl_file_allocate(fd, (1 << 20) + 1), -ENOSPC);
    close(fd);
    scratch_unmount(folder);
}

static void test_memory_without_an_end_has_room(void **state)
{
    int fd = memfd_create("room", MFD_CLOEXEC);

    (void)state;
    assert_true(fd >= 0);
    assert_true(adl_file_is_in_memory(fd));
    assert_int_equal(adl_file_allocate(fd, UINT64_C(1) << 50), 0);
    assert_int_equal(adl_file_allocate(fd, UINT64_MAX), ASYNCDL_ETOOBIG);
    close(fd);
    assert_false(adl_file_is_in_memory(fd));
}

static void test_only_real_failures_to_allocate_are_told(void **state)
{
    static const struct {
        int errnum;
        int err;
    } cases[] = {{EOPNOTSUPP, 0},   {ENOSYS, 0},       {EINTR, 0},
                 {ENOSPC, -ENOSPC}, {EDQUOT, -EDQUOT}, {EFBIG, -EFBIG}};
    int fd = make_file(*state, "f");

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fault_arm(FAULT_FALLOCATE, 1, cases[i].errnum);
        assert_int_equal(adl_file_allocate(fd, 4096), cases[i].err);
        assert_int_equal(fault_n_hits(FAULT_FALLOCATE), 1);
    }
    close(fd);
}

static void test_the_time_is_set_also_before_1970(void **state)
{
    static const int64_t times[] = {0, 1, 784111777, INT64_C(4102444800), -1};
    int fd = make_file(*state, "f");
    struct stat info;

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        assert_int_equal(adl_file_set_mtime(fd, times[i]), 0);
        assert_int_equal(fstat(fd, &info), 0);
        assert_true(info.st_mtime == times[i]);
    }
    fault_arm(FAULT_FUTIMENS, 1, EPERM);
    assert_int_equal(adl_file_set_mtime(fd, 5), 0);
    fault_arm(FAULT_FUTIMENS, 1, EIO);
    assert_int_equal(adl_file_set_mtime(fd, 5), -EIO);
    close(fd);
}

static void test_times_of_any_year_are_read(void **state)
{
    static const struct {
        struct timespec time;
        int64_t ns;
    } cases[] = {
        {{.tv_sec = 0, .tv_nsec = 1}, 1},
        {{.tv_sec = -1, .tv_nsec = 999999999}, -1},
        {{.tv_sec = 1700000000, .tv_nsec = 5}, INT64_C(1700000000000000005)},
        {{.tv_sec = INT64_C(253402300799), .tv_nsec = 5}, /* in 9999 */
         INT64_C(9223372035000000000)},
        {{.tv_sec = INT64_MAX, .tv_nsec = 999999999},
         INT64_C(9223372035000000000)},
        {{.tv_sec = INT64_MIN}, -INT64_C(9223372035000000000)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct stat info = {.st_mtim = cases[i].time};

        assert_true(adl_file_get_mtime_ns(&info) == cases[i].ns);
    }
}

static void test_a_flush_reports_and_keeps_file_and_lock(void **state)
{
    const struct scratch *s = *state;
    int fd = make_file(s, "f");
    int other_fd = open(scratch_path(s, "f"), O_WRONLY);

    assert_int_equal(adl_file_lock(fd), 0);
    assert_int_equal(adl_file_flush(fd), 0);
    fault_arm(FAULT_CLOSE, 1, EDQUOT);
    assert_int_equal(adl_file_flush(fd), -EDQUOT);
    fault_arm(FAULT_FCNTL, 1, EMFILE);
    assert_int_equal(adl_file_flush(fd), -EMFILE);

    assert_int_equal(adl_file_lock(other_fd), -EWOULDBLOCK);
    assert_int_equal(adl_file_write(fd, "x", 1), 0);
    close(other_fd);
    close(fd);
}

static void test_a_claim_is_seen_without_taking_it(void **state)
{
    const struct scratch *s = *state;
    int fd = make_file(s, "f");
    int reader_fd = open(scratch_path(s, "f"), O_RDONLY | O_CLOEXEC);
    int other_fd = open(scratch_path(s, "f"), O_WRONLY | O_CLOEXEC);

    assert_int_equal(adl_file_is_claimed(reader_fd, 0, 2), 0);
    assert_int_equal(adl_file_claim(fd, 0, 2), 0);
    assert_int_equal(adl_file_is_claimed(reader_fd, 0, 2), 1);
    assert_int_equal(adl_file_is_claimed(fd, 0, 2), 0); /* its own */
    assert_int_equal(adl_file_claim(other_fd, 0, 2), -EWOULDBLOCK);
    close(fd);
    assert_int_equal(adl_file_is_claimed(reader_fd, 0, 2), 0);
    assert_int_equal(adl_file_claim(other_fd, 0, 2), 0);
    fault_arm(FAULT_FCNTL, 1, EINVAL);
    assert_int_equal(adl_file_claim(other_fd, 0, 2), -ENOTSUP);
    fault_arm(FAULT_FCNTL, 1, EIO);
    assert_int_equal(adl_file_is_claimed(reader_fd, 0, 2), -EIO);
    fault_arm(FAULT_FCNTL, 1, EINTR);
    assert_int_equal(adl_file_is_claimed(reader_fd, 0, 2), 1);
    close(reader_fd);
    close(other_fd);
}

static void test_claims_meet_where_they_have_bytes_in_common(void **state)
{
    static const struct {
        int start;
        int len;
        bool meets; /* bytes 1 and 2, of a file that has none */
    } cases[] = {
        {0, 1, false}, {3, 1, false}, {1, 1, true}, {2, 1, true},
        {0, 2, true},  {2, 9, true},  {0, 9, true}, {0, 0, true},
    };
    const struct scratch *s = *state;
    int fd = make_file(s, "f");

    assert_int_equal(adl_file_claim(fd, 1, 2), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int other_fd = open(scratch_path(s, "f"), O_WRONLY | O_CLOEXEC);

        assert_int_equal(
            adl_file_is_claimed(other_fd, cases[i].start, cases[i].len),
            cases[i].meets);
        assert_int_equal(adl_file_claim(other_fd, cases[i].start, cases[i].len),
                         cases[i].meets ? -EWOULDBLOCK : 0);
        close(other_fd);
    }
    close(fd);
}

static void test_shared_locks_are_shared_and_keep_others_out(void **state)
{
    const struct scratch *s = *state;
    int fd = make_file(s, "f");
    int other_fd = open(scratch_path(s, "f"), O_WRONLY);

    assert_int_equal(adl_file_lock_shared(fd), 0);
    assert_int_equal(adl_file_lock_shared(other_fd), 0);
    assert_int_equal(adl_file_lock(other_fd), -EWOULDBLOCK);
    close(fd);
    assert_int_equal(adl_file_lock(other_fd), 0);
    close(other_fd);
}

static void test_a_name_that_went_elsewhere_is_noticed(void **state)
{
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);
    int fd = make_file(s, "f");

    assert_int_equal(adl_file_is_at(fd, folder_fd, "f"), 1);
    assert_int_equal(link(scratch_path(s, "f"), scratch_path(s, "g")), 0);
    assert_int_equal(adl_file_is_at(fd, folder_fd, "g"), 1);
    assert_int_equal(unlink(scratch_path(s, "f")), 0);
    assert_int_equal(adl_file_is_at(fd, folder_fd, "f"), 0);
    assert_int_equal(symlink("g", scratch_path(s, "f")), 0);
    assert_int_equal(adl_file_is_at(fd, folder_fd, "f"), 0);
    fault_arm(FAULT_FSTATAT, 1, EIO);
    assert_int_equal(adl_file_is_at(fd, folder_fd, "g"), -EIO);
    close(fd);
    close(folder_fd);
}

static void test_a_rename_that_can_only_link_refuses_and_removes(void **state)
{
    static const int missing[] = {EINVAL, ENOSYS};
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);

    for (size_t i = 0; i < 2; i++) {
        scratch_write(scratch_path(s, "from"), "new");
        scratch_write(scratch_path(s, "to"), "old");
        fault_arm_all(FAULT_RENAMEAT2, missing[i]);

        assert_int_equal(
            adl_file_rename_new(folder_fd, "from", folder_fd, "to"), -EEXIST);
        assert_true(scratch_holds(scratch_path(s, "to"), "old", 3));
        assert_int_equal(unlink(scratch_path(s, "to")), 0);
        assert_int_equal(
            adl_file_rename_new(folder_fd, "from", folder_fd, "to"), 0);
        assert_true(scratch_holds(scratch_path(s, "to"), "new", 3));
        assert_int_equal(scratch_count_entries(s->path), 1);
        assert_int_equal(unlink(scratch_path(s, "to")), 0);
    }
    fault_clear();
    fault_arm(FAULT_RENAMEAT2, 1, EIO);
    assert_int_equal(adl_file_rename_new(folder_fd, "from", folder_fd, "to"),
                     -EIO);
    close(folder_fd);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, scratch_setup, teardown)

TEST_SUITE(file)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_file_system_without_nameless_files_is_told),
        TEST(test_a_link_falls_back_to_proc_and_then_gives_up),
        TEST(test_a_link_never_replaces),
        TEST(test_short_and_interrupted_writes_are_carried_on),
        TEST(test_a_write_of_nothing_does_not_go_on_for_ever),
        TEST(test_a_copy_is_whole_or_an_error),
        TEST(test_room_is_allocated_without_changing_the_length),
        TEST(test_in_memory_there_must_only_be_room),
        TEST(test_memory_without_an_end_has_room),
        TEST(test_only_real_failures_to_allocate_are_told),
        TEST(test_the_time_is_set_also_before_1970),
        TEST(test_times_of_any_year_are_read),
        TEST(test_a_flush_reports_and_keeps_file_and_lock),
        TEST(test_a_claim_is_seen_without_taking_it),
        TEST(test_claims_meet_where_they_have_bytes_in_common),
        TEST(test_shared_locks_are_shared_and_keep_others_out),
        TEST(test_a_name_that_went_elsewhere_is_noticed),
        TEST(test_a_rename_that_can_only_link_refuses_and_removes),
    };

    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
