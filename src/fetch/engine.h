/* SPDX-License-Identifier: MIT */
/*
 * A client at work. In each turn: what ended is judged, what the user asked
 * for is seen to, deadlines are looked at, callbacks run, new requests are
 * queued, what may start starts, jobs go to the pool, and the next alarm is
 * set.
 */
#ifndef ADL_FETCH_ENGINE_H
#define ADL_FETCH_ENGINE_H

#include "fetch/state.h"

/* Build the parts of a client whose options are set. 0 or an error, with
 * nothing left behind. */
int adl_engine_open(struct asyncdl_client *client);

/* Take in a transfer whose name is claimed. */
void adl_engine_accept(struct asyncdl_client *client,
                       struct asyncdl_transfer *t);

/* Have a transfer looked at in the next turn. */
void adl_engine_call(struct asyncdl_transfer *t);

/* Have a transfer canceled in the next turn, unless its end is decided. */
void adl_engine_cancel(struct asyncdl_transfer *t);

/* Cancel everything; the client is freed when all is over. */
void adl_engine_close(struct asyncdl_client *client);

#endif
