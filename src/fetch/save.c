/* SPDX-License-Identifier: MIT */
#include "fetch/save.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "asyncdl/error.h"
#include "fetch/chunk.h"
#include "fetch/unpack.h"

/* How much of a body may come before it is noted again how much there is. */
#define NOTE_EVERY_BYTES (UINT64_C(16) << 20)

void adl_save_keep_error(struct adl_body *body,
                         const struct adl_sink_error *error)
{
    body->is_damaged = body->is_damaged || error->is_damaged;
    if (body->error == NULL && error->text[0] != '\0') {
        body->error = strdup(error->text); /* NULL: what err says must do */
    }
}

/* Is there a file ready to appear? Then it is noted, and waits in body->sink
 * for the second half of the job. */
static int get_ready(struct adl_body *body, struct adl_sink_error *error)
{
    int err = body->ops->on_ready != NULL
                  ? body->ops->on_ready(body, body->sink, error)
                  : 0;

    if (err < 0) {
        adl_sink_abort(body->sink);
        body->sink = NULL;
    } else {
        body->n_ready = adl_sink_get_size(body->sink);
    }
    return err;
}

static int appear(struct adl_body *body, const struct adl_sink_target *target,
                  int settle_err)
{
    struct adl_sink *sink = body->sink;
    struct adl_sink_error error;
    int err = settle_err;

    adl_sink_error_init(&error);
    body->sink = NULL;
    if (err < 0) {
        (void)snprintf(error.text, sizeof(error.text),
                       "write down what was saved: %s", asyncdl_strerror(err));
        adl_sink_abort(sink);
    } else {
        err = adl_sink_commit(sink, target, &error);
    }
    /* One whose name may not last is in the journal as it should be: where it
     * is missing after a power cut, it is downloaded again. */
    if (err < 0 && !error.is_named && body->ops->on_unmade != NULL) {
        body->ops->on_unmade(body, err, error.text);
    }
    adl_save_keep_error(body, &error);
    return err;
}

/*
 * Parts are named for their files: before another version's bytes go to a part
 * that is noted as half of one, the note must be gone. A run that is killed
 * right then would be gone on with that version, on top of the other.
 */
static int void_note(struct adl_body *body, const char *path,
                     struct adl_sink_error *error)
{
    int err = body->is_noted ? body->ops->on_void(body) : 0;

    if (err < 0) {
        return adl_sink_error_report(error, err, "note in the journal", path);
    }
    body->is_noted = false;
    return 0;
}

void adl_save_small(struct adl_job *job)
{
    struct adl_body *body = (struct adl_body *)job;
    bool is_coded = body->coding != ADL_CODING_NONE && body->mem.len > 0;
    struct adl_sink_error error;

    adl_sink_error_init(&error);
    body->err = void_note(body, body->target.path, &error);
    if (body->err == 0) {
        adl_leftovers_remove(&body->env->leftovers, body->env->dir,
                             body->target.path);
    }
    if (body->err == 0 && is_coded) {
        body->err = adl_unpack_small(body, &error);
    } else if (body->err == 0) {
        body->err =
            adl_sink_make(&body->sink, body->env->dir, &body->target,
                          adl_buf_str(&body->mem), body->mem.len, &error);
    }
    if (body->err == 0) {
        body->err = get_ready(body, &error);
    }
    if (body->err < 0) {
        job->seal = NULL;
    }
    adl_save_keep_error(body, &error);
}

void adl_save_seal_small(struct adl_job *job, int err)
{
    struct adl_body *body = (struct adl_body *)job;

    body->err = appear(body, &body->target, err);
}

static bool has_rest(const struct adl_body *body)
{
    return body->rest.part[0] != '\0';
}

/* Open the part, or go on with that of an earlier run. */
static int open_sink(struct adl_body *body, struct adl_sink_error *error)
{
    const struct adl_sink_rest rest = {
        .part = body->rest.part,
        .bytes = body->rest.bytes,
    };
    int err;

    if (has_rest(body) && !body->work.is_rewinding) {
        err = adl_sink_resume(&body->sink, body->env->dir, &body->work.target,
                              &rest, body->work.expected, error);
        body->n_noted = rest.bytes;
    } else {
        err = void_note(body, body->work.target.path, error);
        if (err == 0) {
            err = adl_sink_open(&body->sink, body->env->dir, &body->work.target,
                                body->work.expected, error);
        }
    }
    body->rest.part[0] = '\0';
    return err;
}

/* Where that fails, what there is is no half of the version that came. */
static int rewind_sink(struct adl_body *body, struct adl_sink_error *error)
{
    int err = void_note(body, body->work.target.path, error);

    body->n_noted = 0;
    body->n_synced = 0;
    if (err < 0) {
        adl_sink_leave(body->sink); /* it is as it was noted */
        body->sink = NULL;
        return err;
    }
    err = adl_sink_rewind(body->sink, &body->work.target, error);
    if (err < 0) {
        adl_sink_abort(body->sink);
        body->sink = NULL;
    }
    return err;
}

static int write_chunks(struct adl_body *body, struct adl_sink_error *error)
{
    bool is_first = body->sink == NULL || body->work.is_rewinding;
    int err = 0;

    if (body->sink == NULL) {
        err = open_sink(body, error);
    } else if (body->work.is_rewinding) {
        err = rewind_sink(body, error);
    }
    if (err == 0 && is_first) {
        err = adl_unpack_begin(body, body->work.coding, error);
    }
    for (struct adl_chunk *c = body->work.chunks; c != NULL && err == 0;
         c = c->next) {
        err = adl_unpack_write(body, c->bytes, c->len, error);
    }
    return err;
}

/* Note that there is half a body, so that a later run can go on with it. */
static void note_half(struct adl_body *body)
{
    uint64_t size = adl_sink_get_size(body->sink);

    body->ops->on_half(body, adl_sink_get_part(body->sink), body->n_synced);
    body->n_noted = size;
    body->is_noted = true;
}

/* Note it now and then. Was it? */
static bool note_progress(struct adl_body *body)
{
    uint64_t size = adl_sink_get_size(body->sink);
    bool is_due = size > 0 && (body->n_noted == 0 ||
                               size - body->n_noted >= NOTE_EVERY_BYTES);

    if (body->work.version == NULL || !is_due) {
        return false;
    }
    note_half(body);
    return true;
}

/* Leave what there is to a later run. Was there anything? */
static bool leave_half(struct adl_body *body)
{
    if (body->work.version == NULL || body->work.err == ASYNCDL_ECHECKSUM) {
        return false;
    }
    if (body->sink == NULL && has_rest(body)) {
        body->ops->on_half(body, body->rest.part, body->n_synced);
        return true;
    }
    if (body->sink == NULL || adl_sink_get_size(body->sink) == 0) {
        return false;
    }
    note_half(body);
    (void)snprintf(body->rest.part, sizeof(body->rest.part), "%s",
                   adl_sink_get_part(body->sink));
    body->rest.bytes = adl_sink_get_size(body->sink);
    adl_sink_leave(body->sink);
    body->sink = NULL;
    return true;
}

/* A disk that failed has what was written before, as it was sent. */
static void end_without_file(struct adl_body *body, struct adl_job *job)
{
    bool is_keeping = body->work.is_keeping || body->work.err < 0;

    if (body->is_left) { /* by the job before */
        job->seal = NULL;
        return;
    }
    body->is_left = is_keeping && leave_half(body);
    if (!body->is_left) {
        adl_sink_abort(body->sink);
        body->sink = NULL;
        job->seal = NULL;
    }
}

/* Anything to do on the disk, but to end? */
static bool must_write(const struct adl_body *body)
{
    bool is_nothing = body->work.chunks == NULL && !body->work.is_rewinding;

    if (body->work.err < 0) {
        return false;
    }
    return body->work.is_dropping ? body->work.is_keeping && !is_nothing : true;
}

/*
 * Make it ready. Where that fails nothing of it is kept: a disk that could not
 * take it may have lost any of it, and would not say so again.
 */
static int prepare(struct adl_body *body, struct adl_sink_error *error)
{
    int err = adl_unpack_end(body, error);

    if (err == 0) {
        err = adl_sink_prepare(body->sink, &body->work.target, error);
    }
    if (err < 0 && err != ASYNCDL_ECHECKSUM) {
        adl_sink_abort(body->sink);
        body->sink = NULL;
        if (body->is_noted) {
            (void)body->ops->on_void(body); /* err tells */
            body->is_noted = false;
        }
    }
    return err;
}

void adl_save_stream(struct adl_job *job)
{
    struct adl_body *body = (struct adl_body *)job;
    struct adl_sink_error error;

    adl_sink_error_init(&error);
    if (must_write(body)) {
        body->work.err = write_chunks(body, &error);
    }
    if (body->work.is_saving && body->work.err == 0) {
        body->work.err = prepare(body, &error);
    }
    if (body->work.is_dropping || body->work.err < 0) {
        end_without_file(body, job);
    } else if (body->work.is_saving) {
        body->work.err = get_ready(body, &error);
        job->seal = body->work.err == 0 ? job->seal : NULL;
    } else if (!note_progress(body)) {
        job->seal = NULL;
    }
    adl_save_keep_error(body, &error);
}

void adl_save_seal_stream(struct adl_job *job, int err)
{
    struct adl_body *body = (struct adl_body *)job;

    if (body->is_left && err == 0) { /* all of it lasts now */
        body->ops->on_half(body, body->rest.part, body->rest.bytes);
    }
    if (body->sink == NULL) {
        return;
    }
    if (body->work.is_saving) {
        body->work.err = appear(body, &body->work.target, err);
    } else if (err == 0) {
        body->n_synced = adl_sink_get_size(body->sink);
    }
}
