/* SPDX-License-Identifier: MIT */
/*
 * A name server on a port of 127.0.0.1, UDP and TCP, on a thread of its own. It
 * answers from a table, and counts what it is asked. Names that stand in no
 * table do not exist (NXDOMAIN).
 *
 *     static const struct dnsd_entry table[] = {
 *         {.name = "some.test", .a = {"127.0.0.1"}, .ttl_s = 60}, {0}};
 *     assert_int_equal(dnsd_start(&d, table), 0);
 *     ... d->servers: "127.0.0.1:PORT" ...
 *     dnsd_stop(d);
 */
#ifndef SUPPORT_DNSD_H
#define SUPPORT_DNSD_H

#include <stdbool.h>
#include <stdint.h>

#define DNSD_MAX_ADDRESSES 40

enum dnsd_way {
    DNSD_ANSWER = 0, /* with what there is; an empty answer without */
    DNSD_SERVFAIL,
    DNSD_SILENCE,
    DNSD_TRUNCATED, /* by UDP; the whole answer by TCP */
    DNSD_GARBAGE,   /* bytes that are no answer, under the right id */
    DNSD_HELD,      /* not before dnsd_release() */
};

struct dnsd_entry {
    const char *name; /* lower case; "*.z.test" for all names below; NULL ends
                       * a table */
    enum dnsd_way way;
    const char *a[DNSD_MAX_ADDRESSES + 1];
    const char *aaaa[DNSD_MAX_ADDRESSES + 1];
    const char *cname; /* the records are this name's */
    uint32_t ttl_s;
};

struct dnsd_counts {
    unsigned n_a; /* questions, repeated ones included */
    unsigned n_aaaa;
    unsigned n_tcp;
    unsigned n_names; /* different ones */
};

struct dnsd {
    char servers[32]; /* for --dns-servers */
    uint16_t port;
    struct dnsd_private *private;
};

/* The table is borrowed. 0 or -errno. */
int dnsd_start(struct dnsd *dnsd, const struct dnsd_entry *table);

/* Zero and stopped ones are allowed. */
void dnsd_stop(struct dnsd *dnsd);

/* Answer what is held, and hold nothing any more. */
void dnsd_release(struct dnsd *dnsd);

/* What was asked for a name, or for all where it is NULL: all that was sent
 * before the call, however busy the server is. */
struct dnsd_counts dnsd_count(struct dnsd *dnsd, const char *name);

#endif
