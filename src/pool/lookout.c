/* SPDX-License-Identifier: MIT */
/*
 * Before the loop sleeps, the prepare handle tells helpers so and looks once
 * more: then nothing lies in an outbox unseen, since who has put something
 * there after that rings. Short calls are let come together: their helpers ring
 * when there are many, or none is left, and the timer looks after those that
 * have just begun with a long one.
 */
#include "pool/lookout.h"

#include "pool/hand_hear.h"
#include "pool/hand_run.h"
#include "pool/hand_send.h"

#define LOOK_MS 1
#define SLOW_NS UINT64_C(2000000) /* calls that let no others wait */

static bool is_busy(const struct adl_hand *hand)
{
    return hand != NULL && hand->state == ADL_HAND_READY &&
           adl_hand_count_known(hand) > 1;
}

static bool are_short(const struct adl_lookout *lookout)
{
    return lookout->host->run_ns < ADL_SHORT_NS;
}

/* Something waits behind the call that it is in: jobs, or, where short ones are
 * let come together, results. */
static bool needs_look(const struct adl_lookout *lookout,
                       const struct adl_hand *hand)
{
    return hand->state == ADL_HAND_READY && !hand->is_slow &&
           (hand->n_jobs > 1 || (are_short(lookout) && is_busy(hand)));
}

static void set_readers(struct adl_lookout *lookout,
                        enum adl_outbox_reader reader)
{
    for (uint32_t i = 0; i < lookout->crew->n; i++) {
        struct adl_hand *hand = lookout->crew->slots[i].hand;

        if (hand != NULL) {
            bool sleeps = reader == ADL_OUTBOX_DOZING &&
                          (!is_busy(hand) || hand->is_slow);

            adl_outbox_set_reader(&hand->outbox,
                                  sleeps ? ADL_OUTBOX_ASLEEP : reader);
        }
    }
}

void adl_lookout_wake(struct adl_lookout *lookout)
{
    if (uv_is_active((uv_handle_t *)&lookout->prepare) && !lookout->is_awake) {
        lookout->is_awake = true;
        set_readers(lookout, ADL_OUTBOX_AWAKE);
    }
}

static void drain_all(struct adl_lookout *lookout)
{
    for (uint32_t i = 0; i < lookout->crew->n; i++) {
        struct adl_hand *hand = lookout->crew->slots[i].hand;

        if (hand != NULL && adl_outbox_has_news(&hand->outbox)) {
            adl_hand_drain(hand);
            adl_hand_pump(hand);
        }
    }
}

static void pump_all(struct adl_lookout *lookout)
{
    for (uint32_t i = 0; i < lookout->crew->n; i++) {
        struct adl_hand *hand = lookout->crew->slots[i].hand;

        if (hand != NULL) {
            adl_hand_pump(hand);
        }
    }
}

static void find_slow(struct adl_lookout *lookout)
{
    uint64_t now_ns = uv_hrtime();

    for (uint32_t i = 0; i < lookout->crew->n; i++) {
        struct adl_hand *hand = lookout->crew->slots[i].hand;

        if (hand != NULL && needs_look(lookout, hand) &&
            adl_hand_count_known(hand) > 0 &&
            now_ns - hand->begin_ns >= SLOW_NS) {
            if (hand->n_jobs > 1) {
                adl_hand_recall(hand);
                hand->is_slow = adl_hand_count_known(hand) > 0;
                lookout->host->on_slow(hand);
            } else {
                hand->is_slow = true;
            }
        }
    }
}

static void on_look(uv_timer_t *timer)
{
    struct adl_lookout *lookout = timer->data;
    struct adl_hand_host *host = lookout->host;

    adl_lookout_wake(lookout);
    host->front->hold(host->front);
    drain_all(lookout);
    find_slow(lookout);
    host->front->release(host->front);
    pump_all(lookout);
}

/* Is there reason to watch; to look in a while; to look at once? */
static void survey(const struct adl_lookout *lookout, bool *is_any_busy,
                   bool *is_any_in_need, bool *has_news)
{
    for (uint32_t i = 0; i < lookout->crew->n; i++) {
        const struct adl_hand *hand = lookout->crew->slots[i].hand;

        if (hand != NULL) {
            *is_any_busy = *is_any_busy || is_busy(hand);
            *is_any_in_need = *is_any_in_need || needs_look(lookout, hand);
            *has_news = *has_news || adl_outbox_has_news(&hand->outbox);
        }
    }
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct adl_lookout *lookout = prepare->data;
    bool is_any_busy = false;
    bool is_any_in_need = false;
    bool has_news = false;

    lookout->is_awake = false;
    set_readers(lookout,
                are_short(lookout) ? ADL_OUTBOX_DOZING : ADL_OUTBOX_ASLEEP);
    survey(lookout, &is_any_busy, &is_any_in_need, &has_news);
    /* Neither fails. */
    if (has_news) {
        (void)uv_timer_start(&lookout->timer, on_look, 0, 0);
        adl_lookout_wake(lookout);
    } else if (!is_any_in_need) {
        (void)uv_timer_stop(&lookout->timer);
    } else if (!uv_is_active((uv_handle_t *)&lookout->timer)) {
        (void)uv_timer_start(&lookout->timer, on_look, LOOK_MS, 0);
    }
    if (!has_news && !is_any_busy && !is_any_in_need) {
        (void)uv_prepare_stop(prepare);
    }
}

void adl_lookout_watch(struct adl_lookout *lookout)
{
    if (uv_is_active((uv_handle_t *)&lookout->prepare) ||
        uv_is_closing((uv_handle_t *)&lookout->prepare)) {
        return;
    }
    for (uint32_t i = 0; i < lookout->crew->n; i++) {
        const struct adl_hand *hand = lookout->crew->slots[i].hand;

        if (is_busy(hand)) {
            /* Cannot fail. */
            (void)uv_prepare_start(&lookout->prepare, on_prepare);
            return;
        }
    }
}

void adl_lookout_init(struct adl_lookout *lookout, struct adl_hand_host *host,
                      struct adl_crew *crew)
{
    *lookout = (struct adl_lookout){.host = host, .crew = crew};
    (void)uv_prepare_init(host->loop, &lookout->prepare); /* cannot fail */
    (void)uv_timer_init(host->loop, &lookout->timer);     /* likewise */
    lookout->prepare.data = lookout;
    lookout->timer.data = lookout;
    /* Hands keep the loop alive. */
    uv_unref((uv_handle_t *)&lookout->prepare);
    uv_unref((uv_handle_t *)&lookout->timer);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct adl_lookout *lookout = handle->data;

    lookout->n_handles--;
    if (lookout->n_handles == 0) {
        lookout->on_closed(lookout);
    }
}

void adl_lookout_close(struct adl_lookout *lookout,
                       void (*on_closed)(struct adl_lookout *lookout))
{
    lookout->on_closed = on_closed;
    lookout->n_handles = 2;
    uv_close((uv_handle_t *)&lookout->prepare, on_handle_closed);
    uv_close((uv_handle_t *)&lookout->timer, on_handle_closed);
}
