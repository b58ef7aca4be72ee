/* SPDX-License-Identifier: MIT */
#include "fetch/tlscheck.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "asyncdl/error.h"
#include "fetch/filecheck.h"
#include "util/strings.h"

#define PINNED_MAX_BYTES ((size_t)1 << 20) /* of a file: libcurl's limit */

/* OpenSSL would ask the terminal. */
static int tell_password(char *out, int cap, int is_to_write, void *data)
{
    const char *password = data != NULL ? data : "";
    size_t len = strlen(password);

    (void)is_to_write;
    if (len >= (size_t)cap) { /* as libcurl has it */
        return -1;
    }
    memcpy(out, password, len);
    return (int)len;
}

/* All of them are read, as libcurl does: one that is damaged spoils the file.
 */
static bool has_certificates(FILE *file)
{
    STACK_OF(X509_INFO) *infos =
        PEM_X509_INFO_read(file, NULL, tell_password, NULL);
    bool has_any = false;

    for (int i = 0; i < sk_X509_INFO_num(infos); i++) {
        has_any = has_any || sk_X509_INFO_value(infos, i)->x509 != NULL;
    }
    sk_X509_INFO_pop_free(infos, X509_INFO_free);
    ERR_clear_error(); /* the answer is enough */
    return has_any;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);
    size_t end_len = strlen(end);

    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* Of any kind, with a password or without. */
static bool has_block(FILE *file, const char *name_end)
{
    bool has_one = false;
    char *name, *header;
    unsigned char *data;
    long len;

    while (!has_one && PEM_read(file, &name, &header, &data, &len) == 1) {
        has_one = ends_with(name, name_end);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t)len);
    }
    ERR_clear_error();
    return has_one;
}

static bool has_key(FILE *file)
{
    return has_block(file, "PRIVATE KEY");
}

static bool has_certificate(FILE *file)
{
    return has_block(file, "CERTIFICATE");
}

/* What libcurl compares: SubjectPublicKeyInfo, and nothing behind it. */
static bool is_public_key(const unsigned char *der, long len)
{
    const unsigned char *end = der;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &end, len);
    bool is_one = key != NULL && end == der + len;

    EVP_PKEY_free(key);
    ERR_clear_error();
    return is_one;
}

static bool has_der(FILE *file)
{
    unsigned char *der = malloc(PINNED_MAX_BYTES + 1);
    size_t len = der != NULL ? fread(der, 1, PINNED_MAX_BYTES + 1, file) : 0;
    bool has_one =
        len > 0 && len <= PINNED_MAX_BYTES && is_public_key(der, (long)len);

    free(der);
    return has_one;
}

static bool has_public_key(FILE *file)
{
    bool has_one = false;
    char *name, *header;
    unsigned char *data;
    long len;

    while (!has_one && PEM_read(file, &name, &header, &data, &len) == 1) {
        has_one = strcmp(name, "PUBLIC KEY") == 0 && is_public_key(data, len);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(data);
    }
    ERR_clear_error();
    rewind(file);
    return has_one || has_der(file);
}

/* What is in a pipe is libcurl's to read. A device may have no end. */
static int check_content(const char *path, bool may_be_pipe,
                         bool (*has_it)(FILE *file))
{
    mode_t mode = 0;
    int err = path != NULL ? adl_filecheck_read(path, may_be_pipe, &mode) : 0;

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

/* The rest of the chain: up to the end of the file, or to what is damaged? */
static bool is_chain(FILE *file, char *password)
{
    X509 *next;

    while ((next = PEM_read_X509(file, NULL, tell_password, password)) !=
           NULL) {
        X509_free(next);
    }
    return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

/* The first in its file. password is lent. */
static X509 *read_certificate(const char *path, char *password)
{
    FILE *file = fopen(path, "re");
    X509 *found = file != NULL
                      ? PEM_read_X509_AUX(file, NULL, tell_password, password)
                      : NULL;

    if (found != NULL && !is_chain(file, password)) {
        X509_free(found);
        found = NULL;
    }
    if (file != NULL) {
        (void)fclose(file); /* it was only read */
    }
    return found;
}

static EVP_PKEY *read_key(const char *path, char *password)
{
    FILE *file = fopen(path, "re");
    EVP_PKEY *found =
        file != NULL ? PEM_read_PrivateKey(file, NULL, tell_password, password)
                     : NULL;

    if (file != NULL) {
        (void)fclose(file);
    }
    return found;
}

static bool is_pair(const char *cert_path, const char *key_path, char *password)
{
    X509 *certificate = read_certificate(cert_path, password);
    EVP_PKEY *key = read_key(key_path, password);
    bool fits = certificate != NULL && key != NULL &&
                X509_check_private_key(certificate, key) == 1;

    EVP_PKEY_free(key);
    X509_free(certificate);
    ERR_clear_error();
    return fits;
}

/* Does the key belong to one's own certificate, and does it open? It may be in
 * the same file. */
static int check_own(const struct asyncdl_http_options *http)
{
    char *password = NULL;

    if (http->cert_file == NULL) {
        return 0;
    }
    int err = adl_string_copy(&password, http->key_password);
    if (err == 0 &&
        !is_pair(http->cert_file,
                 http->key_file != NULL ? http->key_file : http->cert_file,
                 password)) {
        err = ASYNCDL_EOWNCERT;
    }
    free(password);
    return err;
}

/* The certificates to trust are kept; one's own are read for each connection.
 */
static int check_files(const struct asyncdl_http_options *http)
{
    int err = adl_filecheck_folders(http->ca_path);

    if (err == 0) {
        err = check_content(http->ca_file, true, has_certificates);
    }
    if (err == 0) {
        err = check_content(http->cert_file, false, has_certificate);
    }
    return err < 0 ? err : check_content(http->key_file, false, has_key);
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
    if (text != NULL && strncmp(text, "sha256//", 8) == 0) {
        return are_hashes(text) ? 0 : -EINVAL;
    }
    return check_content(text, false, has_public_key);
}

int adl_tlscheck_ca(const char *path)
{
    return check_content(path, false, has_certificates);
}

int adl_tlscheck(const struct asyncdl_http_options *http)
{
    int err = check_files(http);

    if (err == 0) {
        err = check_own(http);
    }
    return err < 0 ? err : check_pinned_key(http->pinned_key);
}
