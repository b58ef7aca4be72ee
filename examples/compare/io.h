/* SPDX-License-Identifier: MIT */
/* The list of URLs, downloaded in each way. */
#ifndef COMPARE_IO_H
#define COMPARE_IO_H

#include "way.h"

const struct way *io_get_ways(size_t *n);

/*
 * See that the answer to a URL is what it must be, and count it. 0, or negative
 * with the run failed.
 */
int io_check(struct run *run, size_t i, const struct answer *answer);

/*
 * The run, one URL after the other on one kept session, each body hashed so
 * many times. More than once is drawn, since it is work. 0 or negative.
 */
int io_run_one_by_one(struct run *run, unsigned n_passes);

#endif
