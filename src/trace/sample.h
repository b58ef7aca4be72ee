/* SPDX-License-Identifier: MIT */
/*
 * Which of very many things are kept: the first, and then every second, every
 * fourth, and so on, always evenly. Pure.
 *
 *     if (adl_sample_has(&s, i)) ... keep number i, from 0
 *     when that are too many: adl_sample_thin(&s, n_first), and drop those that
 *     it does not have any more
 */
#ifndef ADL_TRACE_SAMPLE_H
#define ADL_TRACE_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

/* Zero keeps everything. */
struct adl_sample {
    uint64_t n_first; /* all of which are kept */
    uint64_t step;    /* of those behind them; 0 is 1 */
};

bool adl_sample_has(const struct adl_sample *sample, uint64_t i);

/* Keep half as many behind the first; n_first is set once. */
void adl_sample_thin(struct adl_sample *sample, uint64_t n_first);

/* Number i of n_shown that are to stand for n evenly, the first and the last
 * among them. */
uint64_t adl_sample_pick(uint64_t i, uint64_t n_shown, uint64_t n);

#endif
