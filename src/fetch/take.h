/* SPDX-License-Identifier: MIT */
/* What the head of an answer means for the body: whether it is taken, where it
 * goes, and of which version of the resource it is. */
#ifndef ADL_FETCH_TAKE_H
#define ADL_FETCH_TAKE_H

#include "fetch/transfer.h"

/* Take the head of the answer of its attempt. 0 or what the attempt ends with.
 */
int adl_take_answer(struct asyncdl_transfer *t);

/* Likewise, before the first byte of a body: see to it that it is decoded where
 * that was asked for, a file on the pool, others by the attempt. */
int adl_take_coding(struct asyncdl_transfer *t);

/* Make its body, if there is none yet, for its first attempt or the half that
 * an earlier run has left. 0 or -ENOMEM. */
int adl_take_make_body(struct asyncdl_transfer *t);

/* Before its first attempt: go on with half a body, where it stands so. */
void adl_take_half(struct asyncdl_transfer *t);

/*
 * All of an answer's body came, as HTTP sees it. Hold a part that was asked for
 * against what it said: 0 where the body is whole now, ASYNCDL_ECUT where more
 * is to be asked for (*out_goes_on: at once, it is no failure), ASYNCDL_ERANGE
 * where it has to begin anew.
 */
int adl_take_end(struct asyncdl_transfer *t, bool *out_goes_on);

#endif
