/* SPDX-License-Identifier: MIT */
/*
 * Which URLs were there before, by 128-bit fingerprints (SipHash-2-4 under a
 * key of this run): two URLs with one fingerprint, by chance or on purpose,
 * would need more URLs than there are. 22 to 43 bytes of memory for each.
 */
#ifndef ADL_CLI_SEEN_H
#define ADL_CLI_SEEN_H

#include <stddef.h>
#include <stdint.h>

#include "util/siphash.h"

struct adl_seen {
    uint64_t key[2];
    struct adl_siphash *slots; /* both halves zero: free */
    size_t n;
    size_t n_slots; /* a power of two, or 0 */
};

void adl_seen_init(struct adl_seen *seen, const uint64_t key[2]);
void adl_seen_finish(struct adl_seen *seen);

/* 1 when str is new, 0 when it was there before, or -ENOMEM. */
int adl_seen_add(struct adl_seen *seen, const char *str);

#endif
