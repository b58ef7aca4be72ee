/* SPDX-License-Identifier: MIT */
/* The backend whose workers are helper processes. */
#ifndef ADL_POOL_PROCESSES_H
#define ADL_POOL_PROCESSES_H

#include "pool/backend.h"

/* As adl_backend_open_fn says. ASYNCDL_ENOHOOK and others as
 * asyncdl_forkserver_open(); ASYNCDL_ENOFUNC for the initializer or finisher.
 */
int adl_processes_open(struct adl_backend **out, struct adl_backend_host *host,
                       const struct asyncdl_pool_options *options);

#endif
