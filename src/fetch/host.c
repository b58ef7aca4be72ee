/* SPDX-License-Identifier: MIT */
#include "fetch/host.h"

#include <assert.h>

#define TICK_US 1000

void adl_host_init(struct adl_host *host, const struct adl_host_limits *limits)
{
    *host = (struct adl_host){
        .window =
            limits->max_active > 0 ? limits->max_active : ADL_HOST_WINDOW_FIRST,
        .slow_start_to = ADL_HOST_WINDOW_MAX,
    };
}

bool adl_host_is_full(const struct adl_host *host,
                      const struct adl_host_limits *limits)
{
    uint32_t max_active =
        limits->max_active > 0 ? limits->max_active : (uint32_t)host->window;

    return host->n_active >= max_active || host->outage.is_probing;
}

/*
 * The start on the grid falls into the millisecond that is answered: the clock
 * knows no finer time, and rounding up would come a tick late each time.
 */
uint64_t adl_host_ready_ms(const struct adl_host *host, uint64_t now_ms)
{
    uint64_t ready_ms = host->next_start_us / TICK_US;

    if (host->hold_until_ms > ready_ms) {
        ready_ms = host->hold_until_ms;
    }
    if (host->outage.probe_ms > ready_ms) {
        ready_ms = host->outage.probe_ms;
    }
    return ready_ms > now_ms ? ready_ms : 0;
}

static void space_starts(struct adl_host *host,
                         const struct adl_host_limits *limits, uint64_t now_ms)
{
    uint64_t period_us = (uint64_t)limits->rate_ms * TICK_US;
    uint64_t now_us = now_ms * TICK_US;
    uint64_t rest = host->next_start_rest;

    if (host->next_start_us + TICK_US < now_us) {
        host->next_start_us = now_us;
        rest = 0;
    }
    host->next_start_us += period_us / limits->rate_n;
    rest += period_us % limits->rate_n;
    if (rest >= limits->rate_n) {
        rest -= limits->rate_n;
        host->next_start_us++;
    }
    host->next_start_rest = (uint32_t)rest;
}

void adl_host_start(struct adl_host *host, const struct adl_host_limits *limits,
                    uint64_t now_ms)
{
    host->n_active++;
    adl_outage_start(&host->outage);
    if (limits->rate_n > 0) {
        space_starts(host, limits, now_ms);
    }
}

static void grow_window(struct adl_host *host)
{
    host->window +=
        host->window < host->slow_start_to ? 1.0 : 1.0 / host->window;
    if (host->window > ADL_HOST_WINDOW_MAX) {
        host->window = ADL_HOST_WINDOW_MAX;
    }
}

/* What was under way when the window last shrank has been answered by that. */
static void shrink_window(struct adl_host *host, uint64_t started_ms,
                          uint64_t now_ms)
{
    if (host->shrunk_ms != 0 && started_ms <= host->shrunk_ms) {
        return;
    }
    host->window = host->window > 2.0 ? host->window / 2.0 : 1.0;
    host->slow_start_to = host->window;
    host->shrunk_ms = now_ms > 0 ? now_ms : 1; /* 0 says never */
}

void adl_host_end(struct adl_host *host, const struct adl_host_limits *limits,
                  enum adl_host_sign sign, uint64_t started_ms, uint64_t now_ms)
{
    assert(host->n_active > 0);
    host->n_active--;
    adl_outage_end(&host->outage, started_ms);
    if (limits->max_active > 0) {
        return;
    }
    if (sign == ADL_HOST_GOOD) {
        grow_window(host);
    } else if (sign == ADL_HOST_TROUBLE) {
        shrink_window(host, started_ms, now_ms);
    }
}

bool adl_host_is_like_new(const struct adl_host *host,
                          const struct adl_host_limits *limits, uint64_t now_ms)
{
    bool has_moved = limits->max_active == 0 &&
                     (host->shrunk_ms != 0 ||
                      (uint32_t)host->window != ADL_HOST_WINDOW_FIRST);

    return !has_moved && host->outage.n_failed == 0 &&
           host->hold_until_ms <= now_ms &&
           host->next_start_us <= now_ms * TICK_US;
}

void adl_host_hold(struct adl_host *host, uint64_t until_ms)
{
    if (until_ms > host->hold_until_ms) {
        host->hold_until_ms = until_ms;
    }
}
