/* SPDX-License-Identifier: MIT */
/*
 * All that wakes the loop comes on one socket, the end included: the forkserver
 * says it (zygote.c). Killing is shutting down our side.
 */
#include "pool/hand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utlist.h>

#include "asyncdl/error.h"
#include "pool/hand_hear.h"
#include "pool/hand_run.h"
#include "pool/hand_send.h"
#include "pool/lookout.h"
#include "pool/setup.h"

#define N_FRAMES 64  /* that are read before others have their turn */
#define LATE_MS  100 /* that a result may take to be heard */

void adl_hand_give(struct adl_hand *hand, struct adl_job *job)
{
    DL_APPEND2(hand->jobs, job, queue_prev, queue_next);
    hand->n_jobs++;
    if (hand->send_job == NULL) {
        hand->send_job = job;
        hand->send_call = 0;
    }
    adl_hand_update_ref(hand);
    if (adl_hand_count_known(hand) == 0) {
        adl_hand_pump(hand); /* else several go together, at the next result */
        adl_lookout_watch(hand->host->lookout);
    }
}

/* False where a part of it was sent. */
static bool take_back(struct adl_hand *hand, struct adl_job *job)
{
    struct adl_job *unsent = hand->send_job;

    if (unsent != NULL && hand->send_call > 0) {
        unsent = unsent->queue_next; /* a part of it was sent */
    }
    for (; unsent != NULL && unsent != job; unsent = unsent->queue_next) {
    }
    if (unsent == NULL) {
        return false;
    }
    if (hand->send_job == job) {
        hand->send_job = job->queue_next;
    }
    DL_DELETE2(hand->jobs, job, queue_prev, queue_next);
    hand->n_jobs--;
    adl_hand_update_ref(hand);
    return true;
}

struct adl_job *adl_hand_take_last(struct adl_hand *hand)
{
    struct adl_job *job = hand->jobs != NULL ? hand->jobs->queue_prev : NULL;

    return job != NULL && take_back(hand, job) ? job : NULL;
}

bool adl_hand_cancel(struct adl_hand *hand, struct adl_job *job)
{
    adl_hand_recall(hand);
    bool is_taken = take_back(hand, job);
    if (!is_taken && adl_hand_get_last(hand) == job) {
        adl_hand_kill(hand, -ECANCELED);
    } /* else it is over once it is sent, or was answered */
    if (adl_hand_count_known(hand) == 0) {
        adl_hand_pump(hand); /* others that were recalled */
        adl_lookout_watch(hand->host->lookout);
    }
    return is_taken;
}

/* An error is that the other end closed without having read all. What it had
 * sent before, its end too, may take several turns to read. */
static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct adl_hand *hand = poll->data;
    struct adl_hand_host *host = hand->host;

    adl_lookout_wake(host->lookout);
    if ((events & UV_WRITABLE) != 0 && hand->is_blocked) {
        hand->is_blocked = false;
        adl_hand_update_poll(hand);
        adl_hand_pump(hand);
    }
    host->front->hold(host->front);
    for (int i = 0; i < N_FRAMES && adl_hand_hear(hand); i++) {
    }
    adl_hand_drain(hand); /* what was not to come before its turn */
    adl_hand_pump(hand);
    host->front->release(host->front);
    adl_hand_pump(hand);
    adl_lookout_watch(host->lookout);
    if (status < 0 && hand->state != ADL_HAND_ENDED) {
        adl_hand_update_poll(hand); /* libuv stops it at an error: see above */
    }
}

/* A result may have come that nobody has seen yet. */
static void on_time(uv_timer_t *timer)
{
    struct adl_hand *hand = timer->data;
    struct adl_hand_host *host = hand->host;
    uint64_t n_heard = hand->n_heard;

    host->front->hold(host->front);
    adl_hand_drain(hand);
    adl_hand_pump(hand);
    host->front->release(host->front);
    adl_hand_pump(hand);
    if (hand->n_heard != n_heard) {
        return; /* the next call has its own time */
    }
    adl_hand_recall(hand);
    uint64_t late_ms = hand->jobs->timeout_ms + LATE_MS;
    bool is_late = uv_hrtime() - hand->begin_ns >= late_ms * 1000000;
    if (adl_hand_count_known(hand) <= 1 || is_late) {
        adl_hand_kill(hand, ASYNCDL_ETASKTIME);
    } else { /* its result is on its way, or the helper lies */
        (void)uv_timer_start(timer, on_time, LATE_MS, 0); /* cannot fail */
    }
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct adl_hand *hand = handle->data;
    struct adl_hand_host *host = hand->host;

    hand->n_handles--;
    if (hand->n_handles > 0) {
        return;
    }
    (void)close(hand->fd); /* nothing was written */
    adl_shelf_finish(&hand->args);
    adl_shelf_finish(&hand->results);
    adl_outbox_finish(&hand->outbox);
    free(hand->words);
    free(hand);
    host->on_freed(host); /* may free the host */
}

void adl_hand_free(struct adl_hand *hand)
{
    hand->n_handles = 2;
    uv_close((uv_handle_t *)&hand->poll, on_handle_closed);
    uv_close((uv_handle_t *)&hand->timer, on_handle_closed);
}

/* What it is to be. */
static int set_up(struct adl_hand *hand)
{
    struct adl_hand_host *host = hand->host;
    const struct asyncdl_pool_options *options = host->options;
    const struct adl_setup setup = {
        .kind = ADL_WIRE_WORKER,
        .id = hand->id,
        .max_result_bytes = options->max_result_bytes < INT64_MAX
                                ? (int64_t)options->max_result_bytes
                                : INT64_MAX,
        .name = "",
        .outbox_fd = hand->outbox.shm.fd,
        .calls = {{(uintptr_t)options->initializer,
                   {options->init_arg, options->init_len}},
                  {(uintptr_t)options->finisher, {NULL, 0}}},
        .n_calls = 2,
        .queues = options->queues,
        .n_queues = options->n_queues,
        .locks = options->locks,
        .n_locks = options->n_locks,
    };
    int err = adl_setup_send(hand->fd, &host->aside, &host->modules,
                             &hand->n_modules, &setup);

    /* One that has ended already says so itself. */
    return err == -EPIPE || err == -ECONNRESET ? 0 : err;
}

/* 0 or -errno, with what was begun to be closed. */
static int start(struct adl_hand *hand)
{
    struct adl_hand_host *host = hand->host;
    int err = adl_outbox_create(&hand->outbox);

    if (err == 0) {
        err = adl_forkserver_spawn(host->forkserver, &hand->fd, &hand->fork_id);
    }
    if (err == 0) {
        hand->max_frame = adl_channel_get_max(hand->fd);
        err = set_up(hand);
    }
    return err < 0 ? err : uv_poll_init(host->loop, &hand->poll, hand->fd);
}

int adl_hand_open(struct adl_hand **out, struct adl_hand_host *host,
                  unsigned id, void *owner)
{
    struct adl_hand *hand = calloc(1, sizeof(*hand));

    if (hand == NULL) {
        return -ENOMEM;
    }
    *hand = (struct adl_hand){
        .host = host,
        .owner = owner,
        .id = id,
        .fd = -1,
        .poll.data = hand,
        .on_socket = on_socket,
        .timer.data = hand,
        .on_time = on_time,
    };
    int err = start(hand);
    if (err < 0) {
        if (hand->fd >= 0) {
            (void)close(hand->fd); /* the forkserver ends it */
        }
        adl_outbox_finish(&hand->outbox);
        free(hand);
        return err;
    }
    adl_outbox_close_fd(&hand->outbox); /* the helper's is on its way */
    (void)uv_timer_init(host->loop, &hand->timer); /* cannot fail */
    uv_unref((uv_handle_t *)&hand->timer);         /* the poll does it */
    adl_hand_update_poll(hand);
    adl_hand_update_ref(hand);
    *out = hand;
    return 0;
}
