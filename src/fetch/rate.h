/* SPDX-License-Identifier: MIT */
/*
 * A token bucket for bytes. Pure: time is passed in. Spending may go into
 * debt by what one read brought; nothing is spent while in debt.
 */
#ifndef ADL_FETCH_RATE_H
#define ADL_FETCH_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct adl_rate {
    uint64_t bps;     /* 0: no limit */
    int64_t tokens;   /* bytes; at most a tenth of a second's worth */
    uint64_t fill_ms; /* when tokens was last brought up to date */
    uint64_t rest;    /* thousandths of a byte not yet counted in tokens */
};

void adl_rate_init(struct adl_rate *rate, uint64_t bps, uint64_t now_ms);

/* May something be spent now? Always true without a limit. */
bool adl_rate_has(struct adl_rate *rate, uint64_t now_ms);

void adl_rate_spend(struct adl_rate *rate, uint64_t n_bytes);

/* When adl_rate_has() will be true again; now_ms where it is. */
uint64_t adl_rate_due_ms(struct adl_rate *rate, uint64_t now_ms);

#endif
