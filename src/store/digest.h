/* SPDX-License-Identifier: MIT */
/* Checksums: "sha-256=HEX" and the like, over OpenSSL's EVP. */
#ifndef ADL_STORE_DIGEST_H
#define ADL_STORE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADL_DIGEST_MAX   64
#define ADL_SHA256_BYTES 32

enum adl_digest_kind {
    ADL_DIGEST_NONE = 0,
    ADL_DIGEST_MD5,
    ADL_DIGEST_SHA1,
    ADL_DIGEST_SHA256,
    ADL_DIGEST_SHA512,
};

/* A checksum that is expected. Zero: none. */
struct adl_checksum {
    enum adl_digest_kind kind;
    uint8_t bytes[ADL_DIGEST_MAX];
};

/* Bytes of a hash of that kind, which is not NONE. */
size_t adl_digest_size(enum adl_digest_kind kind);

/* Read "sha-256=HEX" (also sha-512, sha-1, md5; any case). 0 or -EINVAL. */
int adl_checksum_parse(struct adl_checksum *out, const char *text);

/* "sha-256=" and so on, the longest hash in hex, and a NUL. */
#define ADL_CHECKSUM_TEXT_MAX (16 + 2 * ADL_DIGEST_MAX)

/* Write it so that adl_checksum_parse() reads it; "" where there is none. */
void adl_checksum_format(char out[ADL_CHECKSUM_TEXT_MAX],
                         const struct adl_checksum *checksum);

/* What the bytes of a body are held against. Zero: nothing. */
struct adl_checks {
    struct adl_checksum expected; /* by the caller, who has the last word */
    struct adl_checksum claimed;  /* by the server, of its own body */
    const char *claimer;          /* constant: where it says so */
    uint8_t *sha256; /* where a good body's SHA-256 goes; NULL: nowhere */
};

/* A bit for each kind in a set of them. */
#define ADL_DIGEST_BIT(kind) (1u << (kind))

/* The kinds that are to be computed; 0: none. */
unsigned adl_checks_kinds(const struct adl_checks *checks);

/* The hashes of one body, as many as were asked for. */
struct adl_sums {
    uint8_t bytes[ADL_DIGEST_SHA512 + 1][ADL_DIGEST_MAX];
};

/*
 * Judge a body. 0, or ASYNCDL_ECHECKSUM, with both hashes as hex in text:
 * "sha-256 is X, expected Y". *out_is_damaged is set to whether the body is not
 * what the server says either, so that it got damaged on its way; a server
 * that contradicts the caller is not heard.
 */
int adl_checks_judge(const struct adl_checks *checks,
                     const struct adl_sums *sums, char *text, size_t cap,
                     bool *out_is_damaged);

/* Some kinds over the same bytes, in the making. */
struct adl_digest;

/* kinds is not empty. 0, -ENOMEM, or -ENOTSUP where OpenSSL refuses one
 * (FIPS). */
int adl_digest_create(struct adl_digest **out, unsigned kinds);
void adl_digest_destroy(struct adl_digest *digest); /* NULL is allowed */

/* 0 or -EIO. */
int adl_digest_update(struct adl_digest *digest, const void *bytes, size_t len);

/* The end: nothing can be added after it. 0 or -EIO. */
int adl_digest_finish(struct adl_digest *digest, struct adl_sums *out);

/* 2 * len digits and a NUL. */
void adl_digest_format(char *out, const uint8_t *bytes, size_t len);

#endif
