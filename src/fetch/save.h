/* SPDX-License-Identifier: MIT */
/*
 * What bodies do on the pool: the halves of the jobs that body.c hands out. A
 * job owns body.work and body.sink while it is under way.
 */
#ifndef ADL_FETCH_SAVE_H
#define ADL_FETCH_SAVE_H

#include "fetch/body_state.h"

/* A body that is in memory as a whole. */
void adl_save_small(struct adl_job *job);
void adl_save_seal_small(struct adl_job *job, int err);

/* The next chunks of one that is not, and its end. */
void adl_save_stream(struct adl_job *job);
void adl_save_seal_stream(struct adl_job *job, int err);

/* Keep why saving failed: the first words. */
void adl_save_keep_error(struct adl_body *body,
                         const struct adl_sink_error *error);

#endif
