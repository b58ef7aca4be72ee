/* SPDX-License-Identifier: MIT */
#include "util/fds.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fdtable.h"
#include "support/suite.h"

/* The number that the next one gets; all below it are taken. */
static int get_next(void)
{
    int fd = dup(STDIN_FILENO);

    assert_true(fd >= 0);
    close(fd);
    return fd;
}

/* The soft limit that was. */
static struct rlimit set_limit(rlim_t n)
{
    struct rlimit was;
    struct rlimit now;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
    now = was;
    now.rlim_cur = n;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
    return was;
}

static void test_free_ones_are_those_below_the_limit(void **state)
{
    struct rlimit was = set_limit((rlim_t)get_next() + 100);
    size_t n_free = adl_fds_n_free();
    int fd = dup(STDIN_FILENO);
    size_t n_then = adl_fds_n_free();

    (void)state;
    close(fd);
    setrlimit(RLIMIT_NOFILE, &was);
    assert_in_range(n_free, 2, 100); /* but for those open above */
    assert_int_equal(n_then, n_free - 1);
}

static void test_room_is_made_for_as_many_more(void **state)
{
    unsigned size = fdtable_get_size();
    int next = get_next();
    struct rlimit limit;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur < size + (unsigned)next) {
        skip(); /* valgrind keeps the highest numbers for itself */
    }
    adl_fds_make_room(STDIN_FILENO, size);

    assert_true(fdtable_get_size() >= size + (unsigned)next);
    assert_int_equal(get_next(), next);
    assert_int_equal(fcntl((int)size + next - 1, F_GETFD), -1);
}

static void test_where_the_limit_forbids_it_nothing_happens(void **state)
{
    int next = get_next();
    unsigned size = fdtable_get_size();
    struct rlimit was = set_limit((rlim_t)next + 1);

    (void)state;
    adl_fds_make_room(STDIN_FILENO, 2 * (size_t)size);
    adl_fds_make_room(STDIN_FILENO, SIZE_MAX / 2);
    unsigned size_then = fdtable_get_size();
    setrlimit(RLIMIT_NOFILE, &was);

    assert_int_equal(size_then, size);
    assert_int_equal(get_next(), next);
}

TEST_SUITE(fds)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_free_ones_are_those_below_the_limit),
        cmocka_unit_test(test_room_is_made_for_as_many_more),
        cmocka_unit_test(test_where_the_limit_forbids_it_nothing_happens),
    };

    return cmocka_run_group_tests_name("fds", tests, NULL, NULL);
}
