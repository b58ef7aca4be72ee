/* SPDX-License-Identifier: MIT */
#include "fetch/start.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "asyncdl/error.h"
#include "fetch/downtime.h"
#include "fetch/finish.h"
#include "fetch/locate.h"
#include "fetch/route.h"
#include "fetch/take.h"
#include "task/future.h"

/* More bodies than these waiting for the disk, and nothing new starts. */
#define SAVING_MAX 512

/* A host with no more work, out of more than these, loses its connection:
 * libcurl's cache of connections is slow to search when it is large. */
#define HOSTS_KEPT 256

#define PROGRESS_EVERY_MS 250

void adl_start_release(struct asyncdl_transfer *t)
{
    struct asyncdl_client *client = t->client;

    adl_attempt_stop(t->attempt);
    t->attempt = NULL;
    DL_DELETE2(client->active, t, stage_prev, stage_next);
    if (t->is_throttled) {
        t->is_throttled = false;
        DL_DELETE2(client->throttled, t, slow_prev, slow_next);
    }
}

/* 0, -ENOMEM, or why its host is closed to us for too long. */
static int note_enqueued(struct asyncdl_transfer *t, int err)
{
    struct asyncdl_client *client = t->client;

    if (err < 0) {
        return err;
    }
    err = adl_downtime_get_loss(t);
    if (err < 0) {
        adl_sched_remove(client->sched, &t->item);
        return err;
    }
    t->stage = ADL_STAGE_WAITING;
    t->queued_ms = uv_now(client->loop);
    return 0;
}

static int enqueue(struct asyncdl_transfer *t, uint64_t due_ms)
{
    return note_enqueued(t, adl_sched_add(t->client->sched, &t->item,
                                          t->url.origin, strlen(t->url.origin),
                                          due_ms));
}

/* Its host is closed to us: another source may be open. */
static void fail_to_enqueue(struct asyncdl_transfer *t, int err)
{
    adl_downtime_explain(t, err);
    if (!adl_downtime_is_loss(err) || !adl_start_mirror(t, err)) {
        adl_finish_fail(t, err, true, t->error);
    }
}

void adl_start_enqueue(struct asyncdl_transfer *t, uint64_t due_ms)
{
    int err = enqueue(t, due_ms);

    if (err < 0) {
        fail_to_enqueue(t, err);
    }
}

void adl_start_enqueue_first(struct asyncdl_transfer *t)
{
    int err = note_enqueued(t, adl_sched_add_first(t->client->sched, &t->item,
                                                   t->url.origin,
                                                   strlen(t->url.origin)));

    if (err < 0) {
        fail_to_enqueue(t, err);
    }
}

static bool has_mirror(const struct asyncdl_transfer *t)
{
    return !t->is_canceled && t->i_url + 1 < t->n_urls;
}

/* As long as the other source gives nothing, a later run may go on with what
 * there is of the first. */
static void leave_version(struct asyncdl_transfer *t)
{
    if (t->body->version != t->version) {
        return; /* it may not, or this was seen to */
    }
    free(t->version_left); /* of an earlier source */
    t->version_left = malloc(sizeof(*t->version_left));
    if (t->version_left != NULL) { /* else not for a later run */
        *t->version_left = *t->version;
    }
    adl_body_set_version(t->body, t->version_left);
}

/* Bytes of two sources are mixed only where a checksum will judge the whole;
 * else it is begun anew. */
static void keep_for_mirror(struct asyncdl_transfer *t)
{
    bool is_judged = t->checks.expected.kind != ADL_DIGEST_NONE;

    if (!is_judged || t->version == NULL || !t->can_resume || t->must_restart ||
        t->body->size == 0) {
        t->must_restart = true;
        return;
    }
    leave_version(t);
    *t->version = (struct adl_validator){
        .size = t->version->size,
        .has_size = t->version->has_size,
        .is_any = true,
    };
    t->is_mixed = true;
}

static int enqueue_at_mirror(struct asyncdl_transfer *t)
{
    const char *protocols = t->client->options.http.protocols;
    int err = adl_transfer_use_url(t, t->i_url + 1, protocols);

    keep_for_mirror(t);
    return err < 0 ? err : enqueue(t, 0);
}

bool adl_start_mirror(struct asyncdl_transfer *t, int why)
{
    int err = ASYNCDL_EHELD;

    if (!has_mirror(t)) {
        return false;
    }
    while (adl_downtime_is_loss(err) && has_mirror(t)) {
        err = enqueue_at_mirror(t);
    }
    if (err < 0) {
        adl_downtime_explain(t, err);
        adl_finish_fail(t, err, true, t->error);
        return true;
    }
    adl_start_tell_retry(t, why, 0);
    return true;
}

void adl_start_unmixed(struct asyncdl_transfer *t, int why)
{
    t->is_mixed = false;
    t->must_restart = true;
    adl_start_tell_retry(t, why, 0);
    adl_start_enqueue(t, 0);
}

void adl_start_tell_retry(struct asyncdl_transfer *t, int err,
                          uint64_t delay_ms)
{
    struct asyncdl_event event = {
        .type = ASYNCDL_EVENT_RETRY,
        .err = err,
        .reason = adl_transfer_get_error(t, err),
        .delay_ms = delay_ms,
    };

    t->client->n_retries++;
    adl_finish_emit(t, event);
}

static int on_answer(struct adl_attempt *attempt, void *data)
{
    struct asyncdl_transfer *t = data;
    int err = adl_take_answer(t);

    (void)attempt;
    if (err == 0) {
        err = adl_take_coding(t);
    }
    if (err == 0) {
        t->progress_ms = uv_now(t->client->loop);
        adl_downtime_note_bytes(t);
        adl_finish_emit(
            t, (struct asyncdl_event){.type = ASYNCDL_EVENT_FIRST_BYTE});
    }
    return err;
}

static bool is_bomb(struct asyncdl_transfer *t)
{
    return t->attempt->coding != ADL_CODING_NONE && t->body->max_size == 0 &&
           adl_coding_is_bomb(t->body->size,
                              adl_attempt_n_wire_bytes(t->attempt));
}

static void throttle(struct asyncdl_transfer *t)
{
    adl_attempt_pause(t->attempt, ADL_PAUSE_RATE);
    if (!t->is_throttled) {
        t->is_throttled = true;
        DL_APPEND2(t->client->throttled, t, slow_prev, slow_next);
        adl_turn_mark(&t->client->turn); /* sets the alarm */
    }
}

static void tell_progress(struct asyncdl_transfer *t)
{
    uint64_t now_ms = uv_now(t->client->loop);

    if (now_ms - t->progress_ms >= PROGRESS_EVERY_MS) {
        t->progress_ms = now_ms;
        adl_downtime_note_bytes(t);
        adl_finish_emit(t,
                        (struct asyncdl_event){.type = ASYNCDL_EVENT_PROGRESS});
    }
}

static int add_to_body(struct asyncdl_transfer *t, const void *bytes,
                       size_t len)
{
    t->must_resume_user = false; /* it reads: there is nothing to undo */
    adl_future_enter_callback(); /* the body may be the user's */
    int rc = adl_body_add(t->body, bytes, len);
    adl_future_leave_callback();

    if (rc == ADL_BODY_FULL) {
        adl_attempt_pause(t->attempt, ADL_PAUSE_DISK);
        return ADL_ATTEMPT_PAUSED;
    }
    if (rc == ADL_BODY_PAUSED) {
        if (!t->must_resume_user) { /* not resumed meanwhile, in the callback */
            t->is_paused = true;
            adl_attempt_pause(t->attempt, ADL_PAUSE_USER);
        }
        rc = 0;
    }
    return rc;
}

static int on_body(struct adl_attempt *attempt, const void *bytes, size_t len,
                   void *data)
{
    struct asyncdl_transfer *t = data;
    struct asyncdl_client *client = t->client;

    (void)attempt;
    if (t->is_canceled) {
        return -ECANCELED;
    }
    if (!adl_rate_has(&client->rate, uv_now(client->loop))) {
        throttle(t);
        return ADL_ATTEMPT_PAUSED;
    }
    int rc = add_to_body(t, bytes, len);
    if (rc != 0) {
        return rc;
    }
    adl_rate_spend(&client->rate, len);
    tell_progress(t);
    return is_bomb(t) ? ASYNCDL_ETOOBIG : 0;
}

const struct adl_attempt_ops adl_start_attempt_ops = {
    .on_answer = on_answer,
    .on_body = on_body,
};

/* It has its slot. */
static void note_started(struct asyncdl_transfer *t)
{
    t->n_attempts++;
    t->waited_ms += uv_now(t->client->loop) - t->queued_ms;
    adl_finish_emit(t, (struct asyncdl_event){.type = ASYNCDL_EVENT_STARTED});
}

static void note_active(struct asyncdl_transfer *t)
{
    struct asyncdl_client *client = t->client;
    uint64_t now_ms = uv_now(client->loop);
    uint64_t due_ms;

    t->stage = ADL_STAGE_ACTIVE;
    DL_APPEND2(client->active, t, stage_prev, stage_next);
    (void)adl_attempt_check_time(t->attempt, now_ms, &due_ms); /* just begun */
    if (due_ms < client->check_ms) {
        client->check_ms = due_ms;
    }
    if (t->is_paused) {
        adl_attempt_pause(t->attempt, ADL_PAUSE_USER);
    }
}

static void fail_to_start(struct asyncdl_transfer *t, int err)
{
    adl_downtime_leave(t);
    adl_sched_end(t->client->sched, &t->item, ADL_HOST_NEUTRAL,
                  uv_now(t->client->loop));
    adl_finish_fail(t, err, adl_retry_is_passing(err, 0), NULL);
}

/* located is for libcurl, which needs none where it is NULL. */
static int start_attempt(struct asyncdl_transfer *t, const char *located,
                         uint64_t spent_ms)
{
    struct asyncdl_client *client = t->client;
    bool resume = t->version != NULL && t->can_resume && !t->must_restart &&
                  t->body->size > 0;
    struct adl_attempt_spec spec = {
        .url = t->url.text,
        .headers = (const char *const *)t->headers,
        .user_agent = t->user_agent,
        .referer = t->referer,
        .offset = resume ? t->body->size : 0,
        .if_range = resume ? adl_range_if_range(t->version) : NULL,
        .located = located,
        .spent_ms = spent_ms,
        .is_foreign = adl_transfer_is_foreign(t),
        .is_last_of_host = adl_sched_n_hosts(client->sched) > HOSTS_KEPT &&
                           adl_sched_is_last_of_host(&t->item),
        .is_proxied =
            adl_route_is_proxied(&client->options.http, t->url.origin),
        .is_plain_http = t->must_be_plain,
    };

    t->offset = spec.offset;
    if (t->body->coding != ADL_CODING_NONE) {
        adl_body_restart(t->body); /* it cannot be gone on with */
    }
    int err = adl_attempt_start(&t->attempt, client->attempts, &spec, t);
    if (err == 0) {
        note_active(t);
    }
    return err;
}

static int start_at(struct asyncdl_transfer *t, const char *addresses,
                    uint64_t spent_ms)
{
    struct adl_buf located = {0};
    int err = adl_locate_write(&located, t, addresses);

    if (err == 0) {
        err = start_attempt(t, adl_buf_str(&located), spent_ms);
    }
    adl_buf_finish(&located);
    return err;
}

void adl_start_located(struct asyncdl_transfer *t, const char *addresses)
{
    int err;

    adl_locate_stop(t);
    err = start_at(t, addresses, uv_now(t->client->loop) - t->located_ms);
    if (err < 0) {
        fail_to_start(t, err);
    }
}

/* An address is of the other family. Another source may do. */
static void leave_out(struct asyncdl_transfer *t, enum adl_route_ban ban)
{
    bool is_v6 = t->client->options.http.ip_version == ASYNCDL_IP_V4;
    bool is_proxy = ban == ADL_ROUTE_PROXY_BANNED;
    int err = is_proxy ? ASYNCDL_EPROXY : ASYNCDL_EURL;

    adl_downtime_leave(t);
    adl_sched_end(t->client->sched, &t->item, ADL_HOST_NEUTRAL,
                  uv_now(t->client->loop));
    adl_transfer_explain(t, "%san %s address, and only %s is allowed",
                         is_proxy ? "the proxy is " : "",
                         is_v6 ? "IPv6" : "IPv4", is_v6 ? "IPv4" : "IPv6");
    if (!adl_start_mirror(t, err)) {
        adl_finish_fail(t, err, false, t->error);
    }
}

static void start(struct asyncdl_transfer *t)
{
    const char *addresses = NULL;
    int rc = 0;

    adl_downtime_start(t);
    enum adl_route_ban ban =
        adl_route_find_ban(&t->client->options.http, t->url.origin);
    if (ban != ADL_ROUTE_FREE) {
        leave_out(t, ban);
        return;
    }
    rc = adl_take_make_body(t);
    if (rc == 0 && t->client->resolve != NULL) {
        rc = adl_locate_start(t, &addresses);
    }
    if (rc == 0) {
        rc = addresses != NULL ? start_at(t, addresses, 0)
                               : start_attempt(t, NULL, 0);
    }
    if (rc < 0) {
        fail_to_start(t, rc);
    } else {
        note_started(t);
    }
}

void adl_start_ready(struct asyncdl_client *client)
{
    uint64_t now_ms = uv_now(client->loop);

    while (client->n_saving < SAVING_MAX && !client->is_closing &&
           now_ms >= client->pause_ms && adl_downtime_may_start(client)) {
        struct adl_sched_item *item = adl_sched_take(client->sched, now_ms);

        if (item == NULL) {
            return;
        }
        start((struct asyncdl_transfer *)item);
    }
}

uint64_t adl_start_due_ms(const struct asyncdl_client *client)
{
    if (client->n_saving >= SAVING_MAX) {
        return UINT64_MAX; /* what is saved brings the next turn */
    }
    uint64_t due_ms = adl_downtime_due_ms(
        client, adl_sched_due_ms(client->sched, uv_now(client->loop)));

    return due_ms > client->pause_ms ? due_ms : client->pause_ms;
}
