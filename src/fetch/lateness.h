/* SPDX-License-Identifier: MIT */
/*
 * Time in which nobody looked: a process that was stopped, a machine that
 * slept, a loop that its program held up. Meanwhile bytes may have come that
 * nobody read, so that none of it may count against a timeout. Pure.
 */
#ifndef ADL_FETCH_LATENESS_H
#define ADL_FETCH_LATENESS_H

#include <stdint.h>

/* How much of the time until now is to be forgiven, when due_ms was the time
 * to look at: 0 for what happens on a busy machine. */
uint64_t adl_lateness_get_ms(uint64_t due_ms, uint64_t now_ms);

/* When what began at since_ms has begun, for all that is to be judged of it:
 * never later than now. */
uint64_t adl_lateness_forgive(uint64_t since_ms, uint64_t late_ms,
                              uint64_t now_ms);

#endif
