/* SPDX-License-Identifier: MIT */
/* What the environment says, where no option says it. */
#ifndef ADL_CLI_ENV_H
#define ADL_CLI_ENV_H

#include "cli/options.h"

/* Looks a variable up: getenv(), or a table in tests. NULL where not set. */
typedef char *(*adl_env_get_cb)(const char *name);

/* Fill in proxies, certificates, netrc and colour. 0 or -ENOMEM. */
int adl_env_apply(struct adl_options *options, adl_env_get_cb get);

#endif
