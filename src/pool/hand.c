/* SPDX-License-Identifier: MIT */
/*
 * What a helper is told and what it answers are in the same order. So the call
 * that it is in is the first one without a result, and when it dies, that is
 * the one that fails: those behind it were not begun.
 *
 * All that is heard comes on one socket, the end included: the forkserver says
 * it (zygote.c). Killing is shutting down our side.
 */
#include "pool/hand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utlist.h>

#include "asyncdl/error.h"
#include "pool/hand_data.h"
#include "pool/hand_send.h"
#include "pool/obituary.h"
#include "pool/setup.h"
#include "pool/worker.h"

#define N_FRAMES 64 /* that are read before others have their turn */

static void on_socket(uv_poll_t *poll, int status, int events);

/* Keep the loop alive while something is to come. */
static void update_ref(struct adl_hand *hand)
{
    if (hand->n_jobs > 0 || hand->state == ADL_HAND_LEAVING) {
        uv_ref((uv_handle_t *)&hand->poll);
    } else {
        uv_unref((uv_handle_t *)&hand->poll);
    }
}

static void update_poll(struct adl_hand *hand)
{
    /* Cannot fail: libuv has seen that it can be polled. */
    (void)uv_poll_start(&hand->poll,
                        UV_READABLE | (hand->is_blocked ? UV_WRITABLE : 0),
                        on_socket);
}

void adl_hand_kill(struct adl_hand *hand, int err)
{
    if (hand->kill_err == 0 && hand->state != ADL_HAND_ENDED) {
        hand->kill_err = err;
        (void)shutdown(hand->fd, SHUT_WR); /* the forkserver sees to it */
    }
}

static void on_time(uv_timer_t *timer)
{
    adl_hand_kill(timer->data, ASYNCDL_ETASKTIME);
}

/* It has begun with the first job's next call. */
static void begin(struct adl_hand *hand)
{
    const struct adl_job *job = hand->jobs;

    hand->begin_ns = uv_hrtime();
    if (job->timeout_ms > 0) {
        uv_update_time(hand->host->loop); /* it may be old: too short a time */
        (void)uv_timer_start(&hand->timer, on_time, job->timeout_ms, 0);
    }
    if (atomic_load_explicit(&job->is_canceled, memory_order_relaxed)) {
        adl_hand_kill(hand, -ECANCELED);
    }
}

/* Go on behind calls that have their results, and give jobs back. Their owner
 * may give others at once. */
static void advance(struct adl_hand *hand)
{
    while (hand->jobs != NULL) {
        struct adl_job *job = hand->jobs;

        while (hand->run_call < job->n_calls &&
               adl_hand_is_done(&job->calls[hand->run_call])) {
            hand->run_call++;
        }
        if (hand->run_call < job->n_calls) {
            return;
        }
        DL_DELETE2(hand->jobs, job, queue_prev, queue_next);
        hand->n_jobs--;
        hand->run_call = 0;
        hand->host->on_job(hand, job);
    }
}

/* Send what there is, if it is time to. */
static void pump(struct adl_hand *hand)
{
    bool was_idle = hand->n_sent == hand->n_heard;

    if (hand->state != ADL_HAND_READY || hand->is_blocked) {
        return;
    }
    int err = adl_hand_send(hand);
    if (err == -EAGAIN) {
        hand->is_blocked = true;
        update_poll(hand);
    } else if (err < 0 && err != -EPIPE && err != -ECONNRESET && was_idle) {
        /* Else it has ended, which will be heard, or it is tried again when
         * the next result comes. */
        adl_hand_kill(hand, err);
    }
    advance(hand); /* some may have failed before they were sent */
    if (was_idle && hand->n_sent > hand->n_heard) {
        begin(hand);
    }
}

static void leave(struct adl_hand *hand)
{
    struct adl_buf *frame = &hand->host->aside;

    if (hand->state == ADL_HAND_ENDED) {
        return;
    }
    if (hand->state != ADL_HAND_LEAVING &&
        (adl_wire_begin(frame, ADL_WIRE_QUIT) < 0 ||
         adl_channel_send(hand->fd, frame, NULL, 0, MSG_DONTWAIT) < 0)) {
        (void)shutdown(hand->fd, SHUT_WR); /* there is no other way */
    }
    hand->state = ADL_HAND_LEAVING;
    update_ref(hand);
}

void adl_hand_leave(struct adl_hand *hand)
{
    leave(hand);
}

void adl_hand_give(struct adl_hand *hand, struct adl_job *job)
{
    DL_APPEND2(hand->jobs, job, queue_prev, queue_next);
    hand->n_jobs++;
    if (hand->send_job == NULL) {
        hand->send_job = job;
        hand->send_call = 0;
    }
    update_ref(hand);
    if (hand->n_sent == hand->n_heard) {
        pump(hand); /* else several go together, at the next result */
    }
}

bool adl_hand_take_back(struct adl_hand *hand, struct adl_job *job)
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
    update_ref(hand);
    return true;
}

/* The first job's next call is over. */
static struct adl_call *end_call(struct adl_hand *hand)
{
    struct adl_job *job = hand->jobs;
    struct adl_call *call = &job->calls[hand->run_call];

    if (job->timeout_ms > 0) {
        (void)uv_timer_stop(&hand->timer);
    }
    call->result->worker = hand->id;
    if (hand->begin_ns > job->accepted_ns) {
        call->result->wait_ns = hand->begin_ns - job->accepted_ns;
    }
    return call;
}

static void hear_result(struct adl_hand *hand,
                        const struct adl_wire_record *record)
{
    struct adl_hand_host *host = hand->host;

    if (hand->kill_err != 0) {
        return; /* it came too late */
    }
    if (hand->n_sent == hand->n_heard ||
        record->value[0] != (int64_t)hand->n_heard + 1) {
        adl_hand_kill(hand, ASYNCDL_EFRAME);
        return;
    }
    struct adl_call *call = end_call(hand);
    call->result->run_ns = (uint64_t)record->value[2];
    call->result->err = (int)record->value[1];
    if (record->text_len > 0 && call->result->err < 0) {
        call->error = strndup(record->text, record->text_len);
    }
    int err = adl_hand_take_data(hand, call, record);
    if (err < 0) {
        call->result->err = err;
    }
    if (call->result->err == -EMFILE) {
        adl_hand_forget_parcels(hand); /* it may have lost one */
    }
    host->run_ns -= host->run_ns / 8;
    host->run_ns += call->result->run_ns / 8;
    hand->n_heard++;
    hand->n_tasks++;
    advance(hand);
    if (hand->n_sent > hand->n_heard) {
        begin(hand);
    } else if (host->options->n_tasks_per_worker > 0 &&
               hand->n_tasks >= host->options->n_tasks_per_worker) {
        leave(hand);
    }
    update_ref(hand);
    pump(hand);
}

static void hear_ready(struct adl_hand *hand,
                       const struct adl_wire_record *record)
{
    if (hand->state != ADL_HAND_STARTING) {
        if (hand->state == ADL_HAND_READY) {
            adl_hand_kill(hand, ASYNCDL_EFRAME);
        }
        return;
    }
    if (hand->kill_err != 0) {
        return; /* its end follows */
    }
    if (record->value[0] < 0) {
        hand->start_err = (int)record->value[0];
        hand->is_init_err = true;
        return; /* its end follows */
    }
    hand->state = ADL_HAND_READY;
    hand->host->on_ready(hand);
    pump(hand);
}

/* The call that it was in, if any, or the next if it was killed for that. */
static void fail_call(struct adl_hand *hand, int status, int signal)
{
    bool is_in_call = hand->n_sent > hand->n_heard || hand->kill_err != 0;

    if (hand->jobs == NULL || !is_in_call) {
        return;
    }
    struct adl_call *call = end_call(hand);
    call->result->err = hand->kill_err != 0 ? hand->kill_err : ASYNCDL_EDIED;
    call->result->exit_status = status;
    call->result->term_signal = signal;
    if (hand->kill_err == 0 && hand->words != NULL) {
        call->error = strdup(hand->words);
    }
    if (hand->begin_ns > 0) {
        call->result->run_ns = uv_hrtime() - hand->begin_ns;
    }
}

/* Nothing is heard of it any more. The owner may free it. */
static void end(struct adl_hand *hand, char *words, int status, int signal)
{
    if (hand->state == ADL_HAND_STARTING && hand->start_err == 0) {
        hand->start_err = ASYNCDL_EDIED;
        hand->is_init_err = hand->pid != 0 && words != NULL;
    }
    hand->words = words;
    fail_call(hand, status, signal);
    hand->state = ADL_HAND_ENDED;
    (void)uv_poll_stop(&hand->poll);
    (void)uv_timer_stop(&hand->timer);
    hand->host->on_end(hand);
}

static void hear(struct adl_hand *hand, const struct adl_wire_frame *frame)
{
    struct adl_wire_record record = {.value = {0}};
    size_t at = 0;

    (void)adl_wire_next(frame, &at, &record); /* all of these have one */
    switch ((int)frame->kind) {
    case ADL_WIRE_STARTED:
        hand->pid = record.value[0];
        break;
    case ADL_WIRE_READY:
        hear_ready(hand, &record);
        break;
    case ADL_WIRE_RESULT:
        hear_result(hand, &record);
        break;
    case ADL_WIRE_REFUSED:
        hand->start_err = (int)record.value[0];
        end(hand, NULL, 0, 0);
        break;
    case ADL_WIRE_EXITED: {
        struct asyncdl_worker worker;

        adl_worker_init(&worker, hand->id);
        end(hand,
            adl_obituary(worker.name, hand->pid, (int)record.value[0],
                         (int)record.value[1]),
            (int)record.value[0], (int)record.value[1]);
        break;
    }
    default:
        adl_hand_kill(hand, ASYNCDL_EFRAME);
        break;
    }
}

/* False where there is no more, or it ended. */
static bool hear_next(struct adl_hand *hand)
{
    struct adl_inbox *inbox = hand->host->inbox;
    struct adl_wire_frame frame;
    bool is_short;
    int err =
        adl_channel_receive(hand->fd, inbox, &frame, &is_short, MSG_DONTWAIT);

    if (err == -EAGAIN) {
        return false;
    }
    if (err == 0) {
        bool is_end =
            frame.kind == ADL_WIRE_EXITED || frame.kind == ADL_WIRE_REFUSED;

        hear(hand, &frame); /* may free it if it is the end */
        adl_inbox_close_fds(inbox);
        return !is_end &&
               (hand->n_sent > hand->n_heard || hand->state != ADL_HAND_READY);
    }
    if (err == ASYNCDL_EFRAME) {
        adl_hand_kill(hand, ASYNCDL_EFRAME);
        return true;
    }
    end(hand, strdup("the forkserver ended"), 0, 0);
    return false;
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct adl_hand *hand = poll->data;

    (void)status; /* what there is to learn is read */
    if ((events & UV_WRITABLE) != 0 && hand->is_blocked) {
        hand->is_blocked = false;
        update_poll(hand);
        pump(hand);
    }
    for (int i = 0; i < N_FRAMES && hear_next(hand); i++) {
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

int adl_hand_open(struct adl_hand **out, struct adl_hand_host *host,
                  unsigned id, void *owner)
{
    struct adl_hand *hand = calloc(1, sizeof(*hand));

    if (hand == NULL) {
        return -ENOMEM;
    }
    hand->host = host;
    hand->owner = owner;
    hand->id = id;
    hand->poll.data = hand;
    hand->timer.data = hand;
    int err = adl_forkserver_spawn(host->forkserver, &hand->fd, &hand->fork_id);
    if (err < 0) {
        free(hand);
        return err;
    }
    hand->max_frame = adl_channel_get_max(hand->fd);
    err = set_up(hand);
    if (err == 0) {
        err = uv_poll_init(host->loop, &hand->poll, hand->fd);
    }
    if (err < 0) {
        (void)close(hand->fd); /* the forkserver ends it */
        free(hand);
        return err;
    }
    (void)uv_timer_init(host->loop, &hand->timer); /* cannot fail */
    uv_unref((uv_handle_t *)&hand->timer);         /* the poll does it */
    update_poll(hand);
    update_ref(hand);
    *out = hand;
    return 0;
}
