/* SPDX-License-Identifier: MIT */
/* The same work with 1, 2, 3... workers. */
#ifndef COMPARE_SWEEP_H
#define COMPARE_SWEEP_H

#include <stddef.h>

#include "results.h"

/* Fill in the result: a row for each kind and number. 0 or -ENOMEM. */
int sweep_run(struct result *out, const struct work *work);

/* The rows of a sweep are those of its first kind, then of its second... */
#define SWEEP_KINDS 4

/* "I/O, threads". */
const char *sweep_get_title(size_t kind);

#endif
