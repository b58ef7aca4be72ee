/* SPDX-License-Identifier: MIT */
#include "fetch/take.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asyncdl/error.h"
#include "fetch/state.h"
#include "store/name.h"
#include "util/clock.h"
#include "util/httpdate.h"

/* A server that gives less than the rest is asked for more at once, as long as
 * each answer brings so much. */
#define PART_MIN_BYTES 65536

/* Name the file as the server would have it, else by the template: only now
 * is it known. */
static int name_by_server(struct asyncdl_transfer *t)
{
    struct asyncdl_client *client = t->client;
    const struct adl_answer *answer = &t->attempt->answer;
    struct adl_buf name = {0};
    struct adl_buf path = {0};
    char error[ADL_LEDGER_ERROR_MAX];
    int err = -ENOENT;

    if (answer->disposition.len > 0) {
        err =
            adl_name_from_disposition(&name, adl_buf_str(&answer->disposition));
    }
    if (err == 0) {
        const char *slash = strrchr(t->path, '/');

        if (slash != NULL) {
            err = adl_buf_add(&path, t->path, (size_t)(slash - t->path) + 1);
        }
        if (err == 0) {
            err = adl_buf_add_str(&path, adl_buf_str(&name));
        }
    } else if (err == -ENOENT) {
        err = adl_buf_add_str(&path, t->path);
    }
    if (err == 0) {
        err =
            adl_ledger_claim(client->ledger, adl_buf_str(&path), &name, error);
    }
    if (err == 0) {
        free(t->path);
        t->path = adl_buf_take(&name);
        t->is_named = true;
    }
    adl_buf_finish(&name);
    adl_buf_finish(&path);
    return err;
}

/* Where the body goes, and what it is held against. */
static int choose_target(struct asyncdl_transfer *t)
{
    const struct asyncdl_client *client = t->client;
    bool keep_time = client->options.flags & ASYNCDL_CLIENT_REMOTE_TIME;
    bool is_file = t->kind == ASYNCDL_BODY_FILE;
    int err = is_file && !t->is_named ? name_by_server(t) : 0;

    if (err < 0) {
        return err;
    }
    struct adl_sink_target target = {
        .path = t->path,
        .overwrite =
            (t->flags & ASYNCDL_REQUEST_OVERWRITE) != 0 || t->standing.replaces,
        .mtime_s = keep_time ? t->mtime_s : ADL_SINK_NO_TIME,
        .is_durable = client->options.fsync == ASYNCDL_FSYNC_FILE,
        .checks = t->checks,
    };
    adl_body_set_target(t->body, &target);
    return 0;
}

static bool decodes(const struct asyncdl_transfer *t)
{
    return (t->client->options.flags & ASYNCDL_CLIENT_COMPRESSED) != 0;
}

/* Of what is sent: no help where that is decoded before it is hashed. */
static void take_claim(struct asyncdl_transfer *t)
{
    const struct adl_answer *answer = &t->attempt->answer;

    t->checks.claimed = answer->claim.sum;
    t->checks.claimer = answer->claim.header;
    if (answer->range.is_encoded && decodes(t)) {
        t->checks.claimed.kind = ADL_DIGEST_NONE;
    }
}

/* Of which version the bytes are that follow. */
static void keep_version(struct asyncdl_transfer *t,
                         const struct adl_range_answer *answer)
{
    free(t->version);
    t->version = malloc(sizeof(*t->version)); /* NULL: from the start */
    t->can_resume = adl_range_can_resume(answer);
    if (t->version != NULL) {
        *t->version = answer->validator;
    }
    /* A later run asks the first source, for the same bytes. */
    bool is_for_later =
        t->i_url == 0 || t->checks.expected.kind != ADL_DIGEST_NONE;
    adl_body_set_version(t->body,
                         t->standing.id != 0 && t->can_resume && is_for_later
                             ? t->version
                             : NULL);
}

/* Dates that cannot be read are none. */
static int64_t read_mtime(const char *last_modified)
{
    int64_t mtime_s = ADL_SINK_NO_TIME;

    if (last_modified != NULL) {
        (void)adl_httpdate_parse(&mtime_s, last_modified, strlen(last_modified),
                                 adl_clock_wall_s());
    }
    return mtime_s;
}

int adl_take_make_body(struct asyncdl_transfer *t)
{
    struct asyncdl_client *client = t->client;
    struct adl_body *body = t->body;

    if (body != NULL) {
        return 0;
    }
    body = calloc(1, sizeof(*body));
    if (body == NULL) {
        return -ENOMEM;
    }
    body->env = &client->body_env;
    body->ops = client->body_ops;
    body->kind = t->kind;
    body->max_size = t->max_size;
    body->on_body = t->on_body;
    body->data = t->data;
    body->transfer = t;
    body->is_noted = t->standing.has_part;
    t->body = body;
    if ((client->options.flags & ASYNCDL_CLIENT_SHA256) != 0) {
        t->checks.sha256 = body->sha256;
    }
    return 0;
}

void adl_take_half(struct asyncdl_transfer *t)
{
    const struct adl_half *half = t->standing.half;

    if (half == NULL || adl_take_make_body(t) < 0) {
        return;
    }
    t->version = calloc(1, sizeof(*t->version));
    if (t->version == NULL) {
        return; /* from the start */
    }
    (void)snprintf(t->version->etag, sizeof(t->version->etag), "%s",
                   half->etag != NULL ? half->etag : "");
    (void)snprintf(t->version->last_modified, sizeof(t->version->last_modified),
                   "%s",
                   half->last_modified != NULL ? half->last_modified : "");
    t->version->size = half->total;
    t->version->has_size = half->total > 0;
    t->can_resume = adl_range_if_range(t->version) != NULL;
    if (!t->can_resume) {
        return;
    }
    t->total = half->total;
    t->mtime_s = read_mtime(half->last_modified);
    adl_body_resume(t->body, half->part, half->bytes, half->synced);
    t->n_resumed = half->bytes;
    adl_body_set_version(t->body, t->version);
    (void)choose_target(t); /* its name is its own already */
}

/* The body is a new one, from its first byte on. */
static int take_whole(struct asyncdl_transfer *t)
{
    const struct adl_answer *answer = &t->attempt->answer;
    bool is_exact = answer->has_length && !answer->range.is_encoded;

    if (answer->range.status == 206) {
        return ASYNCDL_ERANGE; /* a part that was not asked for */
    }
    if (!adl_attempt_knows_end(t->attempt)) {
        t->must_be_plain = true;
        return ASYNCDL_ECUT;
    }
    if (is_exact && t->body->max_size != 0 &&
        answer->length > t->body->max_size) {
        return ASYNCDL_ETOOBIG;
    }
    if (t->body->size > 0) {
        adl_body_restart(t->body);
    }
    keep_version(t, &answer->range);
    t->must_restart = false;
    t->is_mixed = false;
    t->offset = 0;
    t->n_resumed = 0;
    t->mtime_s = answer->has_mtime ? answer->mtime_s : ADL_SINK_NO_TIME;
    t->total = is_exact ? answer->length : 0;
    take_claim(t);
    int err = choose_target(t);
    if (err == 0) {
        adl_body_expect(t->body, t->total);
    }
    return err;
}

/* One of the two has it. */
static void keep_size(struct asyncdl_transfer *t,
                      const struct adl_validator *given)
{
    if (!t->version->has_size) {
        t->version->size = given->size;
        t->version->has_size = true;
        t->total = given->size;
    }
}

/* The rest of a body. Of one of an earlier run it is only now known what the
 * server claims: its part is not open yet. */
static int take_rest(struct asyncdl_transfer *t)
{
    const struct adl_range_answer *answer = &t->attempt->answer.range;

    keep_size(t, &answer->validator);
    if (t->version->is_any) { /* from here on the bytes are of several */
        adl_body_set_version(t->body, NULL);
    }
    if (t->version->is_any && adl_range_can_resume(answer)) {
        uint64_t size = t->version->size;

        *t->version = answer->validator; /* from here on it is of this one */
        t->version->size = size;
        t->version->has_size = true;
    }
    if (!adl_body_is_waiting(t->body)) {
        return 0;
    }
    take_claim(t);
    return choose_target(t);
}

int adl_take_end(struct asyncdl_transfer *t, bool *out_goes_on)
{
    const struct adl_range_answer *answer = &t->attempt->answer.range;
    uint64_t n = t->body->size - t->offset;

    if (t->offset == 0 || answer->status != 206) {
        return 0;
    }
    switch (adl_range_judge_end(t->version, answer, t->body->size)) {
    case ADL_RANGE_END_WHOLE:
        return 0;
    case ADL_RANGE_END_SHORT:
        adl_transfer_explain(t, "%s: a part (206) without all of its bytes",
                             asyncdl_strerror(ASYNCDL_ECUT));
        return ASYNCDL_ECUT;
    case ADL_RANGE_END_MORE:
        *out_goes_on = n >= PART_MIN_BYTES;
        adl_transfer_explain(t, "%s: a part (206) of %" PRIu64 " bytes",
                             asyncdl_strerror(ASYNCDL_ECUT), n);
        return ASYNCDL_ECUT;
    default:
        t->must_restart = true;
        adl_transfer_explain(t, "%s: a part (206) with more bytes than it says",
                             asyncdl_strerror(ASYNCDL_ERANGE));
        return ASYNCDL_ERANGE;
    }
}

int adl_take_coding(struct asyncdl_transfer *t)
{
    struct adl_attempt *attempt = t->attempt;
    bool is_file = t->kind == ASYNCDL_BODY_FILE;
    enum adl_coding coding =
        decodes(t) ? attempt->answer.coding : ADL_CODING_NONE;

    if (coding == ADL_CODING_UNKNOWN) {
        attempt->answer.wrong = "a Content-Encoding that was not asked for";
        return ASYNCDL_EPROTOCOL;
    }
    adl_body_set_coding(t->body, is_file ? coding : ADL_CODING_NONE);
    attempt->coding = is_file ? ADL_CODING_NONE : coding;
    return 0;
}

int adl_take_answer(struct asyncdl_transfer *t)
{
    const struct adl_answer *answer = &t->attempt->answer;

    if (t->is_canceled) {
        return -ECANCELED;
    }
    if (t->offset == 0) {
        return take_whole(t);
    }
    switch (adl_range_judge(t->version, t->offset, &answer->range)) {
    case ADL_RANGE_TAKE:
        return take_rest(t);
    case ADL_RANGE_RESTART:
        return take_whole(t);
    default:
        t->must_restart = true;
        return ASYNCDL_ERANGE;
    }
}
