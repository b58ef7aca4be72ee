/* SPDX-License-Identifier: MIT */
/*
 * Small jobs for libuv's threadpool, many to a work item: handing over a
 * single one costs more than saving a small file. Jobs are run in the order in
 * which they were added, as far as one batch goes; batches run side by side.
 */
#ifndef ADL_FETCH_OFFLOAD_H
#define ADL_FETCH_OFFLOAD_H

#include <uv.h>

struct adl_job;

typedef void (*adl_job_cb)(struct adl_job *job);

/* Embedded in what the job is about, which must live until done has run. */
struct adl_job {
    adl_job_cb run;  /* on a thread of the pool: may block */
    adl_job_cb done; /* later, on the loop's thread; may free the job */
    unsigned weight; /* 1 for a small file; a batch holds ADL_BATCH_WEIGHT */
    struct adl_job *next; /* offload.queue, batch.jobs */
};

#define ADL_BATCH_WEIGHT 64

struct adl_offload;

typedef void (*adl_offload_cb)(void *data);

/* on_done is called after each batch. 0 or -ENOMEM. */
int adl_offload_create(struct adl_offload **out, uv_loop_t *loop,
                       adl_offload_cb on_done, void *data);

/* No job may be left. NULL is allowed. */
void adl_offload_destroy(struct adl_offload *offload);

/* Queue a job; it starts at the next flush. */
void adl_offload_add(struct adl_offload *offload, struct adl_job *job);

/* Hand over what is queued, as far as there is room. Call it once a turn. */
void adl_offload_flush(struct adl_offload *offload);

#endif
