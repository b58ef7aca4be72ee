/* SPDX-License-Identifier: MIT */
/* What must have come by now. */
#ifndef ADL_FETCH_DEADLINES_H
#define ADL_FETCH_DEADLINES_H

#include "fetch/state.h"

/* When client->check_ms is over: end what took too long, and set it anew. */
void adl_deadlines_check(struct asyncdl_client *client);

#endif
