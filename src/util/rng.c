/* SPDX-License-Identifier: MIT */
/* splitmix64: one addition and a mix, and every seed is a good one. */
#include "util/rng.h"

uint64_t adl_rng_next(struct adl_rng *rng)
{
    uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
