/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memfd_create() */
#include "pool/shm.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/scratch.h"
#include "support/suite.h"

static void test_sizes_round_up_to_pages(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    (void)state;
    assert_int_equal(adl_shm_round_up(0), 0);
    assert_int_equal(adl_shm_round_up(1), page);
    assert_int_equal(adl_shm_round_up(page), page);
    assert_int_equal(adl_shm_round_up(page + 1), 2 * page);
    assert_int_equal(adl_shm_round_up(SIZE_MAX), 0);
}

static void test_what_is_written_is_seen_where_it_was_adopted(void **state)
{
    struct adl_shm a = {0};
    struct adl_shm b = {0};

    (void)state;
    assert_int_equal(adl_shm_create(&a, "test", 100, 0), 0);
    assert_int_equal(a.size, 100);
    assert_int_equal(adl_shm_adopt(&b, dup(a.fd), 0), 0);
    assert_int_equal(b.size, 100);
    (void)strncpy(a.data, "hello", 6);

    assert_string_equal(b.data, "hello");
    adl_shm_finish(&a);
    assert_string_equal(b.data, "hello");
    adl_shm_finish(&b);
    adl_shm_finish(&b);
}

static void test_only_the_tail_is_private_after_a_fork(void **state)
{
    size_t page = adl_shm_round_up(1);
    struct adl_shm shm = {0};
    int status;

    (void)state;
    assert_int_equal(adl_shm_create(&shm, "test", page, page), 0);
    unsigned char *bytes = shm.data;
    pid_t pid = fork();
    if (pid == 0) {
        bytes[page - 1] = 1;
        bytes[page] = 2;
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);

    assert_int_equal(bytes[page - 1], 1);
    assert_int_equal(bytes[page], 0);
    adl_shm_finish(&shm);
}

static void test_nobody_can_change_the_size(void **state)
{
    struct adl_shm shm = {0};

    (void)state;
    assert_int_equal(adl_shm_create(&shm, "test", 8192, 0), 0);

    assert_true(ftruncate(shm.fd, 0) < 0);
    assert_true(ftruncate(shm.fd, 16384) < 0);
    assert_true(fcntl(shm.fd, F_ADD_SEALS, F_SEAL_WRITE) < 0);
    assert_true((fcntl(shm.fd, F_GETFD) & FD_CLOEXEC) != 0);
    adl_shm_finish(&shm);
}

static void test_other_descriptors_are_refused(void **state)
{
    struct adl_shm shm = {0};
    int ends[2];

    (void)state;
    assert_int_equal(adl_shm_adopt(&shm, -1, 0), -EBADF);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(adl_shm_adopt(&shm, ends[0], 0), -EINVAL);
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_int_equal(ftruncate(fd, 4096), 0);
    assert_int_equal(adl_shm_adopt(&shm, fd, 0), -EINVAL);
    assert_null(shm.data);

    assert_int_equal(close(fd), 0);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(close(ends[1]), 0);
}

static void test_sizes_that_cannot_be_are_refused(void **state)
{
    size_t page = adl_shm_round_up(1);
    struct adl_shm shm = {0};

    (void)state;
    assert_int_equal(adl_shm_create(&shm, "test", SIZE_MAX, 0), -ENOMEM);
    assert_int_equal(adl_shm_create(&shm, "test", INTPTR_MAX, 0), -ENOMEM);
    assert_int_equal(adl_shm_create(&shm, "test", 100, page), -EINVAL);
    assert_int_equal(adl_shm_create(&shm, "test", page, SIZE_MAX), -ENOMEM);
    assert_null(shm.data);
}

TEST_SUITE(shm)
{
#define CLEAN(test) \
    cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        CLEAN(test_sizes_round_up_to_pages),
        CLEAN(test_what_is_written_is_seen_where_it_was_adopted),
        CLEAN(test_only_the_tail_is_private_after_a_fork),
        CLEAN(test_nobody_can_change_the_size),
        CLEAN(test_other_descriptors_are_refused),
        CLEAN(test_sizes_that_cannot_be_are_refused),
    };

    return cmocka_run_group_tests_name("shm", tests, NULL, NULL);
}
