/* SPDX-License-Identifier: MIT */
#include "store/target.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fault.h"
#include "support/scratch.h"
#include "support/suite.h"

#define NO_TIME ADL_SINK_NO_TIME
#define OLD_S   1000000

static int teardown(void **state)
{
    fault_clear();
    return scratch_teardown(state);
}

/* A file that was read and changed at OLD_S. */
static int make_file(const struct scratch *s, int flags)
{
    const struct timespec old[2] = {{.tv_sec = OLD_S}, {.tv_sec = OLD_S}};

    scratch_write(scratch_path(s, "f"), "x");
    int fd = open(scratch_path(s, "f"), flags | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(futimens(fd, old), 0);
    return fd;
}

static int64_t get_mtime(int fd)
{
    struct stat info;

    assert_int_equal(fstat(fd, &info), 0);
    return info.st_mtim.tv_sec;
}

static void test_the_time_is_set_where_there_is_one(void **state)
{
    static const struct {
        int64_t asked;
        int64_t mtime_s;
    } cases[] = {
        {NO_TIME, OLD_S},
        {0, 0},
        {1, 1},
        {-1, -1},
        {784111777, 784111777},
        {INT32_MAX, INT32_MAX},
        {4102444800, 4102444800},
        {-2000000000, -2000000000},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct adl_sink_target target = {.path = "f",
                                               .mtime_s = cases[i].asked};
        int fd = make_file(*state, O_RDWR);
        struct stat info;

        assert_int_equal(adl_target_apply(fd, &target), 0);
        assert_int_equal(get_mtime(fd), cases[i].mtime_s);
        assert_int_equal(fstat(fd, &info), 0);
        assert_int_equal(info.st_atim.tv_sec, OLD_S);
        close(fd);
    }
}

/* The file system stores what comes nearest, or says so: nothing else. */
static void test_times_beyond_all_calendars_harm_nothing(void **state)
{
    static const int64_t times[] = {INT64_MAX, INT64_MIN + 1};

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        const struct adl_sink_target target = {.path = "f",
                                               .mtime_s = times[i]};
        int fd = make_file(*state, O_RDWR);

        if (adl_target_apply(fd, &target) == 0) {
            int64_t mtime_s = get_mtime(fd);

            assert_true(times[i] > 0 ? mtime_s > OLD_S : mtime_s < OLD_S);
        }
        close(fd);
    }
}

struct fault_case {
    int64_t mtime_s;
    bool is_durable;
    int time_fault; /* 0: none, as below */
    int sync_fault;
    int err;
    int n_times; /* failures that were met */
    int n_syncs;
    bool has_time; /* the file, afterwards */
};

static void test_the_time_is_set_before_the_file_is_synced(void **state)
{
    static const struct fault_case cases[] = {
        {5, false, 0, EIO, 0, 0, 0, true},
        {NO_TIME, false, EIO, EIO, 0, 0, 0, false},
        {NO_TIME, true, EIO, 0, 0, 0, 0, false},
        {NO_TIME, true, 0, EIO, -EIO, 0, 1, false},
        {5, true, 0, EIO, -EIO, 0, 1, true},
        {5, true, 0, ENOSPC, -ENOSPC, 0, 1, true},
        {5, true, 0, EDQUOT, -EDQUOT, 0, 1, true},
        {5, true, EIO, EIO, -EIO, 1, 0, false},
        {5, false, EROFS, 0, -EROFS, 1, 0, false},
        /* where times cannot be kept the file is synced all the same */
        {5, true, EPERM, EIO, -EIO, 1, 1, false},
        {5, false, EPERM, 0, 0, 1, 0, false},
        {5, true, ENOSYS, 0, 0, 1, 0, false},
        {5, true, EOPNOTSUPP, 0, 0, 1, 0, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct fault_case *c = &cases[i];
        const struct adl_sink_target target = {
            .path = "f", .mtime_s = c->mtime_s, .is_durable = c->is_durable};
        int fd = make_file(*state, O_RDWR);

        fault_arm(FAULT_FUTIMENS, c->time_fault != 0, c->time_fault);
        fault_arm(FAULT_FSYNC, c->sync_fault != 0, c->sync_fault);
        int err = adl_target_apply(fd, &target);
        fault_clear();
        if (err != c->err || fault_n_hits(FAULT_FUTIMENS) != c->n_times ||
            fault_n_hits(FAULT_FSYNC) != c->n_syncs ||
            get_mtime(fd) != (c->has_time ? 5 : OLD_S)) {
            fail_msg("%zu: %d", i, err);
        }
        close(fd);
    }
}

static void test_descriptors_of_any_kind_are_answered(void **state)
{
    static const struct adl_sink_target plain = {.mtime_s = NO_TIME};
    static const struct adl_sink_target full = {.mtime_s = 5,
                                                .is_durable = true};
    static const struct adl_sink_target lasting = {.mtime_s = NO_TIME,
                                                   .is_durable = true};
    int pipe_fds[2];
    int fd = make_file(*state, O_RDONLY);

    assert_int_equal(adl_target_apply(fd, &full), 0);
    assert_int_equal(get_mtime(fd), 5);
    close(fd);
    assert_int_equal(adl_target_apply(fd, &plain), 0); /* nothing to do */
    assert_int_equal(adl_target_apply(fd, &full), -EBADF);
    assert_int_equal(adl_target_apply(fd, &lasting), -EBADF);
    assert_int_equal(pipe(pipe_fds), 0);
    assert_int_equal(adl_target_apply(pipe_fds[1], &lasting), -EINVAL);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, teardown)

TEST_SUITE(target)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_time_is_set_where_there_is_one),
        TEST(test_times_beyond_all_calendars_harm_nothing),
        TEST(test_the_time_is_set_before_the_file_is_synced),
        TEST(test_descriptors_of_any_kind_are_answered),
    };

    return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
