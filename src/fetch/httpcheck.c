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

#include "util/strings.h"

static int check_readable(const char *path)
{
    return path != NULL && access(path, R_OK) < 0 ? -errno : 0;
}

static bool has_certificate(FILE *file)
{
    X509 *found = PEM_read_X509_AUX(file, NULL, NULL, NULL);
    bool has_one = found != NULL;

    X509_free(found);
    ERR_clear_error(); /* the answer is enough */
    return has_one;
}

/* A pipe, which can be read once, is libcurl's to read. */
static int check_ca_file(const char *path)
{
    struct stat st;
    int err = check_readable(path);

    if (err < 0 || path == NULL) {
        return err;
    }
    if (stat(path, &st) < 0) {
        return -errno;
    }
    if (!S_ISREG(st.st_mode)) {
        return S_ISDIR(st.st_mode) ? -EISDIR : 0;
    }
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return -errno;
    }
    err = has_certificate(file) ? 0 : -EINVAL;
    (void)fclose(file); /* it was only read */
    return err;
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

static int check_files(const struct asyncdl_http_options *http)
{
    const char *const paths[] = {
        http->netrc_file, http->ca_path,     http->cert_file,
        http->key_file,   http->cookie_file,
    };
    int err = 0;

    for (size_t i = 0; err == 0 && i < sizeof(paths) / sizeof(paths[0]); i++) {
        err = check_readable(paths[i]);
    }
    if (err == 0) {
        err = check_ca_file(http->ca_file);
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
    if (text == NULL) {
        return 0;
    }
    if (strncmp(text, "sha256//", 8) == 0) {
        return are_hashes(text) ? 0 : -EINVAL;
    }
    return check_readable(text);
}

static bool is_proxy(const char *text)
{
    static const char *const schemes[] = {"http",    "https",  "socks4",
                                          "socks4a", "socks5", "socks5h"};
    const char *end = text != NULL ? strstr(text, "://") : NULL;

    if (end == NULL && text != NULL && text[0] != '\0') {
        /* A number alone is no host, but a count of something (aria2 -x). */
        return text[strspn(text, "0123456789")] != '\0';
    }
    if (end == NULL) {
        return true; /* none at all */
    }
    size_t len = (size_t)(end - text);
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (strlen(schemes[i]) == len &&
            strncasecmp(text, schemes[i], len) == 0) {
            return end[3] != '\0';
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
