/* SPDX-License-Identifier: MIT */
#include "fetch/unpack.h"

#include <errno.h>
#include <stdio.h>

#include "asyncdl/error.h"

/* What a small body decodes to is written in one go up to here: compressed
 * pages are rarely larger. */
#define PLAIN_SMALL_BYTES ((size_t)4 * ADL_BODY_SMALL_BYTES)

/* Another attempt may do better. */
static int blame_body(struct adl_sink_error *error, int err)
{
    error->is_damaged = true;
    return err;
}

int adl_unpack_begin(struct adl_body *body, enum adl_coding coding,
                     struct adl_sink_error *error)
{
    adl_decoder_destroy(body->decoder);
    body->decoder = NULL;
    body->n_coded = 0;
    body->n_plain = 0;
    int err = coding == ADL_CODING_NONE
                  ? 0
                  : adl_decoder_create(&body->decoder, coding);
    return err < 0 ? blame_body(error, err) : 0;
}

/* 1 for a piece, 0 where all that was given is used up, or an error. */
static int next_piece(struct adl_body *body, const void **piece, size_t *len,
                      struct adl_sink_error *error)
{
    int rc = atomic_load(&body->is_unwanted)
                 ? -ECANCELED
                 : adl_decoder_next(body->decoder, piece, len);

    if (rc <= 0) {
        return rc < 0 ? blame_body(error, rc) : 0;
    }
    body->n_plain += *len;
    bool is_over = body->max_size != 0
                       ? body->n_plain > body->max_size
                       : adl_coding_is_bomb(body->n_plain, body->n_coded);
    return is_over ? blame_body(error, ASYNCDL_ETOOBIG) : 1;
}

static void give(struct adl_body *body, const void *bytes, size_t len)
{
    adl_decoder_give(body->decoder, bytes, len);
    body->n_coded += len;
}

int adl_unpack_write(struct adl_body *body, const void *bytes, size_t len,
                     struct adl_sink_error *error)
{
    const void *piece;
    size_t piece_len;
    int rc;

    if (body->decoder == NULL) {
        return adl_sink_write(body->sink, bytes, len, error);
    }
    give(body, bytes, len);
    while ((rc = next_piece(body, &piece, &piece_len, error)) > 0) {
        int err = adl_sink_write(body->sink, piece, piece_len, error);

        if (err < 0) {
            return err;
        }
        adl_decoder_take(body->decoder);
    }
    return rc;
}

int adl_unpack_end(const struct adl_body *body, struct adl_sink_error *error)
{
    if (body->n_coded == 0 || adl_decoder_is_whole(body->decoder)) {
        return 0;
    }
    (void)snprintf(error->text, sizeof(error->text), "%s: %s",
                   asyncdl_strerror(ASYNCDL_EENCODING),
                   adl_decoder_torn_text(body->decoder));
    return blame_body(error, ASYNCDL_EENCODING);
}

/* Once it is no small file, it is written in pieces. */
static int open_sink(struct adl_body *body, struct adl_buf *plain,
                     struct adl_sink_error *error)
{
    int err =
        adl_sink_open(&body->sink, body->env->dir, &body->target, 0, error);

    return err < 0 ? err
                   : adl_sink_write(body->sink, adl_buf_str(plain), plain->len,
                                    error);
}

/* Keep it in plain, or write it. */
static int put_piece(struct adl_body *body, struct adl_buf *plain,
                     const void *piece, size_t len,
                     struct adl_sink_error *error)
{
    int err = 0;

    if (body->sink == NULL && plain->len + len <= PLAIN_SMALL_BYTES) {
        err = adl_buf_add(plain, piece, len);
        return err < 0 ? blame_body(error, err) : 0;
    }
    if (body->sink == NULL) {
        err = open_sink(body, plain, error);
    }
    return err < 0 ? err : adl_sink_write(body->sink, piece, len, error);
}

static int unpack(struct adl_body *body, struct adl_buf *plain,
                  struct adl_sink_error *error)
{
    const void *piece;
    size_t len;
    int rc;

    give(body, adl_buf_str(&body->mem), body->mem.len);
    while ((rc = next_piece(body, &piece, &len, error)) > 0) {
        int err = put_piece(body, plain, piece, len, error);

        if (err < 0) {
            return err;
        }
        adl_decoder_take(body->decoder);
    }
    return rc < 0 ? rc : adl_unpack_end(body, error);
}

int adl_unpack_small(struct adl_body *body, struct adl_sink_error *error)
{
    struct adl_buf plain = {0};
    int err = adl_unpack_begin(body, body->coding, error);

    if (err == 0) {
        err = unpack(body, &plain, error);
    }
    if (err == 0 && body->sink != NULL) {
        err = adl_sink_prepare(body->sink, &body->target, error);
    } else if (err == 0) {
        err = adl_sink_make(&body->sink, body->env->dir, &body->target,
                            adl_buf_str(&plain), plain.len, error);
    }
    if (err < 0) {
        adl_sink_abort(body->sink);
        body->sink = NULL;
    }
    adl_decoder_destroy(body->decoder);
    body->decoder = NULL;
    adl_buf_finish(&plain);
    return err;
}
