/* SPDX-License-Identifier: MIT */
/* A run: the client, fed by the reader, watched by the observers. */
#ifndef ADL_CLI_RUN_H
#define ADL_CLI_RUN_H

#include "cli/complain.h"
#include "cli/msg.h"
#include "cli/options.h"
#include "cli/source.h"

/*
 * Download all that sources hold. complain is told of everything that is
 * wrong; it and the rest are borrowed. The program's exit status.
 */
int adl_run(const struct adl_options *options, struct adl_sources *sources,
            struct adl_complain *complain, const struct adl_msg *msg);

#endif
