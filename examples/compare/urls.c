/* SPDX-License-Identifier: MIT */
#include "urls.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_SITES    160
#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME  UINT64_C(0x100000001b3)
#define JYTHON     "https://www.jython.org"
#define DICE       "http://olympus.realpython.org/dice"
#define BYTES_PATH "/bytes/"
#define SITE_HOST  "127.0.0.1"
#define HTTP       "http://"
#define HTTPS      "https://"

static const struct {
    const char *url;
    uint64_t size;
} known[] = {{JYTHON, 10490}, {DICE, 278}};

static const char *skip_scheme(const char *url)
{
    const char *mark = strstr(url, "://");

    return mark != NULL ? mark + 3 : NULL;
}

/* What the bundled site sends for a URL, or 0. */
static uint64_t size_of(const char *url)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(url, known[i].url) == 0) {
            return known[i].size;
        }
    }
    const char *host = skip_scheme(url);
    const char *path = host != NULL ? strchr(host, '/') : NULL;

    if (path != NULL && strncmp(path, BYTES_PATH, strlen(BYTES_PATH)) == 0) {
        return strtoull(path + strlen(BYTES_PATH), NULL, 10);
    }
    return 0;
}

static int add(struct urls *urls, const char *text)
{
    size_t len = strlen(text);

    if (len >= URL_BYTES) {
        return -ENAMETOOLONG;
    }
    if (urls->n == URLS_MAX) {
        return -E2BIG;
    }
    if ((urls->n & (urls->n - 1)) == 0) { /* a power of two: full */
        size_t cap = urls->n == 0 ? 1 : urls->n * 2;
        struct url *items = realloc(urls->items, cap * sizeof(*items));

        if (items == NULL) {
            return -ENOMEM;
        }
        urls->items = items;
    }
    struct url *url = &urls->items[urls->n];

    *url = (struct url){.size = size_of(text)};
    memcpy(url->text, text, len);
    urls->n++;
    return 0;
}

static int add_sites(struct urls *urls)
{
    int err = 0;

    for (int i = 0; err == 0 && i < N_SITES; i++) {
        err = add(urls, known[i % 2].url);
    }
    return err;
}

static int add_line(struct urls *urls, char *line)
{
    char *text = line + strspn(line, " \t");

    text[strcspn(text, " \t\r\n")] = '\0';
    if (text[0] == '\0' || text[0] == '#') {
        return 0;
    }
    return skip_scheme(text) != NULL ? add(urls, text) : -EINVAL;
}

static int add_file(struct urls *urls, FILE *file, unsigned *line_number)
{
    char *line = NULL;
    size_t cap = 0;
    int err = 0;

    while (err == 0 && getline(&line, &cap, file) >= 0) {
        ++*line_number;
        err = add_line(urls, line);
    }
    free(line);
    return err;
}

int urls_read(struct urls *out, const char *file, char *text, size_t cap)
{
    struct urls urls = {0};
    unsigned line = 0;
    int err = 0;

    if (file == NULL) {
        err = add_sites(&urls);
    } else {
        FILE *in = fopen(file, "r");

        err = in != NULL ? add_file(&urls, in, &line) : -errno;
        if (err == 0 && ferror(in)) {
            line = 0;
            err = -EISDIR; /* what else opens, and cannot be read */
        }
        if (in != NULL) {
            (void)fclose(in); /* it was only read */
        }
    }
    if (err == 0 && urls.n == 0) {
        err = -ENODATA;
    }
    if (err < 0) {
        const char *why = err == -EINVAL    ? "not a URL"
                          : err == -ENODATA ? "no URL in it"
                                            : strerror(-err);

        line = err == -EINVAL ? line : 0;
        (void)snprintf(text, cap, line > 0 ? "%s:%u: %s" : "%s: %.0u%s",
                       file != NULL ? file : "the 160 sites", line, why);
        urls_finish(&urls);
        return err;
    }
    *out = urls;
    return 0;
}

void urls_finish(struct urls *urls)
{
    free(urls->items);
    *urls = (struct urls){0};
}

int urls_host(char *out, size_t cap, const char *url)
{
    const char *host = skip_scheme(url);

    if (host == NULL) {
        return -EINVAL;
    }
    size_t len = strcspn(host, "/?#");
    const char *at = memchr(host, '@', len);

    if (at != NULL) {
        len -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    size_t name_len = strcspn(host, ":/?#");

    len = name_len < len ? name_len : len;
    if (len == 0 || len >= cap || host[0] == '[') {
        return -EINVAL;
    }
    memcpy(out, host, len);
    out[len] = '\0';
    return 0;
}

int urls_on_site(char out[URL_BYTES], const struct url *url, unsigned http_port,
                 unsigned https_port)
{
    bool is_https = strncmp(url->text, HTTPS, strlen(HTTPS)) == 0;
    const char *host = skip_scheme(url->text);
    const char *path = strchr(host, '/');
    size_t len = strcspn(host, "/?#");
    int n;

    if (memchr(host, ':', len) != NULL) { /* has a port: goes where it says */
        n = snprintf(out, URL_BYTES, "%s", url->text);
    } else if (path == NULL ||
               (url->size > 0 &&
                strncmp(path, BYTES_PATH, strlen(BYTES_PATH)) != 0)) {
        n = snprintf(out, URL_BYTES, "%s" SITE_HOST ":%u" BYTES_PATH "%" PRIu64,
                     is_https ? HTTPS : HTTP, is_https ? https_port : http_port,
                     url->size);
    } else {
        n = snprintf(out, URL_BYTES, "%s" SITE_HOST ":%u%s",
                     is_https ? HTTPS : HTTP, is_https ? https_port : http_port,
                     path);
    }
    return n >= 0 && n < URL_BYTES ? 0 : -ENAMETOOLONG;
}

uint64_t urls_hash(const void *body, size_t len, uint64_t seed, unsigned passes)
{
    const unsigned char *bytes = body;
    uint64_t hash = FNV_OFFSET ^ seed;

    for (unsigned pass = 0; pass < passes; pass++) {
        for (size_t i = 0; i < len; i++) {
            hash = (hash ^ bytes[i]) * FNV_PRIME;
        }
    }
    return hash;
}
