/* SPDX-License-Identifier: MIT */
/* From the queue to the wire: starting attempts, and taking their bodies. */
#ifndef ADL_FETCH_START_H
#define ADL_FETCH_START_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch/state.h"

/* What attempts of a client report to; their data is the transfer. */
extern const struct adl_attempt_ops adl_start_attempt_ops;

/* Start what may start now. */
void adl_start_ready(struct asyncdl_client *client);

/* When the next may start; UINT64_MAX: not before something else happens. */
uint64_t adl_start_due_ms(const struct asyncdl_client *client);

/* Go on with a transfer that was RESOLVING. */
void adl_start_located(struct asyncdl_transfer *t, const char *addresses);

/* Queue it under the host it goes to, from due_ms on (0: now). Where that host
 * is closed to us for too long it goes to its next mirror, else it is failed,
 * as it is without memory. */
void adl_start_enqueue(struct asyncdl_transfer *t, uint64_t due_ms);

/* The same, before all others of that host. */
void adl_start_enqueue_first(struct asyncdl_transfer *t);

/* Have the next mirror take over, the first whose host is not closed to us;
 * why says what was wrong with the source before. False where there is none
 * left, and nothing was done; else it is queued, or failed. */
bool adl_start_mirror(struct asyncdl_transfer *t, int why);

/* Its body, of several sources, was wrong: ask this one for all of it. */
void adl_start_unmixed(struct asyncdl_transfer *t, int why);

/* Tell the world that it is tried again, where its URL says, and why. */
void adl_start_tell_retry(struct asyncdl_transfer *t, int err,
                          uint64_t delay_ms);

/* Let go of the attempt; the transfer leaves the lists of those under way. */
void adl_start_release(struct asyncdl_transfer *t);

#endif
