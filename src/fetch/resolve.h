/* SPDX-License-Identifier: MIT */
/*
 * Names to addresses by name servers of the user's choice. Lookups of one name
 * share one question; answers are kept as long as their TTL says, within
 * bounds; failures are not.
 */
#ifndef ADL_FETCH_RESOLVE_H
#define ADL_FETCH_RESOLVE_H

#include <stdbool.h>

#include <uv.h>

#include "asyncdl/client.h"

#define ADL_RESOLVE_ACTIVE 32   /* names asked for at once */
#define ADL_RESOLVE_KEPT   4096 /* names whose answers are kept */

struct adl_resolve;
struct adl_resolve_name;

/* A lookup under way, embedded in what waits for it. Zero is none. */
struct adl_resolve_lookup {
    struct adl_resolve_lookup *prev, *next; /* resolve_name.lookups */
    struct adl_resolve_name *name;          /* NULL: not under way */
};

typedef void (*adl_resolve_cb)(void *data);

/* text is a list of addresses, parted by commas, the best first; or, where err
 * is ASYNCDL_ERESOLVE, why there is none. Borrowed. */
typedef void (*adl_resolve_done_cb)(struct adl_resolve_lookup *lookup, int err,
                                    const char *text);

/*
 * on_activity tells that something may have to be delivered, and only records.
 * 0, -EINVAL for servers that are no list of servers, ASYNCDL_ENOTBUILT where
 * c-ares is not built in, or -ENOMEM.
 */
int adl_resolve_open(struct adl_resolve **out, uv_loop_t *loop,
                     const char *servers, enum asyncdl_ip_version ip_version,
                     adl_resolve_cb on_activity, void *data);

/* A list of addresses that is fresh, borrowed until anything else is called
 * here; NULL when the name must be looked up. */
const char *adl_resolve_get(struct adl_resolve *resolve, const char *host);

/* Look a name up: it is delivered later. 0 or -ENOMEM. The loop is not kept
 * alive by it: that is its owner's to do. */
int adl_resolve_start(struct adl_resolve *resolve,
                      struct adl_resolve_lookup *lookup, const char *host);

/* Did no name server answer the last question that ended? */
bool adl_resolve_is_deaf(const struct adl_resolve *resolve);

/* Forget a lookup; one that is not under way is none. */
void adl_resolve_cancel(struct adl_resolve_lookup *lookup);

/* Call on_done for each lookup that has ended. It may start and cancel. */
void adl_resolve_deliver(struct adl_resolve *resolve,
                         adl_resolve_done_cb on_done);

/* No lookup may be under way. Frees it, then calls on_closed, which may be
 * NULL: at once where nothing was ever looked up, because then nothing of it
 * is on the loop. */
void adl_resolve_close(struct adl_resolve *resolve, adl_resolve_cb on_closed);

#endif
