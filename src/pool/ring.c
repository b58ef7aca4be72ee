/* SPDX-License-Identifier: MIT */
#include "pool/ring.h"

#include <string.h>

#define LENGTH_SIZE 8
#define ALIGNMENT   8

uint64_t adl_ring_count_record(uint64_t len)
{
    return LENGTH_SIZE + (len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

uint64_t adl_ring_count_cap(uint64_t max_items, uint64_t max_bytes)
{
    const uint64_t overhead = LENGTH_SIZE + ALIGNMENT - 1; /* at most, each */

    if (max_items > UINT64_MAX / 2 / overhead || max_bytes > UINT64_MAX / 4) {
        return 0;
    }
    uint64_t cap = max_items * overhead + max_bytes;
    return (cap + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

bool adl_ring_is_sound(const struct adl_ring *ring,
                       const struct adl_ring_limits *limits)
{
    uint64_t used = ring->tail - ring->head;

    return ring->tail >= ring->head && used <= limits->cap &&
           ring->head % ALIGNMENT == 0 && ring->tail % ALIGNMENT == 0 &&
           ring->n_items <= limits->max_items &&
           ring->n_bytes <= limits->max_bytes &&
           (ring->n_items == 0) == (used == 0) &&
           used >= ring->n_items * LENGTH_SIZE + ring->n_bytes;
}

bool adl_ring_fits(const struct adl_ring *ring,
                   const struct adl_ring_limits *limits, uint64_t len)
{
    return ring->n_items < limits->max_items &&
           len <= limits->max_bytes - ring->n_bytes &&
           adl_ring_count_record(len) <=
               limits->cap - (ring->tail - ring->head);
}

bool adl_ring_has_record(const struct adl_ring *ring, uint64_t len)
{
    return ring->n_items > 0 && len <= ring->n_bytes &&
           adl_ring_count_record(len) <= ring->tail - ring->head;
}

void adl_ring_write(unsigned char *bytes, uint64_t cap, uint64_t position,
                    const void *data, uint64_t len)
{
    uint64_t at = position % cap;
    uint64_t first = len <= cap - at ? len : cap - at;

    if (first > 0) { /* else data may be NULL */
        memcpy(bytes + at, data, first);
    }
    if (len > first) {
        memcpy(bytes, (const unsigned char *)data + first, len - first);
    }
}

void adl_ring_read(const unsigned char *bytes, uint64_t cap, uint64_t position,
                   void *data, uint64_t len)
{
    uint64_t at = position % cap;
    uint64_t first = len <= cap - at ? len : cap - at;

    if (first > 0) {
        memcpy(data, bytes + at, first);
    }
    if (len > first) {
        memcpy((unsigned char *)data + first, bytes, len - first);
    }
}

bool adl_ring_recount(struct adl_ring *ring,
                      const struct adl_ring_limits *limits,
                      const unsigned char *bytes)
{
    uint64_t at = ring->head;
    uint64_t used = ring->tail - ring->head;
    uint64_t len;

    ring->n_items = 0;
    ring->n_bytes = 0;
    if (ring->tail < ring->head || used > limits->cap ||
        ring->head % ALIGNMENT != 0 || ring->tail % ALIGNMENT != 0) {
        return false;
    }
    while (at != ring->tail) {
        adl_ring_read(bytes, limits->cap, at, &len, sizeof(len));
        if (len > limits->max_bytes - ring->n_bytes ||
            ring->n_items == limits->max_items ||
            adl_ring_count_record(len) > ring->tail - at) {
            return false;
        }
        at += adl_ring_count_record(len);
        ring->n_items++;
        ring->n_bytes += len;
    }
    return true;
}
