/* SPDX-License-Identifier: MIT */
#include "fetch/url.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "asyncdl/error.h"
#include "util/strings.h"

#define URL_MAX 65536

/* Where the parts of a plain URL stand. */
struct plain {
    size_t host; /* starts here */
    size_t host_len;
    size_t port; /* starts here; 0 where it is the scheme's */
    size_t port_len;
    size_t path; /* starts here; at the end where there is none */
    size_t path_len;
    const char *default_port;
};

static int translate(CURLUcode uc)
{
    switch (uc) {
    case CURLUE_OK:
        return 0;
    case CURLUE_OUT_OF_MEMORY:
        return -ENOMEM;
    case CURLUE_UNSUPPORTED_SCHEME:
        return ASYNCDL_ESCHEME;
    default:
        return ASYNCDL_EURL;
    }
}

bool adl_url_scheme_is_in(const char *scheme, size_t len, const char *list)
{
    while (*list != '\0') {
        size_t n = strcspn(list, ",");

        if (n == len && strncasecmp(list, scheme, len) == 0) {
            return true;
        }
        list += n + (list[n] == ',' ? 1 : 0);
    }
    return false;
}

/* libcurl guesses a scheme where there is none: we want to see one. */
static int check_scheme(const char *text, const char *protocols)
{
    size_t len = strcspn(text, ":/?#");

    if (len == 0 || strncmp(text + len, "://", 3) != 0) {
        return ASYNCDL_EURL;
    }
    if (text[len + 3] == '/' && strncasecmp(text, "file", len) != 0) {
        return ASYNCDL_EURL; /* it would take the first folder for the host */
    }
    return adl_url_scheme_is_in(text, len, protocols) ? 0 : ASYNCDL_ESCHEME;
}

static bool needs_encoding(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text <= 0x20 || (unsigned char)*text >= 0x7f) {
            return true;
        }
    }
    return false;
}

static int get(char **out, CURLU *parts, CURLUPart what, unsigned flags)
{
    char *text = NULL;
    int err = translate(curl_url_get(parts, what, &text, flags));

    if (err < 0) {
        return err;
    }
    *out = strdup(text); /* so that free() is right for it anywhere */
    curl_free(text);
    return *out != NULL ? 0 : -ENOMEM;
}

static void make_lower(char *text)
{
    for (; *text != '\0'; text++) {
        *text = (char)tolower((unsigned char)*text);
    }
}

static int join_origin(struct adl_url *url, const char *scheme,
                       const char *port)
{
    size_t cap = strlen(scheme) + strlen(url->host) + strlen(port) + 5;

    url->origin = malloc(cap);
    if (url->origin == NULL) {
        return -ENOMEM;
    }
    (void)snprintf(url->origin, cap, "%s://%s:%s", scheme, url->host, port);
    make_lower(url->origin);
    return 0;
}

static void cut_brackets(char *host)
{
    size_t len = strlen(host);

    if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
        memmove(host, host + 1, len - 2);
        host[len - 2] = '\0';
    }
}

static int take_apart(struct adl_url *url, CURLU *parts)
{
    char *scheme = NULL;
    char *port = NULL;
    int err = get(&scheme, parts, CURLUPART_SCHEME, 0);

    if (err == 0) {
        err = get(&port, parts, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    }
    if (err == 0) {
        err = get(&url->host, parts, CURLUPART_HOST, 0);
    }
    if (err == 0) {
        err = get(&url->path, parts, CURLUPART_PATH, 0);
    }
    if (err == 0) {
        err = join_origin(url, scheme, port);
    }
    if (err == 0) {
        cut_brackets(url->host);
    }
    free(scheme);
    free(port);
    return err;
}

/*
 * Most URLs of a list need no parser: a lower-case scheme, a host of plain
 * labels, perhaps a port, a path of characters that stand for themselves.
 * Anything else, above all what libcurl would rewrite (numeric hosts in odd
 * forms, dot segments), is left to libcurl.
 */
static bool is_label_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static size_t scan_octet(const char *text)
{
    size_t len = strspn(text, "0123456789");

    if (len == 0 || len > 3 || (len > 1 && text[0] == '0') ||
        (len == 3 && strncmp(text, "255", 3) > 0)) {
        return 0;
    }
    return len;
}

static size_t scan_ipv4(const char *text)
{
    size_t at = 0;

    for (int i = 0; i < 4; i++) {
        size_t len = scan_octet(text + at);

        if (len == 0 || (i < 3 && text[at + len] != '.')) {
            return 0;
        }
        at += len + (i < 3 ? 1 : 0);
    }
    return at;
}

/* Labels of which the last begins with a letter: no form of an address. */
static size_t scan_name(const char *text)
{
    size_t at = 0;
    size_t label = 0;

    while (is_label_char(text[at]) || (text[at] == '.' && at > label)) {
        if (text[at] == '.') {
            label = at + 1;
        }
        at++;
    }
    return at > label && text[label] >= 'a' ? at : 0;
}

/* Without a leading zero, at most 65535. */
static size_t scan_port(const char *text)
{
    size_t len = strspn(text, "0123456789");

    if (text[0] == '0' || len > 5 ||
        (len == 5 && strncmp(text, "65535", 5) > 0)) {
        return 0;
    }
    return len;
}

static bool scan_path(struct plain *out, const char *text, size_t at)
{
    static const char plain_chars[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "-_~!$&'()*+,;=:@%/.";

    out->path = at;
    out->path_len = strspn(text + at, plain_chars);
    if (out->path_len > 0 && text[at] != '/') {
        return false;
    }
    for (size_t i = at; i + 1 < at + out->path_len; i++) {
        if (text[i] == '/' && text[i + 1] == '.') {
            return false; /* libcurl removes dot segments */
        }
    }
    at += out->path_len;
    if (text[at] == '?') { /* after the path as libcurl ends it */
        at += 1 + strspn(text + at + 1, plain_chars);
        return out->path_len > 0 && text[at] == '\0';
    }
    return text[at] == '\0';
}

static bool scan(struct plain *out, const char *text)
{
    bool is_https = strncmp(text, "https://", 8) == 0;
    size_t at = is_https ? 8 : 7;

    if (!is_https && strncmp(text, "http://", 7) != 0) {
        return false;
    }
    *out = (struct plain){.host = at, .default_port = is_https ? "443" : "80"};
    out->host_len = scan_name(text + at);
    if (out->host_len == 0) {
        out->host_len = scan_ipv4(text + at);
    }
    at += out->host_len;
    if (text[at] == ':') {
        out->port = at + 1;
        out->port_len = scan_port(text + at + 1);
        at += 1 + out->port_len;
        if (out->port_len == 0) {
            return false;
        }
    }
    return out->host_len > 0 && scan_path(out, text, at);
}

static int take_plain(struct adl_url *out, const char *text,
                      const struct plain *plain)
{
    bool has_path = plain->path_len > 0;
    struct adl_url url = {
        .text = strdup(text),
        .host = strndup(text + plain->host, plain->host_len),
        .path = has_path ? strndup(text + plain->path, plain->path_len)
                         : strdup("/"),
    };
    const char *port =
        plain->port != 0 ? text + plain->port : plain->default_port;
    int port_len = plain->port != 0 ? (int)plain->port_len : 3;
    size_t cap = plain->host + plain->host_len + 8;

    url.origin = malloc(cap);
    if (url.text == NULL || url.host == NULL || url.path == NULL ||
        url.origin == NULL) {
        adl_url_finish(&url);
        return -ENOMEM;
    }
    (void)snprintf(url.origin, cap, "%.*s:%.*s",
                   (int)(plain->host + plain->host_len), text, port_len, port);
    *out = url;
    return 0;
}

int adl_url_parse_fully(struct adl_url *out, const char *text)
{
    struct adl_url url = {0};
    bool encode = needs_encoding(text);
    CURLU *parts = curl_url();

    if (parts == NULL) {
        return -ENOMEM;
    }
    int err = translate(
        curl_url_set(parts, CURLUPART_URL, text, encode ? CURLU_URLENCODE : 0));
    if (err == 0) {
        err = take_apart(&url, parts);
    }
    if (err == 0 && encode) {
        err = get(&url.text, parts, CURLUPART_URL, 0);
    } else if (err == 0) {
        err = adl_string_copy(&url.text, text);
    }
    curl_url_cleanup(parts);
    if (err < 0) {
        adl_url_finish(&url);
        return err;
    }
    *out = url;
    return 0;
}

int adl_url_parse(struct adl_url *out, const char *text, const char *protocols)
{
    struct plain plain;
    int err = strlen(text) > URL_MAX ? ASYNCDL_EURL : 0;

    if (err == 0) {
        err = check_scheme(text, protocols);
    }
    if (err < 0) {
        return err;
    }
    return scan(&plain, text) ? take_plain(out, text, &plain)
                              : adl_url_parse_fully(out, text);
}

void adl_url_finish(struct adl_url *url)
{
    free(url->text);
    free(url->origin);
    free(url->host);
    free(url->path);
    *url = (struct adl_url){0};
}
