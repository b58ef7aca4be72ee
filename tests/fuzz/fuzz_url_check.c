/* SPDX-License-Identifier: MIT */
/* A URL of a list is refused in plain words without what is secret in it, and
 * what is not refused has the host that the engine sees. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/url.h"
#include "fetch/url.h"
#include "fuzz/fuzz.h"

#define SECRET "S3CR3T"

static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~') {
            return false;
        }
    }
    return true;
}

static const char *check_refused(const char *url, struct adl_buf *why)
{
    adl_buf_reset(why);
    if (adl_url_check(url, strlen(url), NULL, why) == 0) {
        return NULL;
    }
    if (!is_plain(adl_buf_str(why)) || why->len > 512 || fuzz_is_planted(1)) {
        return "a refusal is a short line of ASCII";
    }
    return NULL;
}

/* With a secret where passwords are, or where tokens are. */
static const char *check_secret(const char *url, const char *before,
                                const char *after, struct adl_buf *why)
{
    struct adl_buf text = {0};

    if (strstr(url, SECRET) != NULL) {
        return NULL;
    }
    adl_buf_reset(why);
    if (adl_buf_addf(&text, "%s%s%s", url, before, after) < 0) {
        abort();
    }
    (void)adl_url_check(text.data, text.len, NULL, why);
    adl_buf_finish(&text);
    return strstr(adl_buf_str(why), fuzz_is_planted(2) ? "***" : SECRET) != NULL
               ? "a refusal tells no secrets"
               : NULL;
}

/* Labels that are no address in any of its forms. */
static bool is_name(const char *host)
{
    const char *dot = strrchr(host, '.');
    const char *label = dot != NULL ? dot + 1 : host;

    return strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") ==
               strlen(host) &&
           label[0] >= 'a';
}

/* The engine asks others by their names in ASCII. */
static bool is_ascii(const char *bytes, size_t len)
{
    size_t n = 0;

    while (n < len && bytes[n] > 0) {
        n++;
    }
    return n == len;
}

static const char *check_host(const char *text)
{
    const char *host = NULL;
    struct adl_url url = {0};
    size_t len = adl_url_get_host(&host, text);
    const char *broken = NULL;

    if (len == 0 || memchr(host, '@', len) != NULL ||
        memchr(host, '/', len) != NULL || fuzz_is_planted(3)) {
        return "a checked URL has a host";
    }
    if (adl_url_parse(&url, text, "http,https") == 0 && is_name(url.host) &&
        (strlen(url.host) != len || strncasecmp(host, url.host, len) != 0 ||
         fuzz_is_planted(4)) &&
        memchr(host, '%', len) == NULL && is_ascii(host, len)) {
        broken = "the host is the one that the engine asks";
    }
    adl_url_finish(&url);
    return broken;
}

static const char *check_text(const char *text, struct adl_buf *why)
{
    const char *broken = check_refused(text, why);

    if (broken == NULL && why->len == 0) {
        broken = check_host(text);
    }
    if (broken == NULL) {
        broken = check_secret(text, SECRET "@", "h .test/", why);
    }
    return broken == NULL ? check_secret(text, "?" SECRET, "=" SECRET " ", why)
                          : broken;
}

static const char *check(const char *bytes, size_t len)
{
    struct fuzz_input input = {bytes, bytes + len};
    struct adl_buf why = {0};
    char *text = fuzz_take_string(&input);
    const char *broken = check_text(text, &why);

    free(text);
    adl_buf_finish(&why);
    return broken;
}

static const struct fuzz_seed seeds[] = {
    FUZZ_SEED("http://a.test/"),
    FUZZ_SEED("HTTPS://u:p@A.test:80/x?y#z"),
    FUZZ_SEED("http://[::1]:8080/"),
    FUZZ_SEED("http://[::1/"),
    FUZZ_SEED("http://a b/\x1b\xff"),
    FUZZ_SEED("http://a.test:99999/"),
    FUZZ_SEED("http://a.test\\@b.test/"),
    FUZZ_SEED("http://a%2etest/"),
    FUZZ_SEED("ftp://a.test/"),
    FUZZ_SEED("no url"),
    FUZZ_SEED(""),
};

const struct fuzz_target fuzz_url_check = {
    .name = "url_check",
    .check = check,
    .seeds = seeds,
    .n_seeds = sizeof(seeds) / sizeof(seeds[0]),
    .n_plants = 4,
};
