/* SPDX-License-Identifier: MIT */
/*
 * When a pool's outboxes are looked into, and what their helpers are told of
 * that: see enum adl_outbox_reader. It watches while a helper has more than one
 * call; all others answer by their sockets.
 */
#ifndef ADL_POOL_LOOKOUT_H
#define ADL_POOL_LOOKOUT_H

#include <stdbool.h>

#include <uv.h>

#include "pool/crew.h"
#include "pool/hand_state.h"

/* Calls that take less are short: they may wait for each other. */
#define ADL_SHORT_NS UINT64_C(50000)

struct adl_lookout {
    struct adl_hand_host *host;
    struct adl_crew *crew;
    uv_prepare_t prepare; /* runs while it watches */
    uv_timer_t timer;
    bool is_awake; /* and helpers know it */
    unsigned n_handles;
    void (*on_closed)(struct adl_lookout *lookout);
};

/* All are borrowed until it is closed. */
void adl_lookout_init(struct adl_lookout *lookout, struct adl_hand_host *host,
                      struct adl_crew *crew);

void adl_lookout_close(struct adl_lookout *lookout,
                       void (*on_closed)(struct adl_lookout *lookout));

/* Calls were sent: watch, if there is reason to. */
void adl_lookout_watch(struct adl_lookout *lookout);

/* The loop is about to do something: helpers need not ring for now. */
void adl_lookout_wake(struct adl_lookout *lookout);

#endif
