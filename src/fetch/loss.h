/* SPDX-License-Identifier: MIT */
/* What waits for a host, or for the network, that will not be back in time. */
#ifndef ADL_FETCH_LOSS_H
#define ADL_FETCH_LOSS_H

#include "fetch/downtime.h"
#include "fetch/state.h"

/* The host of a transfer that holds a slot will not be asked again in time:
 * what waits for it goes to its next mirror, or fails. text is copied. */
void adl_loss_of_host(struct asyncdl_transfer *t, int err, const char *text);

/* Fail with err all that is lost with the transfer's attempt. */
void adl_loss_spread(struct asyncdl_transfer *t, int err,
                     const struct adl_downtime_news *news);

#endif
