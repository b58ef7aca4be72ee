/* SPDX-License-Identifier: MIT */
/* How many descriptors this process may still open. */
#ifndef ADL_UTIL_FDS_H
#define ADL_UTIL_FDS_H

#include <stddef.h>

/* By its limit, less those that are open; at least 1. */
size_t adl_fds_n_free(void);

#endif
