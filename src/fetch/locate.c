/* SPDX-License-Identifier: MIT */
#include "fetch/locate.h"

#include <stddef.h>
#include <stdio.h>

#include <utlist.h>

#include "asyncdl/error.h"
#include "fetch/finish.h"
#include "fetch/route.h"

int adl_locate_start(struct asyncdl_transfer *t, const char **out_addresses)
{
    struct asyncdl_client *client = t->client;
    uint64_t now_ms = uv_now(client->loop);
    struct adl_route route;
    uint64_t due_ms;

    if (!adl_route_find(&route, &client->options.http, t->url.origin)) {
        *out_addresses = NULL;
        return 0;
    }
    *out_addresses = adl_resolve_get(client->resolve, route.host);
    if (*out_addresses != NULL) {
        return 0;
    }
    int err = adl_resolve_start(client->resolve, &t->lookup, route.host);
    if (err < 0) {
        return err;
    }
    t->stage = ADL_STAGE_RESOLVING;
    t->located_ms = now_ms;
    DL_APPEND2(client->resolving, t, stage_prev, stage_next);
    (void)adl_locate_check_time(t, now_ms, &due_ms); /* just begun */
    if (due_ms < client->check_ms) {
        client->check_ms = due_ms;
    }
    return ADL_LOCATE_WAITS;
}

void adl_locate_stop(struct asyncdl_transfer *t)
{
    adl_resolve_cancel(&t->lookup);
    DL_DELETE2(t->client->resolving, t, stage_prev, stage_next);
}

int adl_locate_check_time(const struct asyncdl_transfer *t, uint64_t now_ms,
                          uint64_t *out_due_ms)
{
    const struct asyncdl_client_options *o = &t->client->options;
    uint64_t timeout_ms = o->connect_timeout_ms;
    int err = ASYNCDL_ECONNTIMEOUT;

    if (o->max_time_ms != 0 && o->max_time_ms < timeout_ms) {
        timeout_ms = o->max_time_ms;
        err = ASYNCDL_EMAXTIME;
    }
    *out_due_ms = t->located_ms + timeout_ms;
    return now_ms < *out_due_ms ? 0 : err;
}

struct asyncdl_transfer *adl_locate_get_transfer(
    struct adl_resolve_lookup *lookup)
{
    return (struct asyncdl_transfer *)(void *)((char *)lookup -
                                               offsetof(struct asyncdl_transfer,
                                                        lookup));
}

int adl_locate_write(struct adl_buf *out, const struct asyncdl_transfer *t,
                     const char *addresses)
{
    struct adl_route route;

    /* It was found before; nothing of the options changes. */
    (void)adl_route_find(&route, &t->client->options.http, t->url.origin);
    return adl_buf_addf(out, "+%s:%s:%s", route.host, route.port, addresses);
}

void adl_locate_explain(char *out, size_t cap, const struct asyncdl_transfer *t,
                        int err, const char *why)
{
    const struct asyncdl_http_options *http = &t->client->options.http;
    struct adl_route route = {.host = ""};

    (void)adl_route_find(&route, http, t->url.origin); /* as before */
    (void)snprintf(out, cap, "%s: %s%s%s, asking %.60s", asyncdl_strerror(err),
                   route.host, why[0] != '\0' ? ": " : "",
                   why[0] != '\0' ? why : " while resolving the name",
                   http->dns_servers);
}
