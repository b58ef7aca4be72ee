/* SPDX-License-Identifier: MIT */
/* A list of name servers that is taken can be written and taken again. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "util/nameserver.h"

static void write_server(struct adl_buf *text, const struct adl_nameserver *s)
{
    char address[INET6_ADDRSTRLEN];
    bool is_v6 = s->family == AF_INET6;

    if (inet_ntop(s->family, s->addr, address, sizeof(address)) == NULL ||
        adl_buf_addf(text, "%s%s%s%s:%u", text->len > 0 ? "," : "",
                     is_v6 ? "[" : "", address, is_v6 ? "]" : "",
                     (unsigned)s->port) < 0) {
        abort();
    }
}

static bool is_same(const struct adl_nameserver *a,
                    const struct adl_nameserver *b)
{
    return a->family == b->family && a->port == b->port &&
           memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}

static const char *check_written(const struct adl_nameserver *servers, int n,
                                 struct adl_buf *text)
{
    struct adl_nameserver again[ADL_NAMESERVERS_MAX];

    for (int i = 0; i < n; i++) {
        if (servers[i].port == 0 || fuzz_is_planted(1)) {
            return "a server has a port";
        }
        write_server(text, &servers[i]);
    }
    if (adl_nameserver_parse(again, text->data) != n || fuzz_is_planted(2)) {
        return "what was taken is taken again";
    }
    if (fuzz_is_planted(3)) {
        again[0].port++;
    }
    for (int i = 0; i < n; i++) {
        if (!is_same(&servers[i], &again[i])) {
            return "what was taken means the same again";
        }
    }
    return NULL;
}

static const char *check(const char *bytes, size_t len)
{
    struct fuzz_input input = {bytes, bytes + len};
    struct adl_nameserver servers[ADL_NAMESERVERS_MAX];
    struct adl_buf text = {0};
    char *list = fuzz_take_string(&input);
    int n = adl_nameserver_parse(servers, list);
    const char *broken = NULL;

    free(list);
    if (n > 0 && n <= ADL_NAMESERVERS_MAX) {
        broken = check_written(servers, n, &text);
    } else if (n != -EINVAL || fuzz_is_planted(4)) {
        broken = "at least one server, or none is taken";
    }
    adl_buf_finish(&text);
    return broken;
}

static const struct fuzz_seed seeds[] = {
    FUZZ_SEED("192.0.2.1"),
    FUZZ_SEED("127.0.0.1:5353,2001:db8::1,[::1]:5353"),
    FUZZ_SEED("::ffff:192.0.2.1,[::]"),
    FUZZ_SEED("1,2"),
    FUZZ_SEED("1.1.1.1:0"),
    FUZZ_SEED("1.1.1.1:65536"),
    FUZZ_SEED("[::1]5353"),
    FUZZ_SEED("[1.1.1.1]:53"),
    FUZZ_SEED("0.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0,"
              "0.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0"
              ",0.0.0.0"),
    FUZZ_SEED(""),
};

const struct fuzz_target fuzz_nameserver = {
    .name = "nameserver",
    .check = check,
    .seeds = seeds,
    .n_seeds = sizeof(seeds) / sizeof(seeds[0]),
    .n_plants = 4,
};
