/* SPDX-License-Identifier: MIT */
#include "util/heap.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define FIRST_CAP 16

void adl_heap_finish(struct adl_heap *heap)
{
    free(heap->nodes);
    *heap = (struct adl_heap){0};
}

int adl_heap_reserve(struct adl_heap *heap, size_t n)
{
    size_t cap = heap->cap < FIRST_CAP ? FIRST_CAP : heap->cap;

    if (n <= heap->cap) {
        return 0;
    }
    while (cap < n && cap <= SIZE_MAX / 2) {
        cap *= 2;
    }
    if (cap < n || cap > SIZE_MAX / sizeof(*heap->nodes)) {
        return -ENOMEM;
    }
    struct adl_heap_node **nodes =
        realloc(heap->nodes, cap * sizeof(*heap->nodes));
    if (nodes == NULL) {
        return -ENOMEM;
    }
    heap->nodes = nodes;
    heap->cap = cap;
    return 0;
}

static bool is_before(const struct adl_heap_node *a,
                      const struct adl_heap_node *b)
{
    return a->key != b->key ? a->key < b->key : a->seq < b->seq;
}

static void put_at(struct adl_heap *heap, size_t at, struct adl_heap_node *node)
{
    heap->nodes[at] = node;
    node->slot = at + 1;
}

/* Put a node at a free place or above it. */
static void sift_up(struct adl_heap *heap, size_t at,
                    struct adl_heap_node *node)
{
    while (at > 0) {
        size_t parent = (at - 1) / 2;

        if (!is_before(node, heap->nodes[parent])) {
            break;
        }
        put_at(heap, at, heap->nodes[parent]);
        at = parent;
    }
    put_at(heap, at, node);
}

/* Put a node at a free place or below it. */
static void sift_down(struct adl_heap *heap, size_t at,
                      struct adl_heap_node *node)
{
    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= heap->n) {
            break;
        }
        if (child + 1 < heap->n &&
            is_before(heap->nodes[child + 1], heap->nodes[child])) {
            child++;
        }
        if (!is_before(heap->nodes[child], node)) {
            break;
        }
        put_at(heap, at, heap->nodes[child]);
        at = child;
    }
    put_at(heap, at, node);
}

int adl_heap_add(struct adl_heap *heap, struct adl_heap_node *node,
                 uint64_t key)
{
    assert(node->slot == 0);
    int err = adl_heap_reserve(heap, heap->n + 1);

    if (err < 0) {
        return err;
    }
    node->key = key;
    node->seq = heap->next_seq++;
    heap->n++;
    sift_up(heap, heap->n - 1, node);
    return 0;
}

void adl_heap_remove(struct adl_heap *heap, struct adl_heap_node *node)
{
    if (node->slot == 0) {
        return;
    }
    size_t at = node->slot - 1;

    assert(at < heap->n && heap->nodes[at] == node);
    node->slot = 0;
    heap->n--;
    if (at == heap->n) {
        return;
    }
    struct adl_heap_node *last = heap->nodes[heap->n];
    if (at > 0 && is_before(last, heap->nodes[(at - 1) / 2])) {
        sift_up(heap, at, last);
    } else {
        sift_down(heap, at, last);
    }
}

struct adl_heap_node *adl_heap_get_first(const struct adl_heap *heap)
{
    return heap->n > 0 ? heap->nodes[0] : NULL;
}
