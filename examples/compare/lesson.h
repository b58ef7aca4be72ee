/* SPDX-License-Identifier: MIT */
/*
 * The small examples beside this program, each readable as a lesson: they are
 * run as they are, and measured.
 */
#ifndef COMPARE_LESSON_H
#define COMPARE_LESSON_H

#include "results.h"

/* Fill in the result of busy, primes, search, lock or count. 0 or -ENOMEM. */
int lesson_run(struct result *out, enum topic topic, const struct work *work);

#endif
