/* SPDX-License-Identifier: MIT */
/* From a list's entry to what the engine is asked for. */
#ifndef ADL_CLI_REQUEST_H
#define ADL_CLI_REQUEST_H

#include "asyncdl/request.h"
#include "cli/entry.h"
#include "cli/options.h"

/* The request borrows from both. */
struct asyncdl_request adl_request_make(const struct adl_entry *entry,
                                        const struct adl_options *options);

#endif
