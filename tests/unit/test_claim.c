/* SPDX-License-Identifier: MIT */
#include "fetch/claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* Of "ok", but for the last. */
#define MD5    "REvLOj/Pg4kpbElGfyfh1g=="
#define SHA1   "eoX0dku9ba8cNUXvu/DyeabcC+s="
#define SHA256 "Jok2eyBcFs4y7UIAlCuLix4mLfxw2byfvHfElpmk8d8="
#define SHA512                                                           \
    "n7u7Wg8yn5eC4jVvpB2Jz5s2lDJ8GpNNavKp3y1/k2zoNxf7UTGWpM5VSEcXCM1xNM" \
    "KumbPDV7yrsur8e5t1cA=="
#define OTHER256 "kAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4="

enum form {
    NEW = ADL_CLAIM_RFC9530,
    OLD = ADL_CLAIM_RFC3230,
};

static void test_claims(void **state)
{
    static const struct {
        enum form form;
        const char *text;
        enum adl_digest_kind kind;
        unsigned first; /* byte of the hash */
    } cases[] = {
        {NEW, "sha-256=:" SHA256 ":", ADL_DIGEST_SHA256, 0x26},
        {NEW, "sha-512=:" SHA512 ":", ADL_DIGEST_SHA512, 0x9f},
        {NEW, "md5=:" MD5 ":", ADL_DIGEST_MD5, 0x44},
        {NEW, "sha=:" SHA1 ":", ADL_DIGEST_SHA1, 0x7a},
        {OLD, "SHA-256=" SHA256, ADL_DIGEST_SHA256, 0x26},
        {OLD, "sha-512=" SHA512, ADL_DIGEST_SHA512, 0x9f},
        {OLD, "MD5=" MD5, ADL_DIGEST_MD5, 0x44},
        {OLD, "SHA=" SHA1, ADL_DIGEST_SHA1, 0x7a},

        /* the best of several, the later of two */
        {NEW, "sha-512=:" SHA512 ":, sha-256=:" SHA256 ":", ADL_DIGEST_SHA256,
         0x26},
        {NEW, "sha-256=:" SHA256 ":,sha-512=:" SHA512 ":", ADL_DIGEST_SHA256,
         0x26},
        {OLD, "md5=" MD5 ",SHA=" SHA1 " , crc32c=AAAA", ADL_DIGEST_SHA1, 0x7a},
        {NEW, "sha-256=:" SHA256 ":, sha-256=:" OTHER256 ":", ADL_DIGEST_SHA256,
         0x90},

        /* what is broken or unknown hides nothing */
        {NEW, "sha-256=:AAAA:, sha-512=:" SHA512 ":", ADL_DIGEST_SHA512, 0x9f},
        {NEW, "x, ,sha-1024=:AA==:, sha-256=:" SHA256 ":;q=1 , y=?0",
         ADL_DIGEST_SHA256, 0x26},
        {OLD, "\t id-sha-256=" OTHER256 "; UNIXsum=1, md5=" MD5 " \t",
         ADL_DIGEST_MD5, 0x44},

        /* padding may be missing */
        {NEW, "md5=:REvLOj/Pg4kpbElGfyfh1g:", ADL_DIGEST_MD5, 0x44},
        {OLD, "md5=REvLOj/Pg4kpbElGfyfh1g=", ADL_DIGEST_MD5, 0x44},

        /* no claims */
        {NEW, "", ADL_DIGEST_NONE, 0},
        {NEW, ",,,", ADL_DIGEST_NONE, 0},
        {NEW, "=", ADL_DIGEST_NONE, 0},
        {NEW, "sha-256", ADL_DIGEST_NONE, 0},
        {NEW, "sha-256=", ADL_DIGEST_NONE, 0},
        {NEW, "sha-256=:", ADL_DIGEST_NONE, 0},
        {NEW, "sha-256=::", ADL_DIGEST_NONE, 0},
        {NEW, "sha-256=:====:", ADL_DIGEST_NONE, 0},
        {NEW, "sha-256=" SHA256, ADL_DIGEST_NONE, 0},
        {NEW, "sha-256=:" SHA256, ADL_DIGEST_NONE, 0},
        {NEW, "sha-256=:" SHA256 ":x", ADL_DIGEST_NONE, 0},
        {NEW, "sha-256 =:" SHA256 ":", ADL_DIGEST_NONE, 0},
        {NEW, "SHA-256=:" SHA256 ":", ADL_DIGEST_NONE, 0},
        {NEW, "sha-256=:" SHA512 ":", ADL_DIGEST_NONE, 0},
        {NEW, "sha-512=:" SHA256 ":", ADL_DIGEST_NONE, 0},
        {NEW, "md5=:REvLOj/Pg4kpbElGfyfh-g==:", ADL_DIGEST_NONE, 0},
        {NEW, "md5=:REvLOj/Pg4 pbElGfyfh1g==:", ADL_DIGEST_NONE, 0},
        {NEW, "md5=:REvLOj/Pg4kpbElGfyfh1g===:", ADL_DIGEST_NONE, 0},
        {OLD, "SHA-256=:" SHA256 ":", ADL_DIGEST_NONE, 0},
        {OLD, "SHA256=" SHA256, ADL_DIGEST_NONE, 0},
        {OLD, "SHA-256=" SHA256 "A", ADL_DIGEST_NONE, 0},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct adl_claim claim = {.header = NULL};

        adl_claim_read(&claim, (enum adl_claim_form)cases[i].form, "Header",
                       cases[i].text, strlen(cases[i].text));
        if (claim.sum.kind != cases[i].kind ||
            claim.sum.bytes[0] != cases[i].first) {
            fail_msg("%s: kind %d, %02x", cases[i].text, (int)claim.sum.kind,
                     (unsigned)claim.sum.bytes[0]);
        }
        if (claim.sum.kind != ADL_DIGEST_NONE) {
            assert_string_equal(claim.header, "Header");
        }
    }
}

static void test_every_byte_is_decoded(void **state)
{
    static const char *const claims[] = {"md5=:" MD5 ":", "sha=:" SHA1 ":",
                                         "sha-256=:" SHA256 ":",
                                         "sha-512=:" SHA512 ":"};
    unsigned all = 0;
    struct adl_digest *digest;
    struct adl_sums sums;

    (void)state;
    for (int i = ADL_DIGEST_MD5; i <= ADL_DIGEST_SHA512; i++) {
        all |= ADL_DIGEST_BIT(i);
    }
    assert_int_equal(adl_digest_create(&digest, all), 0);
    assert_int_equal(adl_digest_update(digest, "ok", 2), 0);
    assert_int_equal(adl_digest_finish(digest, &sums), 0);
    adl_digest_destroy(digest);
    for (size_t i = 0; i < N_OF(claims); i++) {
        struct adl_claim claim = {.header = NULL};

        adl_claim_read(&claim, ADL_CLAIM_RFC9530, "", claims[i],
                       strlen(claims[i]));
        assert_memory_equal(claim.sum.bytes, sums.bytes[claim.sum.kind],
                            adl_digest_size(claim.sum.kind));
    }
}

static void test_headers_add_up_and_keep_their_names(void **state)
{
    struct adl_claim claim = {.header = NULL};

    (void)state;
    adl_claim_read(&claim, ADL_CLAIM_RFC3230, "Digest", "MD5=" MD5,
                   strlen("MD5=" MD5));
    assert_string_equal(claim.header, "Digest");
    adl_claim_read(&claim, ADL_CLAIM_RFC9530, "Repr-Digest",
                   "sha-256=:" SHA256 ":", strlen("sha-256=:" SHA256 ":"));
    assert_string_equal(claim.header, "Repr-Digest");
    adl_claim_read(&claim, ADL_CLAIM_RFC3230, "Digest", "SHA=" SHA1,
                   strlen("SHA=" SHA1));
    assert_string_equal(claim.header, "Repr-Digest");
    assert_int_equal(claim.sum.kind, ADL_DIGEST_SHA256);
}

TEST_SUITE(claim)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_every_byte_is_decoded),
        cmocka_unit_test(test_headers_add_up_and_keep_their_names),
    };

    return cmocka_run_group_tests_name("claim", tests, NULL, NULL);
}
