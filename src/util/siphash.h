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

struct adl_siphash adl_siphash128(const uint64_t key[2], const void *bytes,
                                  size_t len);

#endif
