/* SPDX-License-Identifier: MIT */
/*
 * Questions to name servers of the user's choice: c-ares on a uv loop. No
 * thread, and nothing blocks.
 *
 * /etc/hosts comes first, and search domains are not tried. c-ares cannot take
 * back one question of several: each is answered once, if only when its tries
 * are over or by adl_dns_close().
 */
#ifndef ADL_FETCH_DNS_H
#define ADL_FETCH_DNS_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "asyncdl/client.h"

#define ADL_DNS_ADDRESSES 32 /* of one name; the rest is dropped */

struct adl_dns;

struct adl_dns_answer {
    int err;        /* 0, ASYNCDL_ERESOLVE or -ENOMEM */
    char *text;     /* addresses parted by commas, the best first; or why there
                     * are none, or NULL. The callee frees it */
    bool is_deaf;   /* no server answered */
    uint32_t ttl_s; /* for how long they are good */
};

/* Inside c-ares: may only record. */
typedef void (*adl_dns_answer_cb)(void *question,
                                  const struct adl_dns_answer *answer);

typedef void (*adl_dns_cb)(void *data);

struct adl_dns_ops {
    adl_dns_answer_cb on_answer;
    adl_dns_cb on_progress; /* outside, after there may have been answers */
};

/* 0, -EINVAL for servers that are no list of servers, ASYNCDL_ENOTBUILT where
 * c-ares is not built in, or -ENOMEM. */
int adl_dns_open(struct adl_dns **out, uv_loop_t *loop, const char *servers,
                 enum asyncdl_ip_version ip_version,
                 const struct adl_dns_ops *ops, void *data);

/* The answer may come at once. The loop is not kept alive for it. */
void adl_dns_ask(struct adl_dns *dns, const char *host, void *question);

/* Answers what is open, frees it, then calls on_closed: at once where nothing
 * was ever asked, because then nothing of it is on the loop. */
void adl_dns_close(struct adl_dns *dns, adl_dns_cb on_closed);

#endif
