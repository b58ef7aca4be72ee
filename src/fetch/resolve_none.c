/* SPDX-License-Identifier: MIT */
/* Where c-ares is not built in: nothing can be opened. */
#include "fetch/resolve.h"

#include <stddef.h>

#include "asyncdl/error.h"

int adl_resolve_open(struct adl_resolve **out, uv_loop_t *loop,
                     const char *servers, enum asyncdl_ip_version ip_version,
                     adl_resolve_cb on_activity, void *data)
{
    (void)out;
    (void)loop;
    (void)servers;
    (void)ip_version;
    (void)on_activity;
    (void)data;
    return ASYNCDL_ENOTBUILT;
}

const char *adl_resolve_get(struct adl_resolve *resolve, const char *host)
{
    (void)resolve;
    (void)host;
    return NULL;
}

int adl_resolve_start(struct adl_resolve *resolve,
                      struct adl_resolve_lookup *lookup, const char *host)
{
    (void)resolve;
    (void)lookup;
    (void)host;
    return ASYNCDL_ENOTBUILT;
}

void adl_resolve_cancel(struct adl_resolve_lookup *lookup)
{
    (void)lookup;
}

void adl_resolve_deliver(struct adl_resolve *resolve,
                         adl_resolve_done_cb on_done)
{
    (void)resolve;
    (void)on_done;
}

void adl_resolve_close(struct adl_resolve *resolve, adl_resolve_cb on_closed)
{
    (void)resolve;
    (void)on_closed;
}
