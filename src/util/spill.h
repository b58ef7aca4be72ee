/* SPDX-License-Identifier: MIT */
/*
 * Numbers by 64-bit keys, on the disk: a temporary database of SQLite's that
 * no other process sees and that is gone with its owner. Memory stays at
 * about 2 MiB, however many there are. Where the file lies is SQLite's choice
 * (/var/tmp, unless the environment says otherwise).
 */
#ifndef ADL_UTIL_SPILL_H
#define ADL_UTIL_SPILL_H

#include <stdint.h>

struct adl_spill;

int adl_spill_open(struct adl_spill **out);    /* 0, -ENOMEM or -EIO */
void adl_spill_close(struct adl_spill *spill); /* NULL is allowed */

/* *out is the number of a key, 0 where it has none. Answers as put. */
int adl_spill_get(struct adl_spill *spill, uint64_t key, uint32_t *out);

/* Set or replace it. 0, -ENOMEM, -ENOSPC or -EIO. */
int adl_spill_put(struct adl_spill *spill, uint64_t key, uint32_t value);

#endif
