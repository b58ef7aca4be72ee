/* SPDX-License-Identifier: MIT */
/* What asyncdl/lock.h promises is in test_lock.c. */
#define _GNU_SOURCE /* gettid() */
#include "pool/robust.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "pool/futex.h"
#include "support/effort.h"
#include "support/suite.h"
#include "support/victim.h"
#include "util/rng.h"

#define N_LOCKS 5

struct bed {
    struct adl_shm shms[N_LOCKS];
    struct adl_robust locks[N_LOCKS];
    struct adl_shm extra; /* for the C library's own robust mutexes */
    pthread_mutex_t *mutexes;
};

static void init_mutexes(struct bed *bed)
{
    pthread_mutexattr_t attr;

    assert_int_equal(pthread_mutexattr_init(&attr), 0);
    assert_int_equal(
        pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED), 0);
    assert_int_equal(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST),
                     0);
    for (int i = 0; i < N_LOCKS; i++) {
        assert_int_equal(pthread_mutex_init(&bed->mutexes[i], &attr), 0);
    }
    assert_int_equal(pthread_mutexattr_destroy(&attr), 0);
}

static void init(struct bed *bed)
{
    for (int i = 0; i < N_LOCKS; i++) {
        assert_int_equal(adl_shm_create(&bed->shms[i], "test",
                                        adl_shm_round_up(1), ADL_ROBUST_TAIL),
                         0);
        assert_int_equal(adl_robust_init(&bed->locks[i], &bed->shms[i]), 0);
    }
    assert_int_equal(adl_shm_create(&bed->extra, "test",
                                    N_LOCKS * sizeof(pthread_mutex_t), 0),
                     0);
    bed->mutexes = bed->extra.data;
    init_mutexes(bed);
}

static void finish(struct bed *bed)
{
    for (int i = 0; i < N_LOCKS; i++) {
        (void)pthread_mutex_destroy(&bed->mutexes[i]);
        adl_shm_finish(&bed->shms[i]);
    }
    adl_shm_finish(&bed->extra);
}

static int try_lock(struct adl_robust *lock)
{
    return adl_robust_lock(lock, 0);
}

static void test_a_lock_is_had_once(void **state)
{
    struct bed bed = {0};

    (void)state;
    init(&bed);
    assert_false(adl_robust_is_mine(&bed.locks[0]));
    assert_int_equal(try_lock(&bed.locks[0]), 0);
    assert_true(adl_robust_is_mine(&bed.locks[0]));
    assert_int_equal(try_lock(&bed.locks[0]), -EDEADLK);
    adl_robust_unlock(&bed.locks[0]);
    assert_false(adl_robust_is_mine(&bed.locks[0]));
    finish(&bed);
}

/* Ours and the C library's are on one list, and leave it in any order. */
static void mix(struct bed *bed, struct adl_rng *rng, unsigned n_steps,
                bool has[2 * N_LOCKS])
{
    for (unsigned step = 0; step < n_steps; step++) {
        unsigned i = (unsigned)(adl_rng_next(rng) % (2 * N_LOCKS));

        if (i < N_LOCKS && has[i]) {
            adl_robust_unlock(&bed->locks[i]);
        } else if (i < N_LOCKS) {
            victim_need(try_lock(&bed->locks[i]) == 0);
        } else if (has[i]) {
            victim_need(pthread_mutex_unlock(&bed->mutexes[i - N_LOCKS]) == 0);
        } else {
            victim_need(pthread_mutex_trylock(&bed->mutexes[i - N_LOCKS]) == 0);
        }
        has[i] = !has[i];
    }
}

struct mixer {
    struct bed *bed;
    uint64_t seed;
    unsigned n_steps;
    bool has[2 * N_LOCKS];
};

static void mix_and_die(void *data)
{
    struct mixer *mixer = data;
    struct adl_rng rng = {.state = mixer->seed};

    mix(mixer->bed, &rng, mixer->n_steps, mixer->has);
}

static void check_all(struct bed *bed, const bool had[2 * N_LOCKS])
{
    for (int i = 0; i < N_LOCKS; i++) {
        assert_int_equal(try_lock(&bed->locks[i]), had[i] ? -EOWNERDEAD : 0);
        adl_robust_unlock(&bed->locks[i]);
        assert_int_equal(try_lock(&bed->locks[i]), 0);
        adl_robust_unlock(&bed->locks[i]);

        int err = pthread_mutex_lock(&bed->mutexes[i]);
        assert_int_equal(err, had[N_LOCKS + i] ? EOWNERDEAD : 0);
        if (err == EOWNERDEAD) {
            assert_int_equal(pthread_mutex_consistent(&bed->mutexes[i]), 0);
        }
        assert_int_equal(pthread_mutex_unlock(&bed->mutexes[i]), 0);
    }
}

static void test_all_that_a_process_had_is_free_when_it_dies(void **state)
{
    struct bed bed = {0};

    (void)state;
    init(&bed);
    for (uint64_t seed = 1; seed <= effort(100, 20); seed++) {
        struct mixer mixer = {.bed = &bed, .seed = seed, .n_steps = 30};

        assert_int_equal(victim_wait(victim_fork(mix_and_die, &mixer)), 0);
        struct adl_rng rng = {.state = seed}; /* what the child had then */
        for (unsigned step = 0; step < mixer.n_steps; step++) {
            unsigned i = (unsigned)(adl_rng_next(&rng) % (2 * N_LOCKS));

            mixer.has[i] = !mixer.has[i];
        }
        check_all(&bed, mixer.has);
    }
    finish(&bed);
}

static void *mix_in_a_thread(void *data)
{
    mix_and_die(data);
    return NULL;
}

static void test_all_that_a_thread_had_is_free_when_it_ends(void **state)
{
    struct bed bed = {0};

    (void)state;
    init(&bed);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct mixer mixer = {.bed = &bed, .seed = seed, .n_steps = 25};
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, mix_in_a_thread, &mixer),
                         0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        check_all(&bed, mixer.has);
    }
    finish(&bed);
}

static void lock_it(void *data)
{
    victim_need(try_lock(data) == 0);
}

static void test_a_forked_child_has_nothing_of_its_parent(void **state)
{
    struct bed bed = {0};

    (void)state;
    init(&bed);
    assert_int_equal(try_lock(&bed.locks[0]), 0);
    assert_int_equal(try_lock(&bed.locks[1]), 0);
    assert_int_equal(victim_wait(victim_fork(lock_it, &bed.locks[2])), 0);

    assert_true(adl_robust_is_mine(&bed.locks[0]));
    assert_int_equal(try_lock(&bed.locks[2]), -EOWNERDEAD);
    for (int i = 0; i < 3; i++) {
        adl_robust_unlock(&bed.locks[i]);
    }
    finish(&bed);
}

static void test_any_word_of_a_peer_is_survived(void **state)
{
    uint32_t mine = (uint32_t)gettid();
    const uint32_t words[] = {0,    1,           mine,       mine | 1u << 31,
                              ~0u,  1u << 30,    1u << 31,   3u << 30,
                              1234, 0x3fffffffu, 0x40000001u};
    struct bed bed = {0};

    (void)state;
    init(&bed);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct adl_robust *lock = &bed.locks[0];

        atomic_store(lock->word, words[i]);
        assert_false(adl_robust_is_mine(lock));
        int err = try_lock(lock);
        if (err == 0 || err == -EOWNERDEAD) {
            atomic_store(lock->word, words[i]);
            adl_robust_unlock(lock);
        }
        memset(bed.shms[0].data, 0xff, bed.shms[0].size);
        atomic_store(lock->word, 0);
        assert_int_equal(try_lock(lock), 0);
        adl_robust_unlock(lock);
        adl_robust_unlock(lock); /* as when a peer let two in */
    }
    assert_int_equal(try_lock(&bed.locks[0]), 0);
    adl_robust_unlock(&bed.locks[0]);
    finish(&bed);
}

TEST_SUITE(robust)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_lock_is_had_once),
        cmocka_unit_test(test_all_that_a_process_had_is_free_when_it_dies),
        cmocka_unit_test(test_all_that_a_thread_had_is_free_when_it_ends),
        cmocka_unit_test(test_a_forked_child_has_nothing_of_its_parent),
        cmocka_unit_test(test_any_word_of_a_peer_is_survived),
    };

    return cmocka_run_group_tests_name("robust", tests, NULL, NULL);
}
