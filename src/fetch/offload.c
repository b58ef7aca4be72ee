/* SPDX-License-Identifier: MIT */
#include "fetch/offload.h"

#include <errno.h>
#include <stdlib.h>

#include <assert.h>
#include <stdbool.h>

struct batch {
    uv_work_t work;
    struct adl_offload *offload;
    struct adl_job *jobs; /* NULL while the batch is free */
};

struct adl_offload {
    uv_loop_t *loop;
    struct adl_job *queue;
    struct adl_job **queue_end;
    unsigned weight; /* of the queue */
    struct adl_offload_options options;
    struct batch batches[ADL_BATCHES_MAX];
};

/* Run the first halves. Does any job have a second? */
static bool run_all(const struct batch *batch)
{
    bool has_seal = false;

    for (struct adl_job *job = batch->jobs; job != NULL; job = job->next) {
        job->run(job);
        has_seal = has_seal || job->seal != NULL;
    }
    return has_seal;
}

/* Settle, and run the second halves. */
static void seal_all(const struct batch *batch)
{
    const struct adl_offload_options *options = &batch->offload->options;
    int err = options->settle != NULL ? options->settle(options->data) : 0;

    for (struct adl_job *job = batch->jobs; job != NULL; job = job->next) {
        if (job->seal != NULL) {
            job->seal(job, err);
        }
    }
}

static void on_work(uv_work_t *work)
{
    const struct batch *batch = work->data;
    const struct adl_offload_options *options = &batch->offload->options;

    if (run_all(batch)) {
        seal_all(batch);
    }
    if (options->rest != NULL) {
        options->rest(options->data);
    }
}

/* Move jobs from the queue to a free batch, at least one. */
static void fill(struct adl_offload *offload, struct batch *batch)
{
    struct adl_job **end = &batch->jobs;
    unsigned weight = 0;

    while (offload->queue != NULL &&
           (batch->jobs == NULL ||
            weight + offload->queue->weight <= offload->options.max_weight)) {
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
    offload->weight -= weight;
}

static void on_work_done(uv_work_t *work, int status);

static void submit(struct adl_offload *offload, struct batch *batch)
{
    fill(offload, batch);
    /* Fails only without a callback. */
    (void)uv_queue_work(offload->loop, &batch->work, on_work, on_work_done);
}

/* What fills a batch need not wait for the end of the turn, which may bring
 * more to others: the pool works while the loop tells of what was done. */
static void finish(struct batch *batch)
{
    struct adl_offload *offload = batch->offload;
    struct adl_job *job = batch->jobs;

    batch->jobs = NULL;
    if (offload->weight >= offload->options.max_weight) {
        submit(offload, batch);
    }
    while (job != NULL) {
        struct adl_job *next = job->next; /* done may free the job */

        job->next = NULL;
        job->done(job);
        job = next;
    }
    offload->options.on_done(offload->options.data);
}

static void on_work_done(uv_work_t *work, int status)
{
    (void)status; /* batches are never canceled */
    finish(work->data);
}

int adl_offload_create(struct adl_offload **out, uv_loop_t *loop,
                       const struct adl_offload_options *options)
{
    struct adl_offload *offload = calloc(1, sizeof(*offload));

    assert(options->n_batches > 0 && options->n_batches <= ADL_BATCHES_MAX);
    if (offload == NULL) {
        return -ENOMEM;
    }
    offload->loop = loop;
    offload->queue_end = &offload->queue;
    offload->options = *options;
    for (size_t i = 0; i < ADL_BATCHES_MAX; i++) {
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
    offload->weight += job->weight;
}

void adl_offload_flush(struct adl_offload *offload)
{
    for (size_t i = 0; i < offload->options.n_batches && offload->queue != NULL;
         i++) {
        struct batch *batch = &offload->batches[i];

        if (batch->jobs == NULL) {
            submit(offload, batch);
        }
    }
}
