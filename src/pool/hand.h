/* SPDX-License-Identifier: MIT */
/*
 * One helper of a pool, from when it is asked for to its end: the process that
 * takes its place is another hand. Jobs are given to it in order; it does the
 * calls of the first, and knows those of the next few.
 *
 *     adl_hand_open(&hand, host, id)
 *     adl_hand_give(hand, job) ... host->on_job(job)
 *     adl_hand_leave(hand), or adl_hand_kill(hand, err)
 *     host->on_end(hand), once; adl_hand_free(hand)
 */
#ifndef ADL_POOL_HAND_H
#define ADL_POOL_HAND_H

#include <stdbool.h>

#include "pool/hand_state.h"

/* Ask for a helper. 0, or as adl_forkserver_spawn(). */
int adl_hand_open(struct adl_hand **out, struct adl_hand_host *host,
                  unsigned id, void *owner);

/* Give it a job; while it is starting or ready. Keeps the loop alive. */
void adl_hand_give(struct adl_hand *hand, struct adl_job *job);

/* The last of its jobs, taken back; NULL where it has begun with that. */
struct adl_job *adl_hand_take_last(struct adl_hand *hand);

/* Have a job come back soon, which is marked as canceled. True where it was
 * taken back. */
bool adl_hand_cancel(struct adl_hand *hand, struct adl_job *job);

/* After on_end, with no jobs left. */
void adl_hand_free(struct adl_hand *hand);

#endif
