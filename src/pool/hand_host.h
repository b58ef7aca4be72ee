/* SPDX-License-Identifier: MIT */
/* What all hands of a pool share (hand_state.h), from its start to its end. */
#ifndef ADL_POOL_HAND_HOST_H
#define ADL_POOL_HAND_HOST_H

#include "pool/hand_state.h"

/* Besides what its owner has set. 0, -ENOMEM or ASYNCDL_ENOFUNC; to be finished
 * anyway. */
int adl_hand_host_init(struct adl_hand_host *host);

/* With no hand left. Gives the forkserver back, if any. */
void adl_hand_host_finish(struct adl_hand_host *host);

#endif
