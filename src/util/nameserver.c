/* SPDX-License-Identifier: MIT */
#include "util/nameserver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

/* "[v6]:port" with both parts, or a bare address that may have the longest
 * form of one. */
#define ITEM_MAX (INET6_ADDRSTRLEN + 8)

static int parse_port(uint16_t *out, const char *text)
{
    unsigned port = 0;
    size_t n = strspn(text, "0123456789");

    if (n == 0 || n > 5 || text[n] != '\0') {
        return -EINVAL;
    }
    for (; *text != '\0'; text++) {
        port = port * 10 + (unsigned)(*text - '0');
    }
    if (port == 0 || port > UINT16_MAX) {
        return -EINVAL;
    }
    *out = (uint16_t)port;
    return 0;
}

/* Cut the port off an item, where it has one. */
static int split_port(char **address, uint16_t *port)
{
    char *item = *address;
    char *colon = strchr(item, ':');

    *port = ADL_NAMESERVER_PORT;
    if (item[0] == '[') {
        char *end = strchr(item, ']');

        if (end == NULL) {
            return -EINVAL;
        }
        *address = item + 1;
        *end = '\0';
        if (end[1] == '\0') {
            return 0;
        }
        return end[1] == ':' ? parse_port(port, end + 2) : -EINVAL;
    }
    if (colon == NULL || strchr(colon + 1, ':') != NULL) {
        return 0; /* a bare address: more than one colon are IPv6's own */
    }
    *colon = '\0';
    return parse_port(port, colon + 1);
}

static int parse_item(struct adl_nameserver *out, const char *text, size_t len)
{
    struct adl_nameserver server = {.family = AF_INET};
    char item[ITEM_MAX];
    char *address = item;

    if (len >= sizeof(item)) {
        return -EINVAL;
    }
    memcpy(item, text, len);
    item[len] = '\0';
    int err = split_port(&address, &server.port);
    if (err < 0) {
        return err;
    }
    if (item[0] == '[' || inet_pton(AF_INET, address, server.addr) != 1) {
        server.family = AF_INET6;
        if (inet_pton(AF_INET6, address, server.addr) != 1) {
            return -EINVAL;
        }
    }
    *out = server;
    return 0;
}

int adl_nameserver_parse(struct adl_nameserver out[ADL_NAMESERVERS_MAX],
                         const char *text)
{
    int n = 0;

    for (;; text++) {
        size_t len = strcspn(text, ",");

        if (n == ADL_NAMESERVERS_MAX || parse_item(&out[n], text, len) < 0) {
            return -EINVAL;
        }
        n++;
        text += len;
        if (*text == '\0') {
            return n;
        }
    }
}
