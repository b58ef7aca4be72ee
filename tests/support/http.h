/* SPDX-License-Identifier: MIT */
/* A tiny blocking client, independent of what is being tested. */
#ifndef SUPPORT_HTTP_H
#define SUPPORT_HTTP_H

#include <stdint.h>

#include <jansson.h>

#include "util/buf.h"

struct http_answer {
    int status;          /* 0 when there was no status line */
    struct adl_buf head; /* status line and headers */
    struct adl_buf body; /* as sent: chunks stay */
};

/*
 * GET target from 127.0.0.1. headers is "" or lines that end with CR LF.
 * 0 or -errno; 10 s of silence are -EAGAIN.
 */
int http_get(struct http_answer *out, uint16_t port, const char *target,
             const char *headers);

/* The same with another Host header. */
int http_get_from(struct http_answer *out, uint16_t port, const char *host,
                  const char *target, const char *headers);

/* The same for tests: a failure fails the test. */
struct http_answer http_need(uint16_t port, const char *target,
                             const char *headers);

/* The JSON that target answers with, returned. */
json_t *http_need_json(uint16_t port, const char *target);

/* Fail the test unless body is so many bytes of the site's pattern of seed 0,
 * from offset on. */
void http_need_pattern(const struct adl_buf *body, uint64_t offset, size_t len);

void http_answer_finish(struct http_answer *answer);

#endif
