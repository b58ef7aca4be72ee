/* SPDX-License-Identifier: MIT */
/* What happens to those that are killed is in test_queue_killed.c. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "pool/queue.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "asyncdl/lock.h"
#include "pool/futex.h"
#include "pool/shm.h"
#include "support/scratch.h"
#include "support/suite.h"
#include "support/victim.h"
#include "util/rng.h"

#define N_PRODUCERS 3
#define N_CONSUMERS 3
#define N_ITEMS     3000

/* Of producer i the number of items that were taken, in memory for all. */
struct shared {
    atomic_ulong n_taken[N_PRODUCERS];
    unsigned long next; /* guarded by a lock */
};

struct item {
    unsigned producer;
    unsigned number;
    unsigned char pattern[100]; /* as many as the number says, and no more */
};

struct bed {
    struct asyncdl_queue *queue;
    struct asyncdl_lock *lock;
    struct shared *shared;
    unsigned self;
};

static void init(struct bed *bed, size_t max_items, size_t max_bytes)
{
    struct asyncdl_queue_options options = ASYNCDL_QUEUE_OPTIONS_INIT;

    options.max_items = max_items;
    options.max_bytes = max_bytes;
    *bed = (struct bed){0};
    assert_int_equal(asyncdl_queue_create(&bed->queue, &options), 0);
    assert_int_equal(asyncdl_lock_create(&bed->lock), 0);
    bed->shared = mmap(NULL, sizeof(*bed->shared), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(bed->shared != MAP_FAILED);
}

static void finish(struct bed *bed)
{
    asyncdl_queue_release(bed->queue);
    asyncdl_lock_destroy(bed->lock);
    assert_int_equal(munmap(bed->shared, sizeof(*bed->shared)), 0);
}

static int put(struct bed *bed, const char *text)
{
    return asyncdl_queue_put(bed->queue, text, strlen(text), 0);
}

static void need_text(struct bed *bed, const char *text)
{
    struct asyncdl_bytes item;

    assert_int_equal(asyncdl_queue_get(bed->queue, &item, 0), 0);
    assert_int_equal(item.len, strlen(text));
    assert_memory_equal(item.data, text, item.len);
    asyncdl_bytes_free(&item);
    assert_null(item.data);
    asyncdl_bytes_free(&item);
}

static int get_error(struct bed *bed, uint64_t timeout_ms)
{
    struct asyncdl_bytes item = {"", 77};
    int err = asyncdl_queue_get(bed->queue, &item, timeout_ms);

    assert_true(err < 0);
    assert_int_equal(item.len, 77); /* set on success only */
    return err;
}

static void test_items_leave_in_the_order_in_which_they_came(void **state)
{
    struct bed bed;

    (void)state;
    init(&bed, 0, 0);
    assert_int_equal(asyncdl_queue_get_count(bed.queue), 0);
    assert_int_equal(put(&bed, "one"), 0);
    assert_int_equal(put(&bed, ""), 0);
    assert_int_equal(put(&bed, "three"), 0);
    assert_int_equal(asyncdl_queue_get_count(bed.queue), 3);

    need_text(&bed, "one");
    need_text(&bed, "");
    need_text(&bed, "three");
    assert_int_equal(get_error(&bed, 0), -ETIMEDOUT);
    finish(&bed);
}

static void test_many_rounds_over_the_end_of_the_ring(void **state)
{
    struct adl_rng rng = {.state = 5};
    struct asyncdl_bytes item;
    unsigned char bytes[200];
    unsigned first = 0;
    unsigned next = 0;
    struct bed bed;

    (void)state;
    init(&bed, 7, 200);
    for (int i = 0; i < 20000; i++) {
        if (adl_rng_next(&rng) % 2 == 0) {
            memset(bytes, (int)(next % 251), sizeof(bytes));
            if (asyncdl_queue_put(bed.queue, bytes, next % 60, 0) == 0) {
                next++;
            }
        } else if (asyncdl_queue_get(bed.queue, &item, 0) == 0) {
            memset(bytes, (int)(first % 251), sizeof(bytes));
            assert_int_equal(item.len, first % 60);
            assert_memory_equal(item.data, bytes, item.len);
            asyncdl_bytes_free(&item);
            first++;
        }
        assert_int_equal(asyncdl_queue_get_count(bed.queue), next - first);
    }
    assert_true(first > 5000);
    finish(&bed);
}

static void test_both_bounds_hold_putters_back(void **state)
{
    struct bed bed;

    (void)state;
    init(&bed, 2, 10);
    assert_int_equal(put(&bed, "1"), 0);
    assert_int_equal(put(&bed, "2"), 0);
    assert_int_equal(put(&bed, "3"), -ETIMEDOUT); /* items */
    need_text(&bed, "1");
    assert_int_equal(put(&bed, "0123456789"), -ETIMEDOUT); /* bytes */
    assert_int_equal(put(&bed, "012345678"), 0);
    need_text(&bed, "2");
    assert_int_equal(put(&bed, "xy"), -ETIMEDOUT);
    assert_int_equal(put(&bed, "x"), 0);
    need_text(&bed, "012345678");
    need_text(&bed, "x");
    assert_int_equal(put(&bed, "0123456789"), 0); /* the largest of all */
    finish(&bed);
}

static void test_an_item_that_never_fits_is_refused_at_once(void **state)
{
    struct bed bed;

    (void)state;
    init(&bed, 2, 10);
    assert_int_equal(
        asyncdl_queue_put(bed.queue, "0123456789a", 11, ASYNCDL_FOREVER),
        -EMSGSIZE);
    assert_int_equal(asyncdl_queue_put(bed.queue, "", SIZE_MAX, 0), -EMSGSIZE);
    finish(&bed);
}

static void test_options_of_another_version_are_refused(void **state)
{
    struct asyncdl_queue_options options = ASYNCDL_QUEUE_OPTIONS_INIT;
    struct asyncdl_queue *queue = NULL;

    (void)state;
    options.struct_size += sizeof(size_t);
    assert_int_equal(asyncdl_queue_create(&queue, &options), -EINVAL);
    options.struct_size = 3;
    assert_int_equal(asyncdl_queue_create(&queue, &options), -EINVAL);
    options = (struct asyncdl_queue_options)ASYNCDL_QUEUE_OPTIONS_INIT;
    options.max_bytes = SIZE_MAX;
    assert_int_equal(asyncdl_queue_create(&queue, &options), -ENOMEM);
    options.max_bytes = SIZE_MAX / 8;
    assert_int_equal(asyncdl_queue_create(&queue, &options), -ENOMEM);
    options.max_bytes = 1;
    options.max_items = SIZE_MAX / 8;
    assert_int_equal(asyncdl_queue_create(&queue, &options), -ENOMEM);
    assert_null(queue);
    asyncdl_queue_release(NULL);
}

static void test_no_descriptors_is_an_error(void **state)
{
    struct asyncdl_queue *queue = NULL;
    struct rlimit before;
    int n_fds = scratch_count_fds();

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (rlim_t n = 0; n < (rlim_t)n_fds + 3; n++) {
        struct rlimit limit = {n, before.rlim_max};

        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        int err = asyncdl_queue_create(&queue, NULL);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        if (err == 0) {
            asyncdl_queue_release(queue);
        } else {
            assert_int_equal(err, -EMFILE);
        }
    }
    assert_int_equal(scratch_count_fds(), n_fds);
}

static void test_a_closed_queue_gives_what_is_left(void **state)
{
    struct bed bed;

    (void)state;
    init(&bed, 0, 0);
    assert_int_equal(put(&bed, "last"), 0);
    assert_int_equal(asyncdl_queue_close(bed.queue), 0);
    assert_int_equal(asyncdl_queue_close(bed.queue), 0);
    assert_int_equal(put(&bed, "late"), ASYNCDL_ECLOSED);

    need_text(&bed, "last");
    assert_int_equal(get_error(&bed, ASYNCDL_FOREVER), ASYNCDL_ECLOSED);
    finish(&bed);
}

static void put_until_closed(void *data)
{
    struct bed *bed = data;

    victim_need(asyncdl_queue_put(bed->queue, "x", 1, ASYNCDL_FOREVER) ==
                ASYNCDL_ECLOSED);
}

static void get_until_closed(void *data)
{
    struct bed *bed = data;
    struct asyncdl_bytes item;

    victim_need(asyncdl_queue_get(bed->queue, &item, ASYNCDL_FOREVER) ==
                ASYNCDL_ECLOSED);
}

static void test_closing_wakes_all_that_wait(void **state)
{
    pid_t pids[4];
    struct bed full;
    struct bed empty;

    (void)state;
    init(&full, 1, 0);
    init(&empty, 0, 0);
    assert_int_equal(put(&full, "full"), 0);
    for (int i = 0; i < 4; i++) {
        pids[i] = i % 2 == 0 ? victim_fork(put_until_closed, &full)
                             : victim_fork(get_until_closed, &empty);
        victim_wait_until_asleep(pids[i]);
    }
    assert_int_equal(asyncdl_queue_close(full.queue), 0);
    assert_int_equal(asyncdl_queue_close(empty.queue), 0);

    for (int i = 0; i < 4; i++) {
        assert_int_equal(victim_wait(pids[i]), 0);
    }
    finish(&full);
    finish(&empty);
}

static void on_alarm(int signum)
{
    (void)signum;
}

static void test_a_timeout_is_as_long_as_it_says(void **state)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval often = {.it_value = {.tv_usec = 1000},
                              .it_interval = {.tv_usec = 1000}};
    const int64_t wanted = INT64_C(40000000);
    struct bed bed;

    (void)state;
    init(&bed, 1, 0);
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    int64_t begin = adl_futex_now();
    assert_int_equal(get_error(&bed, 40), -ETIMEDOUT);
    int64_t middle = adl_futex_now();
    assert_int_equal(put(&bed, "full"), 0);
    assert_int_equal(asyncdl_queue_put(bed.queue, "x", 1, 40), -ETIMEDOUT);
    int64_t end = adl_futex_now();
    often = (struct itimerval){0};
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);

    assert_true(middle - begin >= wanted);
    assert_true(end - middle >= wanted);
    finish(&bed);
}

static void get_one(void *data)
{
    struct bed *bed = data;
    struct asyncdl_bytes item;

    victim_need(asyncdl_queue_get(bed->queue, &item, ASYNCDL_FOREVER) == 0);
    victim_need(item.len == 4 && memcmp(item.data, "item", 4) == 0);
    asyncdl_bytes_free(&item);
}

static void test_an_item_wakes_who_waits_for_it(void **state)
{
    struct bed bed;

    (void)state;
    init(&bed, 0, 0);
    pid_t pid = victim_fork(get_one, &bed);
    victim_wait_until_asleep(pid);
    assert_int_equal(put(&bed, "item"), 0);
    assert_int_equal(victim_wait(pid), 0);
    finish(&bed);
}

static void put_one(void *data)
{
    struct bed *bed = data;

    victim_need(asyncdl_queue_put(bed->queue, "item", 4, ASYNCDL_FOREVER) == 0);
}

static void test_room_wakes_who_waits_for_it(void **state)
{
    struct bed bed;

    (void)state;
    init(&bed, 1, 0);
    assert_int_equal(put(&bed, "full"), 0);
    pid_t pid = victim_fork(put_one, &bed);
    victim_wait_until_asleep(pid);
    need_text(&bed, "full");
    assert_int_equal(victim_wait(pid), 0);
    need_text(&bed, "item");
    finish(&bed);
}

static struct item make_item(unsigned producer, unsigned number, size_t *len)
{
    struct item item = {.producer = producer, .number = number};
    size_t n = number % sizeof(item.pattern);

    memset(item.pattern, (int)(number % 256), n);
    *len = offsetof(struct item, pattern) + n;
    return item;
}

static void produce(void *data)
{
    struct bed *bed = data;

    for (unsigned i = 0; i < N_ITEMS; i++) {
        size_t len;
        struct item item = make_item(bed->self, i, &len);

        victim_need(
            asyncdl_queue_put(bed->queue, &item, len, ASYNCDL_FOREVER) == 0);
    }
}

static void consume(void *data)
{
    struct bed *bed = data;
    unsigned next[N_PRODUCERS] = {0};
    struct asyncdl_bytes got;
    int err;

    while ((err = asyncdl_queue_get(bed->queue, &got, ASYNCDL_FOREVER)) == 0) {
        struct item item = {0};
        size_t len;

        victim_need(got.len <= sizeof(item));
        memcpy(&item, got.data, got.len);
        victim_need(item.producer < N_PRODUCERS);
        struct item wanted = make_item(item.producer, item.number, &len);
        victim_need(got.len == len && memcmp(&item, &wanted, len) == 0);
        victim_need(item.number >= next[item.producer]); /* in their order */
        next[item.producer] = item.number + 1;
        (void)atomic_fetch_add(&bed->shared->n_taken[item.producer], 1);
        asyncdl_bytes_free(&got);
    }
    victim_need(err == ASYNCDL_ECLOSED);
}

static void check_all_were_taken(struct bed *bed)
{
    for (int i = 0; i < N_PRODUCERS; i++) {
        assert_int_equal(atomic_load(&bed->shared->n_taken[i]), N_ITEMS);
    }
}

static void test_many_processes_put_and_get(void **state)
{
    pid_t producers[N_PRODUCERS];
    pid_t consumers[N_CONSUMERS];
    struct bed bed;

    (void)state;
    init(&bed, 10, 500);
    for (unsigned i = 0; i < N_CONSUMERS; i++) {
        consumers[i] = victim_fork(consume, &bed);
    }
    for (bed.self = 0; bed.self < N_PRODUCERS; bed.self++) {
        producers[bed.self] = victim_fork(produce, &bed);
    }
    for (unsigned i = 0; i < N_PRODUCERS; i++) {
        assert_int_equal(victim_wait(producers[i]), 0);
    }
    assert_int_equal(asyncdl_queue_close(bed.queue), 0);
    for (unsigned i = 0; i < N_CONSUMERS; i++) {
        assert_int_equal(victim_wait(consumers[i]), 0);
    }
    check_all_were_taken(&bed);
    finish(&bed);
}

static void *produce_in_a_thread(void *data)
{
    produce(data);
    return NULL;
}

static void *consume_in_a_thread(void *data)
{
    consume(data);
    return NULL;
}

static void test_many_threads_put_and_get(void **state)
{
    pthread_t producers[N_PRODUCERS];
    pthread_t consumers[N_CONSUMERS];
    struct bed beds[N_PRODUCERS];
    struct bed bed;

    (void)state;
    init(&bed, 10, 500);
    for (unsigned i = 0; i < N_PRODUCERS; i++) {
        beds[i] = bed;
        beds[i].self = i;
        assert_int_equal(
            pthread_create(&producers[i], NULL, produce_in_a_thread, &beds[i]),
            0);
    }
    for (unsigned i = 0; i < N_CONSUMERS; i++) {
        assert_int_equal(
            pthread_create(&consumers[i], NULL, consume_in_a_thread, &bed), 0);
    }
    for (unsigned i = 0; i < N_PRODUCERS; i++) {
        assert_int_equal(pthread_join(producers[i], NULL), 0);
    }
    assert_int_equal(asyncdl_queue_close(bed.queue), 0);
    for (unsigned i = 0; i < N_CONSUMERS; i++) {
        assert_int_equal(pthread_join(consumers[i], NULL), 0);
    }
    check_all_were_taken(&bed);
    finish(&bed);
}

/* The lock gives all items of all processes one order. */
static void put_numbers(void *data)
{
    struct bed *bed = data;

    for (int i = 0; i < 1000; i++) {
        victim_need(asyncdl_lock_acquire(bed->lock, ASYNCDL_FOREVER) == 0);
        unsigned long number = bed->shared->next++;
        victim_need(asyncdl_queue_put(bed->queue, &number, sizeof(number),
                                      ASYNCDL_FOREVER) == 0);
        victim_need(asyncdl_lock_release(bed->lock) == 0);
    }
}

static void test_one_getter_sees_the_order_of_all_putters(void **state)
{
    pid_t pids[N_PRODUCERS];
    struct asyncdl_bytes item;
    struct bed bed;

    (void)state;
    init(&bed, 16, 0);
    for (int i = 0; i < N_PRODUCERS; i++) {
        pids[i] = victim_fork(put_numbers, &bed);
    }
    for (unsigned long i = 0; i < N_PRODUCERS * 1000; i++) {
        unsigned long number;

        assert_int_equal(asyncdl_queue_get(bed.queue, &item, ASYNCDL_FOREVER),
                         0);
        assert_int_equal(item.len, sizeof(number));
        memcpy(&number, item.data, sizeof(number));
        assert_int_equal(number, i);
        asyncdl_bytes_free(&item);
    }
    for (int i = 0; i < N_PRODUCERS; i++) {
        assert_int_equal(victim_wait(pids[i]), 0);
    }
    finish(&bed);
}

static void test_big_items_pass(void **state)
{
    const size_t size = 3u << 20;
    unsigned char *bytes = malloc(size);
    struct asyncdl_bytes item;
    struct bed bed;

    (void)state;
    assert_non_null(bytes);
    init(&bed, 3, 2 * size);
    for (int i = 0; i < 7; i++) {
        memset(bytes, 'a' + i, size);
        assert_int_equal(asyncdl_queue_put(bed.queue, bytes, size - 1, 0), 0);
        assert_int_equal(asyncdl_queue_put(bed.queue, bytes, size, 0), 0);
        assert_int_equal(asyncdl_queue_get(bed.queue, &item, 0), 0);
        assert_int_equal(item.len, size - 1);
        assert_memory_equal(item.data, bytes, item.len);
        asyncdl_bytes_free(&item);
        assert_int_equal(asyncdl_queue_get(bed.queue, &item, 0), 0);
        assert_memory_equal(item.data, bytes, item.len);
        asyncdl_bytes_free(&item);
    }
    free(bytes);
    finish(&bed);
}

static void test_a_queue_is_the_same_where_it_was_adopted(void **state)
{
    struct bed bed;
    struct bed twin;
    int fds[2];

    (void)state;
    init(&bed, 3, 30);
    twin = bed;
    adl_queue_get_fds(bed.queue, fds);
    fds[0] = dup(fds[0]);
    fds[1] = dup(fds[1]);
    assert_int_equal(adl_queue_adopt(&twin.queue, fds), 0);
    assert_int_equal(put(&bed, "there"), 0);
    assert_int_equal(asyncdl_queue_get_count(twin.queue), 1);
    need_text(&twin, "there");
    assert_int_equal(asyncdl_queue_close(twin.queue), 0);
    assert_int_equal(get_error(&bed, ASYNCDL_FOREVER), ASYNCDL_ECLOSED);
    asyncdl_queue_release(twin.queue);
    finish(&bed);
}

static void test_only_a_queue_is_adopted(void **state)
{
    struct asyncdl_queue *queue = NULL;
    struct adl_shm shm;
    struct bed bed;
    int fds[2];

    (void)state;
    init(&bed, 0, 0);
    adl_queue_get_fds(bed.queue, fds);
    assert_int_equal(adl_queue_adopt(&queue, (int[2]){fds[1], fds[0]}),
                     -EINVAL);
    assert_int_equal(adl_queue_adopt(&queue, (int[2]){-1, fds[1]}), -EBADF);
    assert_int_equal(adl_shm_create(&shm, "test", adl_shm_round_up(1), 0), 0);
    assert_int_equal(adl_queue_adopt(&queue, (int[2]){shm.fd, fds[1]}),
                     -EINVAL);
    adl_shm_finish(&shm);
    assert_null(queue);
    finish(&bed);
}

TEST_SUITE(queue)
{
#define CLEAN(test) \
    cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        CLEAN(test_items_leave_in_the_order_in_which_they_came),
        CLEAN(test_many_rounds_over_the_end_of_the_ring),
        CLEAN(test_both_bounds_hold_putters_back),
        CLEAN(test_an_item_that_never_fits_is_refused_at_once),
        CLEAN(test_options_of_another_version_are_refused),
        CLEAN(test_no_descriptors_is_an_error),
        CLEAN(test_a_closed_queue_gives_what_is_left),
        CLEAN(test_closing_wakes_all_that_wait),
        CLEAN(test_a_timeout_is_as_long_as_it_says),
        CLEAN(test_an_item_wakes_who_waits_for_it),
        CLEAN(test_room_wakes_who_waits_for_it),
        CLEAN(test_many_processes_put_and_get),
        CLEAN(test_many_threads_put_and_get),
        CLEAN(test_one_getter_sees_the_order_of_all_putters),
        CLEAN(test_big_items_pass),
        CLEAN(test_a_queue_is_the_same_where_it_was_adopted),
        CLEAN(test_only_a_queue_is_adopted),
    };

    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
