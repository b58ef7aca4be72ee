/* SPDX-License-Identifier: MIT */
/*
 * What a helper is told and what it answers are in the same order, but answers
 * come by two ways: an outbox is looked into first, and one whose turn it is
 * not waits there for what comes by the socket. So the call that the helper is
 * in is the first one without a result, and when it dies, that is the one that
 * fails: those behind it were not begun.
 */
#include "pool/hand_hear.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "asyncdl/error.h"
#include "pool/hand_data.h"
#include "pool/hand_run.h"
#include "pool/hand_send.h"
#include "pool/obituary.h"
#include "pool/worker.h"

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

    if (hand->kill_err != 0 && hand->n_heard + 1 >= hand->last_call) {
        return; /* it came too late */
    }
    if (adl_hand_count_known(hand) == 0 ||
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
    hand->is_slow = false;
    adl_hand_skip_void(hand);
    adl_hand_advance(hand);
    if (adl_hand_count_known(hand) > 0) {
        adl_hand_begin(hand);
    } else if (host->options->n_tasks_per_worker > 0 &&
               hand->n_tasks >= host->options->n_tasks_per_worker) {
        adl_hand_leave(hand);
    }
    adl_hand_update_ref(hand);
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
}

static void fail_call(struct adl_hand *hand, int status, int signal)
{
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

/*
 * The call that it was in, if any, or the next if it was killed for that. There
 * are more only where it has lost results: what was begun is not begun again.
 */
static void fail_calls(struct adl_hand *hand, int status, int signal)
{
    bool is_in_call = adl_hand_count_known(hand) > 0 || hand->kill_err != 0;

    if (hand->jobs == NULL || !is_in_call) {
        return;
    }
    adl_hand_recall(hand);
    fail_call(hand, status, signal);
    for (uint64_t n = adl_hand_count_known(hand); n > 1; n--) {
        adl_hand_advance(hand);
        fail_call(hand, status, signal);
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
    hand->state = ADL_HAND_ENDED;
    fail_calls(hand, status, signal);
    (void)uv_poll_stop(&hand->poll);
    (void)uv_timer_stop(&hand->timer);
    hand->host->on_end(hand);
}

static void hear(struct adl_hand *hand, const struct adl_wire_frame *frame)
{
    struct adl_wire_record record = {.value = {0}};
    size_t at = 0;

    (void)adl_wire_next(frame, &at, &record); /* all have one but a bell */
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
    case ADL_WIRE_BELL: /* the outbox was looked into */
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

/* A result from the outbox, len bytes. False where another's turn is first. */
static bool hear_letter(struct adl_hand *hand, size_t len)
{
    struct adl_wire_record record = {.value = {0}};
    struct adl_wire_frame frame;
    size_t at = 0;
    int err = adl_wire_parse(&frame, hand->host->letters, len, 0);

    if (err < 0 || frame.kind != ADL_WIRE_RESULT) {
        adl_hand_kill(hand, ASYNCDL_EFRAME);
        return false;
    }
    (void)adl_wire_next(&frame, &at, &record); /* it has one */
    if (record.value[0] > (int64_t)hand->n_heard + 1) {
        return false;
    }
    adl_outbox_drop(&hand->outbox, len);
    hear_result(hand, &record);
    return true;
}

void adl_hand_drain(struct adl_hand *hand)
{
    int len;

    if (hand->state == ADL_HAND_ENDED) {
        return; /* what it has started may go on, and is not listened to */
    }
    do {
        len = adl_outbox_peek(&hand->outbox, hand->host->letters);
    } while (len > 0 && hear_letter(hand, (size_t)len));
    if (len < 0) {
        adl_hand_kill(hand, len);
    }
}

bool adl_hand_hear(struct adl_hand *hand)
{
    struct adl_inbox *inbox = hand->host->inbox;
    struct adl_wire_frame frame;
    bool is_short;
    int err =
        adl_channel_receive(hand->fd, inbox, &frame, &is_short, MSG_DONTWAIT);

    if (err == -EAGAIN) {
        return false;
    }
    adl_hand_drain(hand); /* it was there before this was sent */
    if (err == 0) {
        bool is_last = frame.kind == ADL_WIRE_EXITED ||
                       frame.kind == ADL_WIRE_REFUSED ||
                       frame.kind == ADL_WIRE_BELL;

        hear(hand, &frame); /* may free it if it is the end */
        adl_inbox_close_fds(inbox);
        return !is_last && (adl_hand_count_known(hand) > 0 ||
                            hand->state != ADL_HAND_READY);
    }
    if (err == ASYNCDL_EFRAME) {
        adl_hand_kill(hand, ASYNCDL_EFRAME);
        return true;
    }
    end(hand, strdup("the forkserver ended"), 0, 0);
    return false;
}
