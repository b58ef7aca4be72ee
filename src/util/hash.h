/* SPDX-License-Identifier: MIT */
/*
 * A 64-bit hash: FNV-1a, then the finalizer of MurmurHash3, which spreads FNV's
 * weak low and high bits over all 64. It goes into file names, so that it is
 * the same on all machines and must stay what it is in all versions. It does
 * not withstand someone who looks for collisions.
 */
#ifndef ADL_UTIL_HASH_H
#define ADL_UTIL_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The state before the first byte. */
#define ADL_HASH_INIT UINT64_C(0xcbf29ce484222325)

/* Bytes may be added in any number of pieces. */
uint64_t adl_hash_add(uint64_t state, const void *bytes, size_t len);

/* The hash of what was added. The state may be added to further. */
uint64_t adl_hash_finish(uint64_t state);

/* The hash of one piece. */
uint64_t adl_hash_of(const void *bytes, size_t len);

#endif
