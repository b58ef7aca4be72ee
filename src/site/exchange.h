/* SPDX-License-Identifier: MIT */
/*
 * One request and its answer. Between them it may pause: then its connection
 * is out of the server's hands until a timer gives it back, and nothing waits.
 */
#ifndef ADL_SITE_EXCHANGE_H
#define ADL_SITE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>
#include <uv.h>

#include "site/stats.h"

/* Tells the server that a connection was given back: it must be run soon. */
typedef void (*adl_exchange_resumed_cb)(void *data);

struct adl_exchange {
    struct MHD_Connection *connection; /* NULL until it has begun */
    struct adl_stats *stats;
    uv_timer_t timer;
    adl_exchange_resumed_cb on_resumed; /* set with data once it is open */
    void *data;
    char *target;        /* path and query as received */
    const char *method;  /* borrowed from the server, as is version */
    const char *version; /* "HTTP/1.1" */
    struct adl_stats_entry *url;
    struct adl_stats_entry *host;
    uint64_t nth;    /* 1 for the first request of this URL since the reset */
    bool is_counted; /* in the stats; set before it begins */
    bool has_waited;
    bool is_paused;
    bool is_hung;              /* paused until the client goes */
    struct adl_exchange *prev; /* site.exchanges */
    struct adl_exchange *next;
};

/* target is copied, the rest borrowed. 0 or -ENOMEM. */
int adl_exchange_open(struct adl_exchange **out, uv_loop_t *loop,
                      struct adl_stats *stats, const char *target);

/* Take the request in, once its headers are here. 0 or -ENOMEM. */
int adl_exchange_begin(struct adl_exchange *ex,
                       struct MHD_Connection *connection, const char *method,
                       const char *version);

/* Pause for that long. Then the server calls again whoever paused. */
void adl_exchange_pause(struct adl_exchange *ex, uint64_t ms);

/* Pause until the client is gone. */
void adl_exchange_hang(struct adl_exchange *ex);

/* After a hang: the client is gone, and there is nobody to answer. */
bool adl_exchange_is_abandoned(const struct adl_exchange *ex);

/* Give a paused connection back now, so that the server can be stopped. */
void adl_exchange_release(struct adl_exchange *ex);

/* Count the request as answered, and free ex in a later turn of the loop. */
void adl_exchange_close(struct adl_exchange *ex);

/* A request header, or NULL. */
const char *adl_exchange_get_header(const struct adl_exchange *ex,
                                    const char *name);

/* A decoded value of the query: NULL when absent, "" for "name" alone. */
const char *adl_exchange_get_query(const struct adl_exchange *ex,
                                   const char *name);

/* A number of the query: *out stays when it is absent. 0 or -EINVAL. */
int adl_exchange_get_number(const struct adl_exchange *ex, const char *name,
                            uint64_t max, uint64_t *out);

#endif
