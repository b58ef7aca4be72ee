/* SPDX-License-Identifier: MIT */
/* Payloads as backends see them. */
#ifndef ADL_POOL_PAYLOAD_H
#define ADL_POOL_PAYLOAD_H

#include <stdint.h>

#include "asyncdl/payload.h"

#include "pool/parcel.h"

/* From here on bytes are in a parcel. */
#define ADL_PAYLOAD_SHARED_MIN ((size_t)256 * 1024)

/* Borrowed: the parcel that holds them, or NULL without one. */
struct adl_parcel *adl_payload_get_parcel(
    const struct asyncdl_payload *payload);

/* No other has it, be it of a payload that is long gone. */
uint64_t adl_payload_get_id(const struct asyncdl_payload *payload);

#endif
