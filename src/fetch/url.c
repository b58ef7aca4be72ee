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

#define URL_MAX 65536

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

int adl_url_parse(struct adl_url *out, const char *text, const char *protocols)
{
    struct adl_url url = {0};
    CURLU *parts = NULL;
    bool encode = needs_encoding(text);
    int err = strlen(text) > URL_MAX ? ASYNCDL_EURL : 0;

    if (err == 0) {
        err = check_scheme(text, protocols);
    }
    if (err < 0) {
        return err;
    }
    parts = curl_url();
    if (parts == NULL) {
        return -ENOMEM;
    }
    err = translate(
        curl_url_set(parts, CURLUPART_URL, text, encode ? CURLU_URLENCODE : 0));
    if (err == 0) {
        err = take_apart(&url, parts);
    }
    if (err == 0 && encode) {
        err = get(&url.text, parts, CURLUPART_URL, 0);
    } else if (err == 0) {
        url.text = strdup(text);
        err = url.text != NULL ? 0 : -ENOMEM;
    }
    curl_url_cleanup(parts);
    if (err < 0) {
        adl_url_finish(&url);
        return err;
    }
    *out = url;
    return 0;
}

void adl_url_finish(struct adl_url *url)
{
    free(url->text);
    free(url->origin);
    free(url->host);
    free(url->path);
    *url = (struct adl_url){0};
}
