/* SPDX-License-Identifier: MIT */
#include "pool/pool_options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/fault.h"
#include "support/suite.h"

static void test_defaults(void **state)
{
    struct asyncdl_pool_options out;

    (void)state;
    assert_int_equal(adl_pool_options_init(&out, NULL, 2), 0);
    assert_int_equal(out.backend, ASYNCDL_POOL_THREADS);
    assert_int_equal(out.n_workers, 2);
    assert_int_equal(out.max_queued, 1024);
    assert_int_equal(out.n_uv_threads, 4);
    assert_int_equal(out.n_tasks_per_worker, 0);
    assert_true(out.max_result_bytes == (size_t)1 << 30);
    adl_pool_options_finish(&out);
    adl_pool_options_finish(&out);
}

static void test_one_thread_is_left_to_others(void **state)
{
    static const struct {
        enum asyncdl_pool_backend backend;
        uint32_t n_uv_threads;
        uint32_t n_wanted;
        unsigned n_cpus;
        uint32_t n_workers;
    } cases[] = {
        {ASYNCDL_POOL_THREADS, 0, 0, 1, 1},
        {ASYNCDL_POOL_THREADS, 0, 0, 3, 3},
        {ASYNCDL_POOL_THREADS, 0, 0, 64, 3},
        {ASYNCDL_POOL_THREADS, 0, 8, 2, 3},
        {ASYNCDL_POOL_THREADS, 16, 8, 2, 8},
        {ASYNCDL_POOL_THREADS, 16, 16, 2, 15},
        {ASYNCDL_POOL_THREADS, 1, 16, 2, 1},
        {ASYNCDL_POOL_THREADS, 1, 1, 2, 1},
        {ASYNCDL_POOL_THREADS, 2, 2, 2, 1},
        {ASYNCDL_POOL_THREADS, 1024, 0, 5000, 1023},
        {ASYNCDL_POOL_PROCESSES, 0, 0, 64, 64},
        {ASYNCDL_POOL_PROCESSES, 0, 8, 2, 8},
        {ASYNCDL_POOL_PROCESSES, 0, 0, 5000, 1024},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct asyncdl_pool_options given = ASYNCDL_POOL_OPTIONS_INIT;
        struct asyncdl_pool_options out;

        given.backend = cases[i].backend;
        given.n_uv_threads = cases[i].n_uv_threads;
        given.n_workers = cases[i].n_wanted;
        assert_int_equal(adl_pool_options_init(&out, &given, cases[i].n_cpus),
                         0);
        assert_int_equal(out.n_workers, cases[i].n_workers);
        adl_pool_options_finish(&out);
    }
}

static void test_out_of_range_is_refused(void **state)
{
    static const struct asyncdl_pool_options init = ASYNCDL_POOL_OPTIONS_INIT;
    struct asyncdl_pool_options cases[10];
    const size_t n = sizeof(cases) / sizeof(cases[0]);
    struct asyncdl_pool_options out;

    (void)state;
    for (size_t i = 0; i < n; i++) {
        cases[i] = init;
    }
    cases[0].struct_size++;
    cases[1].struct_size = 0;
    cases[2].backend = (enum asyncdl_pool_backend)2;
    cases[3].n_workers = 1025;
    cases[4].max_queued = UINT32_MAX;
    cases[5].n_uv_threads = 1025;
    cases[6].n_queues = 1; /* and none is given */
    cases[7].n_locks = 17;
    cases[8].reserved = 1;
    cases[9].init_len = 1;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(adl_pool_options_init(&out, &cases[i], 1), -EINVAL);
    }
}

static void test_what_is_pointed_to_is_copied(void **state)
{
    struct asyncdl_pool_options given = ASYNCDL_POOL_OPTIONS_INIT;
    struct asyncdl_pool_options out;
    struct asyncdl_lock *locks[2] = {(struct asyncdl_lock *)&given, NULL};
    char arg[] = "arg";

    (void)state;
    given.init_arg = arg;
    given.init_len = 3;
    given.locks = locks;
    given.n_locks = 2;
    assert_int_equal(adl_pool_options_init(&out, &given, 1), 0);
    arg[0] = 'x';
    locks[0] = NULL;
    assert_memory_equal(out.init_arg, "arg", 3);
    assert_ptr_equal(out.locks[0], &given);
    adl_pool_options_finish(&out);
}

static void test_no_memory_leaves_nothing_behind(void **state)
{
    struct asyncdl_pool_options out;

    (void)state;
    for (int i = 1; i <= 3; i++) {
        fault_arm(FAULT_CALLOC, i, ENOMEM);
        assert_int_equal(adl_pool_options_init(&out, NULL, 1), -ENOMEM);
        assert_int_equal(fault_n_hits(FAULT_CALLOC), 1);
        fault_clear();
    }
}

TEST_SUITE(pool_options)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_one_thread_is_left_to_others),
        cmocka_unit_test(test_out_of_range_is_refused),
        cmocka_unit_test(test_what_is_pointed_to_is_copied),
        cmocka_unit_test(test_no_memory_leaves_nothing_behind),
    };

    return cmocka_run_group_tests_name("pool_options", tests, NULL, NULL);
}
