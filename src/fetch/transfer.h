/* SPDX-License-Identifier: MIT */
/* An accepted request, from asyncdl_fetch() to its done callback. */
#ifndef ADL_FETCH_TRANSFER_H
#define ADL_FETCH_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "asyncdl/client.h"
#include "fetch/attempt.h"
#include "fetch/body.h"
#include "fetch/offload.h"
#include "fetch/range.h"
#include "fetch/resolve.h"
#include "fetch/sched.h"
#include "fetch/url.h"
#include "store/digest.h"
#include "store/ledger.h"

/* Where a transfer stands. It only moves forward, but for retries, redirects
 * and mirrors: from RESOLVING or ACTIVE back to WAITING, and from SAVING where
 * a mirror takes over or no descriptor was left. */
enum adl_stage {
    ADL_STAGE_NEW,       /* accepted in this turn */
    ADL_STAGE_ADMITTING, /* a job names its file and sees how it stands */
    ADL_STAGE_WAITING,   /* in the scheduler */
    ADL_STAGE_RESOLVING, /* its host's address is asked for */
    ADL_STAGE_ACTIVE,    /* an attempt is under way */
    ADL_STAGE_SAVING,    /* its body is being saved or dropped */
    ADL_STAGE_ENDED,     /* its callback is due */
};

struct asyncdl_transfer {
    struct adl_sched_item item; /* first: what the scheduler hands back */
    struct asyncdl_transfer *prev, *next;             /* client.transfers */
    struct asyncdl_transfer *stage_prev, *stage_next; /* client.fresh... */
    struct asyncdl_transfer *calls_prev, *calls_next; /* client.called */
    struct asyncdl_transfer *slow_prev, *slow_next;   /* client.throttled */
    struct asyncdl_client *client;
    enum adl_stage stage;
    uint64_t id;

    /* As requested. */
    char **urls; /* the first, then mirrors */
    size_t n_urls;
    const char *name; /* NULL: by the client's template; as dir, with urls */
    const char *dir;
    char **headers;
    char *user_agent;
    char *referer;
    uint64_t index;
    unsigned flags;
    enum asyncdl_body kind;
    asyncdl_body_cb on_body;
    uint64_t max_size;        /* 0: no limit */
    struct adl_checks checks; /* with what the answer under way claims */
    asyncdl_done_cb on_done;
    void *data; /* for on_done and on_body */

    /* On the way. */
    size_t i_url;       /* the mirror in use */
    struct adl_url url; /* where the next attempt goes */
    /* Of the mirror in use, once a redirect led on: whom credentials are for.
     */
    char *first_origin;
    char *path;    /* of the file, safe; NULL until admitted, and for others */
    bool is_named; /* not for the server to choose; claimed when admitted */
    struct adl_resolve_lookup lookup;
    uint64_t located_ms; /* since when it has been RESOLVING */
    struct adl_attempt *attempt;
    struct adl_job job; /* its admission, or the note of its failure */
    int admission_rc;
    struct adl_admission admission;
    struct adl_standing standing;
    uint8_t key[ADL_JOURNAL_KEY]; /* of the entry, for the journal */
    struct adl_body *body;        /* NULL until it is needed: it is large */
    struct {                      /* what the body's job under way was handed */
        uint32_t n_attempts;
        int status;
    } handed;
    /* Of which the body is a part: as its first answer told. NULL without. */
    struct adl_validator *version;
    /* The same, while another source is asked and has given nothing: what the
     * body is a part of for a later run. NULL without. */
    struct adl_validator *version_left;
    bool can_resume;    /* that answer lets it be gone on with */
    bool must_restart;  /* the next attempt asks for the whole */
    uint64_t n_resumed; /* bytes of the body that an earlier run has left */
    bool is_mixed;      /* its bytes are of several mirrors */
    bool was_restarted; /* a botched range was forgiven once */
    bool must_be_plain; /* HTTP/1.1: HTTP/2 does not tell where it ends */
    bool was_plain;     /* that was tried */
    int64_t mtime_s;
    uint64_t offset; /* that the attempt asked for */
    uint64_t total;  /* announced, 0 when not known */
    uint32_t n_attempts;
    uint32_t n_failed; /* on the mirror in use */
    uint32_t n_redirects;
    uint32_t n_excused; /* failures that an outage is to blame for */
    bool is_net_probe;  /* it started while the network was down */
    uint64_t first_failed_ms;
    uint64_t net_lost_ms; /* for how long the network had been down then */
    uint64_t queued_ms;   /* since when it has waited */
    uint64_t waited_ms;
    uint64_t progress_ms; /* when progress was last told */

    /* What others asked for, to be seen to in the next turn. */
    bool is_called;    /* stands in client.called */
    bool is_throttled; /* stands in client.throttled */
    bool is_canceled;
    bool is_paused; /* by the user, between attempts too */
    bool must_resume_user;
    bool must_resume_disk;

    /* How it ends. */
    int err;
    bool is_retryable;
    bool is_skipped;
    char *error;                           /* in words; NULL: what err says */
    char sha256[2 * ADL_SHA256_BYTES + 1]; /* of the body; "": not known */
    struct adl_attempt_facts last;         /* of the last attempt */
};

/*
 * Take over a caller's request, whose struct may be of an earlier version, with
 * every field there is now. It borrows what the caller's does. 0 or -EINVAL.
 */
int adl_transfer_read_request(struct asyncdl_request *out,
                              const struct asyncdl_request *given);

/*
 * Memory of transfers that have ended, for those that come: they are large, and
 * what is done before ends as soon as it began. Zero is empty.
 */
struct adl_transfer_spares {
    struct asyncdl_transfer *first; /* next */
    size_t n;
};

void adl_transfer_spares_finish(struct adl_transfer_spares *spares);

/*
 * Copy a request that was read. Neither name nor client are looked at. 0,
 * -EINVAL, -ENOMEM, ASYNCDL_EURL or ASYNCDL_ESCHEME.
 */
int adl_transfer_create(struct asyncdl_transfer **out,
                        struct adl_transfer_spares *spares,
                        const struct asyncdl_request *request,
                        const struct asyncdl_client_options *options);

/* Bytes of its body, as far as they have come; of one that was finished before,
 * all of them. */
uint64_t adl_transfer_get_size(const struct asyncdl_transfer *transfer);

/* NULL is allowed. No attempt or job may be under way. */
void adl_transfer_destroy(struct asyncdl_transfer *transfer,
                          struct adl_transfer_spares *spares);

/* Go to the i-th mirror, from its start. 0 or an error of its URL. */
int adl_transfer_use_url(struct asyncdl_transfer *transfer, size_t i,
                         const char *protocols);

/* Go on at a URL that a redirect named; it is taken. 0 or -ENOMEM. */
int adl_transfer_redirect(struct asyncdl_transfer *transfer,
                          struct adl_url *url);

/* Keep in words why it failed; without memory, what its code says must do. */
void adl_transfer_explain(struct asyncdl_transfer *transfer, const char *format,
                          ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* Why it failed, or the last attempt did: what was kept, else what err says. */
const char *adl_transfer_get_error(const struct asyncdl_transfer *transfer,
                                   int err);

/* Did a redirect lead to another origin? Credentials of the client are not for
 * that one. */
bool adl_transfer_is_foreign(const struct asyncdl_transfer *transfer);

/* The transfer as its done callback sees it. Borrows from the transfer. */
void adl_transfer_fill_result(const struct asyncdl_transfer *transfer,
                              struct asyncdl_result *out);

#endif
