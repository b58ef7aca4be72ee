/* SPDX-License-Identifier: MIT */
/* Whether this machine has a way to other networks. */
#ifndef ADL_UTIL_WAYOUT_H
#define ADL_UTIL_WAYOUT_H

#include <stdbool.h>

/* Is there a route out, by IPv4 or IPv6? Nothing is sent. True where it cannot
 * be found out. */
bool adl_wayout_exists(void);

#endif
