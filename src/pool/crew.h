/* SPDX-License-Identifier: MIT */
/* The hands of a pool, by the numbers of its workers, and which of them is to
 * have the next job. */
#ifndef ADL_POOL_CREW_H
#define ADL_POOL_CREW_H

#include <stddef.h>
#include <stdint.h>

#include "pool/hand_state.h"

struct adl_slot {
    struct adl_hand *hand; /* NULL: none */
    unsigned n_deaths;     /* in a row, before they were ready */
};

struct adl_crew {
    struct adl_slot *slots; /* n, the owner's */
    uint32_t n;
    uint32_t next;    /* to be looked at first: they take turns */
    uint32_t n_alive; /* slots with a hand */
};

/* A slot whose hand takes jobs and has fewer than so many; -1: none. */
int64_t adl_crew_find(const struct adl_crew *crew, size_t n_jobs);

/* A slot without a hand; -1: none. */
int64_t adl_crew_find_empty(const struct adl_crew *crew);

#endif
