/* SPDX-License-Identifier: MIT */
/*
 * A client on a loop of its own, as a program has it, and what came of its
 * requests.
 *
 *     rig_open(&rig, NULL);
 *     rig_fetch(&rig, &outcome, rig_memory(url));
 *     rig_run(&rig);
 *     rig_close(&rig);
 */
#ifndef SUPPORT_CLIENT_H
#define SUPPORT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "asyncdl/asyncdl.h"
#include "support/server.h"

struct rig {
    uv_loop_t loop;
    struct asyncdl_client *client; /* NULL once it was closed */
    int n_closed;                  /* calls of on_closed */
    int n_fds;                     /* open before */
    bool is_calling;               /* inside asyncdl_fetch() */
};

/* What a request came to. Zero before. */
struct outcome {
    struct rig *rig;
    struct asyncdl_transfer *transfer; /* while it goes on */
    int n_done;
    int err;
    enum asyncdl_state state;
    int status;
    unsigned attempts;
    uint64_t bytes;
    bool retryable;
    char sha256[65]; /* "" where there was none */
    bool is_pattern; /* the body in memory is the site's, of seed 0 */
    /* Called at the end of the done callback; may be NULL. */
    void (*then)(struct outcome *outcome);
    void *data; /* for the test */
};

/* The site and the fault server, for all tests of a program. */
struct servers {
    struct server site;
    struct server faultd;
};

int servers_setup(void **state);
int servers_teardown(void **state);

/* "http://127.0.0.1:PORT" and what is printed, valid until the next four
 * calls. */
const char *rig_url(const struct server *server, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* options may be NULL. */
void rig_open(struct rig *rig, const struct asyncdl_client_options *options);

/* Close the client; on_closed is counted. */
void rig_shut(struct rig *rig);

/* Run the loop until it has nothing to do. */
void rig_run(struct rig *rig);

/* Run turns until *n is at least wanted; the test fails where the loop has
 * nothing more to do. */
void rig_run_until(struct rig *rig, const int *n, int wanted);

/* Shut it unless it is, run the loop dry, and fail the test unless on_closed
 * came once, the loop closes and no descriptor is left. */
void rig_close(struct rig *rig);

struct asyncdl_request rig_memory(const char *url);
struct asyncdl_request rig_stream(const char *url, asyncdl_body_cb on_body);

/* Fails the test unless it is accepted. on_body's data is the outcome. */
void rig_fetch(struct rig *rig, struct outcome *outcome,
               struct asyncdl_request request);

#endif
