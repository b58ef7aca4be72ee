/* SPDX-License-Identifier: MIT */
#include "cli/env.h"

#include <errno.h>
#include <stddef.h>

/* An empty variable is one that is not set. */
static const char *get_value(adl_env_get_cb get, const char *name)
{
    const char *value = get(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* Copy what is set first of two variables, where the field has nothing. */
static int fill(struct adl_options *options, const char **field,
                adl_env_get_cb get, const char *first, const char *second)
{
    const char *value = get_value(get, first);

    if (value == NULL && second != NULL) {
        value = get_value(get, second);
    }
    if (*field != NULL || value == NULL) {
        return 0;
    }
    *field = adl_options_keep(options, value);
    return *field != NULL ? 0 : -ENOMEM;
}

/*
 * HTTP_PROXY in capitals is not read: a CGI server sets it from a request's
 * Proxy header.
 */
static int apply_proxies(struct adl_options *options, adl_env_get_cb get)
{
    struct asyncdl_http_options *http = &options->client.http;
    int err = fill(options, &http->no_proxy, get, "no_proxy", "NO_PROXY");

    if (http->proxy != NULL) {
        /* --proxy "" says: none at all */
        http->proxy = http->proxy[0] != '\0' ? http->proxy : NULL;
        return err;
    }
    const char *const names[][2] = {{"http_proxy", NULL},
                                    {"all_proxy", "ALL_PROXY"}};
    for (size_t i = 0; err == 0 && i < 2; i++) {
        err = fill(options, &http->http_proxy, get, names[i][0], names[i][1]);
    }
    if (err == 0) {
        err = fill(options, &http->https_proxy, get, "https_proxy",
                   "HTTPS_PROXY");
    }
    if (err == 0) {
        err = fill(options, &http->https_proxy, get, "all_proxy", "ALL_PROXY");
    }
    return err;
}

static int apply_certificates(struct adl_options *options, adl_env_get_cb get)
{
    struct asyncdl_http_options *http = &options->client.http;

    if (http->ca_file != NULL || http->ca_path != NULL) {
        return 0;
    }
    int err = fill(options, &http->ca_file, get, "SSL_CERT_FILE", NULL);
    return err < 0 ? err
                   : fill(options, &http->ca_path, get, "SSL_CERT_DIR", NULL);
}

static int apply_netrc(struct adl_options *options, adl_env_get_cb get)
{
    struct asyncdl_http_options *http = &options->client.http;
    const char *home = get_value(get, "HOME");

    if ((options->client.flags & ASYNCDL_CLIENT_NETRC) == 0) {
        return 0;
    }
    int err = fill(options, &http->netrc_file, get, "NETRC", NULL);
    if (err < 0 || http->netrc_file != NULL || home == NULL) {
        return err;
    }
    struct adl_buf path = {0};
    err = adl_buf_addf(&path, "%s/.netrc", home);
    if (err == 0) {
        http->netrc_file = adl_options_keep(options, path.data);
        err = http->netrc_file != NULL ? 0 : -ENOMEM;
    }
    adl_buf_finish(&path);
    return err;
}

int adl_env_apply(struct adl_options *options, adl_env_get_cb get)
{
    if (options->color == ADL_COLOR_AUTO &&
        get_value(get, "NO_COLOR") != NULL) {
        options->color = ADL_COLOR_NEVER;
    }
    int err = apply_proxies(options, get);
    if (err == 0) {
        err = apply_certificates(options, get);
    }
    return err < 0 ? err : apply_netrc(options, get);
}
