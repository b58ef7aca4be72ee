/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memrchr */

#include "fetch/route.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* A piece of a string. */
struct piece {
    const char *text;
    size_t len;
};

static bool piece_is(struct piece piece, const char *text)
{
    return piece.len == strlen(text) &&
           strncasecmp(piece.text, text, piece.len) == 0;
}

static bool copy_piece(char *out, size_t cap, struct piece piece)
{
    if (piece.len >= cap) {
        return false;
    }
    for (size_t i = 0; i < piece.len; i++) {
        out[i] = (char)tolower((unsigned char)piece.text[i]);
    }
    out[piece.len] = '\0';
    return true;
}

/* Up to the next colon that is not in brackets, and past it. */
static struct piece next_piece(const char **text)
{
    struct piece piece = {.text = *text};
    const char *end = *text;

    if (*end == '[') {
        end += strcspn(end, "]");
    }
    end += strcspn(end, ":");
    piece.len = (size_t)(end - *text);
    *text = *end == ':' ? end + 1 : end;
    return piece;
}

const char *adl_route_get_proxy(const struct asyncdl_http_options *http,
                                const char *url)
{
    const char *proxy = http->proxy;

    if (proxy == NULL) {
        proxy = strncasecmp(url, "https:", 6) == 0 ? http->https_proxy
                                                   : http->http_proxy;
    }
    return proxy != NULL ? proxy : "";
}

/* With the older SOCKS, and with "h" missing in its name, the client looks the
 * name up and the proxy gets the address. */
static bool proxy_takes_names(const char *proxy)
{
    return strncasecmp(proxy, "socks4://", 9) != 0 &&
           strncasecmp(proxy, "socks5://", 9) != 0 &&
           strncasecmp(proxy, "socks://", 8) != 0;
}

static struct piece cut_dots(struct piece name)
{
    while (name.len > 0 && name.text[0] == '.') {
        name.text++;
        name.len--;
    }
    if (name.len > 0 && name.text[name.len - 1] == '.') {
        name.len--;
    }
    return name;
}

static bool is_ipv4(struct piece host)
{
    char text[INET_ADDRSTRLEN];
    uint8_t bytes[4];

    return copy_piece(text, sizeof(text), host) &&
           inet_pton(AF_INET, text, bytes) == 1;
}

/* "b.c" covers "b.c" and "a.b.c", and so does ".b.c"; addresses cover
 * themselves alone. */
static bool covers(struct piece domain, struct piece host)
{
    if (is_ipv4(host) || memchr(host.text, ':', host.len) != NULL) {
        return domain.len == host.len &&
               strncasecmp(domain.text, host.text, host.len) == 0;
    }
    domain = cut_dots(domain);
    host = cut_dots(host);
    if (domain.len == 0 || domain.len > host.len) {
        return false;
    }
    size_t from = host.len - domain.len;
    return strncasecmp(host.text + from, domain.text, domain.len) == 0 &&
           (from == 0 || host.text[from - 1] == '.');
}

/* Is the host in no_proxy? Addresses in there match no name. */
static bool is_not_proxied(const char *no_proxy, struct piece host)
{
    static const char parting[] = ", \t";

    if (no_proxy == NULL) {
        return false;
    }
    if (strcmp(no_proxy, "*") == 0) {
        return true;
    }
    while (*no_proxy != '\0') {
        struct piece domain = {no_proxy, strcspn(no_proxy, parting)};

        if (covers(domain, host)) {
            return true;
        }
        no_proxy += domain.len;
        no_proxy += strspn(no_proxy, parting);
    }
    return false;
}

static struct piece get_host(const char *origin)
{
    const char *from = strstr(origin, "://") + 3;

    return (struct piece){from, (size_t)(strrchr(from, ':') - from)};
}

/* There is a proxy, and networks that are excepted: not for us to tell. */
static bool may_be_proxied(const struct asyncdl_http_options *http,
                           const char *origin)
{
    return adl_route_get_proxy(http, origin)[0] != '\0' &&
           http->no_proxy != NULL && strchr(http->no_proxy, '/') != NULL;
}

bool adl_route_is_proxied(const struct asyncdl_http_options *http,
                          const char *origin)
{
    if (adl_route_get_proxy(http, origin)[0] == '\0' ||
        http->unix_socket != NULL || may_be_proxied(http, origin)) {
        return false;
    }
    struct piece host = get_host(origin);
    if (host.text[0] == '[') { /* there it may stand without */
        host.text++;
        host.len -= 2;
    }
    return !is_not_proxied(http->no_proxy, host);
}

/* Of "socks5://user:password@host:1080", with its brackets. */
static struct piece get_proxy_host(const char *proxy)
{
    const char *scheme_end = strstr(proxy, "://");
    const char *from = scheme_end != NULL ? scheme_end + 3 : proxy;
    size_t len = strcspn(from, "/?#");
    const char *at = memrchr(from, '@', len);

    from = at != NULL ? at + 1 : from;
    return next_piece(&from);
}

static bool is_of_other_family(struct piece host,
                               enum asyncdl_ip_version ip_version)
{
    return ip_version == ASYNCDL_IP_V4 ? host.text[0] == '[' : is_ipv4(host);
}

enum adl_route_ban adl_route_find_ban(const struct asyncdl_http_options *http,
                                      const char *origin)
{
    if (http->ip_version == ASYNCDL_IP_ANY || http->unix_socket != NULL ||
        http->resolve != NULL || may_be_proxied(http, origin)) {
        return ADL_ROUTE_FREE;
    }
    if (adl_route_is_proxied(http, origin)) {
        struct piece host = get_proxy_host(adl_route_get_proxy(http, origin));

        return is_of_other_family(host, http->ip_version)
                   ? ADL_ROUTE_PROXY_BANNED
                   : ADL_ROUTE_FREE;
    }
    return http->connect_to == NULL &&
                   is_of_other_family(get_host(origin), http->ip_version)
               ? ADL_ROUTE_HOST_BANNED
               : ADL_ROUTE_FREE;
}

/* The first entry that fits says where to connect instead. */
static void redirect(const char *const *connect_to, struct piece *host,
                     struct piece *port)
{
    for (; connect_to != NULL && *connect_to != NULL; connect_to++) {
        const char *text = *connect_to;
        struct piece from_host = next_piece(&text);
        struct piece from_port = next_piece(&text);

        if ((from_host.len > 0 &&
             (from_host.len != host->len ||
              strncasecmp(from_host.text, host->text, host->len) != 0)) ||
            (from_port.len > 0 &&
             (from_port.len != port->len ||
              strncmp(from_port.text, port->text, port->len) != 0))) {
            continue;
        }
        struct piece to_host = next_piece(&text);
        struct piece to_port = next_piece(&text);
        *host = to_host.len > 0 ? to_host : *host;
        *port = to_port.len > 0 ? to_port : *port;
        return;
    }
}

/* The last entry for a host and port counts; "-HOST:PORT" takes one back. */
static bool is_resolved(const char *const *resolve,
                        const struct adl_route *route)
{
    bool is_given = false;

    for (; resolve != NULL && *resolve != NULL; resolve++) {
        const char *text = *resolve;
        bool is_removal = *text == '-';

        text += *text == '-' || *text == '+';
        struct piece host = next_piece(&text);
        struct piece port = next_piece(&text);
        if ((piece_is(host, route->host) || piece_is(host, "*")) &&
            piece_is(port, route->port)) {
            is_given = !is_removal;
        }
    }
    return is_given;
}

static bool is_numeric(const char *host)
{
    return strchr(host, ':') != NULL || host[0] == '[' ||
           is_ipv4((struct piece){host, strlen(host)});
}

bool adl_route_find(struct adl_route *out,
                    const struct asyncdl_http_options *http, const char *origin)
{
    const char *proxy = adl_route_get_proxy(http, origin);
    struct piece host = get_host(origin);
    const char *colon = host.text + host.len;
    struct piece port = {colon + 1, strlen(colon + 1)};
    struct adl_route route;

    if (http->unix_socket != NULL ||
        (proxy[0] != '\0' && proxy_takes_names(proxy) &&
         !is_not_proxied(http->no_proxy, host))) {
        return false;
    }
    redirect(http->connect_to, &host, &port);
    if (host.len == 0 || !copy_piece(route.host, sizeof(route.host), host) ||
        !copy_piece(route.port, sizeof(route.port), port) ||
        is_numeric(route.host) || is_resolved(http->resolve, &route)) {
        return false;
    }
    *out = route;
    return true;
}
