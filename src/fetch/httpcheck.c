/* SPDX-License-Identifier: MIT */
#include "fetch/httpcheck.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "fetch/url.h"
#include "util/buf.h"
#include "util/strings.h"

static bool has_certificate(FILE *file)
{
    X509 *found = PEM_read_X509_AUX(file, NULL, NULL, NULL);
    bool has_one = found != NULL;

    X509_free(found);
    ERR_clear_error(); /* the answer is enough */
    return has_one;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);
    size_t end_len = strlen(end);

    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* Of any kind, with a password or without. */
static bool has_key(FILE *file)
{
    bool has_one = false;
    char *name, *header;
    unsigned char *data;
    long len;

    while (!has_one && PEM_read(file, &name, &header, &data, &len) == 1) {
        has_one = ends_with(name, "PRIVATE KEY");
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t)len);
    }
    ERR_clear_error();
    return has_one;
}

/* Folders are not read. A pipe can be read once: that is enough for some. */
static int check_file(const char *path, bool may_be_pipe, mode_t *out_mode)
{
    struct stat st;

    if (access(path, R_OK) < 0 || stat(path, &st) < 0) {
        return -errno;
    }
    *out_mode = st.st_mode;
    if (S_ISDIR(st.st_mode)) {
        return -EISDIR;
    }
    return S_ISFIFO(st.st_mode) && !may_be_pipe ? -EINVAL : 0;
}

/* What is in a pipe is libcurl's to read. A device may have no end. */
static int check_pem(const char *path, bool may_be_pipe,
                     bool (*has_it)(FILE *file))
{
    mode_t mode = 0;
    int err = path != NULL ? check_file(path, may_be_pipe, &mode) : 0;

    if (err < 0 || path == NULL || S_ISFIFO(mode)) {
        return err;
    }
    if (!S_ISREG(mode)) {
        return -EINVAL;
    }
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return -errno;
    }
    err = has_it(file) ? 0 : -EINVAL;
    (void)fclose(file); /* it was only read */
    return err;
}

static int check_folder(const char *path)
{
    struct stat st;

    if (path == NULL) {
        return 0;
    }
    if (access(path, R_OK) < 0 || stat(path, &st) < 0) {
        return -errno;
    }
    return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

/* It is written at the end, when nobody can be told any more. */
static int check_writable(const char *path)
{
    struct stat st;
    int err = 0;

    if (path == NULL || strcmp(path, "-") == 0) {
        return 0;
    }
    if (stat(path, &st) == 0) {
        err = access(path, W_OK) < 0 ? -errno : 0;
        return S_ISDIR(st.st_mode) ? -EISDIR : err;
    }
    const char *slash = strrchr(path, '/');
    char *folder = NULL;
    err = adl_string_copy(&folder, slash == NULL ? "." : path);
    if (err < 0) {
        return err;
    }
    if (slash != NULL) {
        folder[slash - path + 1] = '\0'; /* with its slash: "/jar" has one */
    }
    err = access(folder, W_OK) < 0 ? -errno : 0;
    free(folder);
    return err;
}

static int check_socket(const char *path)
{
    static const struct sockaddr_un address;

    if (path == NULL) {
        return 0;
    }
    if (strlen(path) >= sizeof(address.sun_path)) {
        return -ENAMETOOLONG;
    }
    return access(path, W_OK) < 0 ? -errno : 0;
}

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* The certificates to trust are kept; one's own are read for each connection.
 */
static int check_trust(const struct asyncdl_http_options *http)
{
    int err = check_folder(http->ca_path);

    if (err == 0) {
        err = check_pem(http->ca_file, true, has_certificate);
    }
    if (err == 0) {
        err = check_pem(http->cert_file, false, has_certificate);
    }
    return err < 0 ? err : check_pem(http->key_file, false, has_key);
}

static int check_files(const struct asyncdl_http_options *http)
{
    mode_t mode;
    int err = 0;

    if (http->netrc_file != NULL) { /* read for each request */
        err = check_file(http->netrc_file, false, &mode);
    }
    if (err == 0 &&
        is_given(http->cookie_file)) { /* "": no file, but cookies */
        err = check_file(http->cookie_file, true, &mode);
    }
    if (err == 0) {
        err = check_trust(http);
    }
    if (err == 0) {
        err = check_socket(http->unix_socket);
    }
    return err < 0 ? err : check_writable(http->cookie_jar);
}

/* "sha256//BASE64;sha256//BASE64", where each is of 32 bytes. */
static bool are_hashes(const char *text)
{
    static const char prefix[] = "sha256//";
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/";

    while (strncmp(text, prefix, sizeof(prefix) - 1) == 0) {
        text += sizeof(prefix) - 1;
        if (strspn(text, letters) != 43 || text[43] != '=') {
            return false;
        }
        text += 44;
        if (*text == '\0') {
            return true;
        }
        if (*text++ != ';') {
            return false;
        }
    }
    return false;
}

static int check_pinned_key(const char *text)
{
    mode_t mode;

    if (text == NULL) {
        return 0;
    }
    if (strncmp(text, "sha256//", 8) == 0) {
        return are_hashes(text) ? 0 : -EINVAL;
    }
    return check_file(text, false, &mode);
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

    if (err == 0) {
        err = check_pinned_key(http->pinned_key);
    }
    if (err < 0) {
        return err;
    }
    return is_proxy(http->proxy) && is_proxy(http->http_proxy) &&
                   is_proxy(http->https_proxy)
               ? 0
               : -EINVAL;
}
