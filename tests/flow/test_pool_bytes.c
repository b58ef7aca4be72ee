/* SPDX-License-Identifier: MIT */
/* Bytes through helpers, few and many, in memory that is used again. */
#include <stdlib.h>
#include <string.h>

#include "support/pool.h"

static void open_helpers(struct bench *b, unsigned n)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;

    options.backend = ASYNCDL_POOL_PROCESSES;
    options.n_workers = n;
    bench_open(b, &options);
}

static void test_bytes_of_any_size_go_there_and_back(void **state)
{
    size_t sizes[] = {0, 1, 15, 16, 4096, 65535, 262143, 262144, 300000, 0};
    struct bench b;

    (void)state;
    sizes[9] = bench_scale(104857600);
    open_helpers(&b, 1);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        char *bytes = malloc(sizes[i] + 1);

        assert_non_null(bytes);
        memset(bytes, 'a' + (int)i, sizes[i]);
        struct asyncdl_future *future =
            bench_submit(&b, echo_task, bytes, sizes[i]);
        const struct asyncdl_task_result *result = bench_await(future, 0);
        assert_int_equal(result->len, sizes[i]);
        assert_true(sizes[i] == 0 ||
                    memcmp(result->data, bytes, sizes[i]) == 0);
        asyncdl_future_release(future);
        free(bytes);
    }
    bench_close(&b);
}

/* The memory of one is used again for the next, of any size. */
static void test_bytes_are_those_of_the_same_task(void **state)
{
    static const size_t sizes[] = {1000000, 70000,  300000, 65536,
                                   999999,  262145, 500000, 100000};
    struct asyncdl_future *futures[16];
    struct bench b;

    (void)state;
    open_helpers(&b, 2);
    for (size_t round = 0; round < 4; round++) {
        for (size_t i = 0; i < 16; i++) {
            size_t len = sizes[(i + round) % 8];
            char *bytes = malloc(len);

            assert_non_null(bytes);
            memset(bytes, (int)(round * 16 + i), len);
            futures[i] = bench_submit(&b, echo_task, bytes, len);
            free(bytes);
        }
        for (size_t i = 0; i < 16; i++) {
            const struct asyncdl_task_result *result =
                bench_await(futures[i], 0);
            const char *bytes = result->data;

            assert_int_equal(result->len, sizes[(i + round) % 8]);
            assert_int_equal(bytes[0], (char)(round * 16 + i));
            assert_memory_equal(bytes, bytes + 1, result->len - 1);
        }
        for (size_t i = 0; i < 16; i++) { /* all were held at once */
            asyncdl_future_release(futures[i]);
        }
    }
    bench_close(&b);
}

/* Helpers know a payload again, and tell it from one that took its place. */
static void test_payloads_are_told_apart(void **state)
{
    struct bench b;

    (void)state;
    open_helpers(&b, 1);
    for (int i = 0; i < 24; i++) {
        struct asyncdl_task_options options = ASYNCDL_TASK_OPTIONS_INIT;
        struct asyncdl_payload *payload;
        struct asyncdl_future *future;

        assert_int_equal(asyncdl_payload_create(&payload, 300000), 0);
        memset(asyncdl_payload_get_data(payload), i, 300000);
        options.fn = echo_task;
        options.payload = payload;
        for (int k = 0; k < 2; k++) {
            assert_int_equal(asyncdl_pool_submit(&future, b.pool, &options), 0);
            const char *bytes = bench_await(future, 0)->data;
            assert_int_equal(bytes[299999], i);
            asyncdl_future_release(future);
        }
        asyncdl_payload_release(payload);
    }
    bench_close(&b);
}

static void test_payload_is_seen_by_the_helper(void **state)
{
    static const size_t sizes[] = {1, 70000, 1000000};
    struct bench b;

    (void)state;
    open_helpers(&b, 1);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct asyncdl_task_options options = ASYNCDL_TASK_OPTIONS_INIT;
        struct asyncdl_future *future;
        struct asyncdl_payload *payload;

        assert_int_equal(asyncdl_payload_create(&payload, sizes[i]), 0);
        memset(asyncdl_payload_get_data(payload), 'p', sizes[i]);
        options.fn = echo_task;
        options.payload = payload;
        assert_int_equal(asyncdl_pool_submit(&future, b.pool, &options), 0);
        asyncdl_payload_release(payload);
        const struct asyncdl_task_result *result = bench_await(future, 0);
        assert_int_equal(result->len, sizes[i]);
        assert_int_equal(((const char *)result->data)[sizes[i] - 1], 'p');
        asyncdl_future_release(future);
    }
    bench_close(&b);
}

int main(void)
{
    asyncdl_main_hook();

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_of_any_size_go_there_and_back),
        cmocka_unit_test(test_bytes_are_those_of_the_same_task),
        cmocka_unit_test(test_payloads_are_told_apart),
        cmocka_unit_test(test_payload_is_seen_by_the_helper),
    };

    return cmocka_run_group_tests_name("pool_bytes", tests, NULL, NULL);
}
