/* SPDX-License-Identifier: MIT */
/*
 * What a queue is in memory: for queue_create, which lays it out, and for
 * queue, which alone changes it.
 */
#ifndef ADL_POOL_QUEUE_STATE_H
#define ADL_POOL_QUEUE_STATE_H

#include <stdatomic.h>
#include <stdint.h>

#include "pool/ring.h"
#include "pool/robust.h"
#include "pool/shm.h"

#define ADL_QUEUE_MAGIC UINT64_C(0x3151657565756461)

/* The beginning of the shared memory. The lock guards what is atomic, for
 * processes that die; others look at single words at most. */
struct adl_queue_header {
    uint64_t magic;
    uint64_t max_items;
    uint64_t max_bytes;
    _Atomic uint64_t head; /* struct adl_ring */
    _Atomic uint64_t tail;
    _Atomic uint64_t n_items;
    _Atomic uint64_t n_bytes;
    _Atomic uint32_t n_puts; /* slept on by who waits for items */
    _Atomic uint32_t n_gets; /* slept on by who waits for room */
    _Atomic uint32_t has_getters;
    _Atomic uint32_t has_putters;
    _Atomic uint32_t has_loops; /* for good: the eventfd must be kept true */
    _Atomic uint32_t is_closed;
    _Atomic uint32_t is_damaged; /* for good */
};

/* Where the ring begins. */
#define ADL_QUEUE_RING_OFFSET 256
_Static_assert(sizeof(struct adl_queue_header) <= ADL_QUEUE_RING_OFFSET,
               "the ring is behind the header");

struct asyncdl_queue {
    atomic_uint n_shares;
    struct adl_shm shm;
    int event_fd;
    struct adl_robust lock;
    struct adl_ring_limits limits; /* ours: no peer can change them */
    struct adl_queue_header *header;
    unsigned char *bytes; /* limits.cap of them */
};

#endif
