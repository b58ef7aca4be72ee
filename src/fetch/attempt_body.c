/* SPDX-License-Identifier: MIT */
/* The way of a body from libcurl to on_body, decoded where that is asked for:
 * files are decoded where they are written (unpack.h). */
#include "fetch/attempt.h"

#include "asyncdl/error.h"

/* An error page is read to its end for the sake of the connection, up to: */
#define DROP_MAX_BYTES 262144

static bool is_success(int status)
{
    return status >= 200 && status <= 299;
}

static int drop(struct adl_attempt *a, size_t len)
{
    a->n_dropped += len;
    return a->n_dropped <= DROP_MAX_BYTES ? 0 : ASYNCDL_EHTTP;
}

static int begin(struct adl_attempt *a)
{
    if (a->has_begun) {
        return 0;
    }
    a->has_begun = true;
    int err = a->ops->on_answer(a, a->data);
    return err == 0 && a->coding != ADL_CODING_NONE
               ? adl_decoder_create(&a->decoder, a->coding)
               : err;
}

static int deliver(struct adl_attempt *a, const void *bytes, size_t len)
{
    return a->paused != 0 ? ADL_ATTEMPT_PAUSED
                          : a->ops->on_body(a, bytes, len, a->data);
}

static int deliver_decoded(struct adl_attempt *a, const void *bytes, size_t len)
{
    struct adl_decoder *decoder = a->decoder;
    const void *piece;
    size_t piece_len;
    int rc;

    adl_decoder_give(decoder, bytes, len);
    while ((rc = adl_decoder_next(decoder, &piece, &piece_len)) > 0) {
        rc = deliver(a, piece, piece_len);
        if (rc == ADL_ATTEMPT_PAUSED) {
            adl_decoder_refuse(decoder);
        }
        if (rc != 0) {
            return rc;
        }
        adl_decoder_take(decoder);
    }
    return rc;
}

int adl_attempt_take_body(struct adl_attempt *attempt, const void *bytes,
                          size_t len)
{
    if (attempt->is_draining) {
        return 0;
    }
    if (!is_success(attempt->answer.range.status)) {
        return drop(attempt, len);
    }
    if (attempt->paused != 0) {
        return ADL_ATTEMPT_PAUSED;
    }
    int err = begin(attempt);
    if (err != 0) {
        return err;
    }
    return attempt->decoder != NULL ? deliver_decoded(attempt, bytes, len)
                                    : deliver(attempt, bytes, len);
}

void adl_attempt_reset_body(struct adl_attempt *attempt)
{
    adl_decoder_destroy(attempt->decoder);
    attempt->decoder = NULL;
}

bool adl_attempt_is_torn(const struct adl_attempt *attempt)
{
    return attempt->decoder != NULL && !adl_decoder_is_whole(attempt->decoder);
}

uint64_t adl_attempt_n_wire_bytes(struct adl_attempt *attempt)
{
    curl_off_t n = 0;

    (void)curl_easy_getinfo(attempt->easy, CURLINFO_SIZE_DOWNLOAD_T, &n);
    return n > 0 ? (uint64_t)n : 0;
}
