/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "pool/futex.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/time.h>

#include <cmocka.h>

#include "asyncdl/future.h"
#include "support/suite.h"
#include "support/victim.h"

#define MS INT64_C(1000000)

static void test_deadlines_are_counted_without_overflow(void **state)
{
    static const struct {
        int64_t now;
        uint64_t timeout_ms;
        int64_t deadline;
    } cases[] = {
        {5, 0, 5},
        {5, 3, 5 + 3 * MS},
        {5, ASYNCDL_FOREVER, ADL_FUTEX_NEVER},
        {5, INT64_MAX / MS - 1, 5 + (INT64_MAX / MS - 1) * MS},
        {5, INT64_MAX / MS, ADL_FUTEX_NEVER},
        {5, INT64_MAX, ADL_FUTEX_NEVER},
        {INT64_MAX - MS, 1, ADL_FUTEX_NEVER},
        {INT64_MAX - 2 * MS, 1, INT64_MAX - MS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(adl_futex_deadline(cases[i].now, cases[i].timeout_ms) ==
                    cases[i].deadline);
    }
}

static void test_a_wait_ends_at_its_deadline_and_not_before(void **state)
{
    _Atomic uint32_t word = 7;
    int64_t deadline = adl_futex_deadline(adl_futex_now(), 30);

    (void)state;
    assert_int_equal(adl_futex_wait(&word, 7, deadline), -ETIMEDOUT);
    assert_true(adl_futex_now() >= deadline);
    assert_int_equal(adl_futex_wait(&word, 7, 0), -ETIMEDOUT);
}

static void test_a_word_that_differs_is_not_waited_for(void **state)
{
    _Atomic uint32_t word = 8;

    (void)state;
    assert_int_equal(adl_futex_wait(&word, 7, ADL_FUTEX_NEVER), 0);
}

static void on_alarm(int signum)
{
    (void)signum;
}

static void test_a_signal_ends_a_wait_to_look_again(void **state)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval soon = {.it_value = {.tv_usec = 1000},
                             .it_interval = {.tv_usec = 1000}};
    _Atomic uint32_t word = 7;

    (void)state;
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
    assert_int_equal(adl_futex_wait(&word, 7, ADL_FUTEX_NEVER), 0);

    soon = (struct itimerval){0};
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
}

static void sleep_on(void *data)
{
    _Atomic uint32_t *word = data;

    while (atomic_load(word) == 0) {
        (void)adl_futex_wait(word, 0, ADL_FUTEX_NEVER);
    }
}

static void test_wakes_reach_other_processes(void **state)
{
    _Atomic uint32_t *word = mmap(NULL, sizeof(*word), PROT_READ | PROT_WRITE,
                                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pids[4];

    (void)state;
    assert_true(word != MAP_FAILED);
    for (int i = 0; i < 4; i++) {
        pids[i] = victim_fork(sleep_on, word);
        victim_wait_until_asleep(pids[i]);
    }
    atomic_store(word, 1);
    adl_futex_wake_one(word);
    adl_futex_wake_all(word);

    for (int i = 0; i < 4; i++) {
        assert_int_equal(victim_wait(pids[i]), 0);
    }
    assert_int_equal(munmap((void *)word, sizeof(*word)), 0);
}

TEST_SUITE(futex)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deadlines_are_counted_without_overflow),
        cmocka_unit_test(test_a_wait_ends_at_its_deadline_and_not_before),
        cmocka_unit_test(test_a_word_that_differs_is_not_waited_for),
        cmocka_unit_test(test_a_signal_ends_a_wait_to_look_again),
        cmocka_unit_test(test_wakes_reach_other_processes),
    };

    return cmocka_run_group_tests_name("futex", tests, NULL, NULL);
}
