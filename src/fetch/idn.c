/* SPDX-License-Identifier: MIT */
#include "fetch/idn.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <idn2.h>

#include "asyncdl/error.h"

/* Where the host stands in a URL. */
struct span {
    size_t start;
    size_t len;
};

static struct span find_host(const char *url)
{
    const char *mark = strstr(url, "://");
    struct span host = {0};

    if (mark == NULL) {
        return host;
    }
    size_t start = (size_t)(mark - url) + 3;
    size_t end = start + strcspn(url + start, "/?#");
    host.start = end;
    while (host.start > start && url[host.start - 1] != '@') {
        host.start--;
    }
    host.len = strcspn(url + host.start, ":/?#");
    return host;
}

static bool has_more_than_ascii(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] >= 0x80) {
            return true;
        }
    }
    return false;
}

/*
 * Wide forms of '/' and '@' are mapped to those, and must not end the host.
 * Checked here, because libidn2, when told to, silently drops them.
 */
static bool is_plain_name(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && strstr(name, "..") == NULL &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.")] == '\0';
}

/* 0, ASYNCDL_EURL or -ENOMEM. */
static int add_name(struct adl_buf *out, const char *host)
{
    char *name = NULL;
    int rc =
        idn2_to_ascii_8z(host, &name, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    int err = 0;

    if (rc == IDN2_MALLOC) {
        err = -ENOMEM;
    } else if (rc != IDN2_OK || !is_plain_name(name)) {
        err = ASYNCDL_EURL;
    } else {
        err = adl_buf_add_str(out, name);
    }
    idn2_free(name);
    return err;
}

int adl_idn_write_url(struct adl_buf *out, const char *url)
{
    struct span at = find_host(url);
    struct adl_buf host = {0};

    if (!has_more_than_ascii(url + at.start, at.len)) {
        return 0;
    }
    int err = adl_buf_add(&host, url + at.start, at.len);
    if (err == 0) {
        err = adl_buf_add(out, url, at.start);
    }
    if (err == 0) {
        err = add_name(out, host.data);
    }
    if (err == 0) {
        err = adl_buf_add_str(out, url + at.start + at.len);
    }
    adl_buf_finish(&host);
    return err < 0 ? err : 1;
}
