/* SPDX-License-Identifier: MIT */
/* Random numbers for jitter and temporary names; not for secrets. */
#ifndef ADL_UTIL_RNG_H
#define ADL_UTIL_RNG_H

#include <stdint.h>

struct adl_rng {
    uint64_t state; /* any value is a seed */
};

uint64_t adl_rng_next(struct adl_rng *rng);

#endif
