/* SPDX-License-Identifier: MIT */
/*
 * How far ahead requests are asked for while slots are free, and yet all that
 * waits is for hosts that are busy. What waits takes memory: as long as it is
 * worked off anyway, a bound will do. But hosts that are slow, or never answer,
 * would hold up all others behind them for as long: then the bound grows.
 */
#ifndef ADL_FETCH_FURTHER_H
#define ADL_FETCH_FURTHER_H

#include <stddef.h>
#include <stdint.h>

#define ADL_FURTHER_STEP    1024 /* requests that it grows by */
#define ADL_FURTHER_MAX     8192 /* that it has grown by at most */
#define ADL_FURTHER_STEP_MS 500  /* between two looks */

/* Zero is to begin with. */
struct adl_further {
    size_t n_more;   /* that the bound has grown by */
    uint64_t n_gone; /* at the last look */
    uint64_t due_ms; /* when to look again; 0: it is not on */
};

/* What waited was worked off: back to the beginning. */
void adl_further_end(struct adl_further *further);

/*
 * Slots are free and all of n_waiting are for busy hosts; so many requests are
 * gone from there since the client was opened. To be called again at due_ms,
 * which does nothing before.
 */
void adl_further_look(struct adl_further *further, size_t n_waiting,
                      uint64_t n_gone, uint64_t now_ms);

#endif
