/* SPDX-License-Identifier: MIT */
/*
 * Where a body goes, over all attempts of a request.
 *
 * A file's body stays in memory while it is small, and is saved in one go. A
 * larger one goes to the disk in chunks: while one job writes, the next chunk
 * is filled, and when chunks pile up the attempt is paused. All work on a
 * file's sink is done by one job at a time, on the pool; but where a file
 * system is in memory, and there is nothing to hash or to note, the loop itself
 * appends.
 */
#ifndef ADL_FETCH_BODY_H
#define ADL_FETCH_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fetch/body_state.h"

/* The answers of adl_body_add() besides errors. */
#define ADL_BODY_FULL   1 /* not taken: wait for on_room */
#define ADL_BODY_PAUSED 2 /* taken, and the user wants no more for now */

/* Free the memory. Nothing may be under way on the disk. */
void adl_body_finish(struct adl_body *body);

/* How long the body will be; helps to choose how to keep it. */
void adl_body_expect(struct adl_body *body, uint64_t size);

/* Ready for another life after on_saved told of a failure. */
void adl_body_reset(struct adl_body *body);

/* Start over: what was taken is void. */
void adl_body_restart(struct adl_body *body);

/* 0, ADL_BODY_FULL, ADL_BODY_PAUSED, or a code that ends the transfer. */
int adl_body_add(struct adl_body *body, const void *bytes, size_t len);

/* All is there: check it and make it last. on_saved follows later, on the
 * loop; for a body that is no file it is called at once. */
void adl_body_save(struct adl_body *body);

/* It will not be used: on_saved follows later, on the loop, for a file that is
 * not small; else it is called at once. */
void adl_body_drop(struct adl_body *body);

/* Likewise, but what there is of a version that is set stays for a later run,
 * as far as it goes; is_left says whether. */
void adl_body_leave(struct adl_body *body);

/* Before the first byte: go on with a part of an earlier run, of whose bytes so
 * many would survive a power cut. */
void adl_body_resume(struct adl_body *body, const char *part, uint64_t bytes,
                     uint64_t synced);

/* Is it to go on with a part that was not opened yet? */
bool adl_body_is_waiting(const struct adl_body *body);

/* Of what the body is a part, so that it may be left to a later run; NULL: it
 * may not. Borrowed until it is set again. */
void adl_body_set_version(struct adl_body *body,
                          const struct adl_validator *version);

/* How the bytes that follow are coded, where that is to be undone before they
 * are written; of a file, to be said before the first byte. */
void adl_body_set_coding(struct adl_body *body, enum adl_coding coding);

/* What the file is to be, or of others the checks alone, to be said before the
 * first byte and again when it changes. What it points at is borrowed until
 * on_saved. */
void adl_body_set_target(struct adl_body *body,
                         const struct adl_sink_target *target);

#endif
