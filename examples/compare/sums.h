/* SPDX-License-Identifier: MIT */
/* The CPU-bound work: sums of squares, exact in 128 bits. */
#ifndef COMPARE_SUMS_H
#define COMPARE_SUMS_H

#include <stdbool.h>
#include <stdint.h>

#define SUMS_N     20      /* numbers to sum up to */
#define SUMS_FIRST 5000000 /* the first of them; the others follow it */
#define SUM_BYTES  40      /* of a sum in decimal, with its end */

struct sum {
    uint64_t hi;
    uint64_t lo;
};

/* The sum of i * i for i in 0..n-1, made one by one. */
struct sum sums_of_squares(uint64_t n);

/* The same so many times, each time anew: the last one. */
struct sum sums_of_squares_repeat(uint64_t n, unsigned times);

/* The same by the formula (n - 1) n (2 n - 1) / 6; n below 2^32. */
struct sum sums_closed_form(uint64_t n);

bool sums_equal(struct sum a, struct sum b);

void sums_write(char out[SUM_BYTES], struct sum sum);

#endif
