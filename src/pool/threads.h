/* SPDX-License-Identifier: MIT */
/* The backend on libuv's threadpool. */
#ifndef ADL_POOL_THREADS_H
#define ADL_POOL_THREADS_H

#include "pool/backend.h"

/* As adl_backend_open_fn says. */
int adl_threads_open(struct adl_backend **out, struct adl_backend_host *host,
                     const struct asyncdl_pool_options *options);

#endif
