/* SPDX-License-Identifier: MIT */
/*
 * The median, and its like, of any number of times, exact to 4 percent, in
 * bounded memory: counts in steps of a sixteenth of each power of two.
 */
#ifndef ADL_CLI_QUANTILE_H
#define ADL_CLI_QUANTILE_H

#include <stdint.h>

/* Zero is empty. */
struct adl_quantile {
    uint32_t *counts; /* NULL: nothing came yet */
    uint64_t n;
    uint64_t least_ns;
    uint64_t most_ns;
};

void adl_quantile_finish(struct adl_quantile *q);

/* 0 or -ENOMEM. */
int adl_quantile_add(struct adl_quantile *q, uint64_t ns);

/* The least time that at least so many percent are not above; 0 if empty. */
uint64_t adl_quantile_get(const struct adl_quantile *q, unsigned percent);

#endif
