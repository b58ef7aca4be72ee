/* SPDX-License-Identifier: MIT */
#include "pool/hand_send.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "pool/parcel.h"
#include "pool/payload.h"
#include "pool/setup.h"

#define N_LOW     16 /* calls that the helper knows, below which more are sent */
#define N_CALLS   64 /* in a frame; later ones can still go to other helpers */
#define N_PARCELS 8  /* in a frame: each is a descriptor under way */

struct batch {
    struct adl_job *job; /* the next call */
    size_t i;
    size_t n_calls;
    size_t n_fds;
    int fds[N_PARCELS];
    struct adl_parcel parcels[N_PARCELS]; /* those made for it */
    size_t n_parcels;
};

bool adl_hand_is_done(const struct adl_call *call)
{
    return call->result->worker != 0;
}

static void finish_batch(struct batch *batch)
{
    for (size_t i = 0; i < batch->n_parcels; i++) {
        adl_parcel_finish(&batch->parcels[i]);
    }
}

/* Put the argument where helpers can map it. 0 or -errno. */
static int share(struct batch *batch, const struct adl_call *call)
{
    int fd = call->payload != NULL ? adl_payload_get_fd(call->payload) : -1;

    if (fd < 0) {
        struct adl_parcel *parcel = &batch->parcels[batch->n_parcels];
        int err = adl_parcel_create(parcel, call->arg.len);

        if (err < 0) {
            return err;
        }
        memcpy(parcel->data, call->arg.data, call->arg.len);
        batch->n_parcels++;
        fd = parcel->fd;
    }
    batch->fds[batch->n_fds++] = fd;
    return 0;
}

/* 0, -EMSGSIZE where the frame is full, or why it cannot be sent. */
static int add_call(struct adl_hand *hand, struct batch *batch,
                    const struct adl_call *call)
{
    struct adl_hand_host *host = hand->host;
    struct adl_wire_record record = {
        .value = {(int64_t)(hand->n_sent + batch->n_calls + 1)},
        .data = call->arg.data,
        .data_len = call->arg.len,
    };
    int err = adl_modules_name(&host->modules, (uintptr_t)call->fn,
                               &record.value[1], &record.value[2]);

    if (err < 0) {
        return err;
    }
    if (call->arg.len >= ADL_PARCEL_MIN) {
        if (batch->n_fds == N_PARCELS) {
            return -EMSGSIZE;
        }
        record.flags = ADL_WIRE_BY_FD;
        err = share(batch, call);
        if (err < 0) {
            return err;
        }
    }
    return adl_wire_add(&host->frame, &record);
}

static bool has_next(const struct adl_hand *hand, const struct batch *batch)
{
    uint32_t limit = hand->host->options->n_tasks_per_worker;

    return batch->job != NULL && batch->n_calls < N_CALLS &&
           (limit == 0 || hand->n_sent + batch->n_calls < limit);
}

static void step(struct batch *batch)
{
    batch->i++;
    if (batch->i == batch->job->n_calls) {
        batch->job = batch->job->queue_next;
        batch->i = 0;
    }
}

/* As many as fit; those that cannot be sent have their error. 0 or -ENOMEM. */
static int fill(struct adl_hand *hand, struct batch *batch)
{
    int err = adl_wire_begin(&hand->host->frame, ADL_WIRE_TASKS);

    while (err == 0 && has_next(hand, batch)) {
        struct adl_call *call = &batch->job->calls[batch->i];

        if (!adl_hand_is_done(call)) {
            err = add_call(hand, batch, call);
            if (err == -EMSGSIZE) {
                return 0; /* it is the next frame's */
            }
            batch->n_calls += err == 0 ? 1 : 0;
            if (err < 0) {
                call->result->err = err;
                call->result->worker = hand->id;
                err = 0;
            }
        }
        step(batch);
    }
    return err;
}

int adl_hand_send(struct adl_hand *hand)
{
    struct adl_hand_host *host = hand->host;
    struct batch batch = {.job = hand->send_job, .i = hand->send_call};

    if (hand->send_job == NULL || hand->n_sent - hand->n_heard >= N_LOW ||
        !has_next(hand, &batch)) {
        return 0;
    }
    int err = fill(hand, &batch);
    if (err == 0) {
        err = adl_setup_send_modules(hand->fd, &host->aside, &host->modules,
                                     &hand->n_modules);
    }
    if (err == 0 && batch.n_calls > 0) {
        err = adl_channel_send(hand->fd, &host->frame, batch.fds, batch.n_fds,
                               MSG_DONTWAIT);
    }
    finish_batch(&batch);
    if (err < 0) {
        return err;
    }
    hand->n_sent += batch.n_calls;
    hand->send_job = batch.job;
    hand->send_call = batch.i;
    return 0;
}
