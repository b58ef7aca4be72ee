/* SPDX-License-Identifier: MIT */
/* How a hand's calls go out: several in a frame where they are small. */
#ifndef ADL_POOL_HAND_SEND_H
#define ADL_POOL_HAND_SEND_H

#include <stdbool.h>

#include "pool/hand_state.h"

/* Has the call its result? */
bool adl_hand_is_done(const struct adl_call *call);

/* Calls that the helper was sent, and has neither answered nor lost again. */
uint64_t adl_hand_count_known(const struct adl_hand *hand);

/*
 * Send a frame of calls if the helper has few left. 0; -EAGAIN where the socket
 * takes no more; else what will never work: the next call is to blame. A call
 * that there is no memory for may have got its result.
 */
int adl_hand_send(struct adl_hand *hand);

/* It may have lost some that were sent to it: from now on they are new. */
void adl_hand_forget_parcels(struct adl_hand *hand);

#endif
