/* SPDX-License-Identifier: MIT */
/* A binary heap of embedded nodes, least key first; ties in order of entry. */
#ifndef ADL_UTIL_HEAP_H
#define ADL_UTIL_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct adl_heap_node {
    uint64_t key;
    uint64_t seq; /* order of entry, set by add */
    size_t slot;  /* 1 + position, 0 when in no heap */
};

struct adl_heap {
    struct adl_heap_node **nodes; /* zero is an empty heap */
    size_t n;
    size_t cap;
    uint64_t next_seq;
};

void adl_heap_finish(struct adl_heap *heap);

/* Make room for n nodes in all: adding up to them cannot fail. 0 or -ENOMEM. */
int adl_heap_reserve(struct adl_heap *heap, size_t n);

/* Add a node that is in no heap. 0 or -ENOMEM. */
int adl_heap_add(struct adl_heap *heap, struct adl_heap_node *node,
                 uint64_t key);

/* Take a node out; one that is in no heap stays as it is. */
void adl_heap_remove(struct adl_heap *heap, struct adl_heap_node *node);

/* The node with the least key, or NULL. */
struct adl_heap_node *adl_heap_get_first(const struct adl_heap *heap);

#endif
