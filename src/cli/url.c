/* SPDX-License-Identifier: MIT */
#include "cli/url.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "cli/snippet.h"

#define MAX_PORT 65535

/* The parts of a URL that say where to connect. */
struct authority {
    const char *host;
    size_t len;
    const char *port; /* behind the colon, or NULL */
    size_t port_len;
};

/* The length of a scheme that "://" follows, or 0. */
static size_t get_scheme_len(const char *url, size_t len)
{
    size_t n = 0;

    while (n < len &&
           (isalnum((unsigned char)url[n]) ||
            (n > 0 && (url[n] == '+' || url[n] == '-' || url[n] == '.')))) {
        n++;
    }
    bool has_mark = len - n >= 3 && strncmp(url + n, "://", 3) == 0;
    return has_mark && n > 0 && isalpha((unsigned char)url[0]) ? n : 0;
}

static bool has_word(const char *list, const char *word, size_t len)
{
    for (const char *p = list; *p != '\0';) {
        size_t n = strcspn(p, ",");

        if (n == len && strncasecmp(p, word, len) == 0) {
            return true;
        }
        p += n + (p[n] == ',');
    }
    return false;
}

/* Take apart what stands between "://" and the path. */
static struct authority read_authority(const char *text, size_t len)
{
    struct authority a = {0};
    size_t end = 0;

    while (end < len && text[end] != '/' && text[end] != '?' &&
           text[end] != '#' && text[end] != '\0') {
        end++;
    }
    size_t start = end;
    while (start > 0 && text[start - 1] != '@') {
        start--;
    }
    a.host = text + start;
    a.len = end - start;
    const char *close = memchr(a.host, ']', a.len);
    const char *from =
        a.len > 0 && a.host[0] == '[' && close != NULL ? close : a.host;
    const char *colon = memchr(from, ':', (size_t)(a.host + a.len - from));
    if (colon != NULL) {
        a.port = colon + 1;
        a.port_len = (size_t)(a.host + a.len - a.port);
        a.len = (size_t)(colon - a.host);
    }
    return a;
}

static bool is_port(const char *port, size_t len)
{
    unsigned n = 0;

    for (size_t i = 0; i < len; i++) {
        if (!isdigit((unsigned char)port[i])) {
            return false;
        }
        n = n * 10 + (unsigned)(port[i] - '0');
        if (n > MAX_PORT) {
            return false;
        }
    }
    return true; /* nothing behind the colon is the default */
}

static const bool bad_in_host[256] = {
    ['\0'] = true, ['"'] = true, ['<'] = true, ['>'] = true,
    ['\\'] = true, ['^'] = true, ['`'] = true, ['{'] = true,
    ['|'] = true,  ['}'] = true, ['['] = true, [']'] = true,
};

/* What is wrong with a host, or NULL. */
static const char *find_host_fault(const struct authority *a)
{
    if (a->len == 0) {
        return "no host in the URL";
    }
    bool is_bracketed = a->host[0] == '[';
    if (is_bracketed && (a->len < 3 || a->host[a->len - 1] != ']')) {
        return "broken IPv6 address in the URL";
    }
    size_t edge = is_bracketed ? 1 : 0;
    for (size_t i = edge; i < a->len - edge; i++) {
        if (bad_in_host[(unsigned char)a->host[i]]) {
            return "bad host in the URL";
        }
    }
    return a->port != NULL && !is_port(a->port, a->port_len)
               ? "bad port in the URL"
               : NULL;
}

/* Without a way out of the loop, compilers look at many bytes at once. */
static bool has_odd_byte(const char *url, size_t len)
{
    unsigned n_odd = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)url[i];

        n_odd |= (unsigned)(c <= ' ') | (unsigned)(c == 0x7f);
    }
    return n_odd != 0;
}

/* What is wrong with the bytes of a URL, or NULL. */
static const char *find_byte_fault(const char *url, size_t len)
{
    if (!has_odd_byte(url, len)) {
        return NULL;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)url[i];

        if (c == ' ') {
            return "blank in the URL (write %20)";
        }
        if (c < ' ' || c == 0x7f) {
            return "control character in the URL";
        }
    }
    return NULL;
}

static int refuse(struct adl_buf *why, const char *what, const char *url,
                  size_t len)
{
    int err = adl_buf_addf(why, "%s: ", what);

    if (err == 0) {
        err = adl_snippet_add(why, url, len);
    }
    return err < 0 ? err : -EINVAL;
}

int adl_url_check(const char *url, size_t len, const char *protocols,
                  struct adl_buf *why)
{
    size_t n = get_scheme_len(url, len);

    if (n == 0) {
        return refuse(why, "no URL (nothing like http:// in front)", url, len);
    }
    if (!has_word(protocols != NULL ? protocols : "http,https", url, n)) {
        return refuse(why, "scheme not allowed (see --proto)", url, len);
    }
    const char *fault = find_byte_fault(url, len);
    if (fault == NULL) {
        struct authority a = read_authority(url + n + 3, len - n - 3);

        fault = find_host_fault(&a);
    }
    return fault != NULL ? refuse(why, fault, url, len) : 0;
}

size_t adl_url_get_host(const char **out, const char *url)
{
    size_t len = strlen(url);
    size_t n = get_scheme_len(url, len);

    if (n == 0) {
        return 0;
    }
    struct authority a = read_authority(url + n + 3, len - n - 3);
    *out = a.host;
    return a.len;
}
