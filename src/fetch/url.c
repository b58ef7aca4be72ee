/* SPDX-License-Identifier: MIT */
#include "fetch/url.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "asyncdl/error.h"
#include "fetch/idn.h"
#include "util/buf.h"

#define URL_MAX 65536

/* Where the parts of a plain URL stand. */
struct plain {
    size_t host; /* starts here */
    size_t host_len;
    size_t port; /* starts here; 0 where it is the scheme's */
    size_t port_len;
    size_t path; /* starts here; at the end where there is none */
    size_t path_len;
    size_t text_len;
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

/* The parts of a URL before they are put in one block. */
struct parts {
    char *text;
    char *scheme;
    char *port;
    char *host;
    char *path;
};

static void free_parts(struct parts *parts)
{
    curl_free(parts->text);
    curl_free(parts->scheme);
    curl_free(parts->port);
    curl_free(parts->host);
    curl_free(parts->path);
}

static void make_lower(char *text)
{
    for (; *text != '\0'; text++) {
        *text = (char)tolower((unsigned char)*text);
    }
}

static void cut_brackets(char *host)
{
    size_t len = strlen(host);

    if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
        memmove(host, host + 1, len - 2);
        host[len - 2] = '\0';
    }
}

/* A string that is added to a block, and where the next one goes. */
static char *place(char **at, const char *bytes, size_t len)
{
    char *out = *at;

    memcpy(out, bytes, len);
    out[len] = '\0';
    *at += len + 1;
    return out;
}

static int take_apart(struct parts *out, CURLU *url)
{
    CURLUcode uc = curl_url_get(url, CURLUPART_SCHEME, &out->scheme, 0);

    if (uc == CURLUE_OK) {
        uc = curl_url_get(url, CURLUPART_PORT, &out->port, CURLU_DEFAULT_PORT);
    }
    if (uc == CURLUE_OK) {
        uc = curl_url_get(url, CURLUPART_HOST, &out->host, 0);
    }
    if (uc == CURLUE_OK) {
        uc = curl_url_get(url, CURLUPART_PATH, &out->path, 0);
    }
    return translate(uc);
}

static int put_together(struct adl_url *out, const char *text,
                        struct parts *parts)
{
    size_t host_len = strlen(parts->host);
    size_t path_len = strlen(parts->path);
    size_t text_len = strlen(text);
    size_t origin_cap =
        strlen(parts->scheme) + host_len + strlen(parts->port) + 5;
    char *at = malloc(text_len + 1 + origin_cap + host_len + 1 + path_len + 1);
    char *origin;

    if (at == NULL) {
        return -ENOMEM;
    }
    out->text = place(&at, text, text_len);
    origin = at;
    (void)snprintf(origin, origin_cap, "%s://%s:%s", parts->scheme, parts->host,
                   parts->port);
    make_lower(origin);
    out->origin = origin;
    at += origin_cap;
    cut_brackets(parts->host);
    out->host = place(&at, parts->host, strlen(parts->host));
    out->path = place(&at, parts->path, path_len);
    return 0;
}

/*
 * Most URLs of a list need no parser: a lower-case scheme, a host of plain
 * labels, perhaps a port, a path of characters that stand for themselves.
 * Anything else, above all what libcurl would rewrite (numeric hosts in odd
 * forms, dot segments), is left to libcurl.
 */
#define PLAIN 1 /* stands for itself in a path */
#define LABEL 3 /* likewise, and in a label of a host */

static const uint8_t classes[256] = {
    ['!'] = PLAIN, ['$'] = PLAIN, ['%'] = PLAIN, ['&'] = PLAIN, ['\''] = PLAIN,
    ['('] = PLAIN, [')'] = PLAIN, ['*'] = PLAIN, ['+'] = PLAIN, [','] = PLAIN,
    ['-'] = LABEL, ['.'] = PLAIN, ['/'] = PLAIN, ['0'] = LABEL, ['1'] = LABEL,
    ['2'] = LABEL, ['3'] = LABEL, ['4'] = LABEL, ['5'] = LABEL, ['6'] = LABEL,
    ['7'] = LABEL, ['8'] = LABEL, ['9'] = LABEL, [':'] = PLAIN, [';'] = PLAIN,
    ['='] = PLAIN, ['@'] = PLAIN, ['A'] = PLAIN, ['B'] = PLAIN, ['C'] = PLAIN,
    ['D'] = PLAIN, ['E'] = PLAIN, ['F'] = PLAIN, ['G'] = PLAIN, ['H'] = PLAIN,
    ['I'] = PLAIN, ['J'] = PLAIN, ['K'] = PLAIN, ['L'] = PLAIN, ['M'] = PLAIN,
    ['N'] = PLAIN, ['O'] = PLAIN, ['P'] = PLAIN, ['Q'] = PLAIN, ['R'] = PLAIN,
    ['S'] = PLAIN, ['T'] = PLAIN, ['U'] = PLAIN, ['V'] = PLAIN, ['W'] = PLAIN,
    ['X'] = PLAIN, ['Y'] = PLAIN, ['Z'] = PLAIN, ['_'] = PLAIN, ['a'] = LABEL,
    ['b'] = LABEL, ['c'] = LABEL, ['d'] = LABEL, ['e'] = LABEL, ['f'] = LABEL,
    ['g'] = LABEL, ['h'] = LABEL, ['i'] = LABEL, ['j'] = LABEL, ['k'] = LABEL,
    ['l'] = LABEL, ['m'] = LABEL, ['n'] = LABEL, ['o'] = LABEL, ['p'] = LABEL,
    ['q'] = LABEL, ['r'] = LABEL, ['s'] = LABEL, ['t'] = LABEL, ['u'] = LABEL,
    ['v'] = LABEL, ['w'] = LABEL, ['x'] = LABEL, ['y'] = LABEL, ['z'] = LABEL,
    ['~'] = PLAIN,
};

static bool is_plain_char(char c)
{
    return classes[(unsigned char)c] != 0;
}

static bool is_label_char(char c)
{
    return classes[(unsigned char)c] == LABEL;
}

static size_t skip_plain_chars(const char *text, size_t at)
{
    while (is_plain_char(text[at])) {
        at++;
    }
    return at;
}

static size_t count_digits(const char *text)
{
    size_t n = 0;

    while (text[n] >= '0' && text[n] <= '9') {
        n++;
    }
    return n;
}

static size_t scan_octet(const char *text)
{
    size_t len = count_digits(text);

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
    size_t len = count_digits(text);

    if (text[0] == '0' || len > 5 ||
        (len == 5 && strncmp(text, "65535", 5) > 0)) {
        return 0;
    }
    return len;
}

static bool scan_path(struct plain *out, const char *text, size_t at)
{
    out->path = at;
    if (is_plain_char(text[at]) && text[at] != '/') {
        return false;
    }
    while (is_plain_char(text[at])) {
        if (text[at] == '/' && text[at + 1] == '.') {
            return false; /* libcurl removes dot segments */
        }
        at++;
    }
    out->path_len = at - out->path;
    if (text[at] == '?') { /* after the path as libcurl ends it */
        at = skip_plain_chars(text, at + 1);
    }
    out->text_len = at;
    return text[at] == '\0' && (at == out->path || out->path_len > 0);
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
    bool has_port = plain->port != 0;
    const char *port = has_port ? text + plain->port : plain->default_port;
    size_t port_len = has_port ? plain->port_len : strlen(port);
    size_t path_len = has_path ? plain->path_len : 1;
    size_t text_len = plain->text_len;
    size_t host_end = plain->host + plain->host_len;
    char *at = malloc(text_len + 1 + host_end + 1 + port_len + 1 +
                      plain->host_len + 1 + path_len + 1);

    if (at == NULL) {
        return -ENOMEM;
    }
    out->text = place(&at, text, text_len);
    out->origin = at;
    (void)place(&at, text, host_end);
    at[-1] = ':'; /* where the end of the host was */
    (void)place(&at, port, port_len);
    out->host = place(&at, text + plain->host, plain->host_len);
    out->path = place(&at, has_path ? text + plain->path : "/", path_len);
    return 0;
}

int adl_url_parse_fully(struct adl_url *out, const char *text)
{
    struct parts parts = {0};
    bool encode = needs_encoding(text);
    CURLU *url = curl_url();

    if (url == NULL) {
        return -ENOMEM;
    }
    int err = translate(
        curl_url_set(url, CURLUPART_URL, text,
                     encode ? CURLU_URLENCODE | CURLU_ALLOW_SPACE : 0));
    if (err == 0 && encode) {
        err = translate(curl_url_get(url, CURLUPART_URL, &parts.text, 0));
    }
    if (err == 0 && encode) {
        /* libcurl will read that: what it decoded in a host may now be the
         * number of an address. */
        err = translate(curl_url_set(url, CURLUPART_URL, parts.text, 0));
    }
    if (err == 0) {
        err = take_apart(&parts, url);
    }
    if (err == 0) {
        err = put_together(out, encode ? parts.text : text, &parts);
    }
    free_parts(&parts);
    curl_url_cleanup(url);
    return err;
}

/* Hosts beyond ASCII are not left to libcurl, which reads them by the locale
 * of the program. */
static int parse_odd(struct adl_url *out, const char *text)
{
    struct adl_buf ascii = {0};
    int rc = adl_idn_write_url(&ascii, text);

    if (rc >= 0) {
        rc = adl_url_parse_fully(out, rc > 0 ? ascii.data : text);
    }
    adl_buf_finish(&ascii);
    return rc;
}

int adl_url_parse(struct adl_url *out, const char *text, const char *protocols)
{
    struct plain plain;

    if (scan(&plain, text) && plain.text_len <= URL_MAX) {
        size_t len = plain.host - strlen("://");

        return adl_url_scheme_is_in(text, len, protocols)
                   ? take_plain(out, text, &plain)
                   : ASYNCDL_ESCHEME;
    }
    int err = strlen(text) > URL_MAX ? ASYNCDL_EURL : 0;
    if (err == 0) {
        err = check_scheme(text, protocols);
    }
    return err < 0 ? err : parse_odd(out, text);
}

void adl_url_finish(struct adl_url *url)
{
    free(url->text); /* the others stand behind it */
    *url = (struct adl_url){0};
}
