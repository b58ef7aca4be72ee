/* SPDX-License-Identifier: MIT */
/* A tiny blocking client, independent of what is being tested. */
#ifndef SUPPORT_HTTP_H
#define SUPPORT_HTTP_H

#include <stdint.h>

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
void http_answer_finish(struct http_answer *answer);

#endif
