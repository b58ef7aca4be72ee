/* SPDX-License-Identifier: MIT */
#include "site/body.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "site/pattern.h"

#define BLOCK_BYTES      (256 * 1024)
#define GZIP_INPUT_BYTES (32 * 1024)
#define SLICE_MS         20 /* a slow body comes in pieces of that much time */

struct gzip {
    z_stream stream;
    uint64_t n_read;
    bool is_finished;
    uint8_t input[GZIP_INPUT_BYTES];
};

struct body {
    struct adl_body_spec spec;
    struct adl_exchange *exchange;
    struct gzip *gzip; /* NULL for a plain body */
    uint64_t began_ms;
    bool has_begun;
};

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void make_plain(const struct body *body, uint8_t *out, size_t len,
                       uint64_t pos)
{
    if (body->spec.is_zeros) {
        memset(out, 0, len);
    } else {
        adl_pattern_fill(out, len, body->spec.seed, body->spec.offset + pos);
    }
}

static ssize_t read_plain(struct body *body, uint64_t pos, char *buf,
                          size_t max)
{
    size_t n = (size_t)least(max, body->spec.size - pos);

    if (n == 0) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    make_plain(body, (uint8_t *)buf, n, pos);
    return (ssize_t)n;
}

static void feed(struct body *body)
{
    struct gzip *gzip = body->gzip;
    size_t n = (size_t)least(GZIP_INPUT_BYTES, body->spec.size - gzip->n_read);

    make_plain(body, gzip->input, n, gzip->n_read);
    gzip->n_read += n;
    gzip->stream.next_in = gzip->input;
    gzip->stream.avail_in = (uInt)n;
}

static ssize_t read_gzip(struct body *body, char *buf, size_t max)
{
    struct gzip *gzip = body->gzip;

    gzip->stream.next_out = (Bytef *)buf;
    gzip->stream.avail_out = (uInt)least(max, BLOCK_BYTES);
    while (gzip->stream.avail_out > 0 && !gzip->is_finished) {
        if (gzip->stream.avail_in == 0) {
            feed(body);
        }
        bool is_last = gzip->n_read == body->spec.size;
        int zerr = deflate(&gzip->stream, is_last ? Z_FINISH : Z_NO_FLUSH);

        if (zerr == Z_STREAM_ERROR) {
            return MHD_CONTENT_READER_END_WITH_ERROR;
        }
        gzip->is_finished = zerr == Z_STREAM_END;
    }
    ssize_t n = (char *)gzip->stream.next_out - buf;
    return n > 0 ? n : MHD_CONTENT_READER_END_OF_STREAM;
}

/* How many bytes may have been sent by now under the rate. */
static uint64_t get_budget(struct body *body)
{
    uint64_t now_ms = uv_now(body->exchange->timer.loop);

    if (body->spec.rate == 0) {
        return UINT64_MAX;
    }
    if (!body->has_begun) {
        body->has_begun = true;
        body->began_ms = now_ms;
    }
    double seconds = (double)(now_ms - body->began_ms + SLICE_MS) / 1000.0;
    double bytes = seconds * (double)body->spec.rate;
    return bytes < 1e18 ? (uint64_t)bytes : UINT64_MAX;
}

/*
 * The server asks for the bytes from pos on. 0 says that there are none yet,
 * which is only right with the connection paused: else it asks at once again.
 */
static ssize_t on_read(void *cls, uint64_t pos, char *buf, size_t max)
{
    struct body *body = cls;
    const struct adl_body_spec *spec = &body->spec;
    uint64_t budget = get_budget(body);

    if (pos >= spec->cut_after || adl_exchange_is_abandoned(body->exchange)) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    if (pos >= spec->stall_after) {
        adl_exchange_hang(body->exchange);
        return 0;
    }
    if (pos >= budget) {
        adl_exchange_pause(body->exchange, SLICE_MS);
        return 0;
    }
    uint64_t room = least(max, budget - pos);
    room = least(room, spec->cut_after - pos);
    room = least(room, spec->stall_after - pos);
    return body->gzip != NULL ? read_gzip(body, buf, (size_t)room)
                              : read_plain(body, pos, buf, (size_t)room);
}

static void destroy_body(void *cls)
{
    struct body *body = cls;

    if (body->gzip != NULL) {
        (void)deflateEnd(&body->gzip->stream); /* data may be left: it is cut */
    }
    free(body->gzip);
    free(body);
}

static struct gzip *create_gzip(void)
{
    struct gzip *gzip = calloc(1, sizeof(*gzip));

    if (gzip != NULL && deflateInit2(&gzip->stream, Z_BEST_SPEED, Z_DEFLATED,
                                     15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(gzip);
        gzip = NULL;
    }
    return gzip;
}

static struct body *create_body(struct adl_exchange *ex,
                                const struct adl_body_spec *spec)
{
    struct body *body = malloc(sizeof(*body));

    if (body == NULL) {
        return NULL;
    }
    *body = (struct body){.spec = *spec, .exchange = ex};
    if (spec->is_gzip && (body->gzip = create_gzip()) == NULL) {
        free(body);
        return NULL;
    }
    return body;
}

struct MHD_Response *adl_body_respond(struct adl_exchange *ex,
                                      const struct adl_body_spec *spec)
{
    bool is_sized =
        !spec->is_chunked && !spec->is_gzip && spec->size != ADL_BODY_ENDLESS;
    uint64_t size = is_sized ? spec->size : MHD_SIZE_UNKNOWN;
    size_t block =
        is_sized ? (size_t)least(BLOCK_BYTES, spec->size + 1) : BLOCK_BYTES;
    struct body *body = create_body(ex, spec);

    if (body == NULL) {
        return NULL;
    }
    struct MHD_Response *response = MHD_create_response_from_callback(
        size, block, on_read, body, destroy_body);
    if (response == NULL) {
        destroy_body(body);
    } else if (spec->is_gzip &&
               MHD_add_response_header(response, "Content-Encoding", "gzip") ==
                   MHD_NO) {
        MHD_destroy_response(response);
        response = NULL;
    }
    return response;
}
