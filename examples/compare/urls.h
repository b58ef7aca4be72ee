/* SPDX-License-Identifier: MIT */
/* The list of URLs: the 160 sites, or a file of them. */
#ifndef COMPARE_URLS_H
#define COMPARE_URLS_H

#include <stddef.h>
#include <stdint.h>

#define URL_BYTES 1024
#define URLS_MAX  100000

/* One line of the list. Crosses to helper processes as it is. */
struct url {
    char text[URL_BYTES];
    uint64_t size; /* what its body must have; 0: not known */
};

struct urls {
    struct url *items;
    size_t n;
};

/*
 * Read a file of URLs, one a line; NULL is the 160 sites. Release it with
 * urls_finish(). 0 or -errno, with why in text.
 */
int urls_read(struct urls *out, const char *file, char *text, size_t cap);
void urls_finish(struct urls *urls);

/* The host of a URL, without user and port. 0, or -EINVAL where it has none. */
int urls_host(char *out, size_t cap, const char *url);

/*
 * The same resource, as a program that cannot be told to connect elsewhere asks
 * the bundled site for it. 0, or -ENAMETOOLONG.
 */
int urls_on_site(char out[URL_BYTES], const struct url *url, unsigned http_port,
                 unsigned https_port);

/* A hash of a body (64-bit FNV-1a), begun with seed, made passes times over. */
uint64_t urls_hash(const void *body, size_t len, uint64_t seed,
                   unsigned passes);

#endif
