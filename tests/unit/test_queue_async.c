/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include <uv.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "pool/queue.h"
#include "pool/queue_state.h"
#include "support/scratch.h"
#include "support/suite.h"
#include "support/victim.h"

struct bed {
    uv_loop_t loop;
    struct asyncdl_queue *queue;
};

static void init(struct bed *bed)
{
    assert_int_equal(uv_loop_init(&bed->loop), 0);
    assert_int_equal(asyncdl_queue_create(&bed->queue, NULL), 0);
}

/* The loop has nothing left, and closes. */
static void finish(struct bed *bed)
{
    asyncdl_queue_release(bed->queue);
    assert_int_equal(uv_run(&bed->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&bed->loop), 0);
}

static struct asyncdl_future *get(struct bed *bed)
{
    struct asyncdl_future *future = NULL;

    assert_int_equal(asyncdl_queue_get_async(&future, bed->queue, &bed->loop),
                     0);
    assert_false(asyncdl_future_is_ready(future));
    return future;
}

static void put(struct bed *bed, const char *text)
{
    assert_int_equal(asyncdl_queue_put(bed->queue, text, strlen(text), 0), 0);
}

static int wait_for(struct asyncdl_future *future)
{
    assert_int_equal(asyncdl_future_wait(future, ASYNCDL_FOREVER), 0);
    return asyncdl_future_result(future, NULL);
}

static void need_text(struct asyncdl_future *future, const char *text)
{
    const void *result;

    assert_int_equal(wait_for(future), 0);
    assert_int_equal(asyncdl_future_result(future, &result), 0);
    const struct asyncdl_bytes *item = result;
    assert_int_equal(item->len, strlen(text));
    assert_memory_equal(item->data, text, item->len);
    asyncdl_future_release(future);
}

static void put_from_afar(void *data)
{
    struct bed *bed = data;

    victim_need(asyncdl_queue_put(bed->queue, "afar", 4, 0) == 0);
}

static void test_an_item_of_another_process_comes_by_the_loop(void **state)
{
    struct bed bed;

    (void)state;
    init(&bed);
    struct asyncdl_future *future = get(&bed);
    assert_int_equal(asyncdl_future_wait(future, 0), -ETIMEDOUT);
    pid_t pid = victim_fork(put_from_afar, &bed);
    need_text(future, "afar");
    assert_int_equal(victim_wait(pid), 0);
    finish(&bed);
}

static void test_what_is_there_already_comes_too(void **state)
{
    struct bed bed;

    (void)state;
    init(&bed);
    put(&bed, "one");
    put(&bed, "");
    put(&bed, "three");
    need_text(get(&bed), "one");
    need_text(get(&bed), "");
    need_text(get(&bed), "three");
    struct asyncdl_future *future = get(&bed);
    put(&bed, "four");
    need_text(future, "four");
    finish(&bed);
}

static void test_each_of_several_has_one_item(void **state)
{
    struct asyncdl_future *futures[3];
    struct asyncdl_bytes left;
    struct bed bed;

    (void)state;
    init(&bed);
    for (int i = 0; i < 3; i++) {
        futures[i] = get(&bed);
    }
    for (int i = 0; i < 4; i++) {
        put(&bed, "x");
    }
    for (int i = 0; i < 3; i++) {
        need_text(futures[i], "x");
    }
    assert_int_equal(asyncdl_queue_get(bed.queue, &left, 0), 0);
    asyncdl_bytes_free(&left);
    assert_int_equal(asyncdl_queue_get(bed.queue, &left, 0), -ETIMEDOUT);
    finish(&bed);
}

static void test_closing_ends_what_is_pending(void **state)
{
    struct bed bed;

    (void)state;
    init(&bed);
    struct asyncdl_future *first = get(&bed);
    struct asyncdl_future *second = get(&bed);
    put(&bed, "last");
    assert_int_equal(asyncdl_queue_close(bed.queue), 0);
    int errs[2] = {wait_for(first), wait_for(second)};
    struct asyncdl_future *late = get(&bed);

    assert_true((errs[0] == 0 && errs[1] == ASYNCDL_ECLOSED) ||
                (errs[1] == 0 && errs[0] == ASYNCDL_ECLOSED));
    assert_int_equal(wait_for(late), ASYNCDL_ECLOSED);
    asyncdl_future_release(first);
    asyncdl_future_release(second);
    asyncdl_future_release(late);
    finish(&bed);
}

static void test_a_canceled_get_takes_nothing(void **state)
{
    struct asyncdl_bytes left;
    struct bed bed;

    (void)state;
    init(&bed);
    struct asyncdl_future *future = get(&bed);
    asyncdl_future_cancel(future);
    asyncdl_future_cancel(future);
    assert_false(asyncdl_future_is_ready(future));
    put(&bed, "left");
    assert_int_equal(wait_for(future), -ECANCELED);
    asyncdl_future_release(future);
    assert_int_equal(asyncdl_queue_get(bed.queue, &left, 0), 0);
    asyncdl_bytes_free(&left);
    finish(&bed);
}

static void cancel(struct asyncdl_future *future, void *data)
{
    (void)future;
    asyncdl_future_cancel(data);
}

static void test_a_get_canceled_by_another_keeps_the_item_safe(void **state)
{
    struct bed bed;

    (void)state;
    init(&bed);
    struct asyncdl_future *first = get(&bed);
    struct asyncdl_future *second = get(&bed);
    assert_int_equal(asyncdl_future_then(first, cancel, second), 0);
    assert_int_equal(asyncdl_future_then(second, cancel, first), 0);
    put(&bed, "1");
    put(&bed, "2");
    int errs[2] = {wait_for(first), wait_for(second)};

    /* Both had their items when the first was resolved, or the second not. */
    size_t n_left = asyncdl_queue_get_count(bed.queue);
    assert_int_equal((errs[0] == 0) + (errs[1] == 0) + (int)n_left, 2);
    asyncdl_future_release(first);
    asyncdl_future_release(second);
    finish(&bed);
}

static void test_a_future_may_be_let_go_of_before_it_is_ready(void **state)
{
    struct bed bed;

    (void)state;
    init(&bed);
    asyncdl_future_release(get(&bed));
    put(&bed, "for nobody");
    assert_int_equal(uv_run(&bed.loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(asyncdl_queue_get_count(bed.queue), 0);
    finish(&bed);
}

static void test_a_pending_get_keeps_the_queue(void **state)
{
    struct bed bed;

    (void)state;
    init(&bed);
    struct asyncdl_future *future = get(&bed);
    pid_t pid = victim_fork(put_from_afar, &bed);
    asyncdl_queue_release(bed.queue);
    bed.queue = NULL;
    need_text(future, "afar");
    assert_int_equal(victim_wait(pid), 0);
    finish(&bed);
}

static void serve(void *data)
{
    struct bed *bed = data;
    struct asyncdl_future *future = NULL;
    uv_loop_t loop;
    int err = 0;

    victim_need(uv_loop_init(&loop) == 0);
    while (err == 0) {
        victim_need(asyncdl_queue_get_async(&future, bed->queue, &loop) == 0);
        victim_need(asyncdl_future_wait(future, ASYNCDL_FOREVER) == 0);
        err = asyncdl_future_result(future, NULL);
        asyncdl_future_release(future);
    }
    victim_need(err == ASYNCDL_ECLOSED);
    victim_need(uv_loop_close(&loop) == 0);
}

static void test_loops_of_several_processes_share_a_queue(void **state)
{
    pid_t pids[3];
    struct bed bed;

    (void)state;
    init(&bed);
    for (int i = 0; i < 3; i++) {
        pids[i] = victim_fork(serve, &bed);
    }
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(
            asyncdl_queue_put(bed.queue, &i, sizeof(i), ASYNCDL_FOREVER), 0);
        if (i == 1000) {
            victim_kill(pids[0]);
        }
    }
    assert_int_equal(asyncdl_queue_close(bed.queue), 0);
    assert_int_equal(victim_wait(pids[1]), 0);
    assert_int_equal(victim_wait(pids[2]), 0);
    assert_int_equal(asyncdl_queue_get_count(bed.queue), 0);
    finish(&bed);
}

static void test_an_event_without_an_item_is_let_pass(void **state)
{
    struct bed bed;
    int fds[2];

    (void)state;
    init(&bed);
    struct asyncdl_future *future = get(&bed);
    adl_queue_get_fds(bed.queue, fds);
    assert_int_equal(eventfd_write(fds[1], 3), 0); /* one that died */
    assert_int_equal(asyncdl_future_wait(future, 20), -ETIMEDOUT);
    eventfd_t n;
    assert_true(eventfd_read(fds[1], &n) < 0); /* it was reset */
    put(&bed, "x");
    need_text(future, "x");
    finish(&bed);
}

static void test_damage_ends_what_is_pending(void **state)
{
    struct asyncdl_bytes item;
    struct bed bed;

    (void)state;
    init(&bed);
    struct asyncdl_future *future = get(&bed);
    atomic_store(&bed.queue->header->head, 5);
    assert_int_equal(asyncdl_queue_get(bed.queue, &item, 0), ASYNCDL_EFRAME);
    assert_int_equal(wait_for(future), ASYNCDL_EFRAME);
    asyncdl_future_release(future);
    future = NULL;
    assert_int_equal(asyncdl_queue_get_async(&future, bed.queue, &bed.loop),
                     ASYNCDL_EFRAME);
    assert_null(future);
    finish(&bed);
}

static void test_no_descriptor_is_an_error_of_the_call(void **state)
{
    struct asyncdl_future *future = NULL;
    struct rlimit before;
    struct bed bed;

    (void)state;
    init(&bed);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = {0, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int err = asyncdl_queue_get_async(&future, bed.queue, &bed.loop);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);

    assert_true(err == -EMFILE || err == -EINVAL);
    assert_null(future);
    finish(&bed);
}

/* The first loop of a process opens descriptors that stay open. */
static int open_a_loop(void **state)
{
    uv_loop_t loop;

    (void)state;
    return uv_loop_init(&loop) == 0 ? uv_loop_close(&loop) : -1;
}

TEST_SUITE(queue_async)
{
#define CLEAN(test) \
    cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        CLEAN(test_an_item_of_another_process_comes_by_the_loop),
        CLEAN(test_what_is_there_already_comes_too),
        CLEAN(test_each_of_several_has_one_item),
        CLEAN(test_closing_ends_what_is_pending),
        CLEAN(test_a_canceled_get_takes_nothing),
        CLEAN(test_a_get_canceled_by_another_keeps_the_item_safe),
        CLEAN(test_a_future_may_be_let_go_of_before_it_is_ready),
        CLEAN(test_a_pending_get_keeps_the_queue),
        CLEAN(test_loops_of_several_processes_share_a_queue),
        CLEAN(test_an_event_without_an_item_is_let_pass),
        CLEAN(test_damage_ends_what_is_pending),
        CLEAN(test_no_descriptor_is_an_error_of_the_call),
    };

    return cmocka_run_group_tests_name("queue_async", tests, open_a_loop, NULL);
}
