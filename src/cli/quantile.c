/* SPDX-License-Identifier: MIT */
#include "cli/quantile.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define UNIT_NS  1000 /* what is shorter is not told apart */
#define STEPS    16
#define OCTAVES  40 /* 13 days */
#define N_COUNTS ((OCTAVES + 1) * STEPS)

static size_t get_index(uint64_t ns)
{
    uint64_t units = ns / UNIT_NS;
    size_t octave = 0;

    while (units >= (uint64_t)2 * STEPS) {
        units /= 2;
        octave++;
    }
    size_t index = octave * STEPS + (size_t)units;
    return index < N_COUNTS ? index : N_COUNTS - 1;
}

/* The middle of what has that index. */
static uint64_t get_ns(size_t index)
{
    size_t octave = index < STEPS ? 0 : index / STEPS - 1;
    uint64_t units = index - octave * STEPS;

    return ((units * 2 + 1) * UNIT_NS << octave) / 2;
}

void adl_quantile_finish(struct adl_quantile *q)
{
    free(q->counts);
    *q = (struct adl_quantile){0};
}

int adl_quantile_add(struct adl_quantile *q, uint64_t ns)
{
    if (q->counts == NULL) {
        q->counts = calloc(N_COUNTS, sizeof(*q->counts));
        if (q->counts == NULL) {
            return -ENOMEM;
        }
        q->least_ns = UINT64_MAX;
    }
    q->counts[get_index(ns)]++;
    q->n++;
    q->least_ns = ns < q->least_ns ? ns : q->least_ns;
    q->most_ns = ns > q->most_ns ? ns : q->most_ns;
    return 0;
}

uint64_t adl_quantile_get(const struct adl_quantile *q, unsigned percent)
{
    uint64_t wanted = (q->n * percent + 99) / 100;
    uint64_t n = 0;

    if (q->n == 0) {
        return 0;
    }
    for (size_t i = 0; i < N_COUNTS; i++) {
        n += q->counts[i];
        if (n >= wanted && n > 0) {
            uint64_t ns = get_ns(i);

            ns = ns > q->least_ns ? ns : q->least_ns;
            return ns < q->most_ns ? ns : q->most_ns;
        }
    }
    return q->most_ns;
}
