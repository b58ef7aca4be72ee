/* SPDX-License-Identifier: MIT */
/*
 * What a client is made of. All that happens to transfers happens in its turn
 * (engine.h), outside libcurl's and the user's callbacks, which only record.
 */
#ifndef ADL_FETCH_STATE_H
#define ADL_FETCH_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "asyncdl/client.h"
#include "fetch/attempt.h"
#include "fetch/body.h"
#include "fetch/further.h"
#include "fetch/multi.h"
#include "fetch/offload.h"
#include "fetch/outage.h"
#include "fetch/rate.h"
#include "fetch/resolve.h"
#include "fetch/retry.h"
#include "fetch/sched.h"
#include "fetch/transfer.h"
#include "fetch/turn.h"
#include "fetch/wakeup.h"
#include "fetch/width.h"
#include "store/dir.h"
#include "store/ledger.h"
#include "util/rng.h"

struct adl_observer {
    asyncdl_event_cb on_event;
    void *data;
};

struct asyncdl_client {
    uv_loop_t *loop;
    struct asyncdl_client_options options;
    struct adl_retry_policy retry;
    struct adl_outage_policy outage;
    struct adl_outage_net net;
    struct adl_turn turn;
    struct adl_wakeup wakeup;
    struct adl_multi *multi;
    struct adl_resolve *resolve; /* NULL: names are libcurl's to look up */
    struct adl_attempt_pool *attempts;
    struct adl_sched *sched;
    struct adl_offload *offload;
    struct adl_dir *dir;
    struct adl_ledger *ledger;
    struct adl_offload *lane;                   /* admissions, in order */
    struct adl_dir_view views[ADL_BATCHES_MAX]; /* of lane's batches */
    struct adl_rate rate;
    struct adl_rng rng;
    struct adl_body_env body_env;
    const struct adl_body_ops *body_ops;

    struct asyncdl_transfer *transfers; /* all; prev, next */
    struct asyncdl_transfer *fresh;     /* NEW; stage_prev, stage_next */
    struct asyncdl_transfer *resolving; /* RESOLVING; likewise */
    struct asyncdl_transfer *active;    /* ACTIVE; likewise */
    struct asyncdl_transfer *ended;     /* ENDED; likewise */
    struct asyncdl_transfer *called;    /* calls_prev, calls_next */
    struct asyncdl_transfer *throttled; /* slow_prev, slow_next */
    struct adl_transfer_spares spares;
    size_t n_transfers;
    size_t n_undecided; /* NEW and ADMITTING */
    size_t n_skipped;   /* decided, since one was to be downloaded */
    size_t n_saving;
    uint64_t n_accepted;
    uint64_t n_retries;
    struct adl_width width; /* how many may be under way at once */
    uint64_t pause_ms;      /* none is started before: descriptors lacked */
    uint64_t check_ms;      /* when to look at deadlines; UINT64_MAX: never */

    struct adl_observer *observers;
    size_t n_observers;
    asyncdl_want_cb on_want;
    void *want_data;
    struct adl_further further;
    bool is_starved; /* slots are free, and all that waits is for busy hosts */
    bool is_asked;   /* on_want was called and nothing was fetched since */
    bool is_busy;    /* the loop is kept alive */

    uv_work_t closing; /* of the ledger */
    int run_status;    /* for the ledger; negative: not known */
    bool is_closing;
    int n_open; /* of turn, wakeup, multi, resolve and ledger */
    asyncdl_close_cb on_closed;
    void *close_data;
};

#endif
