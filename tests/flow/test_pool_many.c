/* SPDX-License-Identifier: MIT */
/* Maps and imaps on threads. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "support/pool.h"
#include "support/suite.h"

static int double_task(struct asyncdl_task *task, const void *arg, size_t len)
{
    int n;

    assert_int_equal(len, sizeof(n));
    memcpy(&n, arg, sizeof(n));
    if (n % 100 == 99) {
        return -ERANGE;
    }
    n *= 2;
    return asyncdl_task_reply(task, &n, sizeof(n));
}

#define N 3000

static int numbers[N];
static struct asyncdl_bytes args[N];

static struct asyncdl_map_options map_of(asyncdl_task_fn fn, size_t n)
{
    struct asyncdl_map_options options = ASYNCDL_MAP_OPTIONS_INIT;

    for (int i = 0; i < N; i++) {
        numbers[i] = i;
        args[i] =
            (struct asyncdl_bytes){.data = &numbers[i], .len = sizeof(int)};
    }
    options.fn = fn;
    options.args = args;
    options.n = n;
    return options;
}

static const struct asyncdl_mapped *get_mapped(
    const struct asyncdl_future *future, int err)
{
    const void *out = NULL;

    assert_int_equal(asyncdl_future_result(future, &out), err);
    assert_non_null(out);
    return out;
}

static void test_results_come_in_the_order_of_the_arguments(void **state)
{
    static const struct {
        size_t n;
        size_t chunk;
    } cases[] = {{0, 0}, {1, 0}, {N, 0},        {N, 1},
                 {N, 7}, {N, N}, {N, SIZE_MAX}, {N - 1, 1000}};
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct asyncdl_map_options options = map_of(double_task, cases[i].n);
        struct asyncdl_future *future;

        options.chunk = cases[i].chunk;
        assert_int_equal(asyncdl_pool_map(&future, b.pool, &options), 0);
        const struct asyncdl_mapped *mapped = get_mapped(future, 0);
        assert_int_equal(mapped->n, cases[i].n);
        assert_int_equal(mapped->n_failed, cases[i].n / 100);
        for (int k = 0; (size_t)k < mapped->n; k++) {
            const struct asyncdl_task_result *result = &mapped->results[k];
            const int twice = 2 * k;

            assert_int_equal(result->err, k % 100 == 99 ? -ERANGE : 0);
            if (result->err == 0) {
                assert_memory_equal(result->data, &twice, sizeof(twice));
            } else {
                assert_non_null(result->error);
            }
        }
        asyncdl_future_release(future);
    }
    assert_int_equal(asyncdl_pool_get_depth(b.pool), 0);
    bench_close(&b);
}

static void test_map_copies_its_arguments_unless_they_are_lent(void **state)
{
    struct asyncdl_map_options options = map_of(echo_task, 50);
    struct asyncdl_future *futures[2];
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    assert_int_equal(asyncdl_pool_map_async(&futures[0], b.pool, &options), 0);
    numbers[7] = -1;
    assert_int_equal(asyncdl_future_wait(futures[0], ASYNCDL_FOREVER), 0);
    options.flags = ASYNCDL_TASK_BORROW;
    assert_int_equal(asyncdl_pool_map(&futures[1], b.pool, &options), 0);

    const int seven = 7;
    const int other = -1;
    assert_memory_equal(get_mapped(futures[0], 0)->results[7].data, &seven,
                        sizeof(int));
    assert_memory_equal(get_mapped(futures[1], 0)->results[7].data, &other,
                        sizeof(int));
    asyncdl_future_release(futures[0]);
    asyncdl_future_release(futures[1]);
    bench_close(&b);
}

static void test_cancel_of_a_map_ends_all_its_tasks(void **state)
{
    struct asyncdl_pool_options pool_options = ASYNCDL_POOL_OPTIONS_INIT;
    struct asyncdl_map_options options = map_of(gate_task, 10);
    struct asyncdl_future *future;
    struct gate gate;
    struct gate *arg = &gate;
    struct bench b;

    (void)state;
    gate_init(&gate);
    pool_options.n_workers = 2;
    bench_open(&b, &pool_options);
    for (int i = 0; i < 10; i++) {
        args[i] = (struct asyncdl_bytes){.data = &arg, .len = sizeof(arg)};
    }
    assert_int_equal(asyncdl_pool_map_async(&future, b.pool, &options), 0);
    gate_await(&gate, 2);
    asyncdl_future_cancel(future);
    assert_false(asyncdl_future_is_ready(future));
    assert_int_equal(asyncdl_future_wait(future, ASYNCDL_FOREVER), 0);
    const struct asyncdl_mapped *mapped = get_mapped(future, -ECANCELED);
    assert_int_equal(mapped->n_failed, 10);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(mapped->results[i].err, -ECANCELED);
    }
    assert_int_equal(gate.n_passed, 2);
    asyncdl_future_release(future);
    bench_close(&b);
    gate_finish(&gate);
}

/* A list of numbers for an imap, and what came back. */
struct list {
    struct bench b;
    struct asyncdl_future *future;
    int n; /* numbers to give */
    int n_given;
    int n_items;
    int n_ahead_max; /* given and not come back, at most */
    int end;         /* what next() answers after the last */
    int stop_after;  /* items; 0: never */
    void (*stop)(struct list *list);
    bool is_ordered;
    char *is_seen; /* n of them */
};

static int next_number(struct asyncdl_bytes *out, void *data)
{
    static int number;
    struct list *list = data;

    if (list->n_given == list->n) {
        return list->end;
    }
    number = list->n_given++;
    if (list->n_given - list->n_items > list->n_ahead_max) {
        list->n_ahead_max = list->n_given - list->n_items;
    }
    *out = (struct asyncdl_bytes){.data = &number, .len = sizeof(number)};
    return 1;
}

static void on_item(uint64_t index, const struct asyncdl_task_result *result,
                    void *data)
{
    struct list *list = data;
    const int i = (int)index;
    const int twice = 2 * i;

    assert_in_range(i, 0, list->n_given - 1);
    assert_int_equal(list->is_seen[i]++, 0);
    if (list->is_ordered) {
        assert_int_equal(i, list->n_items);
    }
    list->n_items++;
    if (result->err == 0) {
        assert_memory_equal(result->data, &twice, sizeof(twice));
    }
    if (list->n_items == list->stop_after) {
        list->stop(list);
    }
}

/* Returns what the future said; out is its result. */
static int run_list(struct list *list, uint32_t look_ahead,
                    struct asyncdl_imapped *out)
{
    struct asyncdl_imap_options options = ASYNCDL_IMAP_OPTIONS_INIT;
    const void *result = NULL;

    bench_open(&list->b, NULL);
    list->is_seen = calloc((size_t)list->n + 1, 1);
    assert_non_null(list->is_seen);
    options.fn = double_task;
    options.next = next_number;
    options.on_item = on_item;
    options.data = list;
    options.look_ahead = look_ahead;
    options.flags = list->is_ordered ? ASYNCDL_TASK_ORDERED : 0;
    assert_int_equal(asyncdl_pool_imap(&list->future, list->b.pool, &options),
                     0);
    assert_int_equal(list->n_given, 0);     /* later, on the loop */
    (void)asyncdl_pool_close(list->b.pool); /* an accepted one goes on */
    assert_int_equal(asyncdl_future_wait(list->future, ASYNCDL_FOREVER), 0);
    int err = asyncdl_future_result(list->future, &result);
    memcpy(out, result, sizeof(*out));
    assert_int_equal(out->n, list->n_items);
    asyncdl_future_release(list->future);
    bench_close(&list->b);
    free(list->is_seen);
    return err;
}

static void test_imap_delivers_each_item_once_within_its_bounds(void **state)
{
    static const struct {
        int n;
        uint32_t look_ahead;
    } cases[] = {{0, 0}, {1, 1}, {1000, 1}, {1000, 3}, {5000, 64}};

    (void)state;
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        struct list list = {.n = cases[i / 2].n, .is_ordered = i % 2 == 1};
        struct asyncdl_imapped imapped;
        uint32_t look_ahead = cases[i / 2].look_ahead;

        assert_int_equal(run_list(&list, look_ahead, &imapped), 0);
        assert_int_equal(list.n_items, list.n);
        assert_int_equal(imapped.n_failed, list.n / 100);
        if (look_ahead > 0) {
            assert_true(list.n_ahead_max <= (int)look_ahead);
        }
    }
}

static void test_error_of_next_ends_the_imap_after_its_items(void **state)
{
    struct list list = {.n = 20, .end = -EIO, .is_ordered = true};
    struct asyncdl_imapped imapped;

    (void)state;
    assert_int_equal(run_list(&list, 8, &imapped), -EIO);
    assert_int_equal(imapped.n, 20);
}

static void stop_by_cancel(struct list *list)
{
    asyncdl_future_cancel(list->future);
}

static void stop_by_terminate(struct list *list)
{
    assert_int_equal(asyncdl_pool_terminate(list->b.pool), 0);
}

static void test_imap_is_stopped_from_its_own_callback(void **state)
{
    void (*const stops[])(struct list * list) = {stop_by_cancel,
                                                 stop_by_terminate};

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct list list = {.n = 100000,
                            .stop_after = 10,
                            .stop = stops[i % 2],
                            .is_ordered = i / 2 == 1};
        struct asyncdl_imapped imapped;

        assert_int_equal(run_list(&list, 16, &imapped), -ECANCELED);
        assert_in_range(imapped.n, 10, 10 + 16);
        assert_int_equal(list.n_given, list.n_items);
    }
}

static void test_imap_refuses_what_makes_no_sense(void **state)
{
    static const struct asyncdl_imap_options init = ASYNCDL_IMAP_OPTIONS_INIT;
    struct asyncdl_imap_options cases[5];
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    for (int i = 0; i < 5; i++) {
        cases[i] = init;
        cases[i].fn = double_task;
        cases[i].next = next_number;
        cases[i].on_item = on_item;
    }
    cases[0].fn = NULL;
    cases[1].next = NULL;
    cases[2].on_item = NULL;
    cases[3].look_ahead = 65537;
    cases[4].flags = 4;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(asyncdl_pool_imap(NULL, b.pool, &cases[i]), -EINVAL);
    }
    assert_int_equal(asyncdl_pool_imap(NULL, b.pool, NULL), -EINVAL);
    cases[3] = init;
    cases[3].fn = double_task;
    cases[3].next = next_number;
    cases[3].on_item = on_item;
    cases[3].timeout_ms = 1;
    assert_int_equal(asyncdl_pool_imap(NULL, b.pool, &cases[3]), -ENOTSUP);
    bench_close(&b);
}

TEST_SUITE(pool_many)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_come_in_the_order_of_the_arguments),
        cmocka_unit_test(test_map_copies_its_arguments_unless_they_are_lent),
        cmocka_unit_test(test_cancel_of_a_map_ends_all_its_tasks),
        cmocka_unit_test(test_imap_delivers_each_item_once_within_its_bounds),
        cmocka_unit_test(test_error_of_next_ends_the_imap_after_its_items),
        cmocka_unit_test(test_imap_is_stopped_from_its_own_callback),
        cmocka_unit_test(test_imap_refuses_what_makes_no_sense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
