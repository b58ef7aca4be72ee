/* SPDX-License-Identifier: MIT */
/* What outage.h decides, done to a client: who may start, and who is told. */
#ifndef ADL_FETCH_DOWNTIME_H
#define ADL_FETCH_DOWNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch/outage.h"
#include "fetch/state.h"

/* May the next start, as far as the network goes? */
bool adl_downtime_may_start(const struct asyncdl_client *client);

/* When the next may start that could otherwise at due_ms. */
uint64_t adl_downtime_due_ms(const struct asyncdl_client *client,
                             uint64_t due_ms);

/* The transfer has got its slot. */
void adl_downtime_start(struct asyncdl_transfer *t);

/* It gives it back, whatever came of it. */
void adl_downtime_leave(struct asyncdl_transfer *t);

/* Bytes came in for it. */
void adl_downtime_note_bytes(struct asyncdl_transfer *t);

struct adl_downtime_news {
    bool is_excused;   /* the failure is not to be held against its request */
    bool is_host_lost; /* what waits for its host need not */
    bool is_net_lost;  /* nothing need wait */
    uint64_t delay_ms; /* until what is down is tried again */
};

/* Its attempt ended, which still holds its slot: tells the world where that
 * changes something. Of facts the caller knows err, status, os_errno,
 * is_connected and is_deaf. */
struct adl_downtime_news adl_downtime_note(
    struct asyncdl_transfer *t, const struct adl_outage_facts *facts);

/* Why one that waits in the scheduler need not wait: ASYNCDL_EHELD, or why its
 * host or the network, which are down, cannot be reached; or 0. */
int adl_downtime_get_loss(const struct asyncdl_transfer *t);

/* Is it a loss, and no fault of ours? */
bool adl_downtime_is_loss(int err);

/* Say why it is not tried; without memory, or for other errors, it is what err
 * says. */
void adl_downtime_explain(struct asyncdl_transfer *t, int err);

#endif
