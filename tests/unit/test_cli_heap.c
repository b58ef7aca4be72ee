/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* sbrk() */
#include "cli/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/suite.h"

#define N_BLOCKS    64
#define BLOCK_BYTES 32768 /* 2 MiB in all: more than is kept by default */

static void allocate(void *blocks[N_BLOCKS])
{
    for (size_t i = 0; i < N_BLOCKS; i++) {
        blocks[i] = malloc(BLOCK_BYTES);
        assert_non_null(blocks[i]);
    }
}

static void free_all(void *blocks[N_BLOCKS])
{
    for (size_t i = 0; i < N_BLOCKS; i++) {
        free(blocks[i]);
    }
}

static void test_freed_memory_is_kept_for_what_comes(void **state)
{
    void *blocks[N_BLOCKS];

    (void)state;
#ifndef __GLIBC__
    skip();
#endif
    adl_heap_keep();
    allocate(blocks);
    const void *end = sbrk(0);
    free_all(blocks);
    assert_ptr_equal(sbrk(0), end);
    allocate(blocks);
    assert_ptr_equal(sbrk(0), end);
    free_all(blocks);
}

TEST_SUITE(cli_heap)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_freed_memory_is_kept_for_what_comes),
    };

    return cmocka_run_group_tests_name("cli_heap", tests, NULL, NULL);
}
