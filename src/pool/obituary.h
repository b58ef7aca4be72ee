/* SPDX-License-Identifier: MIT */
/* How a process ended, in words. */
#ifndef ADL_POOL_OBITUARY_H
#define ADL_POOL_OBITUARY_H

#include <stdint.h>

/* "worker-1 (process 17) was ended by signal 9 (SIGKILL)", or its exit status
 * where signal is 0. From malloc(); NULL where there is no memory. */
char *adl_obituary(const char *name, int64_t pid, int status, int signal);

#endif
