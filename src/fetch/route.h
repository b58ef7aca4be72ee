/* SPDX-License-Identifier: MIT */
/*
 * Which name must be known before a URL can be asked for. Pure, and libcurl's
 * rules: --connect-to comes first, then proxies, then --resolve.
 */
#ifndef ADL_FETCH_ROUTE_H
#define ADL_FETCH_ROUTE_H

#include <stdbool.h>

#include "asyncdl/client.h"

#define ADL_ROUTE_HOST_MAX 255 /* no longer name fits into a question */

struct adl_route {
    char host[ADL_ROUTE_HOST_MAX + 1]; /* lower case */
    char port[6];
};

/* The proxy for a URL, "" for none; no_proxy is not looked at. */
const char *adl_route_get_proxy(const struct asyncdl_http_options *http,
                                const char *url);

/* Does a URL of that origin ("http://host:80") surely go through a proxy?
 * Networks in no_proxy leave it open. */
bool adl_route_is_proxied(const struct asyncdl_http_options *http,
                          const char *origin);

enum adl_route_ban {
    ADL_ROUTE_FREE,
    ADL_ROUTE_HOST_BANNED,
    ADL_ROUTE_PROXY_BANNED,
};

/* Is the host of that origin, or the proxy for it, an address that ip_version
 * forbids, and that is connected to as it is? */
enum adl_route_ban adl_route_find_ban(const struct asyncdl_http_options *http,
                                      const char *origin);

/*
 * Is there a name to look up for a URL of that origin? Not where the address is
 * given already, and not where a proxy finds it out; the proxy's own name is
 * left to libcurl.
 */
bool adl_route_find(struct adl_route *out,
                    const struct asyncdl_http_options *http,
                    const char *origin);

#endif
