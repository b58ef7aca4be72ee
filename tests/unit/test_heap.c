/* SPDX-License-Identifier: MIT */
#include "util/heap.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "support/suite.h"
#include "util/rng.h"

#define N_NODES 300

static void test_empty_heap_has_no_first(void **state)
{
    struct adl_heap heap = {0};

    (void)state;
    assert_null(adl_heap_get_first(&heap));
    adl_heap_finish(&heap);
}

static void test_least_key_comes_first_and_ties_in_order(void **state)
{
    static const uint64_t keys[] = {5, 3, UINT64_MAX, 3, 0, 5, 3};
    static const size_t order[] = {4, 1, 3, 6, 0, 5, 2};
    struct adl_heap_node nodes[7] = {{0}};
    struct adl_heap heap = {0};

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(adl_heap_add(&heap, &nodes[i], keys[i]), 0);
    }

    for (size_t i = 0; i < 7; i++) {
        assert_ptr_equal(adl_heap_get_first(&heap), &nodes[order[i]]);
        adl_heap_remove(&heap, &nodes[order[i]]);
        assert_int_equal(nodes[order[i]].slot, 0);
    }
    adl_heap_finish(&heap);
}

static void test_removing_what_is_not_in_it_changes_nothing(void **state)
{
    struct adl_heap_node in = {0};
    struct adl_heap_node out = {0};
    struct adl_heap heap = {0};

    (void)state;
    assert_int_equal(adl_heap_add(&heap, &in, 1), 0);

    adl_heap_remove(&heap, &out);
    assert_ptr_equal(adl_heap_get_first(&heap), &in);
    assert_int_equal(heap.n, 1);
    adl_heap_finish(&heap);
}

static void test_reserved_room_is_not_allocated_again(void **state)
{
    struct adl_heap_node nodes[100] = {{0}};
    struct adl_heap heap = {0};

    (void)state;
    assert_int_equal(adl_heap_reserve(&heap, 100), 0);
    struct adl_heap_node **before = heap.nodes;
    size_t cap = heap.cap;
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(adl_heap_add(&heap, &nodes[i], i), 0);
    }

    assert_ptr_equal(heap.nodes, before);
    assert_int_equal(heap.cap, cap);
    adl_heap_finish(&heap);
}

static void test_room_that_cannot_be_counted_is_refused(void **state)
{
    struct adl_heap heap = {0};

    (void)state;
    assert_true(adl_heap_reserve(&heap, SIZE_MAX) < 0);
    assert_null(heap.nodes);
}

/* The node that must be first, by looking at all. */
static struct adl_heap_node *find_least(struct adl_heap_node *nodes)
{
    struct adl_heap_node *least = NULL;

    for (size_t i = 0; i < N_NODES; i++) {
        struct adl_heap_node *node = &nodes[i];

        if (node->slot != 0 &&
            (least == NULL || node->key < least->key ||
             (node->key == least->key && node->seq < least->seq))) {
            least = node;
        }
    }
    return least;
}

static void test_order_holds_under_random_adding_and_removing(void **state)
{
    struct adl_heap_node nodes[N_NODES] = {{0}};
    struct adl_rng rng = {.state = 7};
    struct adl_heap heap = {0};

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct adl_heap_node *node = &nodes[adl_rng_next(&rng) % N_NODES];

        if (node->slot != 0) {
            adl_heap_remove(&heap, node);
        } else {
            uint64_t key = adl_rng_next(&rng) % 50;
            assert_int_equal(adl_heap_add(&heap, node, key), 0);
        }
        assert_ptr_equal(adl_heap_get_first(&heap), find_least(nodes));
    }
    adl_heap_finish(&heap);
}

TEST_SUITE(heap)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_heap_has_no_first),
        cmocka_unit_test(test_least_key_comes_first_and_ties_in_order),
        cmocka_unit_test(test_removing_what_is_not_in_it_changes_nothing),
        cmocka_unit_test(test_reserved_room_is_not_allocated_again),
        cmocka_unit_test(test_room_that_cannot_be_counted_is_refused),
        cmocka_unit_test(test_order_holds_under_random_adding_and_removing),
    };

    return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
