/* SPDX-License-Identifier: MIT */
#include "util/hash.h"

#define FNV_PRIME UINT64_C(0x100000001b3)

uint64_t adl_hash_add(uint64_t state, const void *bytes, size_t len)
{
    const uint8_t *byte = bytes;

    for (size_t i = 0; i < len; i++) {
        state = (state ^ byte[i]) * FNV_PRIME;
    }
    return state;
}

uint64_t adl_hash_finish(uint64_t state)
{
    state ^= state >> 33;
    state *= UINT64_C(0xff51afd7ed558ccd);
    state ^= state >> 33;
    state *= UINT64_C(0xc4ceb9fe1a85ec53);
    state ^= state >> 33;
    return state;
}

uint64_t adl_hash_of(const void *bytes, size_t len)
{
    return adl_hash_finish(adl_hash_add(ADL_HASH_INIT, bytes, len));
}
