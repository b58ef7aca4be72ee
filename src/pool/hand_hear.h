/* SPDX-License-Identifier: MIT */
/* What a hand's helper answers, and its end. */
#ifndef ADL_POOL_HAND_HEAR_H
#define ADL_POOL_HAND_HEAR_H

#include <stdbool.h>

#include "pool/hand_state.h"

/* Take what is in its outbox. */
void adl_hand_drain(struct adl_hand *hand);

/* Receive a frame. False where there is no more for now, or it ended: then the
 * owner may have freed it. */
bool adl_hand_hear(struct adl_hand *hand);

#endif
