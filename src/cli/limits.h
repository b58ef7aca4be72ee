/* SPDX-License-Identifier: MIT */
/* What the system allows this process. */
#ifndef ADL_CLI_LIMITS_H
#define ADL_CLI_LIMITS_H

#include "cli/options.h"

/* Ask for as many descriptors as these options want, or as there may be. */
void adl_limits_raise(const struct adl_options *options);

#endif
