/* SPDX-License-Identifier: MIT */
#include "fetch/intake.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "asyncdl/error.h"
#include "fetch/finish.h"
#include "fetch/start.h"
#include "fetch/take.h"
#include "store/name.h"
#include "task/future.h"
#include "util/siphash.h"

/* How many times n_queue_low may wait while slots are free. */
#define FURTHER 4

/* What n_queue_low grows to at most where it helps to look further, if it is
 * less. */
#define MOST_LOW 1024

static struct asyncdl_transfer *of_job(struct adl_job *job)
{
    return (struct asyncdl_transfer *)(void *)((char *)job -
                                               offsetof(struct asyncdl_transfer,
                                                        job));
}

/* A string and what parts it from the next. */
static void add_part(struct adl_siphash_state *hash, const char *str)
{
    adl_siphash_add(hash, str, strlen(str));
    adl_siphash_add(hash, "\n", 1);
}

/* What tells one entry of a list from another, but for those that are equal:
 * what is downloaded, and where it was asked to go. The key of the hash is no
 * secret: it must be the same in every run. */
static void make_key(struct asyncdl_transfer *t)
{
    static const uint64_t key[2] = {0x6173796e63646c20, 0x6a6f75726e616c31};
    const char *how =
        t->name == NULL ? t->client->options.name_template : t->name;
    const char kind[] = {t->name != NULL ? 'n' : 't', t->is_named ? 'c' : 's'};
    struct adl_siphash_state state;

    adl_siphash_init(&state, key);
    add_part(&state, t->urls[0]);
    add_part(&state, t->dir != NULL ? t->dir : "");
    adl_siphash_add(&state, kind, sizeof(kind));
    adl_siphash_add(&state, how, strlen(how));
    const struct adl_siphash hash = adl_siphash_end(&state);
    memcpy(t->key, &hash, sizeof(t->key));
}

/* Where the file is wanted, before anybody else's claims are heard. Lines of a
 * list that are in the journal do without. */
static int write_path(struct adl_buf *path, const void *data)
{
    const struct asyncdl_transfer *t = data;
    const char *format = t->client->options.name_template;
    const struct adl_name_source source = {
        .url = t->urls[0],
        .host = t->url.host,
        .url_path = t->url.path,
        .index = t->index,
    };
    bool has_dir = t->dir != NULL && t->dir[0] != '\0';
    struct adl_buf name = {0};
    int err = 0;

    if (!has_dir && t->name == NULL) { /* what comes out is safe */
        return adl_name_expand(path, format, &source);
    }
    if (has_dir) {
        err = adl_buf_addf(&name, "%s/", t->dir);
    }
    if (err == 0 && t->name != NULL) {
        err = adl_buf_add_str(&name, t->name);
    } else if (err == 0) {
        err = adl_name_expand(path, format, &source);
        if (err == 0) {
            err = adl_buf_add_str(&name, adl_buf_str(path));
        }
    }
    if (err == 0) {
        err = adl_name_make_safe(path, adl_buf_str(&name), name.len);
    }
    adl_buf_finish(&name);
    return err;
}

static struct adl_ledger_ask make_ask(const struct asyncdl_transfer *t)
{
    struct adl_ledger_ask ask = {
        .write_path = write_path,
        .data = t,
        .is_name_open = !t->is_named,
        .overwrite = (t->flags & ASYNCDL_REQUEST_OVERWRITE) != 0,
        .expected = t->checks.expected,
    };

    memcpy(ask.key, t->key, sizeof(ask.key));
    return ask;
}

static void note_admission(struct asyncdl_transfer *t, int rc,
                           const char *error)
{
    t->admission_rc = rc;
    if (error[0] != '\0') {
        adl_transfer_explain(t, "%s", error);
    }
}

/* On a thread of the pool, in order. */
static void run_admission(struct adl_job *job)
{
    struct asyncdl_transfer *t = of_job(job);
    struct adl_buf path = {0};
    char error[ADL_LEDGER_ERROR_MAX] = "";

    if (t->client->options.journal != ASYNCDL_JOURNAL_NONE) {
        make_key(t);
    }
    const struct adl_ledger_ask ask = make_ask(t);
    int rc =
        adl_ledger_admit(t->client->ledger, &ask, &path, &t->admission, error);

    note_admission(t, rc, error);
    if (path.len > 0) {
        t->path = adl_buf_take(&path);
    }
    adl_buf_finish(&path);
    if (rc < 0) {
        job->seal = NULL; /* there is nothing to look for */
    }
}

/* On a thread of the pool, beside others. */
static void look(struct adl_job *job, int err)
{
    struct asyncdl_transfer *t = of_job(job);
    struct asyncdl_client *client = t->client;
    const struct adl_ledger_ask ask = make_ask(t);
    char error[ADL_LEDGER_ERROR_MAX] = "";

    (void)err; /* nothing was to be settled */
    int rc = adl_ledger_look(client->ledger, &ask, &t->admission,
                             &client->views[job->i_batch], t->path,
                             &t->standing, error);
    note_admission(t, rc, error);
    adl_admission_finish(&t->admission);
}

/* Where it stands is where it ends. */
static void skip(struct asyncdl_transfer *t)
{
    const struct adl_standing *standing = &t->standing;

    t->is_skipped = true;
    t->client->n_skipped++;
    if (standing->state == ADL_STANDING_TAKEN) {
        adl_finish_fail(t, ASYNCDL_EEXISTS, false, NULL);
        return;
    }
    if (standing->state == ADL_STANDING_CHANGED) {
        adl_finish_fail(t, ASYNCDL_ECHANGED, false, NULL);
        return;
    }
    if (standing->has_sha256) {
        adl_digest_format(t->sha256, standing->sha256, ADL_SHA256_BYTES);
    }
    adl_finish_end(t);
}

/* It would be downloaded, from where a half of it ends. */
static void go_on(struct asyncdl_transfer *t)
{
    t->client->n_skipped = 0;
    adl_take_half(t);
    if ((t->client->options.flags & ASYNCDL_CLIENT_PLAN) != 0) {
        adl_finish_end(t);
    } else {
        adl_start_enqueue(t, 0);
    }
}

static void on_admitted(struct adl_job *job)
{
    struct asyncdl_transfer *t = of_job(job);
    int rc = t->admission_rc;

    t->client->n_undecided--;
    t->is_named = t->is_named || t->standing.is_named;
    if (t->is_canceled) {
        adl_finish_fail(t, -ECANCELED, true, NULL);
    } else if (rc < 0) {
        adl_finish_fail(t, rc, rc != ASYNCDL_EINWAY && rc != ASYNCDL_EJOURNAL,
                        t->error);
    } else if (t->standing.state != ADL_STANDING_OPEN) {
        skip(t);
    } else {
        go_on(t);
    }
}

static void take_in(struct asyncdl_transfer *t)
{
    struct asyncdl_client *client = t->client;

    adl_finish_emit(t, (struct asyncdl_event){.type = ASYNCDL_EVENT_QUEUED});
    if (t->kind == ASYNCDL_BODY_FILE) {
        t->stage = ADL_STAGE_ADMITTING;
        t->job = (struct adl_job){.run = run_admission,
                                  .seal = look,
                                  .done = on_admitted,
                                  .weight = 1};
        adl_offload_add(client->lane, &t->job);
    } else {
        client->n_undecided--;
        go_on(t);
    }
}

static size_t count_waiting(const struct asyncdl_client *client)
{
    return adl_sched_n_waiting(client->sched) + client->n_undecided;
}

/* Where one entry after the other is found finished, the threads that look have
 * too little to do with those that slots would need. */
static size_t get_low(const struct asyncdl_client *client)
{
    size_t low = client->options.n_queue_low;

    if (low >= MOST_LOW) {
        return low;
    }
    return client->n_skipped < MOST_LOW - low ? low + client->n_skipped
                                              : MOST_LOW;
}

/* Where slots are free for other hosts than those of all that waits, one of
 * these may come further on. */
static size_t get_further(const struct asyncdl_client *client)
{
    size_t low = client->options.n_queue_low;
    size_t further = FURTHER * low < MOST_LOW ? FURTHER * low : MOST_LOW;

    return (low < further ? further : low) + client->further.n_more;
}

static size_t count_wanted(const struct asyncdl_client *client)
{
    size_t low = get_low(client);
    size_t n = count_waiting(client);

    if (n < low) {
        return 2 * low - n;
    }
    low = get_further(client);
    return client->is_starved && n < low ? low - n : 0;
}

/* Each of the batches that are run at once has its share. */
static size_t limit_batch(const struct asyncdl_client *client)
{
    size_t n = 2 * get_low(client) / ADL_BATCHES_MAX;

    n = n > ADL_INTAKE_MIN ? n : ADL_INTAKE_MIN;
    return n < ADL_INTAKE_MAX ? n : ADL_INTAKE_MAX;
}

/* Is there anybody to be asked? */
static bool may_ask(const struct asyncdl_client *client)
{
    return client->on_want != NULL && !client->is_asked && !client->is_closing;
}

static void ask(struct asyncdl_client *client, size_t n_wanted)
{
    client->is_asked = true;
    adl_future_enter_callback();
    client->on_want(n_wanted, client->want_data);
    adl_future_leave_callback();
}

static void take_fresh(struct asyncdl_client *client)
{
    while (client->fresh != NULL) {
        struct asyncdl_transfer *t = client->fresh;

        DL_DELETE2(client->fresh, t, stage_prev, stage_next);
        take_in(t);
    }
    adl_offload_flush(client->lane);
}

void adl_intake_take(struct asyncdl_client *client)
{
    size_t n_left = count_wanted(client);

    while (n_left > 0 && may_ask(client)) {
        size_t most = limit_batch(client);
        size_t n = n_left < most ? n_left : most;

        ask(client, n);
        take_fresh(client);
        n_left -= n;
    }
    take_fresh(client);
}

void adl_intake_look_further(struct asyncdl_client *client)
{
    size_t n_waiting = adl_sched_n_waiting(client->sched);
    bool is_short =
        n_waiting > 0 && adl_sched_n_active(client->sched) < client->width.now;

    client->is_starved = is_short && client->n_undecided == 0;
    if (n_waiting < get_low(client)) { /* it was worked off */
        adl_further_end(&client->further);
    } else if (client->is_starved) {
        adl_further_look(&client->further, n_waiting,
                         client->n_accepted - n_waiting, uv_now(client->loop));
    }
    if (client->is_starved && client->on_want != NULL && !client->is_asked &&
        count_wanted(client) > 0) {
        adl_turn_mark(&client->turn); /* asks; nothing else might happen */
    }
}

uint64_t adl_intake_due_ms(const struct asyncdl_client *client)
{
    const struct adl_further *further = &client->further;
    bool may_grow = further->due_ms != 0 && further->n_more < ADL_FURTHER_MAX;

    return client->is_starved && may_ask(client) && may_grow ? further->due_ms
                                                             : UINT64_MAX;
}
