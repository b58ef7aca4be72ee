/* SPDX-License-Identifier: MIT */
/*
 * Numbers by 64-bit keys, any number of them: the first 100,000 in memory,
 * 15 to 22.5 bytes each, and the others on the disk (spill.h).
 */
#ifndef ADL_UTIL_NUMBERS_H
#define ADL_UTIL_NUMBERS_H

#include <stdint.h>

struct adl_spill;

/* Zero is empty. */
struct adl_numbers {
    uint64_t *keys;   /* n_slots of them; 0 is a free slot */
    uint32_t *values; /* apart, since 8 and 4 bytes in one struct cost 16 */
    uint32_t n_slots;
    uint32_t n_used;
    struct adl_spill *spill; /* NULL until the table is full */
};

void adl_numbers_finish(struct adl_numbers *numbers);

/*
 * Make room for so many new keys (a handful): putting those then needs no
 * memory of ours. 0, -ENOMEM, -ENOSPC or -EIO, as the next two.
 */
int adl_numbers_reserve(struct adl_numbers *numbers, uint32_t n_new);

/* *out is the number of a key, 0 where it has none; set on success only. */
int adl_numbers_get(struct adl_numbers *numbers, uint64_t key, uint32_t *out);

/* Set or replace it. Room must have been reserved for a key that is new. */
int adl_numbers_put(struct adl_numbers *numbers, uint64_t key, uint32_t value);

#endif
