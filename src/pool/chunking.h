/* SPDX-License-Identifier: MIT */
/* How many tasks of a map go to a worker together. */
#ifndef ADL_POOL_CHUNKING_H
#define ADL_POOL_CHUNKING_H

#include <stddef.h>
#include <stdint.h>

/* At least 1, and no more than n; n is at least 1. */
size_t adl_chunking_choose(size_t n, uint32_t n_workers);

#endif
