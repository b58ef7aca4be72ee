/* SPDX-License-Identifier: MIT */
#include "fetch/engine.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <utlist.h>

#include "asyncdl/error.h"
#include "fetch/attempt_setup.h"
#include "fetch/deadlines.h"
#include "fetch/downtime.h"
#include "fetch/finish.h"
#include "fetch/intake.h"
#include "fetch/judge.h"
#include "fetch/locate.h"
#include "fetch/options.h"
#include "fetch/remember.h"
#include "fetch/start.h"
#include "task/future.h"
#include "util/fds.h"

static void on_body_room(struct adl_body *body)
{
    body->transfer->must_resume_disk = true;
    adl_engine_call(body->transfer);
}

static void on_body_saved(struct adl_body *body)
{
    adl_judge_saved(body->transfer);
}

static const struct adl_body_ops body_ops = {
    .on_room = on_body_room,
    .on_saved = on_body_saved,
    .on_handover = adl_remember_handover,
    .on_ready = adl_remember_ready,
    .on_unmade = adl_remember_unmade,
    .on_half = adl_remember_half,
    .on_void = adl_remember_void,
};

static void on_ended(struct adl_attempt *attempt, void *data)
{
    (void)attempt; /* the transfer knows it */
    adl_judge_attempt(data);
}

static void on_located(struct adl_resolve_lookup *lookup, int err,
                       const char *text)
{
    struct asyncdl_transfer *t = adl_locate_get_transfer(lookup);

    if (err < 0) {
        adl_judge_lookup(t, err, text);
    } else {
        adl_start_located(t, text);
    }
}

/* Nothing may stand between a canceled transfer and its end but the disk. */
static void cancel(struct asyncdl_transfer *t)
{
    struct asyncdl_client *client = t->client;

    switch (t->stage) {
    case ADL_STAGE_NEW:
        DL_DELETE2(client->fresh, t, stage_prev, stage_next);
        client->n_undecided--;
        break;
    case ADL_STAGE_WAITING:
        adl_sched_remove(client->sched, &t->item);
        break;
    case ADL_STAGE_RESOLVING:
        adl_locate_stop(t);
        adl_downtime_leave(t);
        adl_sched_end(client->sched, &t->item, ADL_HOST_NEUTRAL,
                      uv_now(client->loop));
        break;
    case ADL_STAGE_ACTIVE:
        adl_start_release(t);
        adl_downtime_leave(t);
        adl_sched_end(client->sched, &t->item, ADL_HOST_NEUTRAL,
                      uv_now(client->loop));
        break;
    default:
        return; /* on_admitted() sees it, or its end is decided */
    }
    adl_finish_fail(t, -ECANCELED, true, NULL);
}

static void read_on(struct asyncdl_transfer *t, enum adl_pause reason)
{
    if (t->attempt != NULL && !adl_attempt_resume(t->attempt, reason)) {
        adl_judge_attempt(t);
    }
}

static void resume(struct asyncdl_transfer *t)
{
    bool by_user = t->must_resume_user;
    bool by_disk = t->must_resume_disk;

    t->must_resume_user = false;
    t->must_resume_disk = false;
    if (by_user) {
        read_on(t, ADL_PAUSE_USER);
    }
    if (by_disk && t->attempt != NULL && t->body->err < 0) {
        adl_attempt_abort(t->attempt, t->body->err); /* nothing more may come */
        adl_judge_attempt(t);
    } else if (by_disk) {
        read_on(t, ADL_PAUSE_DISK);
    }
}

static void answer_calls(struct asyncdl_client *client)
{
    while (client->called != NULL) {
        struct asyncdl_transfer *t = client->called;

        DL_DELETE2(client->called, t, calls_prev, calls_next);
        t->is_called = false;
        if (t->is_canceled) {
            cancel(t);
        } else {
            resume(t);
        }
    }
}

/* In the order in which they came, while there is something to spend. */
static void release_throttled(struct asyncdl_client *client)
{
    uint64_t now_ms = uv_now(client->loop);

    while (client->throttled != NULL && adl_rate_has(&client->rate, now_ms)) {
        struct asyncdl_transfer *t = client->throttled;

        t->is_throttled = false;
        DL_DELETE2(client->throttled, t, slow_prev, slow_next);
        read_on(t, ADL_PAUSE_RATE);
    }
}

static void set_alarm(struct asyncdl_client *client)
{
    uint64_t now_ms = uv_now(client->loop);
    uint64_t due_ms = adl_start_due_ms(client);
    uint64_t further_ms = adl_intake_due_ms(client);

    due_ms = further_ms < due_ms ? further_ms : due_ms;
    if (client->throttled != NULL) {
        uint64_t rate_ms = adl_rate_due_ms(&client->rate, now_ms);

        due_ms = rate_ms < due_ms ? rate_ms : due_ms;
    }
    if (client->active == NULL && client->resolving == NULL) {
        client->check_ms = UINT64_MAX;
    }
    due_ms = client->check_ms < due_ms ? client->check_ms : due_ms;
    if (due_ms == UINT64_MAX) {
        adl_wakeup_clear(&client->wakeup);
    } else {
        (void)adl_wakeup_at(&client->wakeup, due_ms); /* it is not closing */
    }
}

static void set_busy(struct asyncdl_client *client)
{
    bool is_busy = client->n_transfers > 0;

    if (is_busy != client->is_busy) {
        client->is_busy = is_busy;
        adl_multi_set_busy(client->multi, is_busy);
    }
}

static void destroy_parts(struct asyncdl_client *client)
{
    adl_attempt_pool_destroy(client->attempts);
    adl_sched_destroy(client->sched);
    adl_offload_destroy(client->offload);
    adl_offload_destroy(client->lane);
    adl_ledger_close(client->ledger, client->run_status);
    for (size_t i = 0; i < ADL_BATCHES_MAX; i++) {
        adl_dir_view_finish(&client->views[i]);
    }
    adl_dir_destroy(client->dir);
    adl_transfer_spares_finish(&client->spares);
    client->attempts = NULL;
    if (client->resolve != NULL) { /* never used, else it is closed */
        adl_resolve_close(client->resolve, NULL);
    }
}

static void on_part_closed(void *data)
{
    struct asyncdl_client *client = data;

    if (--client->n_open > 0) {
        return;
    }
    asyncdl_close_cb on_closed = client->on_closed;
    void *close_data = client->close_data;
    destroy_parts(client);
    adl_options_finish(&client->options);
    free(client->observers);
    free(client);
    if (on_closed != NULL) {
        adl_future_enter_callback();
        on_closed(close_data);
        adl_future_leave_callback();
    }
}

/* On a thread of the pool: it waits for the disk. */
static void close_ledger(uv_work_t *work)
{
    struct asyncdl_client *client = work->data;

    adl_ledger_close(client->ledger, client->run_status);
}

static void on_ledger_closed(uv_work_t *work, int status)
{
    struct asyncdl_client *client = work->data;

    (void)status; /* it is never canceled */
    client->ledger = NULL;
    on_part_closed(client);
}

static void shut(struct asyncdl_client *client)
{
    client->n_open = 4 + (client->resolve != NULL);
    client->closing.data = client;
    /* Fails only without a callback. */
    (void)uv_queue_work(client->loop, &client->closing, close_ledger,
                        on_ledger_closed);
    adl_attempt_pool_destroy(client->attempts); /* before its multi */
    client->attempts = NULL;
    if (client->resolve != NULL) {
        struct adl_resolve *resolve = client->resolve;

        client->resolve = NULL;
        adl_resolve_close(resolve, on_part_closed);
    }
    adl_multi_close(client->multi, on_part_closed);
    adl_turn_close(&client->turn, on_part_closed);
    adl_wakeup_close(&client->wakeup, on_part_closed);
}

static void on_turn(void *data)
{
    struct asyncdl_client *client = data;

    adl_attempt_reap(client->attempts, on_ended);
    if (client->resolve != NULL) {
        adl_resolve_deliver(client->resolve, on_located);
    }
    answer_calls(client);
    release_throttled(client);
    adl_deadlines_check(client);
    adl_finish_deliver(client);
    adl_intake_take(client);
    adl_start_ready(client);
    adl_intake_look_further(client);
    adl_offload_flush(client->offload);
    if (client->is_closing && client->n_transfers == 0) {
        shut(client);
        return;
    }
    set_alarm(client);
    set_busy(client);
}

static void on_something(void *data)
{
    struct asyncdl_client *client = data;

    adl_turn_mark(&client->turn);
}

static int settle(void *data)
{
    struct asyncdl_client *client = data;

    return adl_ledger_settle(client->ledger);
}

static void rest(unsigned i_batch, void *data)
{
    struct asyncdl_client *client = data;

    adl_dir_view_reset(&client->views[i_batch]);
}

static int open_ledger(struct asyncdl_client *client)
{
    const struct asyncdl_client_options *o = &client->options;
    static const enum adl_sync syncs[] = {
        [ASYNCDL_FSYNC_NONE] = ADL_SYNC_NONE,
        [ASYNCDL_FSYNC_BATCH] = ADL_SYNC_BATCH,
        [ASYNCDL_FSYNC_FILE] = ADL_SYNC_FILE,
    };
    const struct adl_ledger_options options = {
        .keeps_journal = o->journal != ASYNCDL_JOURNAL_NONE,
        .restarts = o->journal == ASYNCDL_JOURNAL_RESTART,
        .verifies = (o->flags & ASYNCDL_CLIENT_VERIFY) != 0,
        .only_looks = (o->flags & ASYNCDL_CLIENT_PLAN) != 0,
        .sync = syncs[o->fsync],
    };
    char error[ADL_LEDGER_ERROR_MAX];
    bool is_alone = (o->flags & ASYNCDL_CLIENT_ALONE) != 0;
    int err = 0;

    if (is_alone && !options.keeps_journal && !options.only_looks) {
        err = adl_dir_work_alone(client->dir); /* a journal locks it anyway */
    }
    return err < 0
               ? err
               : adl_ledger_open(&client->ledger, client->dir, &options, error);
}

static uint32_t choose_max_per_host(const struct asyncdl_client_options *o)
{
    uint32_t most = adl_setup_get_most_per_host(o);

    return most != 0 && o->max_per_host > most ? most : o->max_per_host;
}

static int open_parts(struct asyncdl_client *client, uint32_t max_batch)
{
    const struct asyncdl_client_options *o = &client->options;
    struct adl_host_limits limits = {.max_active = choose_max_per_host(o),
                                     .rate_n = o->host_rate_n,
                                     .rate_ms = o->host_rate_ms};
    /* Two batches keep a disk busy while the loop fills the next; the pool is
     * shared with the program around us. */
    const struct adl_offload_options saving = {.n_batches = 2,
                                               .max_weight = max_batch,
                                               .settle = settle,
                                               .on_done = on_something,
                                               .data = client};
    /* Names are given in order, by one; files are looked at by two. */
    const struct adl_offload_options admitting = {.n_batches = ADL_BATCHES_MAX,
                                                  .is_ordered = true,
                                                  .max_weight = ADL_INTAKE_MAX,
                                                  .rest = rest,
                                                  .on_done = on_something,
                                                  .data = client};
    int err = adl_dir_create(&client->dir, o->dir);

    if (err == 0) {
        err = adl_sched_create(&client->sched, &limits, client->width.now);
    }
    if (err == 0) {
        err = adl_offload_create(&client->offload, client->loop, &saving);
    }
    if (err == 0) {
        err = adl_offload_create(&client->lane, client->loop, &admitting);
    }
    if (err == 0 && o->http.dns_servers != NULL) {
        err = adl_resolve_open(&client->resolve, client->loop,
                               o->http.dns_servers, o->http.ip_version,
                               on_something, client);
    }
    if (err == 0) {
        err = adl_attempt_pool_create(&client->attempts, o, client->loop,
                                      &adl_start_attempt_ops);
    }
    if (err == 0) { /* late, because it leaves traces on the disk */
        err = open_ledger(client);
    }
    return err;
}

int adl_engine_open(struct asyncdl_client *client)
{
    const struct asyncdl_client_options *o = &client->options;
    const struct adl_shares shares =
        adl_width_share(adl_fds_n_free(), o->max_active);
    uint64_t seed = 0;

    adl_fds_make_room(uv_backend_fd(client->loop), shares.max_open);
    client->run_status = -1;
    adl_width_init(&client->width, shares.max_active);
    (void)uv_random(NULL, NULL, &seed, sizeof(seed), 0, NULL); /* any is good */
    client->rng = (struct adl_rng){seed ^ uv_hrtime()};
    client->retry = (struct adl_retry_policy){
        .n_retries = (uint32_t)o->n_retries,
        .delay_ms = o->retry_delay_ms,
        .max_ms = o->retry_max_ms,
    };
    client->outage = (struct adl_outage_policy){
        .n_probes = client->retry.n_retries,
        .delay_ms = client->retry.delay_ms,
        .max_ms = client->retry.max_ms,
        .silence_ms = o->stall_timeout_ms + client->retry.delay_ms +
                      o->connect_timeout_ms,
    };
    client->check_ms = UINT64_MAX;
    adl_rate_init(&client->rate, o->rate_bps, uv_now(client->loop));
    int err = open_parts(client, shares.max_batch);
    if (err == 0) { /* last, because closing it takes a turn of the loop */
        err = adl_multi_open(&client->multi, client->loop,
                             (long)shares.max_connects, on_something, client);
    }
    if (err < 0) {
        destroy_parts(client);
        return err;
    }
    adl_attempt_pool_set_multi(client->attempts, client->multi);
    client->body_env =
        (struct adl_body_env){.offload = client->offload, .dir = client->dir};
    client->body_ops = &body_ops;
    adl_turn_init(&client->turn, client->loop, on_turn, client);
    (void)adl_wakeup_init(&client->wakeup, client->loop, on_something, client);
    return 0;
}

void adl_engine_accept(struct asyncdl_client *client,
                       struct asyncdl_transfer *t)
{
    t->client = client;
    t->stage = ADL_STAGE_NEW;
    DL_APPEND(client->transfers, t);
    DL_APPEND2(client->fresh, t, stage_prev, stage_next);
    client->n_transfers++;
    client->n_undecided++;
    client->is_asked = false;
    adl_turn_mark(&client->turn);
}

void adl_engine_call(struct asyncdl_transfer *t)
{
    if (!t->is_called) {
        t->is_called = true;
        DL_APPEND2(t->client->called, t, calls_prev, calls_next);
    }
    adl_turn_mark(&t->client->turn);
}

void adl_engine_cancel(struct asyncdl_transfer *transfer)
{
    if (transfer->stage < ADL_STAGE_ENDED && !transfer->is_canceled) {
        transfer->is_canceled = true; /* while saving: no mirror is tried */
        adl_engine_call(transfer);
    }
}

void adl_engine_close(struct asyncdl_client *client)
{
    struct asyncdl_transfer *t;

    client->is_closing = true;
    DL_FOREACH (client->transfers, t) {
        adl_engine_cancel(t);
    }
    adl_turn_mark(&client->turn);
}
