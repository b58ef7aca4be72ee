/* SPDX-License-Identifier: MIT */
/*
 * The loop's thread hands work to the job by moving it from must_* and filled
 * to is_* and writing; the job owns those until its done callback has run.
 */
#include "fetch/body.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asyncdl/error.h"
#include "fetch/chunk.h"
#include "fetch/filling.h"
#include "fetch/save.h"

#define STREAM_WEIGHT  16
#define KEEP_MIN_BYTES 4096 /* fewer are soon asked for again */

void adl_body_finish(struct adl_body *body)
{
    adl_filling_drop(body);
    adl_filling_drop_spare(body);
    adl_buf_finish(&body->mem);
    adl_digest_destroy(body->digest);
    adl_decoder_destroy(body->decoder);
    free(body->error);
}

void adl_body_reset(struct adl_body *body)
{
    adl_body_finish(body);
    body->digest = NULL;
    body->decoder = NULL;
    body->coding = ADL_CODING_NONE;
    body->size = 0;
    body->expected = 0;
    body->err = 0;
    body->error = NULL;
    body->is_damaged = false;
    body->is_stream = false;
    body->has_file = false;
    body->is_quick = false;
    atomic_store(&body->is_unwanted, false);
    body->must_rewind = false;
    body->must_save = false;
    body->must_drop = false;
    body->must_keep = false;
    body->is_left = false;
    body->rest.part[0] = '\0';
    body->n_noted = 0;
    body->n_synced = 0;
}

/* Of one with a coding it is only now known. */
static void note_size(struct adl_body *body)
{
    if (body->err == 0 && body->coding != ADL_CODING_NONE) {
        body->size = body->n_ready;
    }
}

/* What was wrong with bytes that are void is no more. No job may be under way:
 * it owns error. */
static void forgive(struct adl_body *body)
{
    if (body->must_rewind && body->is_damaged) {
        body->err = 0;
        body->is_damaged = false;
        free(body->error);
        body->error = NULL;
    }
}

static void submit(struct adl_body *body);

static void submit_if_idle(struct adl_body *body)
{
    if (!body->is_busy) {
        submit(body);
    }
}

/* A file in memory is written here, as a body to memory is: to hand its chunks
 * to another thread and back takes longer. */
static bool may_write_here(const struct adl_body *body)
{
    bool is_plain = body->version == NULL && !body->must_rewind &&
                    body->coding == ADL_CODING_NONE;

    return body->is_quick && !body->is_busy && is_plain;
}

static void write_here(struct adl_body *body)
{
    struct adl_sink_error error;

    adl_sink_error_init(&error);
    for (struct adl_chunk *c = body->filled; c != NULL && body->err == 0;
         c = c->next) {
        body->err = adl_sink_write(body->sink, c->bytes, c->len, &error);
    }
    adl_save_keep_error(body, &error);
    adl_filling_give_back(body, body->filled);
    body->filled = NULL;
    body->n_filled = 0;
}

static void write_filled(struct adl_body *body)
{
    if (may_write_here(body)) {
        write_here(body);
    } else {
        submit_if_idle(body);
    }
}

static void done_stream(struct adl_job *job)
{
    struct adl_body *body = (struct adl_body *)job;
    bool is_over = body->work.is_saving || body->work.is_dropping;

    adl_filling_give_back(body, body->work.chunks);
    body->work.chunks = NULL;
    free(body->work.version);
    body->work.version = NULL;
    body->is_busy = false;
    body->err = body->work.err;
    forgive(body);
    body->has_file = body->sink != NULL && body->err == 0;
    body->is_quick = body->has_file && adl_sink_is_quick(body->sink);
    if (is_over) {
        body->env->n_streams--;
        if (body->work.is_saving) {
            note_size(body);
        }
        body->ops->on_saved(body); /* may free body */
        return;
    }
    /* A rewind waits for the bytes of the new body: their coding goes with it.
     */
    if (body->must_save || body->must_drop) {
        submit(body);
    } else if (body->filled != NULL) {
        write_filled(body);
    }
    body->ops->on_room(body);
}

/* For the job alone. Without memory the body is only not gone on with. */
static struct adl_validator *copy_version(const struct adl_validator *version)
{
    struct adl_validator *copy = version != NULL ? malloc(sizeof(*copy)) : NULL;

    if (copy != NULL) {
        *copy = *version;
    }
    return copy;
}

static void tell_handover(struct adl_body *body)
{
    if (body->ops->on_handover != NULL) {
        body->ops->on_handover(body);
    }
}

static void submit(struct adl_body *body)
{
    body->work.chunks = body->filled;
    body->work.target = body->target;
    body->work.expected = body->expected;
    body->work.coding = body->coding;
    body->work.err = body->err;
    body->work.is_rewinding = body->must_rewind;
    body->work.is_saving = body->must_save;
    body->work.is_dropping = body->must_drop;
    body->work.is_keeping = body->must_keep;
    body->work.version = copy_version(body->version);
    tell_handover(body);
    body->filled = NULL;
    body->n_filled = 0;
    body->must_rewind = false;
    body->is_busy = true;
    atomic_store(&body->is_unwanted, false);
    body->job = (struct adl_job){
        .run = adl_save_stream,
        .seal = adl_save_seal_stream,
        .done = done_stream,
        .weight = STREAM_WEIGHT,
    };
    adl_offload_add(body->env->offload, &body->job);
}

/* What was kept as a small body becomes the first chunk. */
static int become_stream(struct adl_body *body)
{
    body->is_stream = true;
    body->env->n_streams++;
    if (body->mem.len == 0) {
        return 0;
    }
    body->filling = adl_chunk_create(body->mem.len);
    if (body->filling == NULL) {
        return -ENOMEM;
    }
    memcpy(body->filling->bytes, body->mem.data, body->mem.len);
    body->filling->len = body->mem.len;
    adl_buf_finish(&body->mem);
    adl_filling_queue(body);
    return 0;
}

static int add_to_stream(struct adl_body *body, const void *bytes, size_t len)
{
    if (body->err < 0) {
        return body->err; /* the disk has failed meanwhile */
    }
    if (body->n_filled >= ADL_FILLED_MAX) {
        return ADL_BODY_FULL;
    }
    int err = adl_filling_add(body, bytes, len);
    if (body->filled != NULL) {
        write_filled(body);
    }
    return err < 0 ? err : body->err;
}

static int add_to_file(struct adl_body *body, const void *bytes, size_t len)
{
    if (!body->is_stream && body->mem.len + len <= ADL_BODY_SMALL_BYTES) {
        return adl_buf_add(&body->mem, bytes, len);
    }
    int err = body->is_stream ? 0 : become_stream(body);
    return err < 0 ? err : add_to_stream(body, bytes, len);
}

static int add_to_callback(struct adl_body *body, const void *bytes, size_t len)
{
    struct asyncdl_chunk chunk = {
        .bytes = bytes, .len = len, .offset = body->size};
    int rc = body->on_body(body->transfer, &chunk, body->data);

    if (rc < 0) {
        body->is_refused = true;
        return rc;
    }
    return rc == ASYNCDL_PAUSE ? ADL_BODY_PAUSED : 0;
}

void adl_body_expect(struct adl_body *body, uint64_t size)
{
    body->expected = size;
    bool fits =
        size <= (body->kind == ASYNCDL_BODY_MEMORY ? body->max_size
                                                   : ADL_BODY_SMALL_BYTES);
    if (size > 0 && size < SIZE_MAX && fits &&
        (body->kind == ASYNCDL_BODY_MEMORY ||
         body->kind == ASYNCDL_BODY_FILE)) {
        (void)adl_buf_reserve(&body->mem, (size_t)size); /* add tells */
    }
}

void adl_body_restart(struct adl_body *body)
{
    body->size = 0;
    body->coding = ADL_CODING_NONE;
    adl_buf_reset(&body->mem);
    adl_filling_drop(body);
    if (body->is_stream) {
        body->must_rewind = true;
    }
    if (body->is_busy) { /* its end forgives */
        atomic_store(&body->is_unwanted, true);
    } else {
        forgive(body);
    }
    adl_digest_destroy(body->digest); /* the next byte starts a new one */
    body->digest = NULL;
}

/* A file's digest is made where it is written. */
static int update_digest(struct adl_body *body, const void *bytes, size_t len)
{
    unsigned kinds = adl_checks_kinds(&body->target.checks);
    int err = 0;

    if (kinds == 0 || body->kind == ASYNCDL_BODY_FILE) {
        return 0;
    }
    if (body->digest == NULL) {
        err = adl_digest_create(&body->digest, kinds);
    }
    return err < 0 ? err : adl_digest_update(body->digest, bytes, len);
}

static int check_digest(struct adl_body *body)
{
    struct adl_sink_error error;
    struct adl_sums sums;
    int err = update_digest(body, "", 0); /* an empty body has one, too */

    if (err < 0 || body->digest == NULL) {
        return err;
    }
    err = adl_digest_finish(body->digest, &sums);
    if (err < 0) {
        return err;
    }
    adl_sink_error_init(&error);
    err = adl_checks_judge(&body->target.checks, &sums, error.text,
                           sizeof(error.text), &error.is_damaged);
    adl_save_keep_error(body, &error);
    return err;
}

int adl_body_add(struct adl_body *body, const void *bytes, size_t len)
{
    int rc = 0;

    if (body->max_size != 0 && body->coding == ADL_CODING_NONE &&
        (body->size > body->max_size || len > body->max_size - body->size)) {
        return ASYNCDL_ETOOBIG;
    }
    switch (body->kind) {
    case ASYNCDL_BODY_FILE:
        rc = add_to_file(body, bytes, len);
        break;
    case ASYNCDL_BODY_MEMORY:
        rc = adl_buf_add(&body->mem, bytes, len);
        break;
    case ASYNCDL_BODY_STREAM:
        rc = add_to_callback(body, bytes, len);
        break;
    default:
        break;
    }
    if (rc != 0 && rc != ADL_BODY_PAUSED) {
        return rc;
    }
    body->size += len;
    int err = update_digest(body, bytes, len);
    return err < 0 ? err : rc;
}

static void done_small(struct adl_job *job)
{
    struct adl_body *body = (struct adl_body *)job;

    note_size(body);
    body->ops->on_saved(body); /* may free body */
}

void adl_body_set_coding(struct adl_body *body, enum adl_coding coding)
{
    body->coding = coding;
}

void adl_body_set_target(struct adl_body *body,
                         const struct adl_sink_target *target)
{
    body->target = *target; /* jobs have a copy of their own */
}

void adl_body_save(struct adl_body *body)
{
    if (body->kind != ASYNCDL_BODY_FILE) {
        body->err = check_digest(body);
        body->ops->on_saved(body);
    } else if (body->is_stream) {
        adl_filling_queue(body);
        body->must_save = true;
        submit_if_idle(body);
    } else {
        body->job = (struct adl_job){
            .run = adl_save_small,
            .seal = adl_save_seal_small,
            .done = done_small,
            .weight = 1,
        };
        tell_handover(body);
        adl_offload_add(body->env->offload, &body->job);
    }
}

void adl_body_drop(struct adl_body *body)
{
    adl_filling_drop(body);
    if (!body->is_stream) {
        body->ops->on_saved(body);
        return;
    }
    body->must_drop = true;
    atomic_store(&body->is_unwanted, true);
    submit_if_idle(body);
}

void adl_body_leave(struct adl_body *body)
{
    bool is_worth_it = body->is_stream || body->mem.len >= KEEP_MIN_BYTES;

    if (body->version == NULL || !is_worth_it ||
        (!body->is_stream && become_stream(body) < 0)) {
        adl_body_drop(body);
        return;
    }
    adl_filling_queue(body);
    body->must_keep = true;
    body->must_drop = true;
    submit_if_idle(body);
}

void adl_body_resume(struct adl_body *body, const char *part, uint64_t bytes,
                     uint64_t synced)
{
    body->is_stream = true;
    body->env->n_streams++;
    (void)snprintf(body->rest.part, sizeof(body->rest.part), "%s", part);
    body->rest.bytes = bytes;
    body->n_synced = synced;
    body->size = bytes;
}

bool adl_body_is_waiting(const struct adl_body *body)
{
    return !body->is_busy && body->rest.part[0] != '\0';
}

void adl_body_set_version(struct adl_body *body,
                          const struct adl_validator *version)
{
    body->version = version;
}
