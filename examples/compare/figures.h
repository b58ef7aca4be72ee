/* SPDX-License-Identifier: MIT */
/* Numbers as people read them, and what is typical of several. */
#ifndef COMPARE_FIGURES_H
#define COMPARE_FIGURES_H

#include <stddef.h>
#include <stdint.h>

#define FIGURE_BYTES 48

/* The middle one of n, or the mean of the middle two. Sorts values; n > 0. */
double figures_median(double *values, size_t n);

/* "0.125 s". */
void figures_seconds(char out[FIGURE_BYTES], double seconds);

/* "4.9x", "68x", "0.013x"; "-" for what is no number above 0. */
void figures_times(char out[FIGURE_BYTES], double ratio);

/* "7.1 MiB"; "-" for 0. */
void figures_memory(char out[FIGURE_BYTES], uint64_t bytes);

/* "1 thread", "6 threads", "3 processes"; "-" where nothing is known. */
void figures_used(char out[FIGURE_BYTES], unsigned n_processes,
                  unsigned n_threads);

/* part of (part + rest) in percent; 0 where both are 0. */
unsigned figures_percent(uint64_t part, uint64_t rest);

#endif
