/* SPDX-License-Identifier: MIT */
/* What the figures of a topic say, in a sentence. */
#ifndef COMPARE_VERDICT_H
#define COMPARE_VERDICT_H

#include "results.h"

/* Write the verdict of a settled result. */
void verdict_write(struct result *result, unsigned n_cpus);

/*
 * The smallest number of workers that is as fast as the best, give or take 10
 * %: seconds[i] is the time with i + 1 workers, and 0 where it was not
 * measured. 0 where none was.
 */
unsigned verdict_best_count(const double *seconds, unsigned n);

#endif
