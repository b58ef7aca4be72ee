/* SPDX-License-Identifier: MIT */
/* Round moments on an axis of time, and times in words. Pure. */
#ifndef ADL_TRACE_TICKS_H
#define ADL_TRACE_TICKS_H

#include <stddef.h>
#include <stdint.h>

#define ADL_TICKS_CAP 32 /* of a time in words */

/* The least round step, at least 1 ns, with which a span of time has at most
 * max_ticks ticks behind that at 0; max_ticks is at least 1. */
uint64_t adl_ticks_choose(uint64_t span_ns, unsigned max_ticks);

/* A tick, in the unit that suits all of an axis with that step and that end:
 * "0", "1.5 s", "200 ms", "3 min". */
void adl_ticks_name(char out[ADL_TICKS_CAP], uint64_t at_ns, uint64_t step_ns,
                    uint64_t end_ns);

/* A time to about three digits: "12.3 ms", "1.05 s", "2 min 5 s". */
void adl_ticks_say(char out[ADL_TICKS_CAP], uint64_t ns);

#endif
