/* SPDX-License-Identifier: MIT */
/* What follows from the end of an attempt. */
#ifndef ADL_FETCH_JUDGE_H
#define ADL_FETCH_JUDGE_H

#include "fetch/state.h"

/* The transfer's attempt has ended, or was aborted by a deadline: saves it,
 * follows a redirect, tries again or another mirror, or fails it. */
void adl_judge_attempt(struct asyncdl_transfer *t);

/* Its host's address could not be found, in time or at all: judged as any
 * attempt that failed. why is a word of the resolver, or "". */
void adl_judge_lookup(struct asyncdl_transfer *t, int err, const char *why);

/* The job on the body is over: the end, or another mirror. */
void adl_judge_saved(struct asyncdl_transfer *t);

#endif
