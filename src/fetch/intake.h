/* SPDX-License-Identifier: MIT */
/* How requests come in: looked up on the disk, queued, and asked for. */
#ifndef ADL_FETCH_INTAKE_H
#define ADL_FETCH_INTAKE_H

#include "fetch/state.h"

/* Entries are admitted so many at a time: a hand-over costs as much as a dozen
 * of them, and what they start waits for the last. More where many are found
 * finished. */
#define ADL_INTAKE_MIN 128
#define ADL_INTAKE_MAX 256

/*
 * Take in what was accepted since the last turn: what is to be a file is queued
 * once it is known that none is there. Where there is room the user's source of
 * work is asked for more, so much at a time that the pool begins with the first
 * of it while the rest is read.
 */
void adl_intake_take(struct asyncdl_client *client);

/*
 * After all that can start has: where slots are free and yet requests wait,
 * their hosts are busy, and hosts that are not may stand further on in the
 * list. Then more is asked for, up to a bound that grows while they are slow,
 * however many wait.
 */
void adl_intake_look_further(struct asyncdl_client *client);

/* When to look further again, where nothing else happens. UINT64_MAX: never. */
uint64_t adl_intake_due_ms(const struct asyncdl_client *client);

#endif
