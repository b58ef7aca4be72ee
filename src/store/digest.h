/* SPDX-License-Identifier: MIT */
/* Checksums: "sha-256=HEX" and the like, over OpenSSL's EVP. */
#ifndef ADL_STORE_DIGEST_H
#define ADL_STORE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define ADL_DIGEST_MAX 64

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

/* Read "sha-256=HEX" (also sha-512, sha-1, md5; any case). 0 or -EINVAL. */
int adl_checksum_parse(struct adl_checksum *out, const char *text);

struct adl_digest; /* one in the making */

/* kind is not NONE. 0, -ENOMEM, or -ENOTSUP where OpenSSL refuses it (FIPS). */
int adl_digest_create(struct adl_digest **out, enum adl_digest_kind kind);
void adl_digest_destroy(struct adl_digest *digest); /* NULL is allowed */

/* Start over. 0 or -EIO. */
int adl_digest_reset(struct adl_digest *digest);
int adl_digest_update(struct adl_digest *digest, const void *bytes, size_t len);

/*
 * Compare with what is expected, of the same kind, and start over. 0,
 * ASYNCDL_ECHECKSUM, or -EIO. Where they differ, both hashes are written as
 * hex to text, "sha-256 is X, expected Y".
 */
int adl_digest_check(struct adl_digest *digest,
                     const struct adl_checksum *expected, char *text,
                     size_t cap);

#endif
