/* SPDX-License-Identifier: MIT */
/* The machine's clock, for what is compared with dates that servers send. */
#ifndef ADL_UTIL_CLOCK_H
#define ADL_UTIL_CLOCK_H

#include <stdint.h>

/* Seconds since 1970. It may jump: never measure a duration with it. */
int64_t adl_clock_wall_s(void);

#endif
