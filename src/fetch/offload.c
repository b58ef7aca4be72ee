/* SPDX-License-Identifier: MIT */
#include "fetch/offload.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include <assert.h>
#include <stdbool.h>

struct batch {
    uv_work_t work;
    struct adl_offload *offload;
    struct adl_job *jobs; /* NULL while the batch is free */
    unsigned i;           /* which one of those of offload */
    uint64_t number;      /* of those that were handed over */
    bool is_over;         /* but jobs of an earlier one are not done */
};

struct adl_offload {
    uv_loop_t *loop;
    struct adl_job *queue;
    struct adl_job **queue_end;
    unsigned weight;       /* of the queue */
    uint64_t n_handed;     /* batches */
    uint64_t n_over;       /* of these, whose jobs are done; where is_ordered */
    uv_mutex_t turn_lock;  /* guards turn */
    uv_cond_t turn_passed; /* to another batch */
    uint64_t turn;         /* the batch that may run first halves */
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

/*
 * The pool takes work in the order in which it was handed over, so the batch
 * that is waited for has a thread.
 */
static void wait_for_turn(const struct batch *batch)
{
    struct adl_offload *offload = batch->offload;

    uv_mutex_lock(&offload->turn_lock);
    while (offload->turn != batch->number) {
        uv_cond_wait(&offload->turn_passed, &offload->turn_lock);
    }
    uv_mutex_unlock(&offload->turn_lock);
}

static void pass_turn(struct adl_offload *offload)
{
    uv_mutex_lock(&offload->turn_lock);
    offload->turn++;
    uv_cond_broadcast(&offload->turn_passed);
    uv_mutex_unlock(&offload->turn_lock);
}

/* Does any job have a second half? */
static bool run_in_turn(const struct batch *batch)
{
    wait_for_turn(batch);
    bool has_seal = run_all(batch);
    pass_turn(batch->offload);
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

    if (options->is_ordered ? run_in_turn(batch) : run_all(batch)) {
        seal_all(batch);
    }
    if (options->rest != NULL) {
        options->rest(batch->i, options->data);
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
        job->i_batch = batch->i;
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
    batch->number = offload->n_handed++;
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

/* One that was handed over as the next, and is over. NULL: it is not. */
static struct batch *find_next(struct adl_offload *offload)
{
    for (size_t i = 0; i < offload->options.n_batches; i++) {
        struct batch *batch = &offload->batches[i];

        if (batch->is_over && batch->number == offload->n_over) {
            return batch;
        }
    }
    return NULL;
}

static void finish_in_turn(struct batch *batch)
{
    struct adl_offload *offload = batch->offload;

    batch->is_over = true;
    while ((batch = find_next(offload)) != NULL) {
        batch->is_over = false;
        offload->n_over++;
        finish(batch);
    }
}

static void on_work_done(uv_work_t *work, int status)
{
    struct batch *batch = work->data;

    (void)status; /* batches are never canceled */
    if (batch->offload->options.is_ordered) {
        finish_in_turn(batch);
    } else {
        finish(batch);
    }
}

static int init_turn(struct adl_offload *offload)
{
    int err = uv_mutex_init(&offload->turn_lock);

    if (err < 0) {
        return err;
    }
    err = uv_cond_init(&offload->turn_passed);
    if (err < 0) {
        uv_mutex_destroy(&offload->turn_lock);
    }
    return err;
}

int adl_offload_create(struct adl_offload **out, uv_loop_t *loop,
                       const struct adl_offload_options *options)
{
    struct adl_offload *offload = calloc(1, sizeof(*offload));

    assert(options->n_batches > 0 && options->n_batches <= ADL_BATCHES_MAX);
    if (offload == NULL) {
        return -ENOMEM;
    }
    int err = init_turn(offload);
    if (err < 0) {
        free(offload);
        return err;
    }
    offload->loop = loop;
    offload->queue_end = &offload->queue;
    offload->options = *options;
    for (unsigned i = 0; i < ADL_BATCHES_MAX; i++) {
        offload->batches[i].i = i;
        offload->batches[i].offload = offload;
        offload->batches[i].work.data = &offload->batches[i];
    }
    *out = offload;
    return 0;
}

void adl_offload_destroy(struct adl_offload *offload)
{
    if (offload == NULL) {
        return;
    }
    uv_cond_destroy(&offload->turn_passed);
    uv_mutex_destroy(&offload->turn_lock);
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
