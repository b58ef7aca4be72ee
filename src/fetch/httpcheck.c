/* SPDX-License-Identifier: MIT */
#include "fetch/httpcheck.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "fetch/filecheck.h"
#include "fetch/tlscheck.h"
#include "fetch/url.h"
#include "util/buf.h"

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static int check_files(const struct asyncdl_http_options *http)
{
    mode_t mode;
    int err = 0;

    if (http->netrc_file != NULL) { /* read for each request */
        err = adl_filecheck_read(http->netrc_file, false, &mode);
    }
    if (err == 0 &&
        is_given(http->cookie_file)) { /* "": no file, but cookies */
        err = adl_filecheck_read(http->cookie_file, true, &mode);
    }
    if (err == 0) {
        err = adl_tlscheck(http);
    }
    if (err == 0) {
        err = adl_filecheck_socket(http->unix_socket);
    }
    return err < 0 ? err : adl_filecheck_write(http->cookie_jar);
}

/* A host, a port and a password perhaps, as in a URL. */
static bool is_authority(const char *text)
{
    struct adl_buf buf = {0};
    struct adl_url url = {0};
    bool is_one = adl_buf_addf(&buf, "http://%s", text) == 0 &&
                  adl_url_parse_fully(&url, adl_buf_str(&buf)) == 0;

    adl_url_finish(&url);
    adl_buf_finish(&buf);
    return is_one;
}

static bool is_proxy(const char *text)
{
    static const char *const schemes[] = {
        "http", "https", "socks", "socks4", "socks4a", "socks5", "socks5h"};
    const char *end = text != NULL ? strstr(text, "://") : NULL;

    if (text == NULL || text[0] == '\0') {
        return true; /* none at all */
    }
    if (end == NULL) {
        /* A number alone is no host, but a count of something (aria2 -x). */
        return text[strspn(text, "0123456789")] != '\0' && is_authority(text);
    }
    size_t len = (size_t)(end - text);
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (strlen(schemes[i]) == len &&
            strncasecmp(text, schemes[i], len) == 0) {
            return is_authority(end + 3);
        }
    }
    return false;
}

int adl_httpcheck(const struct asyncdl_http_options *http)
{
    int err = check_files(http);

    if (err < 0) {
        return err;
    }
    return is_proxy(http->proxy) && is_proxy(http->http_proxy) &&
                   is_proxy(http->https_proxy)
               ? 0
               : -EINVAL;
}
