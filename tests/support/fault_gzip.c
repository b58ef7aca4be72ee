/* SPDX-License-Identifier: MIT */
#include "support/fault_gzip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "site/pattern.h"
#include "support/coded.h"

#define HALF          (FAULT_GZIP_BYTES / 2)
#define ZEROS_BYTES   (48u << 20) /* some 48 KiB of gzip */
#define RUBBISH_BYTES 70000       /* more than a body that is small */

struct body {
    uint8_t *bytes;
    size_t len;
    size_t n_first; /* of the first stream */
};

/* Stored, so that it is as long as what it decodes to. */
static size_t make_half(uint8_t *out, uint64_t from)
{
    static uint8_t plain[HALF];

    adl_pattern_fill(plain, HALF, 0, from);
    return coded_make(out, coded_bound(HALF), CODED_GZIP, 0, plain, HALF);
}

static int make_body(struct body *out)
{
    out->bytes = malloc(2 * coded_bound(HALF));
    if (out->bytes == NULL) {
        return -ENOMEM;
    }
    out->n_first = make_half(out->bytes, 0);
    size_t n_second = make_half(out->bytes + out->n_first, HALF);

    out->len = out->n_first + n_second;
    if (out->n_first == 0 || n_second == 0) {
        free(out->bytes);
        return -ENOMEM;
    }
    return 0;
}

static int add_head(struct fault_reply *reply, size_t len)
{
    return adl_buf_addf(&reply->bytes,
                        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        len);
}

static int reply_with(struct fault_reply *reply, const struct body *body,
                      size_t len)
{
    int err = add_head(reply, len);

    reply->ending = FAULT_KEEP;
    return err == 0 ? adl_buf_add(&reply->bytes, body->bytes, len) : err;
}

int fault_gzip_make_mended(struct fault_reply *reply,
                           const struct fault_request *request,
                           const struct fault *fault)
{
    struct body body;
    int err = make_body(&body);

    (void)fault;
    if (err < 0) {
        return err;
    }
    if (request->nth == 1) {
        memset(body.bytes + body.n_first, 'x', body.len - body.n_first);
    }
    err = reply_with(reply, &body, body.len);
    free(body.bytes);
    return err;
}

int fault_gzip_make_torn(struct fault_reply *reply,
                         const struct fault_request *request,
                         const struct fault *fault)
{
    struct body body;
    int err = make_body(&body);

    (void)request;
    (void)fault;
    if (err < 0) {
        return err;
    }
    err = reply_with(reply, &body, body.len - 1);
    free(body.bytes);
    return err;
}

static int add_rubbish(struct fault_reply *reply)
{
    char bytes[RUBBISH_BYTES];

    memset(bytes, 'x', sizeof(bytes));
    return adl_buf_add(&reply->bytes, bytes, sizeof(bytes));
}

static int add_zeros(struct fault_reply *reply)
{
    uint8_t *plain = calloc(1, ZEROS_BYTES);
    uint8_t *coded = malloc(HALF);
    int err = -ENOMEM;

    if (plain != NULL && coded != NULL) {
        size_t n = coded_make(coded, HALF, CODED_GZIP, 6, plain, ZEROS_BYTES);

        err = n > 0 ? adl_buf_add(&reply->bytes, coded, n) : -ENOMEM;
    }
    free(coded);
    free(plain);
    return err;
}

int fault_gzip_make_hanging(struct fault_reply *reply,
                            const struct fault_request *request,
                            const struct fault *fault)
{
    int err = add_head(reply, 2 * RUBBISH_BYTES);

    (void)request;
    (void)fault;
    reply->ending = FAULT_HANG;
    return err == 0 ? add_rubbish(reply) : err;
}

int fault_gzip_make_late(struct fault_reply *reply,
                         const struct fault_request *request,
                         const struct fault *fault)
{
    static const char missing[] =
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

    (void)fault;
    if (request->nth > 1) {
        reply->ending = FAULT_KEEP;
        return adl_buf_add_str(&reply->bytes, missing);
    }
    reply->ending = FAULT_CLOSE;
    int err = add_head(reply, FAULT_GZIP_BYTES);
    if (err == 0) {
        err = add_zeros(reply);
    }
    return err == 0 ? add_rubbish(reply) : err;
}
