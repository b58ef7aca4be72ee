/* SPDX-License-Identifier: MIT */
#include "fetch/filling.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/chunk.h"

#define CHUNKS_BYTES    (8u * 1024 * 1024) /* of all files under way, about */
#define CHUNK_MIN       32768u
#define CHUNK_MAX       1048576u
#define CHUNK_CODED_MAX 65536u /* it may stand for a thousand times as much */
#define CHUNK_QUICK     131072u

/*
 * A chunk is filled while the one before is written: where that is not done
 * yet, larger ones save hand-overs. Where bytes come slowly they are small, so
 * that what has come is soon on the disk. Where there are no hand-overs they
 * only spare system calls.
 */
static size_t want_cap(const struct adl_body *body)
{
    if (body->is_quick) {
        return CHUNK_QUICK;
    }
    return body->is_busy ? body->chunk_cap * 2 : body->chunk_cap / 2;
}

/* Several files share the room. */
static size_t choose_cap(const struct adl_body *body)
{
    size_t n = body->env->n_streams > 0 ? body->env->n_streams : 1;
    size_t most = CHUNKS_BYTES / (n * (ADL_FILLED_MAX + 2));
    size_t cap = want_cap(body);
    size_t limit =
        body->coding == ADL_CODING_NONE ? CHUNK_MAX : CHUNK_CODED_MAX;

    most = most < limit ? most : limit;
    cap = cap < most ? cap : most;
    return cap > CHUNK_MIN ? cap : CHUNK_MIN;
}

void adl_filling_drop_spare(struct adl_body *body)
{
    adl_chunk_destroy_all(body->spare);
    body->spare = NULL;
}

/* A chunk that was written, or a new one: fresh memory costs a fault a
 * page. */
static struct adl_chunk *take_chunk(struct adl_body *body)
{
    struct adl_chunk *chunk = body->spare;

    body->chunk_cap = choose_cap(body);
    if (chunk == NULL || chunk->room < body->chunk_cap) {
        adl_filling_drop_spare(body);
        return adl_chunk_create(body->chunk_cap);
    }
    body->spare = chunk->next;
    chunk->next = NULL;
    chunk->len = 0;
    chunk->cap = body->chunk_cap;
    return chunk;
}

void adl_filling_give_back(struct adl_body *body, struct adl_chunk *chunks)
{
    struct adl_chunk **end = &body->spare;
    size_t n = 0;

    while (*end != NULL) {
        end = &(*end)->next;
        n++;
    }
    *end = chunks;
    for (; n < ADL_FILLED_MAX && *end != NULL; n++) {
        end = &(*end)->next;
    }
    adl_chunk_destroy_all(*end);
    *end = NULL;
}

void adl_filling_drop(struct adl_body *body)
{
    adl_chunk_destroy_all(body->filled);
    free(body->filling);
    body->filled = NULL;
    body->filling = NULL;
    body->n_filled = 0;
}

void adl_filling_queue(struct adl_body *body)
{
    struct adl_chunk **end = &body->filled;

    if (body->filling == NULL || body->filling->len == 0) {
        return;
    }
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = body->filling;
    body->filling = NULL;
    body->n_filled++;
}

int adl_filling_add(struct adl_body *body, const void *bytes, size_t len)
{
    const char *next = bytes;

    while (len > 0) {
        if (body->filling == NULL) {
            body->filling = take_chunk(body);
        }
        struct adl_chunk *chunk = body->filling;
        if (chunk == NULL) {
            return -ENOMEM;
        }
        size_t room = chunk->cap - chunk->len;
        size_t n = len < room ? len : room;
        memcpy(chunk->bytes + chunk->len, next, n);
        chunk->len += n;
        next += n;
        len -= n;
        if (chunk->len == chunk->cap) {
            adl_filling_queue(body);
        }
    }
    return 0;
}
