/* SPDX-License-Identifier: MIT */
#include "fetch/chunk.h"

#include <stdint.h>
#include <stdlib.h>

struct adl_chunk *adl_chunk_create(size_t cap)
{
    struct adl_chunk *chunk = NULL;

    if (cap <= SIZE_MAX - sizeof(*chunk)) {
        chunk = malloc(sizeof(*chunk) + cap);
    }
    if (chunk != NULL) {
        chunk->next = NULL;
        chunk->len = 0;
        chunk->cap = cap;
        chunk->room = cap;
    }
    return chunk;
}

void adl_chunk_destroy_all(struct adl_chunk *chunk)
{
    while (chunk != NULL) {
        struct adl_chunk *next = chunk->next;

        free(chunk);
        chunk = next;
    }
}
