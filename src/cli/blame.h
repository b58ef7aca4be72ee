/* SPDX-License-Identifier: MIT */
/* Which option it was that the library refused. */
#ifndef ADL_CLI_BLAME_H
#define ADL_CLI_BLAME_H

#include <uv.h>

#include "cli/options.h"

/*
 * asyncdl_client_open() answered err: find the option that alone makes it
 * answer so, and write what is wrong to buf. Runs loop. 0 or -ENOMEM.
 */
int adl_blame(struct adl_buf *buf, uv_loop_t *loop,
              const struct adl_options *options, int err);

#endif
