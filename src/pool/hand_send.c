/* SPDX-License-Identifier: MIT */
#include "pool/hand_send.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "pool/payload.h"
#include "pool/setup.h"

#define N_LOW     32 /* calls that the helper knows, below which more are sent */
#define N_CALLS   64 /* in a frame; later ones can still go to other helpers */
#define N_PARCELS 8  /* in a frame: each may be a descriptor under way */

struct batch {
    struct adl_job *job; /* the next call */
    size_t i;
    size_t n_calls;
    size_t n_fds;
    int fds[N_PARCELS];
    struct {
        struct adl_parcel *parcel;
        unsigned number; /* 0: made for this frame alone */
    } parcels[N_PARCELS];
    size_t n_parcels;
};

bool adl_hand_is_done(const struct adl_call *call)
{
    return call->result->worker != 0;
}

uint64_t adl_hand_count_known(const struct adl_hand *hand)
{
    return hand->n_sent - hand->n_void - hand->n_heard;
}

void adl_hand_forget_parcels(struct adl_hand *hand)
{
    adl_shelf_finish(&hand->args);
    memset(hand->payload_ids, 0, sizeof(hand->payload_ids));
}

/* The last one was not sent. */
static void undo_parcel(struct adl_hand *hand, struct batch *batch)
{
    size_t i = --batch->n_parcels;
    unsigned number = batch->parcels[i].number;

    if (number > ADL_SHELF_N) {
        hand->payload_ids[number - ADL_SHELF_N - 1] = 0; /* else sent again */
    } else if (number > 0) {
        adl_parcel_let_go(batch->parcels[i].parcel);
    } else {
        adl_parcel_release(batch->parcels[i].parcel);
    }
}

static void finish_batch(struct adl_hand *hand, struct batch *batch,
                         bool is_sent)
{
    for (; batch->n_parcels > 0; batch->n_parcels -= is_sent ? 1 : 0) {
        size_t i = batch->n_parcels - 1;
        unsigned number = batch->parcels[i].number;

        if (!is_sent) {
            undo_parcel(hand, batch);
        } else if (number == 0) {
            adl_parcel_release(batch->parcels[i].parcel);
        } else if (number <= ADL_SHELF_N) {
            adl_parcel_close_fd(batch->parcels[i].parcel);
        } /* else it is the payload's */
    }
}

/* The record's data is there; the helper has it, or gets its descriptor. */
static void add_parcel(struct batch *batch, struct adl_wire_record *record,
                       struct adl_parcel *parcel, unsigned number,
                       bool is_there)
{
    batch->parcels[batch->n_parcels].parcel = parcel;
    batch->parcels[batch->n_parcels++].number = number;
    record->parcel = number;
    record->flags = is_there ? ADL_WIRE_KEPT : ADL_WIRE_BY_FD;
    if (!is_there) {
        batch->fds[batch->n_fds++] = parcel->fd;
    }
}

/* Helpers keep the last few payloads that they were given. */
static void share_payload(struct adl_hand *hand, struct batch *batch,
                          const struct asyncdl_payload *payload,
                          struct adl_wire_record *record)
{
    uint64_t id = adl_payload_get_id(payload);
    unsigned i = 0;

    while (i < ADL_HAND_N_PAYLOADS && hand->payload_ids[i] != id) {
        i++;
    }
    bool is_there = i < ADL_HAND_N_PAYLOADS;
    if (!is_there) {
        i = hand->next_payload;
        hand->next_payload = (i + 1) % ADL_HAND_N_PAYLOADS;
        hand->payload_ids[i] = id;
    }
    add_parcel(batch, record, adl_payload_get_parcel(payload),
               ADL_SHELF_N + 1 + i, is_there);
}

/* Copy it to where helpers see it. 0 or -errno. */
static int share_copy(struct adl_hand *hand, struct batch *batch,
                      const struct adl_call *call,
                      struct adl_wire_record *record, bool is_optional)
{
    struct adl_parcel *parcel;
    unsigned number;
    int err = adl_shelf_take(&hand->args, call->arg.len, &number, &parcel);

    if (err < 0 && is_optional) {
        return 0; /* it goes in the frame */
    }
    if (err < 0) {
        number = 0;
        err = adl_parcel_create(&parcel, call->arg.len);
    }
    if (err < 0) {
        return err;
    }
    memcpy(adl_parcel_get_data(parcel), call->arg.data, call->arg.len);
    add_parcel(batch, record, parcel, number, parcel->fd < 0);
    return 0;
}

static size_t max_inline(const struct adl_hand *hand)
{
    size_t max =
        hand->max_frame - ADL_WIRE_HEAD - ADL_WIRE_RECORD - ADL_WIRE_ALIGN;

    return max < ADL_FRAME_MAX ? max : ADL_FRAME_MAX;
}

/* 0, -EMSGSIZE where there is no room for one more, or -errno. */
static int share(struct adl_hand *hand, struct batch *batch,
                 const struct adl_call *call, struct adl_wire_record *record)
{
    bool is_large = call->arg.len > max_inline(hand);

    if (!is_large && call->arg.len < ADL_PARCEL_MIN) {
        return 0;
    }
    if (batch->n_parcels == N_PARCELS) {
        return -EMSGSIZE;
    }
    if (call->payload != NULL &&
        adl_payload_get_parcel(call->payload) != NULL) {
        share_payload(hand, batch, call->payload, record);
        return 0;
    }
    return share_copy(hand, batch, call, record, !is_large);
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
    size_t n_parcels = batch->n_parcels;
    size_t n_fds = batch->n_fds;
    int err = adl_modules_name(&host->modules, (uintptr_t)call->fn,
                               &record.value[1], &record.value[2]);

    if (err == 0) {
        err = share(hand, batch, call, &record);
    }
    if (err == 0) {
        size_t len = record.flags == 0 ? call->arg.len : 0;

        err = host->frame.len + adl_wire_size(len, 0) > hand->max_frame
                  ? -EMSGSIZE
                  : adl_wire_add(&host->frame, &record);
    }
    if (err < 0 && batch->n_parcels > n_parcels) {
        undo_parcel(hand, batch);
        batch->n_fds = n_fds;
    }
    return err;
}

static bool has_next(const struct adl_hand *hand, const struct batch *batch)
{
    uint32_t limit = hand->host->options->n_tasks_per_worker;
    uint64_t n = hand->n_tasks + adl_hand_count_known(hand) + batch->n_calls;

    return batch->job != NULL && batch->n_calls < N_CALLS &&
           (limit == 0 || n < limit);
}

static void step(struct batch *batch)
{
    batch->i++;
    if (batch->i == batch->job->n_calls) {
        batch->job = batch->job->queue_next;
        batch->i = 0;
    }
}

static bool is_canceled(const struct adl_job *job)
{
    return atomic_load_explicit(&job->is_canceled, memory_order_relaxed);
}

/* As many as fit; those that cannot be sent have their error. 0 or -ENOMEM. */
static int fill(struct adl_hand *hand, struct batch *batch)
{
    int err = adl_wire_begin(&hand->host->frame, ADL_WIRE_TASKS);

    while (err == 0 && has_next(hand, batch)) {
        struct adl_call *call = &batch->job->calls[batch->i];

        if (!adl_hand_is_done(call)) {
            err = is_canceled(batch->job) ? -ECANCELED
                                          : add_call(hand, batch, call);
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

    if (hand->send_job == NULL || hand->n_void > 0 ||
        adl_hand_count_known(hand) >= N_LOW || !has_next(hand, &batch)) {
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
    finish_batch(hand, &batch, err == 0);
    if (err < 0) {
        return err;
    }
    hand->n_sent += batch.n_calls;
    hand->send_job = batch.job;
    hand->send_call = batch.i;
    return 0;
}
