/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "pool/lock.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "pool/futex.h"
#include "pool/shm.h"
#include "support/effort.h"
#include "support/scratch.h"
#include "support/suite.h"
#include "support/victim.h"
#include "util/rng.h"

#define N_PROCESSES 4
#define N_ROUNDS    2000

/* In memory that all processes share, and guarded by the lock where it is not
 * atomic. */
struct shared {
    unsigned long count;
    unsigned long copy; /* the same, when nobody is in between */
    atomic_ulong n_told;
    atomic_bool is_done;
};

struct bed {
    struct asyncdl_lock *lock;
    struct shared *shared;
    unsigned n_checks;
};

static void init(struct bed *bed)
{
    *bed = (struct bed){0};
    assert_int_equal(asyncdl_lock_create(&bed->lock), 0);
    bed->shared = mmap(NULL, sizeof(*bed->shared), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(bed->shared != MAP_FAILED);
}

static void finish(struct bed *bed)
{
    asyncdl_lock_destroy(bed->lock);
    assert_int_equal(munmap(bed->shared, sizeof(*bed->shared)), 0);
}

static void count(void *data)
{
    struct bed *bed = data;

    for (int i = 0; i < N_ROUNDS; i++) {
        victim_need(asyncdl_lock_acquire(bed->lock, ASYNCDL_FOREVER) == 0);
        bed->shared->count++;
        victim_need(asyncdl_lock_release(bed->lock) == 0);
    }
}

static void test_one_process_at_a_time_has_the_lock(void **state)
{
    struct bed bed;
    pid_t pids[N_PROCESSES];

    (void)state;
    init(&bed);
    for (int i = 0; i < N_PROCESSES; i++) {
        pids[i] = victim_fork(count, &bed);
    }
    for (int i = 0; i < N_PROCESSES; i++) {
        assert_int_equal(victim_wait(pids[i]), 0);
    }
    assert_int_equal(bed.shared->count, N_PROCESSES * N_ROUNDS);
    finish(&bed);
}

static void *count_in_a_thread(void *data)
{
    count(data);
    return NULL;
}

static void test_one_thread_at_a_time_has_the_lock(void **state)
{
    struct bed bed;
    pthread_t threads[N_PROCESSES];

    (void)state;
    init(&bed);
    for (int i = 0; i < N_PROCESSES; i++) {
        assert_int_equal(
            pthread_create(&threads[i], NULL, count_in_a_thread, &bed), 0);
    }
    for (int i = 0; i < N_PROCESSES; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(bed.shared->count, N_PROCESSES * N_ROUNDS);
    finish(&bed);
}

static void test_only_the_holder_releases(void **state)
{
    struct bed bed;

    (void)state;
    init(&bed);
    assert_int_equal(asyncdl_lock_release(bed.lock), -EPERM);
    assert_int_equal(asyncdl_lock_acquire(bed.lock, 0), 0);
    assert_int_equal(asyncdl_lock_acquire(bed.lock, ASYNCDL_FOREVER), -EDEADLK);
    assert_int_equal(asyncdl_lock_release(bed.lock), 0);
    assert_int_equal(asyncdl_lock_release(bed.lock), -EPERM);
    asyncdl_lock_destroy(NULL);
    finish(&bed);
}

static void release_what_is_not_ours(void *data)
{
    struct bed *bed = data;

    victim_need(asyncdl_lock_release(bed->lock) == -EPERM);
    victim_need(asyncdl_lock_acquire(bed->lock, 0) == -ETIMEDOUT);
    asyncdl_lock_destroy(bed->lock);
}

static void test_a_child_does_not_hold_what_its_parent_holds(void **state)
{
    struct bed bed;

    (void)state;
    init(&bed);
    assert_int_equal(asyncdl_lock_acquire(bed.lock, 0), 0);
    assert_int_equal(victim_wait(victim_fork(release_what_is_not_ours, &bed)),
                     0);
    assert_int_equal(asyncdl_lock_release(bed.lock), 0);
    finish(&bed);
}

static void hold(void *data)
{
    struct bed *bed = data;
    sigset_t none;

    victim_need(asyncdl_lock_acquire(bed->lock, ASYNCDL_FOREVER) == 0);
    atomic_store(&bed->shared->is_done, true);
    (void)sigemptyset(&none);
    (void)sigsuspend(&none);
}

static pid_t fork_holder(struct bed *bed)
{
    atomic_store(&bed->shared->is_done, false);
    pid_t pid = victim_fork(hold, bed);
    while (!atomic_load(&bed->shared->is_done)) {
    }
    return pid;
}

static void test_who_acquires_after_a_death_is_told_once(void **state)
{
    struct bed bed;

    (void)state;
    init(&bed);
    victim_kill(fork_holder(&bed));

    assert_int_equal(asyncdl_lock_acquire(bed.lock, 0), ASYNCDL_EOWNERDIED);
    assert_int_equal(asyncdl_lock_release(bed.lock), 0);
    assert_int_equal(asyncdl_lock_acquire(bed.lock, 0), 0);
    assert_int_equal(asyncdl_lock_release(bed.lock), 0);
    finish(&bed);
}

static void acquire_and_tell(void *data)
{
    struct bed *bed = data;

    if (asyncdl_lock_acquire(bed->lock, ASYNCDL_FOREVER) ==
        ASYNCDL_EOWNERDIED) {
        (void)atomic_fetch_add(&bed->shared->n_told, 1);
    }
    victim_need(asyncdl_lock_release(bed->lock) == 0);
}

static void test_a_death_wakes_those_that_wait(void **state)
{
    struct bed bed;
    pid_t pids[N_PROCESSES];

    (void)state;
    init(&bed);
    pid_t holder = fork_holder(&bed);
    for (int i = 0; i < N_PROCESSES; i++) {
        pids[i] = victim_fork(acquire_and_tell, &bed);
        victim_wait_until_asleep(pids[i]);
    }
    victim_kill(pids[0]); /* in its sleep */
    victim_kill(holder);

    for (int i = 1; i < N_PROCESSES; i++) {
        assert_int_equal(victim_wait(pids[i]), 0);
    }
    assert_int_equal(atomic_load(&bed.shared->n_told), 1);
    finish(&bed);
}

static void on_alarm(int signum)
{
    (void)signum;
}

static void test_a_timeout_is_not_cut_short_by_signals(void **state)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval often = {.it_value = {.tv_usec = 1000},
                              .it_interval = {.tv_usec = 1000}};
    struct bed bed;

    (void)state;
    init(&bed);
    pid_t holder = fork_holder(&bed);
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    int64_t begin = adl_futex_now();
    assert_int_equal(asyncdl_lock_acquire(bed.lock, 50), -ETIMEDOUT);
    assert_true(adl_futex_now() - begin >= INT64_C(50000000));
    often = (struct itimerval){0};
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    victim_kill(holder);
    finish(&bed);
}

static void test_destroying_a_lock_that_is_held_releases_it(void **state)
{
    struct asyncdl_lock *twin;
    struct bed bed;

    (void)state;
    init(&bed);
    int fd = dup(adl_lock_get_fd(bed.lock));
    assert_int_equal(adl_lock_adopt(&twin, fd), 0);
    assert_int_equal(asyncdl_lock_acquire(twin, 0), 0);
    asyncdl_lock_destroy(twin);

    assert_int_equal(asyncdl_lock_acquire(bed.lock, 0), 0);
    assert_int_equal(asyncdl_lock_release(bed.lock), 0);
    finish(&bed);
}

static void test_only_a_lock_is_adopted(void **state)
{
    struct asyncdl_lock *lock = NULL;
    struct adl_shm shm;

    (void)state;
    assert_int_equal(adl_lock_adopt(&lock, -1), -EBADF);
    assert_int_equal(adl_lock_adopt(&lock, STDERR_FILENO), -EINVAL);
    assert_int_equal(adl_shm_create(&shm, "test", adl_shm_round_up(1), 0), 0);
    assert_int_equal(adl_lock_adopt(&lock, shm.fd), -EINVAL);
    adl_shm_finish(&shm);
    assert_null(lock);
}

/* Guards two numbers, and mends them when told. */
static void change(void *data)
{
    struct bed *bed = data;
    struct shared *shared = bed->shared;
    int err = asyncdl_lock_acquire(bed->lock, ASYNCDL_FOREVER);

    victim_need(err == 0 || err == ASYNCDL_EOWNERDIED);
    if (err == 0) {
        victim_need(shared->count == shared->copy);
    }
    shared->count++;
    atomic_signal_fence(memory_order_seq_cst);
    shared->copy = shared->count;
    victim_need(asyncdl_lock_release(bed->lock) == 0);
}

static void check_change(void *data)
{
    struct bed *bed = data;

    change(data);
    assert_int_equal(asyncdl_lock_acquire(bed->lock, 0), 0);
    assert_int_equal(bed->shared->count, bed->shared->copy);
    assert_int_equal(asyncdl_lock_release(bed->lock), 0);
    bed->n_checks++;
}

static void test_death_in_any_step_leaves_the_lock_usable(void **state)
{
    struct bed bed;
    struct victim_trial trial = {
        .work = change, .check = check_change, .data = &bed};

    (void)state;
    init(&bed);
    unsigned n = victim_kill_in_each_step(&trial, 100000);
    finish(&bed);
    if (n == 0) {
        skip();
    }
    print_message("killed in %u steps\n", n);
}

static void change_for_ever(void *data)
{
    for (;;) {
        change(data);
    }
}

static void test_deaths_in_a_crowd_block_nobody(void **state)
{
    struct adl_rng rng = {.state = 11};
    pid_t pids[N_PROCESSES];
    struct bed bed;

    (void)state;
    init(&bed);
    for (int i = 0; i < N_PROCESSES; i++) {
        pids[i] = victim_fork(change_for_ever, &bed);
    }
    for (unsigned i = 0; i < effort(200, 40); i++) {
        uint64_t n = adl_rng_next(&rng) % 50;

        for (uint64_t k = 0; k < n; k++) {
            change(&bed);
        }
        victim_kill(pids[i % N_PROCESSES]);
        pids[i % N_PROCESSES] = victim_fork(change_for_ever, &bed);
    }
    for (int i = 0; i < N_PROCESSES; i++) {
        victim_kill(pids[i]);
    }
    check_change(&bed);
    finish(&bed);
}

TEST_SUITE(lock)
{
#define CLEAN(test) \
    cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        CLEAN(test_one_process_at_a_time_has_the_lock),
        CLEAN(test_one_thread_at_a_time_has_the_lock),
        CLEAN(test_only_the_holder_releases),
        CLEAN(test_a_child_does_not_hold_what_its_parent_holds),
        CLEAN(test_who_acquires_after_a_death_is_told_once),
        CLEAN(test_a_death_wakes_those_that_wait),
        CLEAN(test_a_timeout_is_not_cut_short_by_signals),
        CLEAN(test_destroying_a_lock_that_is_held_releases_it),
        CLEAN(test_only_a_lock_is_adopted),
        CLEAN(test_death_in_any_step_leaves_the_lock_usable),
        CLEAN(test_deaths_in_a_crowd_block_nobody),
    };

    return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
