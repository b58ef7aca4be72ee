/* SPDX-License-Identifier: MIT */
/* The descriptors of this process. */
#ifndef ADL_UTIL_FDS_H
#define ADL_UTIL_FDS_H

#include <stddef.h>

/* By its limit, less those that are open; at least 1. */
size_t adl_fds_n_free(void);

/*
 * Make room for n more in the kernel's table; over the limit there is none. It
 * grows when it is full, and in a process with threads who opens one more then
 * sleeps until no CPU looks at the old table (10 ms and more, on a loop too):
 * so do it once, early. fd is any that is open.
 */
void adl_fds_make_room(int fd, size_t n);

#endif
