/* SPDX-License-Identifier: MIT */
/* A helper that calls one function and ends: the process's own side of struct
 * asyncdl_process. */
#ifndef ADL_POOL_SELF_H
#define ADL_POOL_SELF_H

#include <stdbool.h>

#include "pool/kit.h"
#include "pool/wire.h"

/* frame is a PROCESS. */
_Noreturn void adl_self_run(struct adl_kit *kit,
                            const struct adl_wire_frame *frame, bool is_short);

#endif
