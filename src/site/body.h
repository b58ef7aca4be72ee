/* SPDX-License-Identifier: MIT */
/* Bodies made while they are sent: of any size, in constant memory. */
#ifndef ADL_SITE_BODY_H
#define ADL_SITE_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

#include "site/exchange.h"

#define ADL_BODY_ENDLESS UINT64_MAX
#define ADL_BODY_NEVER   UINT64_MAX

struct adl_body_spec {
    bool is_zeros;        /* otherwise the pattern of seed */
    bool is_gzip;         /* compressed on the way; size stays the plain size */
    bool is_chunked;      /* do not announce the size */
    uint64_t seed;        /* of the pattern */
    uint64_t offset;      /* where in the pattern it begins */
    uint64_t size;        /* or ADL_BODY_ENDLESS */
    uint64_t cut_after;   /* close after so many bytes on the wire, or NEVER */
    uint64_t stall_after; /* fall silent after so many, or NEVER */
    uint64_t rate;        /* bytes a second on the wire; 0: no limit */
};

/* A whole honest body of the pattern. */
#define ADL_BODY_SPEC_INIT                                         \
    {                                                              \
        .cut_after = ADL_BODY_NEVER, .stall_after = ADL_BODY_NEVER \
    }

/* A response whose body is that; ex is borrowed until it is closed. NULL
 * without memory. */
struct MHD_Response *adl_body_respond(struct adl_exchange *ex,
                                      const struct adl_body_spec *spec);

#endif
