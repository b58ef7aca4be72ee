/* SPDX-License-Identifier: MIT */
/*
 * The authority signs one certificate and forgets its key: what it signed is
 * all that anybody who trusts ca.pem will ever trust.
 */
#include "site/cert.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "util/buf.h"

#define VALID_S (30L * 24 * 3600)
#define SKEW_S  86400L

static const char *const own_hosts[] = {
    "www.jython.org", "olympus.realpython.org", "localhost", "127.0.0.1", "::1",
};

/* OpenSSL says 1 for success almost everywhere. */
static int check(int ok)
{
    return ok == 1 ? 0 : -EIO;
}

static int add_extension(X509 *x, const X509V3_CTX *ctx, int nid,
                         const char *value)
{
    X509V3_CTX copy = *ctx;
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &copy, nid, value);
    int err = ext != NULL ? check(X509_add_ext(x, ext, -1)) : -EIO;

    X509_EXTENSION_free(ext);
    return err;
}

/* A name for host, taken by the list that it is added to. NULL on failure. */
static GENERAL_NAME *make_name(const char *host)
{
    unsigned char addr[sizeof(struct in6_addr)];
    int size = inet_pton(AF_INET, host, addr) == 1    ? 4
               : inet_pton(AF_INET6, host, addr) == 1 ? 16
                                                      : 0;
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *text =
        size > 0 ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
    const void *bytes = size > 0 ? (const void *)addr : host;

    if (name == NULL || text == NULL ||
        ASN1_STRING_set(text, bytes, size > 0 ? size : -1) != 1) {
        GENERAL_NAME_free(name);
        ASN1_STRING_free(text);
        return NULL;
    }
    GENERAL_NAME_set0_value(name, size > 0 ? GEN_IPADD : GEN_DNS, text);
    return name;
}

static int push_name(GENERAL_NAMES *names, const char *host)
{
    GENERAL_NAME *name = make_name(host);

    if (name == NULL || sk_GENERAL_NAME_push(names, name) == 0) {
        GENERAL_NAME_free(name);
        return -ENOMEM;
    }
    return 0;
}

static int add_names(X509 *x, const char *const *hosts, size_t n_hosts)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    int err = names != NULL ? 0 : -ENOMEM;

    for (size_t i = 0; err == 0 && i < sizeof(own_hosts) / sizeof(char *);
         i++) {
        err = push_name(names, own_hosts[i]);
    }
    for (size_t i = 0; err == 0 && i < n_hosts; i++) {
        err = push_name(names, hosts[i]);
    }
    if (err == 0) {
        err = check(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0,
                                      X509V3_ADD_DEFAULT));
    }
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
    return err;
}

static int set_serial(X509 *x)
{
    unsigned char bytes[8];

    if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
        return -EIO;
    }
    uint64_t serial = 0;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        serial = serial << 8 | bytes[i];
    }
    return check(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial));
}

/* A certificate without extensions or signature. NULL on failure. */
static X509 *make_blank(EVP_PKEY *key, const char *common_name)
{
    X509 *x = X509_new();

    if (x == NULL || set_serial(x) < 0 || X509_set_version(x, 2) != 1 ||
        X509_set_pubkey(x, key) != 1 ||
        X509_gmtime_adj(X509_getm_notBefore(x), -SKEW_S) == NULL ||
        X509_gmtime_adj(X509_getm_notAfter(x), VALID_S) == NULL ||
        X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                                   (const unsigned char *)common_name, -1, -1,
                                   0) != 1) {
        X509_free(x);
        return NULL;
    }
    return x;
}

/* Sign x with the issuer's name and key. */
static int sign(X509 *x, X509 *issuer, EVP_PKEY *issuer_key)
{
    if (X509_set_issuer_name(x, X509_get_subject_name(issuer)) != 1) {
        return -EIO;
    }
    return X509_sign(x, issuer_key, EVP_sha256()) > 0 ? 0 : -EIO;
}

static int add_ca_extensions(X509 *x)
{
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    int err = add_extension(x, &ctx, NID_basic_constraints, "critical,CA:TRUE");
    if (err == 0) {
        err = add_extension(x, &ctx, NID_key_usage,
                            "critical,keyCertSign,cRLSign");
    }
    if (err == 0) {
        err = add_extension(x, &ctx, NID_subject_key_identifier, "hash");
    }
    return err;
}

static int add_server_extensions(X509 *x, X509 *ca, const char *const *hosts,
                                 size_t n_hosts)
{
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, ca, x, NULL, NULL, 0);
    int err =
        add_extension(x, &ctx, NID_basic_constraints, "critical,CA:FALSE");
    if (err == 0) {
        err =
            add_extension(x, &ctx, NID_key_usage, "critical,digitalSignature");
    }
    if (err == 0) {
        err = add_extension(x, &ctx, NID_ext_key_usage, "serverAuth");
    }
    if (err == 0) {
        err = add_extension(x, &ctx, NID_authority_key_identifier, "keyid");
    }
    return err == 0 ? add_names(x, hosts, n_hosts) : err;
}

/* What bio holds as a string, returned. NULL on failure. */
static char *copy_text(BIO *bio)
{
    char *bytes;
    long len = BIO_get_mem_data(bio, &bytes);
    char *text = len > 0 ? malloc((size_t)len + 1) : NULL;

    if (text != NULL) {
        memcpy(text, bytes, (size_t)len);
        text[len] = '\0';
    }
    return text;
}

static char *write_cert(X509 *x)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text =
        bio != NULL && PEM_write_bio_X509(bio, x) == 1 ? copy_text(bio) : NULL;

    BIO_free(bio);
    return text;
}

static char *write_key(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char *text = NULL;

    if (bio != NULL &&
        PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1) {
        text = copy_text(bio);
    }
    BIO_free(bio);
    return text;
}

int adl_cert_init(struct adl_cert *cert, const char *const *hosts,
                  size_t n_hosts)
{
    struct adl_cert made = {0};
    int err = -EIO;
    X509 *ca = NULL;
    X509 *server = NULL;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    EVP_PKEY *ca_key = EVP_EC_gen("P-256");

    if (ca_key == NULL || key == NULL ||
        (ca = make_blank(ca_key, "asyncdl-site test authority")) == NULL ||
        (server = make_blank(key, "asyncdl-site")) == NULL) {
        goto fail;
    }
    if ((err = add_ca_extensions(ca)) < 0 || (err = sign(ca, ca, ca_key)) < 0 ||
        (err = add_server_extensions(server, ca, hosts, n_hosts)) < 0 ||
        (err = sign(server, ca, ca_key)) < 0) {
        goto fail;
    }
    made.ca = write_cert(ca);
    made.cert = write_cert(server);
    made.key = write_key(key);
    if (made.ca == NULL || made.cert == NULL || made.key == NULL) {
        err = -ENOMEM;
        goto fail;
    }
    *cert = made;
    made = (struct adl_cert){0};
    err = 0;

fail:
    adl_cert_finish(&made);
    X509_free(server);
    X509_free(ca);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca_key);
    return err;
}

void adl_cert_finish(struct adl_cert *cert)
{
    if (cert->key != NULL) {
        OPENSSL_cleanse(cert->key, strlen(cert->key));
    }
    free(cert->key);
    free(cert->cert);
    free(cert->ca);
    *cert = (struct adl_cert){0};
}

static int write_all(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t n = write(fd, text, left);

        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        if (n > 0) {
            text += n;
            left -= (size_t)n;
        }
    }
    return 0;
}

/* An older file goes first, so that mode holds for the new one. */
static int write_file(const char *path, const char *text, mode_t mode)
{
    if (unlink(path) < 0 && errno != ENOENT) {
        return -errno;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0) {
        return -errno;
    }
    int err = write_all(fd, text);
    if (close(fd) < 0 && err == 0) {
        err = -errno;
    }
    return err;
}

static int save(const char *dir, const char *name, const char *text,
                mode_t mode)
{
    struct adl_buf path = {0};

    if (mkdir(dir, 0755) < 0 && errno != EEXIST) {
        return -errno;
    }
    int err = adl_buf_addf(&path, "%s/%s", dir, name);
    if (err == 0) {
        err = write_file(adl_buf_str(&path), text, mode);
    }
    adl_buf_finish(&path);
    return err;
}

int adl_cert_save_ca(const struct adl_cert *cert, const char *dir)
{
    return save(dir, "ca.pem", cert->ca, 0644);
}

int adl_cert_save_all(const struct adl_cert *cert, const char *dir)
{
    int err = adl_cert_save_ca(cert, dir);

    if (err == 0) {
        err = save(dir, "cert.pem", cert->cert, 0644);
    }
    if (err == 0) {
        err = save(dir, "key.pem", cert->key, 0600);
    }
    return err;
}
