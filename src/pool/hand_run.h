/* SPDX-License-Identifier: MIT */
/*
 * Which calls a hand's helper is to do: those that it knows, those that it has
 * begun with, and what becomes of them when it is killed.
 */
#ifndef ADL_POOL_HAND_RUN_H
#define ADL_POOL_HAND_RUN_H

#include <stdbool.h>

#include "pool/hand_state.h"

/* Keep the loop alive while something is to come. */
void adl_hand_update_ref(struct adl_hand *hand);

/* Watch its socket for what is of interest now. */
void adl_hand_update_poll(struct adl_hand *hand);

/* It has begun with the first job's next call. */
void adl_hand_begin(struct adl_hand *hand);

/* Go on behind calls that have their results, and give jobs back. Their owner
 * may give others at once. */
void adl_hand_advance(struct adl_hand *hand);

/* Send what there is, if it is time to. */
void adl_hand_pump(struct adl_hand *hand);

/* Those that it knows and has not begun with are as if they had not been sent;
 * none are until it has answered the others. */
void adl_hand_recall(struct adl_hand *hand);

/* The job of the last call that it knows: after a recall, of the one that it is
 * in, or whose result is on its way. NULL: none. */
struct adl_job *adl_hand_get_last(const struct adl_hand *hand);

/* Its last answer may be the last one before those that were recalled. */
void adl_hand_skip_void(struct adl_hand *hand);

/* End it: the call that it is in fails with err, and no other is begun. */
void adl_hand_kill(struct adl_hand *hand, int err);

/* Let it end, without jobs. Keeps the loop alive. */
void adl_hand_leave(struct adl_hand *hand);

#endif
