/* SPDX-License-Identifier: MIT */
#include "fetch/judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "asyncdl/error.h"
#include "fetch/downtime.h"
#include "fetch/finish.h"
#include "fetch/lack.h"
#include "fetch/locate.h"
#include "fetch/loss.h"
#include "fetch/range.h"
#include "fetch/retry.h"
#include "fetch/start.h"
#include "fetch/take.h"
#include "util/redact.h"

/* What is known of an attempt once its handle has been given back. */
struct ended {
    int err;
    int status;
    int os_errno;
    bool is_connected;
    bool is_deaf; /* no name server answered */
    bool lacks_fds;
    bool was_part; /* a server gave less than the rest: it is asked on */
    int lost_port;
    bool has_retry_after;
    uint64_t retry_after_ms;
    char *redirect_url; /* owned */
};

static struct ended take_outcome(struct asyncdl_transfer *t)
{
    const struct adl_answer *answer = &t->attempt->answer;
    struct adl_attempt_outcome outcome;

    adl_attempt_judge(t->attempt, &outcome);
    t->last = outcome.facts;
    struct ended ended = {
        .err = outcome.err,
        .status = outcome.facts.status,
        .os_errno = outcome.os_errno,
        .is_connected = outcome.is_connected,
        .lacks_fds = outcome.lacks_fds,
        .lost_port = outcome.lost_port,
        .has_retry_after = answer->has_retry_after,
        .retry_after_ms = answer->retry_after_ms,
        .redirect_url = outcome.redirect_url,
    };
    if (ended.err == 0 && !t->attempt->has_begun) { /* an empty body */
        ended.err = adl_take_answer(t);
        (void)snprintf(outcome.text, sizeof(outcome.text), "%s",
                       asyncdl_strerror(ended.err));
    }
    if (ended.err == ASYNCDL_ERANGE && t->offset == 0) {
        adl_transfer_explain(t, "the server sent a part (206), nobody asked "
                                "for one");
    } else if (ended.err < 0) {
        adl_transfer_explain(t, "%s", outcome.text);
    }
    return ended;
}

/* A 416 to a range can mean that nothing was missing. */
static bool was_complete(const struct asyncdl_transfer *t,
                         const struct adl_range_answer *answer)
{
    return t->offset > 0 && answer->status == 416 &&
           adl_range_judge(t->version, t->offset, answer) == ADL_RANGE_COMPLETE;
}

static enum adl_host_sign get_sign(const struct ended *ended)
{
    return ended->lacks_fds ? ADL_HOST_NEUTRAL
                            : adl_retry_sign(ended->err, ended->status);
}

static void give_up(struct asyncdl_transfer *t, int err, bool is_retryable)
{
    if (!adl_start_mirror(t, err)) {
        adl_finish_fail(t, err, is_retryable, adl_transfer_get_error(t, err));
    }
}

/* The target is the server's: it may hold secrets, and move a terminal. */
static void fail_redirect(struct asyncdl_transfer *t, int err, const char *url)
{
    struct adl_buf shown = {0};
    bool is_shown = adl_redact_url(&shown, url) == 0;

    adl_transfer_explain(t, "%s%s%.300s", asyncdl_strerror(err),
                         is_shown ? ": " : "",
                         is_shown ? adl_buf_str(&shown) : "");
    adl_buf_finish(&shown);
    give_up(t, err, false);
}

static void follow(struct asyncdl_transfer *t, const char *url)
{
    struct asyncdl_client *client = t->client;
    struct adl_url next;

    if (t->n_redirects >= (uint32_t)client->options.max_redirects) {
        fail_redirect(t, ASYNCDL_EREDIRECTS, url);
        return;
    }
    int err = adl_url_parse(&next, url, client->options.http.protocols);
    if (err < 0) {
        fail_redirect(t, err == -ENOMEM ? err : ASYNCDL_EREDIRECT, url);
        return;
    }
    err = adl_transfer_redirect(t, &next);
    if (err < 0) {
        adl_url_finish(&next);
        fail_redirect(t, err, url);
        return;
    }
    adl_finish_emit(t, (struct asyncdl_event){.type = ASYNCDL_EVENT_REDIRECT});
    t->n_attempts--; /* it goes on, and counts once */
    adl_start_enqueue_first(t);
}

/* Say whose failure it was where that is not the URL of the request. */
static void name_source(struct asyncdl_transfer *t, int err)
{
    struct adl_buf text = {0};
    struct adl_buf shown = {0};

    if ((t->n_redirects > 0 || t->i_url > 0) &&
        adl_redact_url(&shown, t->url.text) == 0 &&
        adl_buf_addf(&text, "%s, at %s", adl_transfer_get_error(t, err),
                     adl_buf_str(&shown)) == 0) {
        adl_transfer_explain(t, "%s", adl_buf_str(&text));
    }
    adl_buf_finish(&text);
    adl_buf_finish(&shown);
}

static struct adl_retry_verdict decide(struct asyncdl_transfer *t,
                                       const struct ended *ended)
{
    struct asyncdl_client *client = t->client;
    uint64_t now_ms = uv_now(client->loop);

    uint64_t net_lost_ms = adl_outage_net_lost_ms(&client->net, now_ms);

    t->n_failed++;
    if (t->n_failed == 1) {
        t->first_failed_ms = now_ms;
        t->net_lost_ms = net_lost_ms;
    }
    struct adl_retry_facts facts = {
        .err = ended->err,
        .status = ended->status,
        .n_failed = t->n_failed,
        .first_failed_ms = t->first_failed_ms + net_lost_ms - t->net_lost_ms,
        .now_ms = now_ms,
        .random = adl_rng_next(&client->rng),
        .retry_after_ms = ended->retry_after_ms,
        .retry_after_is_given = ended->has_retry_after,
    };
    return adl_retry_decide(&client->retry, &facts);
}

static void retry(struct asyncdl_transfer *t, const struct ended *ended,
                  uint64_t due_ms)
{
    uint64_t now_ms = uv_now(t->client->loop);

    adl_start_tell_retry(t, ended->err, due_ms > now_ms ? due_ms - now_ms : 0);
    adl_start_enqueue(t, due_ms);
}

/* What it says of its host and of the network, while it holds its slot. */
static struct adl_downtime_news note_reach(struct asyncdl_transfer *t,
                                           const struct ended *ended)
{
    bool says_nothing = ended->lacks_fds || t->is_canceled;
    const struct adl_outage_facts facts = {
        .err = says_nothing ? -ECANCELED : ended->err,
        .status = says_nothing ? 0 : ended->status,
        .os_errno = ended->os_errno,
        .is_connected = ended->is_connected,
        .is_deaf = ended->is_deaf,
    };

    return adl_downtime_note(t, &facts);
}

static void leave_slot(struct asyncdl_transfer *t, const struct ended *ended)
{
    struct asyncdl_client *client = t->client;

    adl_downtime_leave(t);
    adl_sched_end(client->sched, &t->item, get_sign(ended),
                  uv_now(client->loop));
    bool lacks_any = ended->lacks_fds || adl_lack_is(t->body->err);
    if (!lacks_any && ended->err < 0) { /* else saving it may lack one */
        adl_width_note(&client->width);
    }
    if (!ended->lacks_fds && adl_width_grow(&client->width)) {
        adl_sched_set_max_active(client->sched, client->width.now);
    }
}

static void end_slot(struct asyncdl_transfer *t, const struct ended *ended)
{
    (void)note_reach(t, ended); /* no failure is held against it */
    leave_slot(t, ended);
}

/* The quiet that a host asks for is noted while the slot is still held. */
static void note_quiet(struct asyncdl_transfer *t,
                       const struct adl_retry_verdict *verdict)
{
    if (verdict->hold_until_ms != 0) {
        adl_sched_hold(t->client->sched, &t->item, verdict->hold_until_ms);
    }
    if (verdict->is_held_too_long) {
        adl_loss_of_host(t, ASYNCDL_EHELD, asyncdl_strerror(ASYNCDL_EHELD));
    }
}

/* Those that shared its connection may never hear of the end of that. */
static void doubt_connection(struct asyncdl_transfer *t, int port)
{
    struct asyncdl_client *client = t->client;
    struct asyncdl_transfer *other;

    if (port == 0) {
        return;
    }
    DL_FOREACH2(client->active, other, stage_next)
    {
        if (other->attempt->local_port == port &&
            strcmp(other->url.origin, t->url.origin) == 0) {
            adl_attempt_doubt(other->attempt);
        }
    }
    client->check_ms = uv_now(client->loop); /* finds the new deadlines */
}

/* Statuses that speak of the range alone. */
static bool is_of_range(int status)
{
    return status == 416 || status == 412 || status == 304;
}

/* A range that was botched says nothing of the whole: asked for at once. */
static bool forgive_range(struct asyncdl_transfer *t, const struct ended *ended)
{
    bool was_range = ended->err == ASYNCDL_ERANGE || is_of_range(ended->status);

    if (!was_range || t->offset == 0 || t->was_restarted) {
        return false;
    }
    t->was_restarted = true;
    t->must_restart = true;
    return true;
}

/* Nothing was wrong with an answer whose end HTTP/2 would not have shown. */
static bool ask_plainly(struct asyncdl_transfer *t)
{
    if (!t->must_be_plain || t->was_plain) {
        return false;
    }
    t->was_plain = true;
    adl_transfer_explain(t, "no length told with HTTP/2, whose end this "
                            "libcurl cannot tell: asking with HTTP/1.1");
    return true;
}

/* Not its own fault: it goes back to the queue, which waits for what is down.
 */
static void excuse(struct asyncdl_transfer *t, const struct ended *ended,
                   uint64_t delay_ms)
{
    leave_slot(t, ended);
    adl_start_tell_retry(t, ended->err, delay_ms);
    adl_start_enqueue(t, 0);
}

/* No failure, and not an attempt: the next part is asked for. */
static void go_on_with_part(struct asyncdl_transfer *t,
                            const struct ended *ended)
{
    struct ended well = *ended;

    well.err = 0;
    end_slot(t, &well);
    t->n_attempts--;
    retry(t, ended, 0);
}

/* It counts as one of the transfer's own failures. */
static void count_failure(struct asyncdl_transfer *t, const struct ended *ended,
                          bool is_lost)
{
    struct adl_retry_verdict verdict = decide(t, ended);

    note_quiet(t, &verdict);
    leave_slot(t, ended);
    if (verdict.action == ADL_RETRY_AGAIN && !is_lost) {
        retry(t, ended, verdict.due_ms);
    } else {
        name_source(t, ended->err);
        give_up(t, ended->err, verdict.action != ADL_RETRY_GIVE_UP_FOR_GOOD);
    }
}

static void judge_failure(struct asyncdl_transfer *t, const struct ended *ended)
{
    if (ended->was_part) {
        go_on_with_part(t, ended);
        return;
    }
    if (ask_plainly(t) || forgive_range(t, ended)) {
        end_slot(t, ended);
        retry(t, ended, 0);
        return;
    }
    struct adl_downtime_news news = note_reach(t, ended);
    bool is_lost = news.is_host_lost || news.is_net_lost;

    if (is_lost) {
        adl_loss_spread(t, ended->err, &news);
    }
    if (news.is_excused && !is_lost) {
        excuse(t, ended, news.delay_ms);
    } else {
        count_failure(t, ended, is_lost);
    }
}

void adl_judge_attempt(struct asyncdl_transfer *t)
{
    bool is_complete = was_complete(t, &t->attempt->answer.range);
    struct ended ended = take_outcome(t);

    if (ended.err == 0) {
        ended.err = adl_take_end(t, &ended.was_part);
    }
    adl_start_release(t);
    doubt_connection(t, ended.lost_port);
    if (ended.err == 0 || is_complete) {
        end_slot(t, &ended);
        adl_finish_save(t);
    } else if (t->is_canceled) {
        end_slot(t, &ended);
        adl_finish_fail(t, -ECANCELED, true, NULL);
    } else if (t->body->is_refused) {
        end_slot(t, &ended);
        adl_finish_fail(t, ended.err, false,
                        adl_transfer_get_error(t, ended.err));
    } else if (t->body->err < 0) {
        end_slot(t, &ended);
        adl_finish_save(t); /* which tells of the disk's failure */
    } else if (ended.lacks_fds) {
        end_slot(t, &ended);
        adl_lack_wait(t);
    } else if (ended.redirect_url != NULL) {
        end_slot(t, &ended);
        follow(t, ended.redirect_url);
    } else {
        judge_failure(t, &ended);
    }
    free(ended.redirect_url);
}

void adl_judge_lookup(struct asyncdl_transfer *t, int err, const char *why)
{
    bool is_late = err == ASYNCDL_ECONNTIMEOUT || err == ASYNCDL_EMAXTIME;
    struct ended ended = {
        .err = err,
        .is_deaf = is_late || adl_resolve_is_deaf(t->client->resolve),
    };
    char text[400];

    t->last = (struct adl_attempt_facts){0};
    adl_locate_explain(text, sizeof(text), t, err, why);
    adl_transfer_explain(t, "%s", text);
    adl_locate_stop(t);
    judge_failure(t, &ended);
}

/* Which failures to save another source of the same file could mend. */
static bool is_of_source(int err)
{
    return err == ASYNCDL_ECHECKSUM;
}

/* Was the body put together, from sources or from versions that were told apart
 * by less than their bytes? All of it from one answer may be right. */
static bool is_joined(const struct asyncdl_transfer *t)
{
    return t->is_mixed || t->offset > 0;
}

/* It is not what its server says it is, or cannot be decoded: an attempt that
 * failed, after its slot was given back. */
static void judge_damage(struct asyncdl_transfer *t)
{
    struct ended ended = {.err = t->body->err, .status = t->last.status};

    adl_transfer_explain(t, "%s",
                         t->body->error != NULL ? t->body->error
                                                : asyncdl_strerror(ended.err));
    adl_body_reset(t->body);
    t->must_restart = true;
    struct adl_retry_verdict verdict = decide(t, &ended);
    if (verdict.action == ADL_RETRY_AGAIN) {
        retry(t, &ended, verdict.due_ms);
    } else {
        name_source(t, ended.err);
        give_up(t, ended.err, verdict.action != ADL_RETRY_GIVE_UP_FOR_GOOD);
    }
}

void adl_judge_saved(struct asyncdl_transfer *t)
{
    int err = t->body->err;

    t->client->n_saving--;
    if (t->err == 0 && adl_lack_is(err) && !t->is_canceled) {
        adl_body_reset(t->body);
        adl_lack_wait(t);
        return;
    }
    adl_width_note(&t->client->width);
    if (t->err == 0 && err == -ESTALE && !t->was_restarted && !t->is_canceled) {
        t->was_restarted = true; /* the part is not what it was: anew */
        adl_body_reset(t->body);
        adl_start_enqueue(t, 0);
        return;
    }
    if (t->err == 0 && t->body->is_damaged && !t->is_canceled) {
        judge_damage(t);
        return;
    }
    if (t->err == 0 && err < 0) {
        adl_transfer_explain(t, "%s",
                             t->body->error != NULL ? t->body->error
                                                    : asyncdl_strerror(err));
        if (is_of_source(err)) {
            adl_body_reset(t->body);
            if (is_joined(t) && !t->is_canceled) {
                adl_start_unmixed(t, err);
                return;
            }
            if (adl_start_mirror(t, err)) {
                return;
            }
        }
        t->err = err;
        t->is_skipped = err == ASYNCDL_EEXISTS;
        t->is_retryable = !t->is_skipped && !is_of_source(err) &&
                          err != ASYNCDL_EINWAY && err != ASYNCDL_ETOOBIG;
    } else if (t->err == 0 && t->checks.sha256 != NULL) {
        adl_digest_format(t->sha256, t->body->sha256, ADL_SHA256_BYTES);
    }
    adl_finish_end(t);
}
