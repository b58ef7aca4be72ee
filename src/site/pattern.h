/* SPDX-License-Identifier: MIT */
/*
 * Content that can be made at any position: each byte depends on the seed and
 * on where it stands, so a range that lands in the wrong place is noticed.
 */
#ifndef ADL_SITE_PATTERN_H
#define ADL_SITE_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* Write the len bytes that stand at offset. */
void adl_pattern_fill(uint8_t *out, size_t len, uint64_t seed, uint64_t offset);

#endif
