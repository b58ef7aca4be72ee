/* SPDX-License-Identifier: MIT */
/* The chunks of a body's half on the loop: those that are filled and wait for a
 * job, and those that were written and wait to be filled again. */
#ifndef ADL_FETCH_FILLING_H
#define ADL_FETCH_FILLING_H

#include <stddef.h>

#include "fetch/body_state.h"

#define ADL_FILLED_MAX 2 /* more than these, and the socket waits */

/* Copy bytes to chunks. 0 or -ENOMEM. */
int adl_filling_add(struct adl_body *body, const void *bytes, size_t len);

/* What is begun goes with the next job, too. */
void adl_filling_queue(struct adl_body *body);

/* These were written. */
void adl_filling_give_back(struct adl_body *body, struct adl_chunk *chunks);

/* What no job has yet is void. */
void adl_filling_drop(struct adl_body *body);
void adl_filling_drop_spare(struct adl_body *body);

#endif
