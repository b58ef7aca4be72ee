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

/* Take one back. False where it knows of it: then it has to be killed. */
bool adl_hand_take_back(struct adl_hand *hand, struct adl_job *job);

/* Let it end, without jobs. Keeps the loop alive. */
void adl_hand_leave(struct adl_hand *hand);

/* End it: the call that it is in fails with err. */
void adl_hand_kill(struct adl_hand *hand, int err);

/* After on_end, with no jobs left. */
void adl_hand_free(struct adl_hand *hand);

#endif
