/* SPDX-License-Identifier: MIT */
#include "trace/sample.h"

bool adl_sample_has(const struct adl_sample *sample, uint64_t i)
{
    return sample->step <= 1 || i < sample->n_first ||
           (i - sample->n_first) % sample->step == 0;
}

void adl_sample_thin(struct adl_sample *sample, uint64_t n_first)
{
    if (sample->step <= 1) {
        sample->n_first = n_first;
    }
    sample->step = sample->step <= 1 ? 2 : sample->step * 2;
}

uint64_t adl_sample_pick(uint64_t i, uint64_t n_shown, uint64_t n)
{
    if (n_shown >= n || n_shown <= 1) {
        return i;
    }
    return (i * (n - 1) + (n_shown - 1) / 2) / (n_shown - 1);
}
