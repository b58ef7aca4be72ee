/* SPDX-License-Identifier: MIT */
/*
 * Processes that are killed in the middle of a put, a get or a close, or write
 * nonsense to what they share, do no harm to the others.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "pool/futex.h"
#include "pool/queue.h"
#include "pool/queue_state.h"
#include "support/effort.h"
#include "support/scratch.h"
#include "support/suite.h"
#include "support/victim.h"
#include "util/rng.h"

/* Of all victims of a trial together. */
#define N_STEPS effort(40000, 10000)

struct trial {
    struct asyncdl_queue *queue;
    bool has_loop;
    atomic_bool *is_done; /* in memory for all: the call has returned */
    unsigned n_there;     /* how often the item was there after the death */
    unsigned n_gone;
};

static void init(struct trial *trial)
{
    *trial = (struct trial){
        .is_done = mmap(NULL, sizeof(atomic_bool), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0),
    };
    assert_true((void *)trial->is_done != MAP_FAILED);
}

static void finish(struct trial *trial)
{
    assert_int_equal(munmap((void *)trial->is_done, sizeof(atomic_bool)), 0);
}

/* A queue of that many numbered items, which has room for three. */
static void create(struct trial *trial, unsigned n)
{
    struct asyncdl_queue_options options = ASYNCDL_QUEUE_OPTIONS_INIT;

    options.max_items = 3;
    options.max_bytes = 60;
    assert_int_equal(asyncdl_queue_create(&trial->queue, &options), 0);
    atomic_store(trial->is_done, false);
    if (trial->has_loop) {
        int fd = adl_queue_watch(trial->queue);

        assert_true(fd >= 0);
        assert_int_equal(close(fd), 0);
    }
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(asyncdl_queue_put(trial->queue, &i, sizeof(i), 0), 0);
    }
}

/* The number of the next item, or an error. */
static int get_number(struct asyncdl_queue *queue)
{
    struct asyncdl_bytes item;
    unsigned number;
    int err = asyncdl_queue_get(queue, &item, 0);

    if (err < 0) {
        return err;
    }
    assert_int_equal(item.len, sizeof(number));
    memcpy(&number, item.data, sizeof(number));
    asyncdl_bytes_free(&item);
    return (int)number;
}

/* The queue works as if new: as many items go in and come out. */
static void check_usable(struct asyncdl_queue *queue)
{
    unsigned long number = 9;

    assert_int_equal(asyncdl_queue_get_count(queue), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(asyncdl_queue_put(queue, &number, sizeof(number), 0),
                         0);
    }
    assert_int_equal(asyncdl_queue_put(queue, &number, 1, 0), -ETIMEDOUT);
    for (int i = 0; i < 3; i++) {
        struct asyncdl_bytes item;

        assert_int_equal(asyncdl_queue_get(queue, &item, 0), 0);
        assert_int_equal(item.len, sizeof(number));
        asyncdl_bytes_free(&item);
    }
    assert_int_equal(asyncdl_queue_get_count(queue), 0);
}

static void note(struct trial *trial, bool is_there)
{
    trial->n_there += is_there ? 1 : 0;
    trial->n_gone += is_there ? 0 : 1;
}

static void create_with_two(void *data)
{
    create(data, 2);
}

static void put_the_third(void *data)
{
    struct trial *trial = data;
    unsigned number = 2;

    victim_need(asyncdl_queue_put(trial->queue, &number, sizeof(number), 0) ==
                0);
    atomic_store(trial->is_done, true);
}

static void check_after_put(void *data)
{
    struct trial *trial = data;

    assert_int_equal(get_number(trial->queue), 0);
    assert_int_equal(get_number(trial->queue), 1);
    int third = get_number(trial->queue);
    assert_true(third == 2 ||
                (third == -ETIMEDOUT && !atomic_load(trial->is_done)));
    note(trial, third == 2);
    check_usable(trial->queue);
    asyncdl_queue_release(trial->queue);
}

static void get_the_first(void *data)
{
    struct trial *trial = data;
    struct asyncdl_bytes item;

    victim_need(asyncdl_queue_get(trial->queue, &item, 0) == 0);
    atomic_store(trial->is_done, true);
    asyncdl_bytes_free(&item);
}

static void check_after_get(void *data)
{
    struct trial *trial = data;
    int first = get_number(trial->queue);

    if (first == 0) { /* it had not taken it */
        assert_false(atomic_load(trial->is_done));
        note(trial, true);
        first = get_number(trial->queue);
    } else {
        note(trial, false);
    }
    assert_int_equal(first, 1);
    assert_int_equal(get_number(trial->queue), -ETIMEDOUT);
    check_usable(trial->queue);
    asyncdl_queue_release(trial->queue);
}

static void close_it(void *data)
{
    struct trial *trial = data;

    victim_need(asyncdl_queue_close(trial->queue) == 0);
    atomic_store(trial->is_done, true);
}

static void check_after_close(void *data)
{
    struct trial *trial = data;

    assert_int_equal(get_number(trial->queue), 0);
    assert_int_equal(get_number(trial->queue), 1);
    int err = get_number(trial->queue);
    assert_true(err == ASYNCDL_ECLOSED ||
                (err == -ETIMEDOUT && !atomic_load(trial->is_done)));
    note(trial, err == -ETIMEDOUT);
    asyncdl_queue_release(trial->queue);
}

static void kill_in_each_step(victim_fn work, victim_fn check, bool has_loop)
{
    struct trial trial;
    struct victim_trial steps = {
        .setup = create_with_two, .work = work, .check = check, .data = &trial};

    init(&trial);
    trial.has_loop = has_loop;
    unsigned n = victim_kill_in_each_step(&steps, N_STEPS);
    finish(&trial);
    if (n == 0) {
        print_message("no process may be traced here\n");
        skip();
    }
    print_message("killed in %u steps: %u before, %u after\n", n, trial.n_there,
                  trial.n_gone);
    assert_true(trial.n_there > 0 && trial.n_gone > 0);
}

static void test_death_in_any_step_of_a_put(void **state)
{
    (void)state;
    kill_in_each_step(put_the_third, check_after_put, false);
}

static void test_death_in_any_step_of_a_get(void **state)
{
    (void)state;
    kill_in_each_step(get_the_first, check_after_get, false);
}

static void test_death_in_any_step_of_a_close(void **state)
{
    (void)state;
    kill_in_each_step(close_it, check_after_close, true);
}

/*
 * One that waits is there while another is killed in each step: where the item
 * was put, the one that waits must have it without any more help.
 */
struct sleeper {
    struct trial trial; /* first: its functions are used */
    pid_t pid;
    atomic_int *result; /* in memory for all; INT_MAX: none yet */
};

static void wait_for_one(void *data)
{
    struct sleeper *sleeper = data;
    struct asyncdl_bytes item;
    int err = asyncdl_queue_get(sleeper->trial.queue, &item, ASYNCDL_FOREVER);

    atomic_store(sleeper->result, err);
    if (err == 0) {
        asyncdl_bytes_free(&item);
    }
}

static void create_with_sleeper(void *data)
{
    struct sleeper *sleeper = data;

    create(&sleeper->trial, 0);
    atomic_store(sleeper->result, INT32_MAX);
    sleeper->pid = victim_fork(wait_for_one, sleeper);
    victim_wait_until_asleep(sleeper->pid);
}

static void check_sleeper(void *data)
{
    struct sleeper *sleeper = data;
    struct asyncdl_queue *queue = sleeper->trial.queue;
    bool is_there;

    /* Asleep again, with nothing there; or ended, with the item. */
    victim_wait_until_asleep(sleeper->pid);
    is_there = atomic_load(sleeper->result) == INT32_MAX;
    if (is_there) {
        assert_false(atomic_load(sleeper->trial.is_done));
        assert_int_equal(asyncdl_queue_get_count(queue), 0);
        assert_int_equal(asyncdl_queue_close(queue), 0);
    }
    assert_int_equal(victim_wait(sleeper->pid), 0);
    assert_int_equal(atomic_load(sleeper->result),
                     is_there ? ASYNCDL_ECLOSED : 0);
    note(&sleeper->trial, is_there);
    asyncdl_queue_release(queue);
}

static void test_death_in_any_step_of_a_put_that_wakes(void **state)
{
    struct sleeper sleeper;
    struct victim_trial steps = {
        .setup = create_with_sleeper,
        .work = put_the_third,
        .check = check_sleeper,
        .data = &sleeper,
    };

    (void)state;
    init(&sleeper.trial);
    sleeper.result = mmap(NULL, sizeof(atomic_int), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true((void *)sleeper.result != MAP_FAILED);
    unsigned n = victim_kill_in_each_step(&steps, N_STEPS);
    assert_int_equal(munmap((void *)sleeper.result, sizeof(atomic_int)), 0);
    finish(&sleeper.trial);
    if (n == 0) {
        skip();
    }
    print_message("killed in %u steps: %u before, %u after\n", n,
                  sleeper.trial.n_there, sleeper.trial.n_gone);
}

/* A process that holds the queue's lock and never gives it back. */
static void stop_in_the_middle(void *data)
{
    struct trial *trial = data;

    victim_need(adl_robust_lock(&trial->queue->lock, ADL_FUTEX_NEVER) == 0);
    atomic_store(trial->is_done, true);
    (void)raise(SIGSTOP);
}

static void test_a_stopped_process_blocks_no_call_for_ever(void **state)
{
    struct asyncdl_bytes item;
    struct trial trial;

    (void)state;
    init(&trial);
    create(&trial, 2);
    pid_t pid = victim_fork(stop_in_the_middle, &trial);
    while (!atomic_load(trial.is_done)) {
    }
    int64_t begin = adl_futex_now();
    assert_int_equal(asyncdl_queue_get(trial.queue, &item, 0), -ETIMEDOUT);
    assert_int_equal(asyncdl_queue_put(trial.queue, "", 0, 0), -ETIMEDOUT);
    assert_int_equal(asyncdl_queue_close(trial.queue), -ETIMEDOUT);
    assert_int_equal(adl_queue_try_get(trial.queue, &item), -EAGAIN);
    assert_true(adl_futex_now() - begin >= INT64_C(6000000000));
    victim_kill(pid);

    assert_int_equal(get_number(trial.queue), 0);
    assert_int_equal(get_number(trial.queue), 1);
    check_usable(trial.queue);
    asyncdl_queue_release(trial.queue);
    finish(&trial);
}

static uint64_t make_nonsense(struct adl_rng *rng)
{
    static const uint64_t edges[] = {
        0, 1, 7, 8, 16, 60, UINT64_MAX, UINT64_MAX - 7, INT64_MAX, UINT32_MAX};
    uint64_t n = adl_rng_next(rng);

    return n % 3 == 0   ? n / 3
           : n % 3 == 1 ? n / 3 % 200
                        : edges[n / 3 % (sizeof(edges) / sizeof(edges[0]))];
}

/* Write to the header but its first three fields, or to the ring; never to the
 * lock, which test_robust.c does. */
static void scribble(struct adl_rng *rng, struct asyncdl_queue *queue)
{
    unsigned n = 1 + (unsigned)(adl_rng_next(rng) % 4);
    size_t first = offsetof(struct adl_queue_header, head);
    size_t size = adl_rng_next(rng) % 2 == 0 ? sizeof(struct adl_queue_header)
                                             : ADL_QUEUE_RING_OFFSET + 104;

    for (unsigned i = 0; i < n; i++) {
        uint64_t word = make_nonsense(rng);
        size_t at = first + adl_rng_next(rng) % (size - first) / 8 * 8;

        memcpy((unsigned char *)queue->header + at, &word, sizeof(word));
    }
}

static void test_no_nonsense_of_a_peer_leads_astray(void **state)
{
    static const char text[60] = "";
    struct adl_rng rng = {.state = 17};
    unsigned n_found = 0;
    struct trial trial;

    (void)state;
    init(&trial);
    for (int i = 0; i < 5000; i++) {
        trial.has_loop = i % 2 == 0;
        create(&trial, (unsigned)i % 4);
        scribble(&rng, trial.queue);
        bool is_dead = i % 5 == 0;
        if (is_dead) { /* and it is told so */
            atomic_store(trial.queue->lock.word, 1u << 30);
        }
        for (int k = 0; k < 8; k++) {
            struct asyncdl_bytes item = {0};
            int err = k % 2 == 0
                          ? asyncdl_queue_get(trial.queue, &item, 0)
                          : asyncdl_queue_put(trial.queue, text,
                                              adl_rng_next(&rng) % 61, 0);

            assert_true(item.len <= 60);
            asyncdl_bytes_free(&item);
            n_found += err == ASYNCDL_EFRAME ? 1 : 0;
        }
        assert_true(asyncdl_queue_get_count(trial.queue) <= 3);
        (void)asyncdl_queue_close(trial.queue);
        asyncdl_queue_release(trial.queue);
    }
    assert_true(n_found > 1000);
    finish(&trial);
}

TEST_SUITE(queue_killed)
{
#define CLEAN(test) \
    cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        CLEAN(test_death_in_any_step_of_a_put),
        CLEAN(test_death_in_any_step_of_a_get),
        CLEAN(test_death_in_any_step_of_a_close),
        CLEAN(test_death_in_any_step_of_a_put_that_wakes),
        CLEAN(test_a_stopped_process_blocks_no_call_for_ever),
        CLEAN(test_no_nonsense_of_a_peer_leads_astray),
    };

    return cmocka_run_group_tests_name("queue_killed", tests, NULL, NULL);
}
