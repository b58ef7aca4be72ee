/* SPDX-License-Identifier: MIT */
/*
 * What the journal is told of a transfer. All but handover and must_note run on
 * the pool.
 *
 * Half a body is noted while the loop goes on with the transfer: of what the
 * loop may change meanwhile, the note is told what it was when the job was
 * handed over. All other notes are of transfers that the loop leaves alone.
 */
#ifndef ADL_FETCH_REMEMBER_H
#define ADL_FETCH_REMEMBER_H

#include <stdbool.h>

#include "fetch/body_state.h"
#include "fetch/transfer.h"

/* struct adl_body_ops.on_handover, on_ready, on_unmade, on_half, on_void. */
void adl_remember_handover(struct adl_body *body);
int adl_remember_ready(struct adl_body *body, const struct adl_sink *sink,
                       struct adl_sink_error *error);
void adl_remember_unmade(struct adl_body *body, int err, const char *why);
void adl_remember_half(struct adl_body *body, const char *part,
                       uint64_t n_synced);
int adl_remember_void(struct adl_body *body);

/* Is its failure to be noted, and was not yet? */
bool adl_remember_must_note(const struct asyncdl_transfer *t);

/* Note that it failed. What could not be noted is only not remembered: the
 * next run tries it again all the same. */
void adl_remember_failure(struct asyncdl_transfer *t);

#endif
