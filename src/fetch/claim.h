/* SPDX-License-Identifier: MIT */
/* What a server says its body hashes to: Content-Digest and Repr-Digest (RFC
 * 9530), Digest (RFC 3230). Pure. */
#ifndef ADL_FETCH_CLAIM_H
#define ADL_FETCH_CLAIM_H

#include <stddef.h>

#include "store/digest.h"

/* Zero: nothing is claimed. */
struct adl_claim {
    struct adl_checksum sum;
    const char *header; /* constant: whose word it is */
};

/* How a header writes it. */
enum adl_claim_form {
    ADL_CLAIM_RFC9530, /* sha-256=:BASE64:, sha-512=:BASE64: */
    ADL_CLAIM_RFC3230, /* SHA-256=BASE64,MD5=BASE64 */
};

/*
 * Read a header's value. Of all that an answer claims the one that is worth
 * most is kept: sha-256, then sha-512, sha-1, md5, of two of a kind the later.
 * What is unknown or broken is passed over.
 */
void adl_claim_read(struct adl_claim *claim, enum adl_claim_form form,
                    const char *header, const char *text, size_t len);

#endif
