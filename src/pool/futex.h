/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a word of shared memory to change, until a point of time.
 * Deadlines are nanoseconds of CLOCK_MONOTONIC, which stands still while the
 * machine sleeps and jumps for nobody.
 */
#ifndef ADL_POOL_FUTEX_H
#define ADL_POOL_FUTEX_H

#include <stdatomic.h>
#include <stdint.h>

#define ADL_FUTEX_NEVER INT64_MAX

/* Now, as a deadline. */
int64_t adl_futex_now(void);

/* The deadline so long after now; ASYNCDL_FOREVER, and what is too far away to
 * count, is ADL_FUTEX_NEVER. */
int64_t adl_futex_deadline(int64_t now, uint64_t timeout_ms);

/*
 * Sleep until a wake, unless the word is not `expected` any more. 0 after a
 * wake, a signal, a change or for no reason at all: look again; -ETIMEDOUT
 * where the deadline is past and nobody has woken this thread.
 */
int adl_futex_wait(_Atomic uint32_t *word, uint32_t expected, int64_t deadline);

/* Wake that many threads of all processes that sleep on the word. */
void adl_futex_wake_one(_Atomic uint32_t *word);
void adl_futex_wake_all(_Atomic uint32_t *word);

#endif
