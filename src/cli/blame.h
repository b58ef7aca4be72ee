/* SPDX-License-Identifier: MIT */
/* Which option it was that the library refused. */
#ifndef ADL_CLI_BLAME_H
#define ADL_CLI_BLAME_H

#include <stdbool.h>

#include <uv.h>

#include "cli/msg.h"
#include "cli/options.h"

/*
 * asyncdl_client_open() answered err: find the option that alone makes it
 * answer so, or the directory, and write what is wrong to buf. *out_is_local:
 * it is a fault of this machine, not of what was asked for. Runs loop. 0 or
 * -ENOMEM.
 */
int adl_blame(struct adl_buf *buf, bool *out_is_local, uv_loop_t *loop,
              const struct adl_options *options, int err);

/* Say it, and answer the exit status that it means. */
int adl_blame_tell(const struct adl_msg *msg, uv_loop_t *loop,
                   const struct adl_options *options, int err);

#endif
