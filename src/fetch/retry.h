/* SPDX-License-Identifier: MIT */
/* What to do after an attempt failed. Pure: time and chance are passed in. */
#ifndef ADL_FETCH_RETRY_H
#define ADL_FETCH_RETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fetch/host.h"

struct adl_retry_policy {
    uint32_t n_retries;
    uint32_t delay_ms; /* before the first retry; doubles each time */
    uint64_t max_ms;   /* from the first failure to the start of the last try */
};

/* One failed attempt of a request, and those before it. */
struct adl_retry_facts {
    int err;                  /* of the attempt: ASYNCDL_E* or -errno */
    int status;               /* HTTP status, 0 without an answer */
    uint32_t n_failed;        /* attempts that failed so far, this one too */
    uint64_t first_failed_ms; /* when the first of them did */
    uint64_t now_ms;
    uint64_t random;           /* all 64 bits by chance */
    uint64_t retry_after_ms;   /* what the server asked for */
    bool retry_after_is_given; /* false: the line above means nothing */
};

enum adl_retry_action {
    ADL_RETRY_GIVE_UP_FOR_GOOD, /* another run would not help */
    ADL_RETRY_GIVE_UP,          /* another run can help */
    ADL_RETRY_AGAIN,            /* at due_ms */
};

struct adl_retry_verdict {
    enum adl_retry_action action;
    uint64_t due_ms;
    /* The host asks for quiet until then: 0 where it does not. */
    uint64_t hold_until_ms;
    /* The server's quiet is longer than max_ms: nobody need wait for it. */
    bool is_held_too_long;
};

/* Can an attempt that ended so succeed when it is repeated? */
bool adl_retry_is_passing(int err, int status);

/* What the end of an attempt says about its host. */
enum adl_host_sign adl_retry_sign(int err, int status);

/*
 * Decide. The delay is half fixed, half by chance: between 1/2 and 1 of
 * delay_ms * 2^(n_failed - 1), at most 60 s; a server's Retry-After replaces
 * it, and holds the whole host.
 */
struct adl_retry_verdict adl_retry_decide(const struct adl_retry_policy *policy,
                                          const struct adl_retry_facts *facts);

/*
 * Read a Retry-After header: seconds, or a date. Past dates mean 0; more than
 * a day means a day. 0 or -EINVAL.
 */
int adl_retry_after_parse(uint64_t *out_ms, const char *text, size_t len,
                          int64_t now_s);

#endif
