/* SPDX-License-Identifier: MIT */
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

/* "b.c" covers "b.c" and "a.b.c", and so does ".b.c". */
static bool covers(struct piece domain, struct piece host)
{
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

bool adl_route_is_proxied(const struct asyncdl_http_options *http,
                          const char *origin)
{
    const char *no_proxy = http->no_proxy;

    if (adl_route_get_proxy(http, origin)[0] == '\0' ||
        http->unix_socket != NULL ||
        (no_proxy != NULL && strchr(no_proxy, '/') != NULL)) {
        return false;
    }
    struct piece host = get_host(origin);
    if (host.text[0] == '[') { /* there it may stand without */
        host.text++;
        host.len -= 2;
    }
    return !is_not_proxied(no_proxy, host);
}

bool adl_route_is_forbidden(const struct asyncdl_http_options *http,
                            const char *origin)
{
    char name[ADL_ROUTE_HOST_MAX + 1];
    uint8_t bytes[4];

    if (http->ip_version == ASYNCDL_IP_ANY || http->unix_socket != NULL ||
        http->connect_to != NULL || http->resolve != NULL ||
        adl_route_is_proxied(http, origin) ||
        !copy_piece(name, sizeof(name), get_host(origin))) {
        return false;
    }
    return http->ip_version == ASYNCDL_IP_V4
               ? name[0] == '['
               : inet_pton(AF_INET, name, bytes) == 1;
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
    uint8_t addr[16];

    return strchr(host, ':') != NULL || host[0] == '[' ||
           inet_pton(AF_INET, host, addr) == 1;
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
