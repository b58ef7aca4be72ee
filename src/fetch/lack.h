/* SPDX-License-Identifier: MIT */
/*
 * No descriptor was left for a transfer's socket or file. That is no host's
 * fault and not an attempt: none is started for a moment, in which others give
 * theirs back, and fewer run at once from then on.
 */
#ifndef ADL_FETCH_LACK_H
#define ADL_FETCH_LACK_H

#include <stdbool.h>

#include "fetch/state.h"

/* Does err, an -errno, say so? */
bool adl_lack_is(int err);

/* Of one that has given its slot back. It is tried again soon, or fails with
 * -EMFILE where nothing else has come of anything for long. */
void adl_lack_wait(struct asyncdl_transfer *transfer);

#endif
