/* SPDX-License-Identifier: MIT */
/*
 * Items in a ring of bytes: where they begin, what fits, and what a state that
 * comes from shared memory may be. An item is a record: its length in 8 bytes,
 * its bytes, and padding to the next multiple of 8. Positions only ever grow; a
 * byte of position p stands at p modulo the capacity, so that a record may go
 * over the end and on at the beginning.
 */
#ifndef ADL_POOL_RING_H
#define ADL_POOL_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What never changes. */
struct adl_ring_limits {
    uint64_t max_items;
    uint64_t max_bytes; /* of all items together, records' lengths aside */
    uint64_t cap;       /* bytes of the ring */
};

struct adl_ring {
    uint64_t head; /* where the oldest record begins */
    uint64_t tail; /* where the next one will */
    uint64_t n_items;
    uint64_t n_bytes; /* of all items */
};

/* The capacity that holds whatever both limits allow; 0 where it cannot be
 * counted. */
uint64_t adl_ring_count_cap(uint64_t max_items, uint64_t max_bytes);

/* Could this state have come from putting and taking? */
bool adl_ring_is_sound(const struct adl_ring *ring,
                       const struct adl_ring_limits *limits);

/* Is there room for an item more? */
bool adl_ring_fits(const struct adl_ring *ring,
                   const struct adl_ring_limits *limits, uint64_t len);

/* Bytes that an item takes, for a len that is at most the limit's. */
uint64_t adl_ring_count_record(uint64_t len);

/* Is that length, which stands at the head, possible? */
bool adl_ring_has_record(const struct adl_ring *ring, uint64_t len);

/* Write to, and read from, the ring's memory at a position; len <= cap. */
void adl_ring_write(unsigned char *bytes, uint64_t cap, uint64_t position,
                    const void *data, uint64_t len);
void adl_ring_read(const unsigned char *bytes, uint64_t cap, uint64_t position,
                   void *data, uint64_t len);

/*
 * Count the items between head and tail anew, which alone are true after a
 * death. False where no items can be there like that.
 */
bool adl_ring_recount(struct adl_ring *ring,
                      const struct adl_ring_limits *limits,
                      const unsigned char *bytes);

#endif
