/* SPDX-License-Identifier: MIT */
#include "fetch/chunk.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

static void test_a_chunk_is_empty_and_has_the_room_asked_for(void **state)
{
    static const size_t caps[] = {0, 1, 7, 4096, 32768, 1048576};

    (void)state;
    for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
        struct adl_chunk *chunk = adl_chunk_create(caps[i]);

        assert_non_null(chunk);
        assert_null(chunk->next);
        assert_int_equal(chunk->len, 0);
        assert_int_equal(chunk->cap, caps[i]);
        assert_int_equal(chunk->room, caps[i]);
        assert_true(malloc_usable_size(chunk) >= sizeof(*chunk) + caps[i]);
        memset(chunk->bytes, 'x', caps[i]);
        adl_chunk_destroy_all(chunk);
    }
}

/* Together with the rest of a chunk it would be a small number. */
static void test_a_room_that_is_no_size_is_refused(void **state)
{
    (void)state;
    for (size_t less = 0; less < sizeof(struct adl_chunk); less++) {
        assert_null(adl_chunk_create(SIZE_MAX - less));
    }
}

/* A piece of memory that large is free as soon as it is given back: smaller
 * ones stay with the thread, larger ones go to the system. */
#define CAP 5000

static struct adl_chunk *create_chain(size_t n)
{
    struct adl_chunk *first = NULL;

    for (size_t i = 0; i < n; i++) {
        struct adl_chunk *chunk = adl_chunk_create(CAP);

        assert_non_null(chunk);
        chunk->next = first;
        first = chunk;
    }
    return first;
}

static void test_a_chunk_goes_with_all_that_follow(void **state)
{
    static const size_t lengths[] = {0, 1, 2, 100};

    (void)state;
    adl_chunk_destroy_all(create_chain(1)); /* a first use of the heap */
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        size_t before = mallinfo2().uordblks;

        adl_chunk_destroy_all(create_chain(lengths[i]));
        assert_int_equal(mallinfo2().uordblks, before);
    }
}

static void test_what_comes_before_a_chunk_stays(void **state)
{
    struct adl_chunk *first = create_chain(3);

    (void)state;
    adl_chunk_destroy_all(first->next);
    first->next = NULL;
    memset(first->bytes, 'x', CAP);
    adl_chunk_destroy_all(first);
}

TEST_SUITE(chunk)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_chunk_is_empty_and_has_the_room_asked_for),
        cmocka_unit_test(test_a_room_that_is_no_size_is_refused),
        cmocka_unit_test(test_a_chunk_goes_with_all_that_follow),
        cmocka_unit_test(test_what_comes_before_a_chunk_stays),
    };

    return cmocka_run_group_tests_name("chunk", tests, NULL, NULL);
}
