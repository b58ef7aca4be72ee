/* SPDX-License-Identifier: MIT */
/*
 * Calls have numbers, which the helper claims in their order (outbox.h) and
 * answers in their order:
 *
 *     1 .. n_heard        have their results
 *     .. n_sent - n_void  are known to the helper
 *     .. n_sent           were recalled, and nothing comes of these numbers
 */
#include "pool/hand_run.h"

#include <errno.h>
#include <sys/socket.h>

#include <utlist.h>

#include "asyncdl/error.h"
#include "pool/hand_send.h"

void adl_hand_update_ref(struct adl_hand *hand)
{
    if (hand->n_jobs > 0 || hand->state == ADL_HAND_LEAVING) {
        uv_ref((uv_handle_t *)&hand->poll);
    } else {
        uv_unref((uv_handle_t *)&hand->poll);
    }
}

void adl_hand_update_poll(struct adl_hand *hand)
{
    /* Cannot fail: libuv has seen that it can be polled. */
    (void)uv_poll_start(&hand->poll,
                        UV_READABLE | (hand->is_blocked ? UV_WRITABLE : 0),
                        hand->on_socket);
}

void adl_hand_begin(struct adl_hand *hand)
{
    const struct adl_job *job = hand->jobs;

    hand->begin_ns = uv_hrtime();
    if (job->timeout_ms > 0) {
        uv_update_time(hand->host->loop); /* it may be old: too short a time */
        (void)uv_timer_start(&hand->timer, hand->on_time, job->timeout_ms, 0);
    }
}

void adl_hand_advance(struct adl_hand *hand)
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

/* A call's place among a hand's jobs. */
struct place {
    struct adl_job *job; /* NULL: behind the last */
    size_t i;
};

/* The first call without a result, from there on. */
static struct place find_open(struct place place)
{
    while (place.job != NULL) {
        if (place.i == place.job->n_calls) {
            place = (struct place){place.job->queue_next, 0};
        } else if (adl_hand_is_done(&place.job->calls[place.i])) {
            place.i++;
        } else {
            break;
        }
    }
    return place;
}

static struct place find_next(struct place place)
{
    return find_open((struct place){place.job, place.i + 1});
}

struct adl_job *adl_hand_get_last(const struct adl_hand *hand)
{
    struct place place = find_open((struct place){hand->jobs, hand->run_call});
    struct adl_job *last = NULL;

    for (uint64_t i = 0; i < adl_hand_count_known(hand); i++) {
        last = place.job;
        place = find_next(place);
    }
    return last;
}

/* The next to be sent is the first one behind those that it knows. */
static void go_back(struct adl_hand *hand)
{
    struct place place = find_open((struct place){hand->jobs, hand->run_call});

    for (uint64_t i = 0; i < adl_hand_count_known(hand); i++) {
        place = find_next(place);
    }
    hand->send_job = place.job;
    hand->send_call = place.i;
}

void adl_hand_skip_void(struct adl_hand *hand)
{
    if (hand->n_heard + hand->n_void == hand->n_sent) {
        hand->n_heard = hand->n_sent;
        hand->n_void = 0;
    }
}

void adl_hand_recall(struct adl_hand *hand)
{
    if (adl_hand_count_known(hand) == 0 || hand->n_void > 0) {
        return; /* all that it knows was begun */
    }
    uint64_t begun = adl_outbox_recall(&hand->outbox, hand->n_sent);
    if (begun < hand->n_heard || begun > hand->n_sent) {
        begun =
            hand->n_heard + 1; /* it has lost its mind: it is in the first */
    }
    if (begun == hand->n_sent) {
        return;
    }
    hand->n_void = hand->n_sent - begun;
    go_back(hand);
    if (begun == hand->n_heard) {
        (void)uv_timer_stop(&hand->timer); /* of one that was not begun */
    }
    adl_hand_skip_void(hand);
}

void adl_hand_kill(struct adl_hand *hand, int err)
{
    if (hand->kill_err == 0 && hand->state != ADL_HAND_ENDED) {
        hand->kill_err = err;
        adl_hand_recall(hand);
        hand->last_call = hand->n_sent - hand->n_void;
        (void)shutdown(hand->fd, SHUT_WR); /* the forkserver sees to it */
    }
}

void adl_hand_pump(struct adl_hand *hand)
{
    bool was_idle = adl_hand_count_known(hand) == 0;

    if (hand->state != ADL_HAND_READY || hand->is_blocked) {
        return;
    }
    int err = adl_hand_send(hand);
    if (err == -EAGAIN) {
        hand->is_blocked = true;
        adl_hand_update_poll(hand);
    } else if (err < 0 && err != -EPIPE && err != -ECONNRESET && was_idle) {
        /* Else it has ended, which will be heard, or it is tried again when
         * the next result comes. */
        adl_hand_kill(hand, err);
    }
    adl_hand_advance(hand); /* some may have failed before they were sent */
    if (was_idle && adl_hand_count_known(hand) > 0) {
        adl_hand_begin(hand);
    }
}

void adl_hand_leave(struct adl_hand *hand)
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
    adl_hand_update_ref(hand);
}
