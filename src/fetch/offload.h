/* SPDX-License-Identifier: MIT */
/*
 * Small jobs for libuv's threadpool, many to a work item: handing over a
 * single one costs more than saving a small file. Jobs are run in the order in
 * which they were added, as far as one batch goes; batches run side by side.
 *
 * A job may be made of two halves with a settlement between them that all jobs
 * of a batch share: what is dear by itself (a transaction, a sync of the disk)
 * is done once for many.
 */
#ifndef ADL_FETCH_OFFLOAD_H
#define ADL_FETCH_OFFLOAD_H

#include <stdbool.h>

#include <uv.h>

struct adl_job;

typedef void (*adl_job_cb)(struct adl_job *job);

/* err is what the settlement of its batch came to: 0 or negative. */
typedef void (*adl_job_seal_cb)(struct adl_job *job, int err);

/* Embedded in what the job is about, which must live until done has run. */
struct adl_job {
    adl_job_cb run; /* on a thread of the pool: may block */
    /* Likewise, once all jobs of the batch have run and were settled; NULL:
     * there is no second half. run may take it back. */
    adl_job_seal_cb seal;
    adl_job_cb done;      /* later, on the loop's thread; may free the job */
    unsigned weight;      /* 1 for a small file; a batch holds max_weight */
    unsigned i_batch;     /* which of the batches runs it, below n_batches */
    struct adl_job *next; /* offload.queue, batch.jobs */
};

#define ADL_BATCHES_MAX 4

struct adl_offload;

typedef void (*adl_offload_cb)(void *data);
typedef int (*adl_offload_settle_cb)(void *data);
typedef void (*adl_offload_rest_cb)(unsigned i_batch, void *data);

struct adl_offload_options {
    unsigned n_batches;  /* at once, at most ADL_BATCHES_MAX */
    unsigned max_weight; /* of a batch; one job may weigh more */
    /* On a thread of the pool, where a job of the batch has a second half; may
     * be NULL. Batches are settled side by side. */
    adl_offload_settle_cb settle;
    adl_offload_rest_cb rest; /* likewise, after each batch; may be NULL */
    /*
     * The first halves of all jobs are run in the order in which they were
     * added, one at a time, and so are jobs done; second halves run side by
     * side. A batch may keep a thread waiting while another runs first halves.
     */
    bool is_ordered;
    adl_offload_cb on_done; /* on the loop's thread, after each batch */
    void *data;             /* for all of them */
};

/* options are copied. 0 or -ENOMEM. */
int adl_offload_create(struct adl_offload **out, uv_loop_t *loop,
                       const struct adl_offload_options *options);

/* No job may be left. NULL is allowed. */
void adl_offload_destroy(struct adl_offload *offload);

/* Queue a job; it starts at the next flush, or before, once there are enough
 * for a batch and one has ended. */
void adl_offload_add(struct adl_offload *offload, struct adl_job *job);

/* Hand over what is queued, as far as there is room. Call it once a turn. */
void adl_offload_flush(struct adl_offload *offload);

#endif
