/* SPDX-License-Identifier: MIT */
/* Options that say nothing together, or nothing as they are. */
#ifndef ADL_CLI_CONFLICT_H
#define ADL_CLI_CONFLICT_H

#include "cli/options.h"
#include "util/buf.h"

/*
 * Look at all options, wherever they were given. 0; -EINVAL with those that
 * cannot be meant so, and why, appended to error; -ENOMEM.
 */
int adl_conflict_check(const struct adl_options *options,
                       struct adl_buf *error);

#endif
