/* SPDX-License-Identifier: MIT */
/* A client's options as libcurl's: the part of an attempt that never changes,
 * and the part that does. */
#ifndef ADL_FETCH_ATTEMPT_SETUP_H
#define ADL_FETCH_ATTEMPT_SETUP_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "asyncdl/client.h"

/* Lists that libcurl borrows, and what handles share. Zero is empty. */
struct adl_setup {
    const struct asyncdl_client_options *options; /* borrowed */
    struct curl_slist *headers;
    struct curl_slist *resolve;
    struct curl_slist *connect_to;
    CURLSH *share;
    CURL *cookie_keeper; /* loads and writes the cookies, never runs */
    long http_version;   /* CURL_HTTP_VERSION_*; asking libcurl is dear */
    bool has_own_ca;     /* the file that libcurl trusts by itself is there */
    bool writes_jar;     /* its client is open: what ends now is a run */
};

/* 0, -ENOMEM, -EINVAL, -errno for a file, or ASYNCDL_ENOTBUILT. */
int adl_setup_init(struct adl_setup *setup,
                   const struct asyncdl_client_options *options);

/* All handles must be cleaned up. Writes the cookie jar where writes_jar is
 * set, by whoever sees the client open. */
void adl_setup_finish(struct adl_setup *setup);

/* Set all options of a fresh handle. Errors as above. */
int adl_setup_apply(const struct adl_setup *setup, CURL *easy);

/*
 * Does this libcurl know a body whose length nobody told, sent with HTTP/2, for
 * whole? Before 8.0 it takes one that a broken connection cut for whole.
 */
bool adl_setup_knows_ends(void);

/* Can a connection to there carry several requests at once? */
bool adl_setup_may_share(const struct adl_setup *setup, const char *url);

/* Where an attempt goes. It waits for a connection that is being made where it
 * may share it. 0, -ENOMEM or -EINVAL. */
int adl_setup_aim(const struct adl_setup *setup, CURL *easy, const char *url);

/* What differs between attempts. */
struct adl_setup_special {
    const char *url;
    const char *user_agent; /* NULL: the client's */
    const char *referer;    /* NULL: the client's */
    const char *range;      /* "500-"; NULL: none */
    bool is_foreign;        /* no credentials of the client */
    bool forbid_reuse;
    bool is_plain_http; /* HTTP/1.1 on a connection of its own */
};

/* 0, -ENOMEM or -EINVAL. */
int adl_setup_specialize(const struct adl_setup *setup, CURL *easy,
                         const struct adl_setup_special *special);

/*
 * Where the next attempt goes: "+HOST:PORT:ADDRESS,..." beside the client's
 * own entries, or NULL for these alone; and how much of its connect timeout was
 * spent on finding out. *list is what the handle borrows: freed, and set anew.
 * 0 or -ENOMEM.
 */
int adl_setup_locate(const struct adl_setup *setup, CURL *easy,
                     struct curl_slist **list, const char *entry,
                     uint64_t spent_ms);

/* More requests at once to one host are a loss with this libcurl and these
 * options; 0: it is the server's to say. */
uint32_t adl_setup_get_most_per_host(
    const struct asyncdl_client_options *options);

/* The file of certificates to trust that was there at the start, or NULL. */
const char *adl_setup_get_ca_file(const struct adl_setup *setup);

/* Does the proxy depend on the URL? */
bool adl_setup_has_proxies(const struct adl_setup *setup);

/*
 * The headers of an attempt: the client's and further ones, less those that
 * only the first host may see when is_foreign, and If-Range. 0 or -ENOMEM.
 */
int adl_setup_join_headers(const struct adl_setup *setup,
                           struct curl_slist **out, const char *const *further,
                           bool is_foreign, const char *if_range);

/* libcurl's word on an option as ours: see adl_setup_init(). */
int adl_setup_translate(CURLcode cc);

#endif
