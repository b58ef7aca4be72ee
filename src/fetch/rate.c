/* SPDX-License-Identifier: MIT */
#include "fetch/rate.h"

/* Bounds that keep every product below within 64 bits: a petabyte. */
#define BPS_MAX  UINT64_C(1000000000000000)
#define DEBT_MAX INT64_C(1000000000000000)

/* A bucket holds at least a byte, or nothing could ever be spent. */
static int64_t count_max_tokens(const struct adl_rate *rate)
{
    return rate->bps < 10 ? 1 : (int64_t)(rate->bps / 10);
}

void adl_rate_init(struct adl_rate *rate, uint64_t bps, uint64_t now_ms)
{
    *rate = (struct adl_rate){
        .bps = bps < BPS_MAX ? bps : BPS_MAX,
        .fill_ms = now_ms,
    };
    rate->tokens = count_max_tokens(rate);
}

static void fill(struct adl_rate *rate, uint64_t now_ms)
{
    int64_t max_tokens = count_max_tokens(rate);

    if (now_ms <= rate->fill_ms) {
        return;
    }
    uint64_t passed_ms = now_ms - rate->fill_ms;
    rate->fill_ms = now_ms;
    if (passed_ms > (UINT64_MAX - 999) / rate->bps) {
        rate->tokens = max_tokens;
        rate->rest = 0;
        return;
    }
    uint64_t gained = passed_ms * rate->bps + rate->rest; /* thousandths */
    rate->tokens += (int64_t)(gained / 1000);
    rate->rest = gained % 1000;
    if (rate->tokens >= max_tokens) {
        rate->tokens = max_tokens;
        rate->rest = 0;
    }
}

bool adl_rate_has(struct adl_rate *rate, uint64_t now_ms)
{
    if (rate->bps == 0) {
        return true;
    }
    fill(rate, now_ms);
    return rate->tokens > 0;
}

void adl_rate_spend(struct adl_rate *rate, uint64_t n_bytes)
{
    if (rate->bps == 0) {
        return;
    }
    int64_t most = rate->tokens + DEBT_MAX;

    rate->tokens -= n_bytes < (uint64_t)most ? (int64_t)n_bytes : most;
}

uint64_t adl_rate_due_ms(struct adl_rate *rate, uint64_t now_ms)
{
    if (adl_rate_has(rate, now_ms)) {
        return now_ms;
    }
    uint64_t missing = (uint64_t)(1 - rate->tokens) * 1000 - rate->rest;
    uint64_t wait_ms = (missing + rate->bps - 1) / rate->bps;

    /* A clock that went back must not make the wait shorter. */
    uint64_t from_ms = now_ms > rate->fill_ms ? now_ms : rate->fill_ms;
    return from_ms + wait_ms;
}
