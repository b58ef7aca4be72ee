/* SPDX-License-Identifier: MIT */
#include "fetch/offload.h"

#include <errno.h>
#include <stdlib.h>

/* Two keep a disk busy while the loop fills the next; the pool is shared with
 * the program around us. */
#define N_BATCHES 2

struct batch {
    uv_work_t work;
    struct adl_offload *offload;
    struct adl_job *jobs; /* NULL while the batch is free */
};

struct adl_offload {
    uv_loop_t *loop;
    struct adl_job *queue;
    struct adl_job **queue_end;
    struct batch batches[N_BATCHES];
    adl_offload_cb on_done;
    void *data;
};

static void on_work(uv_work_t *work)
{
    struct batch *batch = work->data;

    for (struct adl_job *job = batch->jobs; job != NULL; job = job->next) {
        job->run(job);
    }
}

static void finish(struct batch *batch)
{
    struct adl_offload *offload = batch->offload;
    struct adl_job *job = batch->jobs;

    batch->jobs = NULL;
    while (job != NULL) {
        struct adl_job *next = job->next; /* done may free the job */

        job->next = NULL;
        job->done(job);
        job = next;
    }
    offload->on_done(offload->data);
}

static void on_work_done(uv_work_t *work, int status)
{
    (void)status; /* batches are never canceled */
    finish(work->data);
}

int adl_offload_create(struct adl_offload **out, uv_loop_t *loop,
                       adl_offload_cb on_done, void *data)
{
    struct adl_offload *offload = calloc(1, sizeof(*offload));

    if (offload == NULL) {
        return -ENOMEM;
    }
    offload->loop = loop;
    offload->queue_end = &offload->queue;
    offload->on_done = on_done;
    offload->data = data;
    for (size_t i = 0; i < N_BATCHES; i++) {
        offload->batches[i].offload = offload;
        offload->batches[i].work.data = &offload->batches[i];
    }
    *out = offload;
    return 0;
}

void adl_offload_destroy(struct adl_offload *offload)
{
    free(offload);
}

void adl_offload_add(struct adl_offload *offload, struct adl_job *job)
{
    job->next = NULL;
    *offload->queue_end = job;
    offload->queue_end = &job->next;
}

/* Move jobs from the queue to a free batch, at least one. */
static void fill(struct adl_offload *offload, struct batch *batch)
{
    struct adl_job **end = &batch->jobs;
    unsigned weight = 0;

    while (offload->queue != NULL &&
           (batch->jobs == NULL ||
            weight + offload->queue->weight <= ADL_BATCH_WEIGHT)) {
        struct adl_job *job = offload->queue;

        offload->queue = job->next;
        job->next = NULL;
        *end = job;
        end = &job->next;
        weight += job->weight;
    }
    if (offload->queue == NULL) {
        offload->queue_end = &offload->queue;
    }
}

void adl_offload_flush(struct adl_offload *offload)
{
    for (size_t i = 0; i < N_BATCHES && offload->queue != NULL; i++) {
        struct batch *batch = &offload->batches[i];

        if (batch->jobs != NULL) {
            continue;
        }
        fill(offload, batch);
        /* Fails only without a callback. */
        (void)uv_queue_work(offload->loop, &batch->work, on_work, on_work_done);
    }
}
