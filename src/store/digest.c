/* SPDX-License-Identifier: MIT */
#include "store/digest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <assert.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "asyncdl/error.h"

struct kind {
    const char *label;        /* as checksums are written */
    const char *openssl_name; /* as EVP_MD_fetch() knows it */
    size_t size;
};

static const struct kind kinds[] = {
    [ADL_DIGEST_MD5] = {"md5", "MD5", 16},
    [ADL_DIGEST_SHA1] = {"sha-1", "SHA1", 20},
    [ADL_DIGEST_SHA256] = {"sha-256", "SHA2-256", 32},
    [ADL_DIGEST_SHA512] = {"sha-512", "SHA2-512", 64},
};

struct adl_digest {
    enum adl_digest_kind kind;
    EVP_MD *md; /* fetched once: a fetch at each start would cost a lock */
    EVP_MD_CTX *ctx;
};

static int parse_nibble(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Read exactly 2 * size digits that end the string. */
static int parse_hex(uint8_t *out, size_t size, const char *text)
{
    if (strlen(text) != 2 * size) {
        return -EINVAL;
    }
    for (size_t i = 0; i < size; i++) {
        int high = parse_nibble(text[2 * i]);
        int low = parse_nibble(text[2 * i + 1]);

        if (high < 0 || low < 0) {
            return -EINVAL;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}

int adl_checksum_parse(struct adl_checksum *out, const char *text)
{
    const char *equals = strchr(text, '=');

    if (equals == NULL) {
        return -EINVAL;
    }
    size_t len = (size_t)(equals - text);
    for (int i = ADL_DIGEST_MD5; i <= ADL_DIGEST_SHA512; i++) {
        const struct kind *kind = &kinds[i];
        struct adl_checksum sum = {.kind = (enum adl_digest_kind)i};

        if (strlen(kind->label) != len ||
            strncasecmp(kind->label, text, len) != 0) {
            continue;
        }
        if (parse_hex(sum.bytes, kind->size, equals + 1) < 0) {
            return -EINVAL;
        }
        *out = sum;
        return 0;
    }
    return -EINVAL;
}

/* The caller's thread keeps its own OpenSSL errors: ours are told by code. */
static EVP_MD *fetch_md(enum adl_digest_kind kind)
{
    ERR_set_mark();
    EVP_MD *md = EVP_MD_fetch(NULL, kinds[kind].openssl_name, NULL);
    ERR_pop_to_mark();
    return md;
}

int adl_digest_create(struct adl_digest **out, enum adl_digest_kind kind)
{
    struct adl_digest *digest = calloc(1, sizeof(*digest));
    int err = -ENOMEM;

    assert(kind >= ADL_DIGEST_MD5 && kind <= ADL_DIGEST_SHA512);
    if (digest == NULL) {
        return -ENOMEM;
    }
    digest->kind = kind;
    digest->ctx = EVP_MD_CTX_new();
    if (digest->ctx == NULL) {
        goto fail;
    }
    digest->md = fetch_md(kind);
    if (digest->md == NULL) {
        err = -ENOTSUP;
        goto fail;
    }
    err = adl_digest_reset(digest);
    if (err < 0) {
        goto fail;
    }
    *out = digest;
    return 0;

fail:
    adl_digest_destroy(digest);
    return err;
}

void adl_digest_destroy(struct adl_digest *digest)
{
    if (digest == NULL) {
        return;
    }
    EVP_MD_CTX_free(digest->ctx);
    EVP_MD_free(digest->md);
    free(digest);
}

int adl_digest_reset(struct adl_digest *digest)
{
    return EVP_DigestInit_ex2(digest->ctx, digest->md, NULL) == 1 ? 0 : -EIO;
}

int adl_digest_update(struct adl_digest *digest, const void *bytes, size_t len)
{
    return EVP_DigestUpdate(digest->ctx, bytes, len) == 1 ? 0 : -EIO;
}

static void format_hex(char *out, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * size] = '\0';
}

int adl_digest_check(struct adl_digest *digest,
                     const struct adl_checksum *expected, char *text,
                     size_t cap)
{
    const struct kind *kind = &kinds[digest->kind];
    uint8_t bytes[EVP_MAX_MD_SIZE];
    char is_hex[2 * ADL_DIGEST_MAX + 1];
    char expected_hex[2 * ADL_DIGEST_MAX + 1];

    assert(expected->kind == digest->kind);
    if (EVP_DigestFinal_ex(digest->ctx, bytes, NULL) != 1 ||
        adl_digest_reset(digest) < 0) {
        return -EIO;
    }
    if (memcmp(bytes, expected->bytes, kind->size) == 0) {
        return 0;
    }
    format_hex(is_hex, bytes, kind->size);
    format_hex(expected_hex, expected->bytes, kind->size);
    (void)snprintf(text, cap, "%s is %s, expected %s", kind->label, is_hex,
                   expected_hex); /* cut where cap is small: the code tells */
    return ASYNCDL_ECHECKSUM;
}
