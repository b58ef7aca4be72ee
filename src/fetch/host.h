/* SPDX-License-Identifier: MIT */
/*
 * How much one host gets. Pure: time is passed in.
 *
 * The window is the number of transfers that may be under way at once. With a
 * fixed limit it never moves. Otherwise it starts at ADL_HOST_WINDOW_FIRST and
 * grows by one for each good answer until the host first complains, later by
 * one for each window of good answers, up to ADL_HOST_WINDOW_MAX; a complaint
 * halves it, once for all attempts that were under way at that moment. A host
 * that is down (outage.h) gets one probe at a time, when it is due.
 */
#ifndef ADL_FETCH_HOST_H
#define ADL_FETCH_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch/outage.h"

#define ADL_HOST_WINDOW_FIRST 32
#define ADL_HOST_WINDOW_MAX   64

/* What the end of an attempt says about its host. */
enum adl_host_sign {
    ADL_HOST_GOOD,    /* it answered, be it with 404 */
    ADL_HOST_TROUBLE, /* 429, 503, refused, timeouts */
    ADL_HOST_NEUTRAL, /* says nothing: canceled, local faults, 500 */
};

struct adl_host_limits {
    uint32_t max_active; /* 0: the window is found out */
    uint32_t rate_n;     /* requests in rate_ms; 0: no limit */
    uint32_t rate_ms;
};

struct adl_host {
    uint32_t n_active;
    double window;        /* at least 1 */
    double slow_start_to; /* below it the window grows by one an answer */
    uint64_t shrunk_ms;   /* when the window last shrank, 0: never */
    uint64_t hold_until_ms;
    /*
     * When the rate limit allows the next start, in microseconds and
     * next_start_rest / rate_n of one: nothing is lost in rounding.
     */
    uint64_t next_start_us;
    uint32_t next_start_rest;
    struct adl_outage outage;
};

void adl_host_init(struct adl_host *host, const struct adl_host_limits *limits);

/* Are as many under way as may be? */
bool adl_host_is_full(const struct adl_host *host,
                      const struct adl_host_limits *limits);

/* When the next may start, as far as time decides: 0 or a time to come. */
uint64_t adl_host_ready_ms(const struct adl_host *host, uint64_t now_ms);

/*
 * One starts now: spaces it from the next by the rate limit. Starts stand on
 * a grid of rate_ms / rate_n; one that comes later than a tick of the clock
 * (1 ms) begins a new grid, so that quiet times save nothing up.
 */
void adl_host_start(struct adl_host *host, const struct adl_host_limits *limits,
                    uint64_t now_ms);

/* One that started at started_ms ended. */
void adl_host_end(struct adl_host *host, const struct adl_host_limits *limits,
                  enum adl_host_sign sign, uint64_t started_ms,
                  uint64_t now_ms);

/* Would a host never heard of be treated the same? Nothing is under way. */
bool adl_host_is_like_new(const struct adl_host *host,
                          const struct adl_host_limits *limits,
                          uint64_t now_ms);

/* Start nothing before until_ms; an earlier hold that is longer stays. */
void adl_host_hold(struct adl_host *host, uint64_t until_ms);

#endif
