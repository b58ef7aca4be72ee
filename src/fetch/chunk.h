/* SPDX-License-Identifier: MIT */
/* A piece of a body on its way to the disk. */
#ifndef ADL_FETCH_CHUNK_H
#define ADL_FETCH_CHUNK_H

#include <stddef.h>

struct adl_chunk {
    struct adl_chunk *next; /* body.filled, body.work.chunks */
    size_t len;
    size_t cap;  /* when it counts as full */
    size_t room; /* that there is */
    char bytes[];
};

struct adl_chunk *adl_chunk_create(size_t cap); /* NULL without memory */

/* A chunk and all that follow. NULL is allowed. */
void adl_chunk_destroy_all(struct adl_chunk *chunk);

#endif
