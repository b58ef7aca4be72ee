/* SPDX-License-Identifier: MIT */
/* A helper that runs tasks for a pool, until the pool lets it go. */
#ifndef ADL_POOL_SERVE_H
#define ADL_POOL_SERVE_H

#include <stdbool.h>

#include "pool/kit.h"
#include "pool/wire.h"

/* frame is a WORKER. */
_Noreturn void adl_serve_run(struct adl_kit *kit,
                             const struct adl_wire_frame *frame, bool is_short);

#endif
