/* SPDX-License-Identifier: MIT */
/*
 * A session as programs without a loop know it: get() waits for the answer, and
 * connections are kept. It is a client on a loop of its own.
 */
#ifndef COMPARE_SESSION_H
#define COMPARE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <asyncdl/asyncdl.h>
#include <uv.h>

/* How servers are reached. Crosses to helper processes as it is. */
struct net {
    bool is_local;      /* all hosts are the bundled site */
    unsigned http_port; /* its ports */
    unsigned https_port;
    char ca_file[96];
};

/* Where the time of a download went, on asyncdl_trace_get_now_ns()'s clock. */
struct phases {
    uint64_t asked_ns;   /* handed to the client */
    uint64_t sent_ns;    /* its turn has come */
    uint64_t connect_ns; /* connected; = sent_ns on a kept connection */
    uint64_t tls_ns;     /* secured; = connect_ns without TLS */
    uint64_t answer_ns;  /* first byte of the answer */
    uint64_t done_ns;    /* last byte */
};

struct answer {
    int err;
    char error[160];
    uint64_t n_bytes;
    uint64_t hash; /* of the body */
    struct phases phases;
};

struct session {
    unsigned n_passes; /* of the hash over each body */
    uv_loop_t loop;
    struct asyncdl_client *client;
};

/*
 * The client that all ways use, with n_at_once downloads at once. How many of
 * them go to one host it finds out by itself.
 */
int session_open_client(struct asyncdl_client **out, uv_loop_t *loop,
                        const struct net *net, unsigned n_at_once);

/* 0 or negative. Where it fails, nothing is left. */
int session_open(struct session *session, const struct net *net);

/* Get a body, and wait for it. What came of it stands in out. */
void session_get(struct answer *out, struct session *session, const char *url);

void session_close(struct session *session);

/* When a download was asked for, and when its end was seen. */
struct stay {
    uint64_t asked_ns;
    uint64_t done_ns; /* 0: as the result says */
};

/* Fill in what a result says. Its body is hashed n_passes times over. */
void session_read_result(struct answer *out,
                         const struct asyncdl_result *result,
                         const struct stay *stay, unsigned n_passes);

/* Add the spans of a download to a row. */
int session_add_spans(struct asyncdl_trace *trace, uint64_t row,
                      const struct phases *phases);

#endif
