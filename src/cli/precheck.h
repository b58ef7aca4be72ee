/* SPDX-License-Identifier: MIT */
/* --strict: reads all lists once before anything starts. */
#ifndef ADL_CLI_PRECHECK_H
#define ADL_CLI_PRECHECK_H

#include <stdint.h>

#include "cli/listparse.h"
#include "cli/source.h"

/*
 * Read all sources and report what is in them, right or wrong, to callbacks
 * with data.
 * What can be read only once is kept in a temporary file, which the source
 * then has as its fd. Waits for all of it. 0, -ENOMEM or -errno; on failure
 * *out_name names the source, borrowed from it.
 */
int adl_precheck(const char **out_name, struct adl_sources *sources,
                 const char *protocols,
                 const struct adl_listparse_callbacks *callbacks, void *data);

#endif
