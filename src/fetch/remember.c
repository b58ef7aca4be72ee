/* SPDX-License-Identifier: MIT */
#include "fetch/remember.h"

#include <errno.h>
#include <string.h>

#include "asyncdl/error.h"
#include "fetch/state.h"
#include "util/redact.h"

#define LAST_ERRNO (-5000) /* below are the library's own codes */

static const char *or_null(const char *str)
{
    return str[0] != '\0' ? str : NULL;
}

/* What the loop goes on to change while a body is under way. */
struct moment {
    const struct adl_validator *version;
    unsigned n_attempts;
    int status;
};

/* Of a transfer that the loop leaves alone, as its body is the last of it. */
static struct moment get_moment(const struct asyncdl_transfer *t)
{
    return (struct moment){
        .version = t->version,
        .n_attempts = t->n_attempts,
        .status = t->last.status,
    };
}

/* What is the same in whatever state. url and checksum are room for strings. */
static void fill(struct adl_record *record, const struct asyncdl_transfer *t,
                 const struct moment *moment, struct adl_buf *url,
                 char checksum[ADL_CHECKSUM_TEXT_MAX])
{
    const struct adl_validator *version = moment->version;

    adl_checksum_format(checksum, &t->checks.expected);
    record->id = t->standing.id;
    memcpy(record->key, t->key, sizeof(record->key));
    record->url = adl_redact_url(url, t->urls[0]) == 0 ? adl_buf_str(url) : "";
    record->path = t->is_named ? t->path : NULL;
    record->checksum = or_null(checksum);
    record->attempts = t->standing.attempts + moment->n_attempts;
    record->status = moment->status;
    if (version != NULL) {
        record->etag = or_null(version->etag);
        record->last_modified = or_null(version->last_modified);
        record->total = version->has_size ? version->size : 0;
    }
}

static void fill_error(struct adl_record *record, int err, bool is_retryable,
                       const char *why)
{
    record->err = err;
    record->error = why;
    record->is_retryable = is_retryable;
}

static struct adl_ledger *get_ledger(const struct asyncdl_transfer *t)
{
    return t->client->ledger;
}

void adl_remember_handover(struct adl_body *body)
{
    struct asyncdl_transfer *t = body->transfer;

    t->handed.n_attempts = t->n_attempts;
    t->handed.status = t->last.status;
}

int adl_remember_ready(struct adl_body *body, const struct adl_sink *sink,
                       struct adl_sink_error *error)
{
    const struct asyncdl_transfer *t = body->transfer;
    struct adl_record record = {.state = ADL_RECORD_DONE};
    char checksum[ADL_CHECKSUM_TEXT_MAX];
    struct adl_sink_facts facts;
    struct adl_buf url = {0};

    if (t->standing.id == 0) {
        return 0;
    }
    int err = adl_sink_get_facts(sink, &facts);
    if (err == 0) {
        const struct moment moment = get_moment(t);

        fill(&record, t, &moment, &url, checksum);
        record.bytes = facts.size;
        record.mtime_ns = facts.mtime_ns;
        record.earlier_ns = t->standing.mtime_ns;
        record.part = or_null(facts.part);
        record.has_sha256 = t->checks.sha256 != NULL;
        memcpy(record.sha256, body->sha256, sizeof(record.sha256));
        err = adl_ledger_note(get_ledger(t), &record);
    }
    if (err < 0) {
        (void)adl_sink_error_report(error, err, "note in the journal", t->path);
    }
    adl_buf_finish(&url);
    return err;
}

static void note_failure(const struct asyncdl_transfer *t, int err,
                         bool is_retryable, const char *why)
{
    const struct moment moment = get_moment(t);
    struct adl_record record = {.state = ADL_RECORD_FAILED};
    char checksum[ADL_CHECKSUM_TEXT_MAX];
    struct adl_buf url = {0};

    fill(&record, t, &moment, &url, checksum);
    fill_error(&record, err, is_retryable, why);
    record.mtime_ns = t->standing.mtime_ns;        /* of the file that stays */
    (void)adl_ledger_note(get_ledger(t), &record); /* tried again anyway */
    adl_buf_finish(&url);
}

void adl_remember_unmade(struct adl_body *body, int err, const char *why)
{
    const struct asyncdl_transfer *t = body->transfer;

    if (t->standing.id != 0) {
        bool is_in_the_way = err == ASYNCDL_EEXISTS || err == ASYNCDL_EINWAY;

        note_failure(t, err, !is_in_the_way, why);
    }
}

void adl_remember_half(struct adl_body *body, const char *part,
                       uint64_t n_synced)
{
    const struct asyncdl_transfer *t = body->transfer;
    const struct moment moment = {
        .version = body->work.version,
        .n_attempts = t->handed.n_attempts,
        .status = t->handed.status,
    };
    struct adl_record record = {.state = ADL_RECORD_PARTIAL};
    char checksum[ADL_CHECKSUM_TEXT_MAX];
    struct adl_buf url = {0};

    fill(&record, t, &moment, &url, checksum);
    record.bytes = n_synced;
    record.part = part;
    record.mtime_ns = t->standing.mtime_ns;
    if (body->work.is_dropping && t->err != 0 && t->err != -ECANCELED) {
        fill_error(&record, t->err, t->is_retryable,
                   adl_transfer_get_error(t, t->err));
    }
    (void)adl_ledger_note(get_ledger(t), &record); /* or it starts over */
    adl_buf_finish(&url);
}

/* It has begun, and nothing of it can be gone on with. */
int adl_remember_void(struct adl_body *body)
{
    const struct asyncdl_transfer *t = body->transfer;
    const struct moment moment = {
        .n_attempts = t->handed.n_attempts,
        .status = t->handed.status,
    };
    struct adl_record record = {.state = ADL_RECORD_PARTIAL};
    char checksum[ADL_CHECKSUM_TEXT_MAX];
    struct adl_buf url = {0};

    fill(&record, t, &moment, &url, checksum);
    record.mtime_ns = t->standing.mtime_ns;
    int err = adl_ledger_note(get_ledger(t), &record);
    if (err == 0) {
        err = adl_ledger_settle(get_ledger(t));
    }
    adl_buf_finish(&url);
    return err;
}

bool adl_remember_must_note(const struct asyncdl_transfer *t)
{
    bool is_local = t->err < 0 && t->err > LAST_ERRNO && t->err != -ENETDOWN;

    return t->standing.id != 0 && t->err != 0 && !t->is_skipped && !is_local &&
           (t->body == NULL || !t->body->is_left);
}

void adl_remember_failure(struct asyncdl_transfer *t)
{
    note_failure(t, t->err, t->is_retryable, adl_transfer_get_error(t, t->err));
}
