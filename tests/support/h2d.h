/* SPDX-License-Identifier: MIT */
/*
 * A server of HTTP/2 over TLS on a port of 127.0.0.1, a child that dies with
 * the test. Its first connection breaks: it begins an answer to each request,
 * then says GOAWAY and ends TLS, with the socket left open. All others answer
 * whole.
 */
#ifndef SUPPORT_H2D_H
#define SUPPORT_H2D_H

#include <stdint.h>

struct h2d {
    uint16_t port;
    struct h2d_private *private;
};

/* n_requests are those of the first connection. Call it while one thread runs.
 * 0 or -errno. */
int h2d_start(struct h2d *h2d, unsigned n_requests);

/* Zero and stopped ones are allowed. */
void h2d_stop(struct h2d *h2d);

#endif
