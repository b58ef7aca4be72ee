/* SPDX-License-Identifier: MIT */
/* The short way of reading a URL reads what libcurl reads, and what was read
 * once is read so again. */
#include <stdlib.h>
#include <string.h>

#include "fetch/url.h"
#include "fuzz/fuzz.h"

static bool is_port(const char *text)
{
    size_t len = strspn(text, "0123456789");
    long port = strtol(text, NULL, 10);

    return len >= 1 && len <= 5 && text[len] == '\0' && port <= 65535;
}

static bool is_origin(const char *origin)
{
    const char *colon = strrchr(origin, ':');

    return (strncmp(origin, "http://", 7) == 0 ||
            strncmp(origin, "https://", 8) == 0) &&
           strpbrk(origin, "ABCDEFGHIJKLMNOPQRSTUVWXYZ?#@\\ ") == NULL &&
           is_port(colon + 1);
}

/* Only a host may have bytes that are not ASCII: an international name. */
static bool is_encoded(const char *text, unsigned char last)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c <= ' ' || c == 0x7f || c > last) {
            return false;
        }
    }
    return true;
}

static const char *check_parts(const struct adl_url *url)
{
    if (!is_origin(url->origin) || fuzz_is_planted(1)) {
        return "an origin is scheme, host and port";
    }
    if (url->host[0] == '\0' || strpbrk(url->host, "/?#@\\ []") != NULL ||
        fuzz_is_planted(2)) {
        return "a host is a name or an address";
    }
    return url->path[0] != '/' || !is_encoded(url->path, '~') ||
                   !is_encoded(url->text, 0xff) || fuzz_is_planted(3)
               ? "a path begins with / and is encoded"
               : NULL;
}

static bool is_same_place(const struct adl_url *a, const struct adl_url *b)
{
    return strcmp(a->origin, b->origin) == 0 && strcmp(a->host, b->host) == 0 &&
           strcmp(a->path, b->path) == 0;
}

/* What libcurl alone does not read: hosts in their own letters. */
static bool is_ascii(const char *text)
{
    while (*text > 0) {
        text++;
    }
    return *text == '\0';
}

static const char *check_again(const struct adl_url *url, const char *text)
{
    struct adl_url fully = {0};
    struct adl_url again = {0};
    const char *broken = NULL;

    if ((is_ascii(text) && (adl_url_parse_fully(&fully, text) != 0 ||
                            !is_same_place(url, &fully))) ||
        fuzz_is_planted(4)) {
        broken = "a URL is read as libcurl reads it";
    } else if ((is_ascii(url->host) &&
                (adl_url_parse(&again, url->text, "http,https") != 0 ||
                 !is_same_place(url, &again) ||
                 strcmp(url->text, again.text) != 0)) ||
               fuzz_is_planted(5)) {
        broken = "a URL that was read is read so again";
    }
    adl_url_finish(&fully);
    adl_url_finish(&again);
    return broken;
}

static const char *check(const char *bytes, size_t len)
{
    struct fuzz_input input = {bytes, bytes + len};
    char *text = fuzz_take_string(&input);
    struct adl_url url = {0};
    const char *broken = NULL;

    if (adl_url_parse(&url, text, "http,https") == 0) {
        broken = check_parts(&url);
        if (broken == NULL) {
            broken = check_again(&url, text);
        }
    }
    adl_url_finish(&url);
    free(text);
    return broken;
}

static const struct fuzz_seed seeds[] = {
    FUZZ_SEED("http://a.test/"),
    FUZZ_SEED("https://a.test:8443/x/../y?q=/z#f"),
    FUZZ_SEED("HTTP://U:p%40@A.Test:80/%2e%2E/b"),
    FUZZ_SEED("http://[::1]:81/a b\xc3\xa4"),
    FUZZ_SEED("http://[fe80::1%25eth0]/"),
    FUZZ_SEED("http://0x7f.1/"),
    FUZZ_SEED("http://127.0.0.1:65535?x"),
    FUZZ_SEED("http://a.test/.x/./y//z"),
    FUZZ_SEED("http://a..test./"),
    FUZZ_SEED("http:///a.test/"),
    FUZZ_SEED("ftp://a.test/"),
};

const struct fuzz_target fuzz_url = {
    .name = "url",
    .check = check,
    .seeds = seeds,
    .n_seeds = sizeof(seeds) / sizeof(seeds[0]),
    .n_plants = 5,
};
