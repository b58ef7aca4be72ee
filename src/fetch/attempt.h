/* SPDX-License-Identifier: MIT */
/*
 * One attempt: one request to one server, and its answer. libcurl's handles
 * are kept in a pool and set up once; an attempt only changes what differs.
 *
 * Redirects are not followed here, because another host has limits of its own:
 * they end an attempt like any other answer.
 */
#ifndef ADL_FETCH_ATTEMPT_H
#define ADL_FETCH_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>
#include <uv.h>

#include "asyncdl/client.h"
#include "fetch/answer.h"
#include "fetch/multi.h"

/* Reasons not to read a body. It is read when none is left. */
enum adl_pause {
    ADL_PAUSE_USER = 1u << 0,
    ADL_PAUSE_RATE = 1u << 1,
    ADL_PAUSE_DISK = 1u << 2,
};

/* Answer of on_body: not taken, because the attempt is paused. */
#define ADL_ATTEMPT_PAUSED 1

struct adl_attempt;

/* Called inside libcurl: they may only record, and pause. */
struct adl_attempt_ops {
    /* The head of a 2xx answer is there; its body follows. It may set coding.
     * 0, or what the attempt ends with. */
    int (*on_answer)(struct adl_attempt *attempt, void *data);
    /* 0 when taken, ADL_ATTEMPT_PAUSED, or what the attempt ends with. */
    int (*on_body)(struct adl_attempt *attempt, const void *bytes, size_t len,
                   void *data);
};

/* What to send. Borrowed for the length of adl_attempt_start(). */
struct adl_attempt_spec {
    const char *url;
    const char *const *headers; /* further ones; may be NULL */
    const char *user_agent;     /* NULL: the client's */
    const char *referer;        /* NULL: the client's */
    uint64_t offset;            /* ask for the body from here on */
    const char *if_range;       /* required when offset > 0 */
    const char *located;        /* "+HOST:PORT:ADDRESS,..."; NULL: none */
    uint64_t spent_ms;          /* on finding that out */
    bool is_foreign;            /* not where the credentials are for */
    bool is_last_of_host;       /* the connection is of no further use */
    bool is_proxied;            /* whom it connects to is a proxy */
    bool is_plain_http;         /* HTTP/1.1, whatever the client's options */
};

/* What is worth keeping of one. */
struct adl_attempt_facts {
    int status; /* 0 without an answer */
    struct asyncdl_times time;
    const char *http_version; /* constant; NULL is "" */
    char remote_ip[48];       /* of any family, "" without a connection */
};

/* How it ended. */
struct adl_attempt_outcome {
    int err;            /* 0 for a 2xx answer, whole as far as HTTP tells */
    char *redirect_url; /* of a 3xx, absolute; taken by the caller */
    int os_errno;       /* of its socket, 0: none */
    bool is_connected;
    bool lacks_fds; /* no descriptor was left for a socket */
    int lost_port;  /* local, of a connection that broke and that others
                     * may be on; 0: there is none */
    struct adl_attempt_facts facts;
    char text[400]; /* set unless err is 0 */
};

struct adl_attempt {
    CURL *easy;
    struct adl_attempt_pool *pool;
    struct adl_attempt *next; /* pool.idle */
    const struct adl_attempt_ops *ops;
    void *data;
    struct curl_slist *headers; /* its own; NULL: the pool's are used */
    struct curl_slist *resolve; /* likewise */
    struct adl_answer answer;
    const char *ca_file;    /* that was there when the pool was made, or NULL */
    enum adl_coding coding; /* of the body, to be undone before on_body */
    struct adl_decoder *decoder; /* of the body under way; NULL: it has none */
    uint64_t started_ms;         /* when its name was looked up, where it was */
    uint64_t spent_ms;           /* on looking it up */
    uint64_t active_ms; /* when the last byte came, or reading went on */
    uint64_t n_dropped; /* bytes of an error page */
    unsigned paused;    /* of enum adl_pause */
    int abort_err;      /* why a callback ended it, or a deadline */
    int socket_errno;
    int local_port;      /* of its connection; 0: none, or not known */
    uint64_t doubted_ms; /* since when its connection may be dead */
    bool is_doubted;
    CURLcode cc; /* libcurl's word on how it ended */
    bool is_added;
    bool is_connected;
    bool has_begun;   /* on_answer was called */
    bool may_share;   /* its connection, with other requests */
    bool is_proxied;  /* whom it connects to is a proxy */
    bool is_held;     /* libcurl holds bytes back until it is resumed */
    bool is_draining; /* it is to get rid of those */
    bool is_special;  /* options differ from the pool's */
    char error[CURL_ERROR_SIZE];
};

struct adl_attempt_pool;

/*
 * options are borrowed until destroy. 0, -ENOMEM, -EINVAL, -errno for a file,
 * or ASYNCDL_ENOTBUILT for an option that this libcurl cannot do.
 */
int adl_attempt_pool_create(struct adl_attempt_pool **out,
                            const struct asyncdl_client_options *options,
                            uv_loop_t *loop, const struct adl_attempt_ops *ops);

/* Where attempts run; said once before the first. Borrowed until destroy. */
void adl_attempt_pool_set_multi(struct adl_attempt_pool *pool,
                                struct adl_multi *multi);

/* Writes the cookie jar. No attempt may be out. NULL is allowed. */
void adl_attempt_pool_destroy(struct adl_attempt_pool *pool);

/* Start one. 0, -ENOMEM, or -EINVAL for what libcurl will not take. */
int adl_attempt_start(struct adl_attempt **out, struct adl_attempt_pool *pool,
                      const struct adl_attempt_spec *spec, void *data);

typedef void (*adl_attempt_end_cb)(struct adl_attempt *attempt, void *data);

/* Call on_end for each attempt that has ended; not inside libcurl. */
void adl_attempt_reap(struct adl_attempt_pool *pool, adl_attempt_end_cb on_end);

/* Have it end with err; it is not reaped then. */
void adl_attempt_abort(struct adl_attempt *attempt, int err);

/* What became of one that was reaped or aborted. */
void adl_attempt_judge(struct adl_attempt *attempt,
                       struct adl_attempt_outcome *out);

/* Give it back to the pool, under way or ended. */
void adl_attempt_stop(struct adl_attempt *attempt);

/* Not inside libcurl. Resuming may call on_body. False when that ended it; it
 * is not reaped then. */
bool adl_attempt_resume(struct adl_attempt *attempt, enum adl_pause reason);

/* Anywhere. The next piece of the body is refused. */
void adl_attempt_pause(struct adl_attempt *attempt, enum adl_pause reason);

/* Its connection may be dead: it has to show a byte soon. */
void adl_attempt_doubt(struct adl_attempt *attempt);

/*
 * Deadlines. 0 while none has passed, and *out_due_ms is when to look again;
 * else ASYNCDL_ECONNTIMEOUT, ASYNCDL_ERESET (its connection is dead),
 * ASYNCDL_ESTALL or ASYNCDL_EMAXTIME.
 */
int adl_attempt_check_time(const struct adl_attempt *attempt, uint64_t now_ms,
                           uint64_t *out_due_ms);

/* Will a body be known for whole when it ends? Asked at its head. */
bool adl_attempt_knows_end(struct adl_attempt *attempt);

/* Bytes of the body as sent, before decoding. */
uint64_t adl_attempt_n_wire_bytes(struct adl_attempt *attempt);

/*
 * The way of a body from libcurl to on_body, for attempt.c. 0,
 * ADL_ATTEMPT_PAUSED where all of it has to come again, or what the attempt
 * ends with.
 */
int adl_attempt_take_body(struct adl_attempt *attempt, const void *bytes,
                          size_t len);

/* Forget how it was decoded. */
void adl_attempt_reset_body(struct adl_attempt *attempt);

/* A body that was decoded and broke off. */
bool adl_attempt_is_torn(const struct adl_attempt *attempt);

#endif
