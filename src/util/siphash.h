/* SPDX-License-Identifier: MIT */
/*
 * SipHash-2-4 with 128 bits: a hash under a key. Who does not know the key
 * cannot look for two inputs of one hash, and chance needs more inputs than
 * there are. The same on all machines.
 */
#ifndef ADL_UTIL_SIPHASH_H
#define ADL_UTIL_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* Written as 16 bytes it is low, then high, each with its little end first. */
struct adl_siphash {
    uint64_t low;
    uint64_t high;
};

/* Of bytes that come in pieces: init, add any number of times, end. */
struct adl_siphash_state {
    uint64_t v0, v1, v2, v3;
    uint64_t tail; /* len % 8 bytes that are no word yet */
    size_t len;
};

void adl_siphash_init(struct adl_siphash_state *s, const uint64_t key[2]);
void adl_siphash_add(struct adl_siphash_state *s, const void *bytes,
                     size_t len);
struct adl_siphash adl_siphash_end(struct adl_siphash_state *s);

/* All at once. */
struct adl_siphash adl_siphash128(const uint64_t key[2], const void *bytes,
                                  size_t len);

#endif
