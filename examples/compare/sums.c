/* SPDX-License-Identifier: MIT */
/*
 * The carry keeps the loop a loop: a compiler that knows the closed form of a
 * sum of squares does not know it of one that is carried by hand. A test looks
 * at the machine code.
 */
#include "sums.h"

#include <string.h>

struct sum sums_of_squares(uint64_t n)
{
    struct sum sum = {0};

    for (uint64_t i = 0; i < n; i++) {
        uint64_t square = i * i;

        sum.lo += square;
        sum.hi += sum.lo < square;
    }
    return sum;
}

struct sum sums_of_squares_repeat(uint64_t n, unsigned times)
{
    volatile uint64_t again = n; /* read each time, so that each time counts */
    struct sum sum = {0};

    for (unsigned i = 0; i < times; i++) {
        sum = sums_of_squares(again);
    }
    return sum;
}

static struct sum multiply(uint64_t a, uint64_t b)
{
    uint64_t a_lo = a & UINT32_MAX;
    uint64_t a_hi = a >> 32;
    uint64_t b_lo = b & UINT32_MAX;
    uint64_t b_hi = b >> 32;
    uint64_t low = a_lo * b_lo;
    uint64_t mid = a_hi * b_lo + (low >> 32); /* at most 2^64 - 2^32 */
    uint64_t mid2 = a_lo * b_hi + (mid & UINT32_MAX);

    return (struct sum){
        .hi = a_hi * b_hi + (mid >> 32) + (mid2 >> 32),
        .lo = mid2 << 32 | (low & UINT32_MAX),
    };
}

struct sum sums_closed_form(uint64_t n)
{
    if (n == 0) {
        return (struct sum){0};
    }
    uint64_t half = n % 2 == 0 ? n / 2 * (n - 1) : (n - 1) / 2 * n;
    uint64_t odd = 2 * n - 1;

    /* Of n - 1, n and 2 n - 1 one is a multiple of 3. */
    return half % 3 == 0 ? multiply(half / 3, odd) : multiply(half, odd / 3);
}

bool sums_equal(struct sum a, struct sum b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

/* Divide by ten, and return what is left over. */
static unsigned take_digit(struct sum *sum)
{
    uint32_t parts[] = {
        (uint32_t)(sum->hi >> 32),
        (uint32_t)sum->hi,
        (uint32_t)(sum->lo >> 32),
        (uint32_t)sum->lo,
    };
    uint64_t rest = 0;

    for (int i = 0; i < 4; i++) {
        rest = rest << 32 | parts[i];
        parts[i] = (uint32_t)(rest / 10);
        rest %= 10;
    }
    sum->hi = (uint64_t)parts[0] << 32 | parts[1];
    sum->lo = (uint64_t)parts[2] << 32 | parts[3];
    return (unsigned)rest;
}

void sums_write(char out[SUM_BYTES], struct sum sum)
{
    char digits[SUM_BYTES];
    size_t at = sizeof(digits) - 1;

    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + take_digit(&sum));
    } while (sum.hi != 0 || sum.lo != 0);
    memcpy(out, &digits[at], sizeof(digits) - at);
}
