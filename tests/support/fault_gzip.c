/* SPDX-License-Identifier: MIT */
#include "support/fault_gzip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "site/pattern.h"
#include "support/coded.h"

#define HALF (FAULT_GZIP_BYTES / 2)

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

static int reply_with(struct fault_reply *reply, const struct body *body,
                      size_t len)
{
    int err = adl_buf_addf(&reply->bytes,
                           "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                           "Content-Length: %zu\r\n\r\n",
                           len);

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
