/* SPDX-License-Identifier: MIT */
/* Payloads as backends see them. */
#ifndef ADL_POOL_PAYLOAD_H
#define ADL_POOL_PAYLOAD_H

#include "asyncdl/payload.h"

/* From here on bytes are in memory that can be shared by its descriptor. */
#define ADL_PAYLOAD_SHARED_MIN ((size_t)256 * 1024)

/* Borrowed: the memfd that holds them from offset 0, or -1 without one. */
int adl_payload_get_fd(const struct asyncdl_payload *payload);

#endif
