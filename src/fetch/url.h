/* SPDX-License-Identifier: MIT */
/* URLs, read as libcurl reads them, so that what is scheduled under a host is
 * what libcurl connects to. */
#ifndef ADL_FETCH_URL_H
#define ADL_FETCH_URL_H

#include <stdbool.h>
#include <stddef.h>

/* One URL, taken apart. Free with adl_url_finish(). Zero is empty. */
struct adl_url {
    char *text; /* whole, with what must be percent-encoded encoded */
    /* In the same block of memory: */
    const char *origin; /* "scheme://host:port", lower case: who is asked */
    const char *host;   /* without brackets */
    const char *path;   /* percent-encoded, from the '/' on */
};

/*
 * Read text, absolute and of a scheme that protocols ("http,https") lists.
 * 0, ASYNCDL_EURL, ASYNCDL_ESCHEME, or -ENOMEM.
 */
int adl_url_parse(struct adl_url *out, const char *text, const char *protocols);

/* The same by libcurl's parser alone, for any scheme it knows: what
 * adl_url_parse() does where the short way does not go. */
int adl_url_parse_fully(struct adl_url *out, const char *text);

void adl_url_finish(struct adl_url *url);

/* Does the comma-separated list hold the name, in any case? */
bool adl_url_scheme_is_in(const char *scheme, size_t len, const char *list);

#endif
