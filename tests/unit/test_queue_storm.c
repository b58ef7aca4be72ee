/* SPDX-License-Identifier: MIT */
/*
 * Producers and consumers are killed at random instants, and replaced. Of what
 * was put only what a victim had in its hands may be missing, nothing comes
 * twice, and nobody hangs.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "asyncdl/queue.h"
#include "support/effort.h"
#include "support/scratch.h"
#include "support/suite.h"
#include "support/victim.h"
#include "util/rng.h"

#define N_OF_EACH   3               /* producers at once, and consumers */
#define N_KILLS     effort(400, 60) /* of both together */
#define N_PRODUCERS 1024            /* first ones and replacements */
#define N_ITEMS     32768           /* of one producer at most */

struct producer {
    atomic_uint n_put; /* calls that have returned */
    atomic_uchar n_taken[N_ITEMS];
};

/* In memory for all. */
struct shared {
    atomic_ulong n_calls; /* of all processes; shows that they go on */
    atomic_bool is_over;  /* producers end */
    struct producer producers[N_PRODUCERS];
};

struct storm {
    struct asyncdl_queue *queue;
    struct shared *shared;
    unsigned n_producers;
    unsigned n_killed_producers;
    unsigned n_killed_consumers;
    pid_t producers[N_OF_EACH];
    pid_t consumers[N_OF_EACH];
};

struct item {
    uint32_t producer;
    uint32_t number;
    unsigned char pattern[300];
};

static size_t make_item(struct item *item, uint32_t producer, uint32_t number)
{
    size_t n = (producer * 7 + number * 13) % sizeof(item->pattern);

    *item = (struct item){.producer = producer, .number = number};
    memset(item->pattern, (int)((producer + number) % 256), n);
    return offsetof(struct item, pattern) + n;
}

static void produce(void *data)
{
    struct storm *storm = data;
    uint32_t id = storm->n_producers;
    struct producer *self = &storm->shared->producers[id];
    struct item item;

    for (uint32_t i = 0; i < N_ITEMS; i++) {
        if (atomic_load(&storm->shared->is_over)) {
            return;
        }
        size_t len = make_item(&item, id, i);
        victim_need(
            asyncdl_queue_put(storm->queue, &item, len, ASYNCDL_FOREVER) == 0);
        atomic_store(&self->n_put, i + 1);
        (void)atomic_fetch_add(&storm->shared->n_calls, 1);
    }
}

static void consume(void *data)
{
    struct storm *storm = data;
    struct asyncdl_bytes got;
    int err;

    while ((err = asyncdl_queue_get(storm->queue, &got, ASYNCDL_FOREVER)) ==
           0) {
        struct item item = {0};
        struct item wanted;

        victim_need(got.len <= sizeof(item));
        memcpy(&item, got.data, got.len);
        victim_need(item.producer < N_PRODUCERS && item.number < N_ITEMS);
        size_t len = make_item(&wanted, item.producer, item.number);
        victim_need(got.len == len && memcmp(&item, &wanted, len) == 0);
        struct producer *from = &storm->shared->producers[item.producer];
        victim_need(atomic_fetch_add(&from->n_taken[item.number], 1) == 0);
        (void)atomic_fetch_add(&storm->shared->n_calls, 1);
        asyncdl_bytes_free(&got);
    }
    victim_need(err == ASYNCDL_ECLOSED);
}

static void start_producer(struct storm *storm, int i)
{
    assert_true(storm->n_producers < N_PRODUCERS);
    storm->producers[i] = victim_fork(produce, storm);
    storm->n_producers++;
}

static void kill_one(struct storm *storm, struct adl_rng *rng)
{
    int i = (int)(adl_rng_next(rng) % N_OF_EACH);

    if (adl_rng_next(rng) % 2 == 0) {
        victim_kill(storm->producers[i]); /* it may have had its last item */
        storm->n_killed_producers++;
        start_producer(storm, i);
    } else {
        victim_kill(storm->consumers[i]);
        storm->n_killed_consumers++;
        storm->consumers[i] = victim_fork(consume, storm);
    }
}

/* Until the others have made some calls more. */
static void let_them_work(struct storm *storm, unsigned n)
{
    unsigned long end = atomic_load(&storm->shared->n_calls) + n;

    while (atomic_load(&storm->shared->n_calls) < end) {
        (void)sched_yield();
    }
}

static void check(struct storm *storm)
{
    unsigned long n_all = 0;
    unsigned n_lost = 0;

    for (unsigned id = 0; id < storm->n_producers; id++) {
        struct producer *producer = &storm->shared->producers[id];
        unsigned n_put = atomic_load(&producer->n_put);

        for (unsigned i = 0; i < n_put; i++) {
            n_lost += atomic_load(&producer->n_taken[i]) == 0 ? 1 : 0;
        }
        /* The one that was being put may have come, and no other. */
        for (unsigned i = n_put + 1; i < n_put + 9 && i < N_ITEMS; i++) {
            assert_int_equal(atomic_load(&producer->n_taken[i]), 0);
        }
        n_all += n_put;
    }
    print_message("%lu items; killed %u producers and %u consumers; lost %u\n",
                  n_all, storm->n_killed_producers, storm->n_killed_consumers,
                  n_lost);
    assert_true(n_lost <= storm->n_killed_consumers);
}

static void run(size_t max_items)
{
    struct asyncdl_queue_options options = ASYNCDL_QUEUE_OPTIONS_INIT;
    struct adl_rng rng = {.state = 23};
    struct storm storm = {0};

    options.max_items = max_items;
    options.max_bytes = 2000;
    assert_int_equal(asyncdl_queue_create(&storm.queue, &options), 0);
    storm.shared = mmap(NULL, sizeof(*storm.shared), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(storm.shared != MAP_FAILED);
    for (int i = 0; i < N_OF_EACH; i++) {
        start_producer(&storm, i);
        storm.consumers[i] = victim_fork(consume, &storm);
    }
    for (unsigned i = 0; i < N_KILLS / 2; i++) {
        let_them_work(&storm, (unsigned)(adl_rng_next(&rng) % 40));
        kill_one(&storm, &rng);
    }
    atomic_store(&storm.shared->is_over, true);
    for (int i = 0; i < N_OF_EACH; i++) {
        assert_int_equal(victim_wait(storm.producers[i]), 0);
    }
    assert_int_equal(asyncdl_queue_close(storm.queue), 0);
    for (int i = 0; i < N_OF_EACH; i++) {
        assert_int_equal(victim_wait(storm.consumers[i]), 0);
    }
    check(&storm);
    asyncdl_queue_release(storm.queue);
    assert_int_equal(munmap(storm.shared, sizeof(*storm.shared)), 0);
}

static void test_deaths_lose_no_item_but_the_victims(void **state)
{
    (void)state;
    run(0);
}

static void test_the_same_where_all_wait_all_the_time(void **state)
{
    (void)state;
    run(1);
}

TEST_SUITE(queue_storm)
{
#define CLEAN(test) \
    cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        CLEAN(test_deaths_lose_no_item_but_the_victims),
        CLEAN(test_the_same_where_all_wait_all_the_time),
    };

    return cmocka_run_group_tests_name("queue_storm", tests, NULL, NULL);
}
