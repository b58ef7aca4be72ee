/* SPDX-License-Identifier: MIT */
/*
 * Which URLs were there before, by 95 bits of their SipHash under a key of
 * this run: that two URLs share them, by chance or on purpose, would need more
 * URLs than there are. Memory is bounded: what is many goes to the disk
 * (numbers.h).
 */
#ifndef ADL_CLI_SEEN_H
#define ADL_CLI_SEEN_H

#include <stdint.h>

#include "util/numbers.h"

struct adl_seen {
    uint64_t key[2];
    struct adl_numbers numbers;
};

void adl_seen_init(struct adl_seen *seen, const uint64_t key[2]);
void adl_seen_finish(struct adl_seen *seen);

/* 1 when str is new, 0 when it was there before; -ENOMEM, -ENOSPC or -EIO. */
int adl_seen_add(struct adl_seen *seen, const char *str);

#endif
