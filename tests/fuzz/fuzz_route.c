/* SPDX-License-Identifier: MIT */
/* URL NUL PROXY NUL NO_PROXY NUL CONNECT-TO NUL RESOLVE: a name is asked for
 * only where it is one, and no proxy or address stands for it. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/route.h"
#include "fetch/url.h"
#include "fuzz/fuzz.h"

enum { URL, PROXY, NO_PROXY, CONNECT_TO, RESOLVE, N_STRINGS };

static const char *check_route(const struct adl_route *route)
{
    unsigned char address[16];

    if (route->host[0] == '\0' ||
        strpbrk(route->host, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != NULL ||
        fuzz_is_planted(1)) {
        return "a name is in lower case";
    }
    return route->host[0] == '[' || strchr(route->host, ':') != NULL ||
                   inet_pton(AF_INET, route->host, address) == 1 ||
                   fuzz_is_planted(2)
               ? "no address is looked up"
               : NULL;
}

static const char *check_shortcuts(const struct asyncdl_http_options *http,
                                   const char *origin)
{
    struct asyncdl_http_options other = *http;
    struct adl_route route;

    other.unix_socket = "/socket";
    if (adl_route_find(&route, &other, origin) || fuzz_is_planted(3)) {
        return "behind a socket nothing is looked up";
    }
    other = *http;
    other.proxy = "http://proxy.test";
    other.no_proxy = NULL;
    if (adl_route_find(&route, &other, origin) || fuzz_is_planted(4)) {
        return "a proxy finds names out itself";
    }
    other.no_proxy = "*";
    other.connect_to = NULL;
    other.resolve = NULL;
    bool is_found = adl_route_find(&route, &other, origin);
    other.proxy = NULL;
    return adl_route_find(&route, &other, origin) != is_found ||
                   fuzz_is_planted(5)
               ? "where no host has a proxy, none has"
               : NULL;
}

static const char *check_origin(const char *origin, char **strings)
{
    const char *connect_to[] = {strings[CONNECT_TO], NULL};
    const char *resolve[] = {strings[RESOLVE], NULL};
    const struct asyncdl_http_options http = {
        .proxy = strings[PROXY],
        .no_proxy = strings[NO_PROXY],
        .connect_to = connect_to,
        .resolve = resolve,
    };
    struct adl_route route;
    const char *broken = NULL;

    if (adl_route_find(&route, &http, origin)) {
        broken = check_route(&route);
    }
    return broken == NULL ? check_shortcuts(&http, origin) : broken;
}

static const char *check(const char *bytes, size_t len)
{
    struct fuzz_input input = {bytes, bytes + len};
    struct adl_url url = {0};
    char *strings[N_STRINGS];
    const char *broken = NULL;

    for (int i = 0; i < N_STRINGS; i++) {
        strings[i] = fuzz_take_string(&input);
    }
    if (adl_url_parse(&url, strings[URL], "http,https") == 0) {
        broken = check_origin(url.origin, strings);
    }
    adl_url_finish(&url);
    for (int i = 0; i < N_STRINGS; i++) {
        free(strings[i]);
    }
    return broken;
}

static const struct fuzz_seed seeds[] = {
    FUZZ_SEED("http://A.test/"),
    FUZZ_SEED("https://a.test:8443/\0http://p.test:3128\0.test, b.c"),
    FUZZ_SEED("http://a.test/\0socks5://p.test\0\0a.test:80:B.test:81"),
    FUZZ_SEED("http://a.test/\0\0\0::[::1]:\0a.test:80:127.0.0.1"),
    FUZZ_SEED("http://[::1]/\0\0\0:::\0+*:80:127.0.0.1"),
    FUZZ_SEED("http://127.0.0.1/\0\0*\0x\0-a.test:80"),
};

const struct fuzz_target fuzz_route = {
    .name = "route",
    .check = check,
    .seeds = seeds,
    .n_seeds = sizeof(seeds) / sizeof(seeds[0]),
    .n_plants = 5,
};
