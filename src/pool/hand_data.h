/* SPDX-License-Identifier: MIT */
/* Where the data of results goes. */
#ifndef ADL_POOL_HAND_DATA_H
#define ADL_POOL_HAND_DATA_H

#include "pool/hand_state.h"

/* The data of a result, wherever it is, becomes the call's. 0, ASYNCDL_ERESULT
 * where it is larger than allowed, -ENOMEM, or as adl_shelf_open(). */
int adl_hand_take_data(struct adl_hand *hand, struct adl_call *call,
                       const struct adl_wire_record *record);

#endif
