/* SPDX-License-Identifier: MIT */
/* What is known of a hand (hand.h), and of all of a pool's. */
#ifndef ADL_POOL_HAND_STATE_H
#define ADL_POOL_HAND_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "pool/backend.h"
#include "pool/channel.h"
#include "pool/forkserver.h"
#include "pool/module.h"
#include "pool/outbox.h"
#include "pool/shelf.h"

struct adl_hand;
struct adl_lookout;

/* What all hands of a pool share. */
struct adl_hand_host {
    uv_loop_t *loop;
    struct adl_backend_host *front; /* to be held around many on_job() */
    const struct asyncdl_pool_options *options;
    struct asyncdl_forkserver *forkserver;
    struct adl_modules modules; /* of functions that were named */
    struct adl_buf frame;
    struct adl_buf aside; /* for what has to be sent before a frame */
    struct adl_inbox *inbox;
    char *letters;   /* ADL_OUTBOX_MAX, for a frame of an outbox */
    uint64_t run_ns; /* how long calls take: those of late count most */
    struct adl_lookout *lookout;

    /* It takes jobs from now on. */
    void (*on_ready)(struct adl_hand *hand);
    /* All calls of its first job have their results; it is its no more. */
    void (*on_job)(struct adl_hand *hand, struct adl_job *job);
    /* The call that it is in is a long one: jobs that it has not begun with may
     * be taken back from it. */
    void (*on_slow)(struct adl_hand *hand);
    /*
     * It ended. Its jobs are still there: the call that it was in has its
     * error, and those without a result were not begun.
     */
    void (*on_end)(struct adl_hand *hand);
    /* Its handles are closed, and it is freed. */
    void (*on_freed)(struct adl_hand_host *host);
};

#define ADL_HAND_N_PAYLOADS (ADL_WIRE_N_PARCELS - ADL_SHELF_N)

enum adl_hand_state {
    ADL_HAND_STARTING, /* its initializer has not returned */
    ADL_HAND_READY,
    ADL_HAND_LEAVING, /* was let go: its finisher runs */
    ADL_HAND_ENDED,
};

struct adl_hand {
    struct adl_hand_host *host;
    void *owner; /* the host's */
    unsigned id;
    enum adl_hand_state state;
    struct adl_job *jobs; /* by queue_next */
    size_t n_jobs;
    uint64_t n_tasks; /* results that came */

    /* Once it has ended. */
    int start_err; /* why it never was ready: -errno, the initializer's, ... */
    bool is_init_err; /* it is the initializer's */
    char *words;      /* how it ended, or NULL */

    uv_poll_t poll;
    uv_poll_cb on_socket;
    uv_timer_t timer; /* of the call that it is in */
    uv_timer_cb on_time;
    unsigned n_handles;
    int fd;
    int64_t fork_id;
    int64_t pid;
    size_t n_modules;   /* that it knows */
    bool is_blocked;    /* its socket takes no more for now */
    int kill_err;       /* why it was killed, or 0 */
    uint64_t last_call; /* then: the number of the call that it was in */
    bool is_slow;       /* its call takes long: nothing is put behind it */
    size_t run_call;    /* of the first job: the one it is in */
    struct adl_job *send_job; /* the next to be sent, NULL: none */
    size_t send_call;
    uint64_t n_sent; /* calls, and the number of the last: see hand_run.c */
    uint64_t n_heard;
    uint64_t n_void;
    uint64_t begin_ns; /* of the call that it is in */

    struct adl_outbox outbox;
    size_t max_frame;                          /* bytes that its socket takes */
    struct adl_shelf args;                     /* sent to it */
    struct adl_shelf results;                  /* that came */
    uint64_t payload_ids[ADL_HAND_N_PAYLOADS]; /* that it has mapped, or 0 */
    unsigned next_payload;                     /* to be replaced */
};

#endif
