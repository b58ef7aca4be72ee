/* SPDX-License-Identifier: MIT */
#include "pool/worker.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/suite.h"

static void test_it_has_a_number_and_a_name(void **state)
{
    struct asyncdl_worker worker;

    (void)state;
    adl_worker_init(&worker, 1);
    assert_int_equal(asyncdl_worker_get_id(&worker), 1);
    assert_string_equal(asyncdl_worker_get_name(&worker), "worker-1");
    assert_null(asyncdl_worker_get_data(&worker));
    adl_worker_init(&worker, UINT_MAX);
    assert_string_equal(asyncdl_worker_get_name(&worker), "worker-4294967295");
}

static void test_beyond_its_queues_and_locks_there_are_none(void **state)
{
    int things[2];
    struct asyncdl_queue *const queues[] = {(void *)&things[0]};
    struct asyncdl_lock *const locks[] = {(void *)&things[1]};
    struct asyncdl_worker worker;

    (void)state;
    adl_worker_init(&worker, 1);
    assert_null(asyncdl_worker_get_queue(&worker, 0));
    assert_null(asyncdl_worker_get_lock(&worker, 0));
    worker.queues = queues;
    worker.n_queues = 1;
    worker.locks = locks;
    worker.n_locks = 1;
    assert_ptr_equal(asyncdl_worker_get_queue(&worker, 0), queues[0]);
    assert_ptr_equal(asyncdl_worker_get_lock(&worker, 0), locks[0]);
    assert_null(asyncdl_worker_get_queue(&worker, 1));
    assert_null(asyncdl_worker_get_lock(&worker, SIZE_MAX));
}

TEST_SUITE(worker)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_has_a_number_and_a_name),
        cmocka_unit_test(test_beyond_its_queues_and_locks_there_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
