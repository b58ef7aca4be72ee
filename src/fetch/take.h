/* SPDX-License-Identifier: MIT */
/* What the head of an answer means for the body: whether it is taken, where it
 * goes, and of which version of the resource it is. */
#ifndef ADL_FETCH_TAKE_H
#define ADL_FETCH_TAKE_H

#include "fetch/transfer.h"

/* Take the head of the answer of its attempt. 0 or what the attempt ends with.
 */
int adl_take_answer(struct asyncdl_transfer *t);

/* Before its first attempt: go on with half a body, where it stands so. */
void adl_take_half(struct asyncdl_transfer *t);

#endif
