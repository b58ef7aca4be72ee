/* SPDX-License-Identifier: MIT */
/*
 * A name goes from queued to asked to ended, and is then kept or freed. One
 * that nobody waits for any more keeps its place until it is answered, since
 * questions cannot be taken back.
 */
#include "fetch/resolve.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The default, HASH_JEN, falls through cases in a way that clang warns of. */
#define HASH_FUNCTION     HASH_OAT
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "fetch/dns.h"

#define TTL_MIN_S 1
#define TTL_MAX_S 300

/* A name that is asked for, or whose answer is kept. */
struct adl_resolve_name {
    UT_hash_handle hh;                    /* resolve.pending or .known */
    struct adl_resolve_name *prev, *next; /* resolve.queue or .ended */
    struct adl_resolve *resolve;
    struct adl_resolve_lookup *lookups;
    bool is_queued;
    int err;
    char *text; /* the addresses, or why there are none; may be NULL then */
    uint64_t fresh_until_ms;
    char host[];
};

struct adl_resolve {
    uv_loop_t *loop;
    struct adl_dns *dns;
    struct adl_resolve_name *pending; /* queued, asked or ended */
    struct adl_resolve_name *known;   /* in order of their answers */
    struct adl_resolve_name *queue;
    struct adl_resolve_name *ended;
    unsigned n_asked;
    bool is_deaf; /* no server answered the last */
    adl_resolve_cb on_activity;
    adl_resolve_cb on_closed;
    void *data;
};

static void destroy_name(struct adl_resolve_name *name)
{
    free(name->text);
    free(name);
}

static void on_answer(void *question, const struct adl_dns_answer *answer)
{
    struct adl_resolve_name *name = question;
    struct adl_resolve *r = name->resolve;
    uint64_t ttl_s = answer->ttl_s;

    ttl_s = ttl_s > TTL_MIN_S ? ttl_s : TTL_MIN_S;
    ttl_s = ttl_s < TTL_MAX_S ? ttl_s : TTL_MAX_S;
    name->err = answer->err;
    name->text = answer->text;
    name->fresh_until_ms = uv_now(r->loop) + ttl_s * 1000;
    r->n_asked--;
    r->is_deaf = answer->is_deaf;
    DL_APPEND(r->ended, name);
}

/* Ask for what is queued, and tell of what has ended. */
static void go_on(void *data)
{
    struct adl_resolve *r = data;

    while (r->queue != NULL && r->n_asked < ADL_RESOLVE_ACTIVE) {
        struct adl_resolve_name *name = r->queue;

        DL_DELETE(r->queue, name);
        name->is_queued = false;
        r->n_asked++;
        adl_dns_ask(r->dns, name->host, name);
    }
    if (r->ended != NULL) {
        r->on_activity(r->data);
    }
}

int adl_resolve_open(struct adl_resolve **out, uv_loop_t *loop,
                     const char *servers, enum asyncdl_ip_version ip_version,
                     adl_resolve_cb on_activity, void *data)
{
    static const struct adl_dns_ops ops = {.on_answer = on_answer,
                                           .on_progress = go_on};
    struct adl_resolve *r = calloc(1, sizeof(*r));

    if (r == NULL) {
        return -ENOMEM;
    }
    r->loop = loop;
    r->on_activity = on_activity;
    r->data = data;
    int err = adl_dns_open(&r->dns, loop, servers, ip_version, &ops, r);
    if (err < 0) {
        free(r);
        return err;
    }
    *out = r;
    return 0;
}

const char *adl_resolve_get(struct adl_resolve *resolve, const char *host)
{
    struct adl_resolve_name *name;

    HASH_FIND_STR(resolve->known, host, name);
    if (name == NULL || name->fresh_until_ms > uv_now(resolve->loop)) {
        return name != NULL ? name->text : NULL;
    }
    HASH_DEL(resolve->known, name);
    destroy_name(name);
    return NULL;
}

static struct adl_resolve_name *add_name(struct adl_resolve *r,
                                         const char *host)
{
    size_t len = strlen(host);
    struct adl_resolve_name *name = calloc(1, sizeof(*name) + len + 1);

    if (name == NULL) {
        return NULL;
    }
    memcpy(name->host, host, len + 1);
    name->resolve = r;
    name->is_queued = true;
    HASH_ADD_STR(r->pending, host, name);
    if (name->hh.tbl == NULL) {
        free(name);
        return NULL;
    }
    DL_APPEND(r->queue, name);
    return name;
}

int adl_resolve_start(struct adl_resolve *resolve,
                      struct adl_resolve_lookup *lookup, const char *host)
{
    struct adl_resolve_name *name;

    HASH_FIND_STR(resolve->pending, host, name);
    if (name == NULL) {
        name = add_name(resolve, host);
    }
    if (name == NULL) {
        return -ENOMEM;
    }
    lookup->name = name;
    DL_APPEND(name->lookups, lookup);
    go_on(resolve);
    return 0;
}

bool adl_resolve_is_deaf(const struct adl_resolve *resolve)
{
    return resolve->is_deaf;
}

void adl_resolve_cancel(struct adl_resolve_lookup *lookup)
{
    struct adl_resolve_name *name = lookup->name;

    if (name == NULL) {
        return;
    }
    DL_DELETE(name->lookups, lookup);
    lookup->name = NULL;
    if (name->lookups == NULL && name->is_queued) {
        DL_DELETE(name->resolve->queue, name);
        HASH_DEL(name->resolve->pending, name);
        destroy_name(name);
    }
}

static void keep(struct adl_resolve *r, struct adl_resolve_name *name)
{
    struct adl_resolve_name *old;

    HASH_FIND_STR(r->known, name->host, old);
    if (old == NULL && HASH_COUNT(r->known) >= ADL_RESOLVE_KEPT) {
        old = r->known; /* the first that was answered */
    }
    if (old != NULL) {
        HASH_DEL(r->known, old);
        destroy_name(old);
    }
    HASH_ADD_STR(r->known, host, name);
    if (name->hh.tbl == NULL) {
        destroy_name(name); /* no memory: it will be asked for again */
    }
}

void adl_resolve_deliver(struct adl_resolve *resolve,
                         adl_resolve_done_cb on_done)
{
    while (resolve->ended != NULL) {
        struct adl_resolve_name *name = resolve->ended;

        DL_DELETE(resolve->ended, name);
        HASH_DEL(resolve->pending, name); /* who comes now asks again */
        while (name->lookups != NULL) {
            struct adl_resolve_lookup *lookup = name->lookups;

            DL_DELETE(name->lookups, lookup);
            lookup->name = NULL;
            on_done(lookup, name->err, name->text != NULL ? name->text : "");
        }
        if (name->err == 0) {
            keep(resolve, name);
        } else {
            destroy_name(name);
        }
    }
}

static void destroy_names(struct adl_resolve_name **names)
{
    struct adl_resolve_name *name, *next;

    HASH_ITER (hh, *names, name, next) {
        HASH_DEL(*names, name);
        destroy_name(name);
    }
}

static void on_dns_closed(void *data)
{
    struct adl_resolve *r = data;
    adl_resolve_cb on_closed = r->on_closed;
    void *closed_data = r->data;

    destroy_names(&r->pending); /* none is asked for any more */
    destroy_names(&r->known);
    free(r);
    if (on_closed != NULL) {
        on_closed(closed_data);
    }
}

void adl_resolve_close(struct adl_resolve *resolve, adl_resolve_cb on_closed)
{
    resolve->on_closed = on_closed;
    adl_dns_close(resolve->dns, on_dns_closed);
}
