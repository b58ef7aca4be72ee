/* SPDX-License-Identifier: MIT */
/* What follows from the end of an attempt. */
#ifndef ADL_FETCH_JUDGE_H
#define ADL_FETCH_JUDGE_H

#include <curl/curl.h>

#include "fetch/state.h"

/* The transfer's attempt ended with cc, or was aborted by a deadline: saves
 * it, follows a redirect, tries again or another mirror, or fails it. */
void adl_judge_attempt(struct asyncdl_transfer *t, CURLcode cc);

/* The job on the body is over: the end, or another mirror. */
void adl_judge_saved(struct asyncdl_transfer *t);

#endif
