/* SPDX-License-Identifier: MIT */
/* Options of a pool: checked, copied, and with their defaults. */
#ifndef ADL_POOL_POOL_OPTIONS_H
#define ADL_POOL_POOL_OPTIONS_H

#include "asyncdl/pool.h"

#define ADL_POOL_WORKERS_MAX 1024

/*
 * Copy given, which may be NULL, with all defaults filled in for a machine of
 * n_cpus. Release with adl_pool_options_finish(). 0, -EINVAL or -ENOMEM.
 */
int adl_pool_options_init(struct asyncdl_pool_options *out,
                          const struct asyncdl_pool_options *given,
                          unsigned n_cpus);

/* Zero is allowed. */
void adl_pool_options_finish(struct asyncdl_pool_options *options);

#endif
