/* SPDX-License-Identifier: MIT */
#include "store/digest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/suite.h"

#define MD5_ABC   "900150983cd24fb0d6963f7d28e17f72"
#define MD5_EMPTY "d41d8cd98f00b204e9800998ecf8427e"
#define SHA1_ABC  "a9993e364706816aba3e25717850c26c9cd0d89d"
#define SHA256_ABC \
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA256_EMPTY \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA512_ABC                                                     \
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" \
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

static const char *const abc[] = {
    "md5=" MD5_ABC,        "sha-1=" SHA1_ABC,
    "sha-256=" SHA256_ABC, "sha-512=" SHA512_ABC,
    "SHA-256=" SHA256_ABC, "Md5=900150983CD24FB0D6963F7D28E17F72",
};

static struct adl_checksum parse(const char *text)
{
    struct adl_checksum sum = {0};

    assert_int_equal(adl_checksum_parse(&sum, text), 0);
    return sum;
}

/* The hashes of "abc". */
static struct adl_sums hash_abc(unsigned kinds)
{
    struct adl_digest *digest = NULL;
    struct adl_sums sums = {0};

    assert_int_equal(adl_digest_create(&digest, kinds), 0);
    assert_int_equal(adl_digest_update(digest, "a", 1), 0);
    assert_int_equal(adl_digest_update(digest, "", 0), 0);
    assert_int_equal(adl_digest_update(digest, "bc", 2), 0);
    assert_int_equal(adl_digest_finish(digest, &sums), 0);
    adl_digest_destroy(digest);
    return sums;
}

static void test_every_kind_agrees_with_its_published_hash(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(abc) / sizeof(abc[0]); i++) {
        struct adl_checks checks = {.expected = parse(abc[i])};
        struct adl_sums sums = hash_abc(adl_checks_kinds(&checks));
        char text[400] = "";
        bool is_damaged = false;

        assert_int_equal(
            adl_checks_judge(&checks, &sums, text, sizeof(text), &is_damaged),
            0);
        assert_string_equal(text, "");
    }
}

static void test_kinds_are_computed_side_by_side(void **state)
{
    struct adl_sums sums = hash_abc(ADL_DIGEST_BIT(ADL_DIGEST_MD5) |
                                    ADL_DIGEST_BIT(ADL_DIGEST_SHA256));
    char hex[2 * ADL_DIGEST_MAX + 1];

    (void)state;
    adl_digest_format(hex, sums.bytes[ADL_DIGEST_MD5], 16);
    assert_string_equal(hex, MD5_ABC);
    adl_digest_format(hex, sums.bytes[ADL_DIGEST_SHA256], ADL_SHA256_BYTES);
    assert_string_equal(hex, SHA256_ABC);
    adl_digest_format(hex, sums.bytes[ADL_DIGEST_SHA1], 2);
    assert_string_equal(hex, "0000"); /* nobody asked for it */
}

static void test_each_kind_is_computed_once(void **state)
{
    static const struct {
        const char *expected;
        const char *claimed;
        bool wants_sha256;
        unsigned kinds;
    } cases[] = {
        {NULL, NULL, false, 0},
        {NULL, NULL, true, ADL_DIGEST_BIT(ADL_DIGEST_SHA256)},
        {"sha-256=" SHA256_ABC, "sha-256=" SHA256_EMPTY, true,
         ADL_DIGEST_BIT(ADL_DIGEST_SHA256)},
        {"md5=" MD5_ABC, NULL, false, ADL_DIGEST_BIT(ADL_DIGEST_MD5)},
        {"md5=" MD5_ABC, "sha-1=" SHA1_ABC, true,
         ADL_DIGEST_BIT(ADL_DIGEST_MD5) | ADL_DIGEST_BIT(ADL_DIGEST_SHA1) |
             ADL_DIGEST_BIT(ADL_DIGEST_SHA256)},
    };
    uint8_t sha256[ADL_SHA256_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_checks checks = {0};

        if (cases[i].expected != NULL) {
            checks.expected = parse(cases[i].expected);
        }
        if (cases[i].claimed != NULL) {
            checks.claimed = parse(cases[i].claimed);
        }
        checks.sha256 = cases[i].wants_sha256 ? sha256 : NULL;
        assert_int_equal(adl_checks_kinds(&checks), cases[i].kinds);
    }
}

static void test_what_is_no_checksum_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "=",
        "sha-256",
        "sha-256=",
        "=" SHA256_ABC,
        "sha256=" SHA256_ABC,
        "sha-2567=" SHA256_ABC,
        "crc32=00000000",
        " md5=" MD5_ABC,
        "md5 =" MD5_ABC,
        "md5= " MD5_ABC,
        "md5=" MD5_ABC " ",
        "md5=" MD5_ABC "0",
        "md5=" MD5_ABC "00",
        "md5=" SHA1_ABC,
        "md5=90015098-cd24fb0d6963f7d28e17f72",
        "md5=g00150983cd24fb0d6963f7d28e17f72",
        "md5=900150983cd24fb0d6963f7d28e17f7/",
        "md5=900150983cd24fb0d6963f7d28e17f7:",
        "md5=900150983cd24fb0d6963f7d28e17f7`",
        "md5=900150983cd24fb0d6963f7d28e17f7@",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct adl_checksum sum = {.kind = ADL_DIGEST_NONE};

        assert_int_equal(adl_checksum_parse(&sum, bad[i]), -EINVAL);
        assert_int_equal(sum.kind, ADL_DIGEST_NONE);
    }
}

/* Who is heard: the caller, then the server; and what is said. */
static void test_verdicts(void **state)
{
    static const struct {
        const char *expected;
        const char *claimed;
        int err;
        bool is_damaged;
        const char *text;
    } cases[] = {
        {NULL, NULL, 0, false, ""},
        {"md5=" MD5_ABC, NULL, 0, false, ""},
        {NULL, "md5=" MD5_ABC, 0, false, ""},
        {"md5=" MD5_ABC, "sha-256=" SHA256_EMPTY, 0, false, ""},
        {"sha-256=" SHA256_EMPTY, NULL, ASYNCDL_ECHECKSUM, false,
         "sha-256 is " SHA256_ABC ", expected " SHA256_EMPTY},
        {"sha-256=" SHA256_EMPTY, "md5=" MD5_ABC, ASYNCDL_ECHECKSUM, false,
         "sha-256 is " SHA256_ABC ", expected " SHA256_EMPTY},
        {"sha-256=" SHA256_EMPTY, "md5=" MD5_EMPTY, ASYNCDL_ECHECKSUM, true,
         "sha-256 is " SHA256_ABC ", expected " SHA256_EMPTY},
        {NULL, "md5=" MD5_EMPTY, ASYNCDL_ECHECKSUM, true,
         "md5 is " MD5_ABC ", the server's Repr-Digest says " MD5_EMPTY},
    };
    struct adl_sums sums = hash_abc(ADL_DIGEST_BIT(ADL_DIGEST_MD5) |
                                    ADL_DIGEST_BIT(ADL_DIGEST_SHA256));

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_checks checks = {.claimer = "Repr-Digest"};
        char text[400] = "";
        bool is_damaged = false;

        if (cases[i].expected != NULL) {
            checks.expected = parse(cases[i].expected);
        }
        if (cases[i].claimed != NULL) {
            checks.claimed = parse(cases[i].claimed);
        }
        assert_int_equal(
            adl_checks_judge(&checks, &sums, text, sizeof(text), &is_damaged),
            cases[i].err);
        assert_int_equal(is_damaged, cases[i].is_damaged);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_the_sha256_of_a_good_body_is_handed_out(void **state)
{
    uint8_t sha256[ADL_SHA256_BYTES] = {0};
    struct adl_checks checks = {.sha256 = sha256};
    struct adl_sums sums = hash_abc(adl_checks_kinds(&checks));
    char text[400];
    char hex[2 * ADL_SHA256_BYTES + 1];
    bool is_damaged;

    (void)state;
    assert_int_equal(
        adl_checks_judge(&checks, &sums, text, sizeof(text), &is_damaged), 0);

    adl_digest_format(hex, sha256, sizeof(sha256));
    assert_string_equal(hex, SHA256_ABC);
}

static void test_the_last_byte_of_a_hash_counts(void **state)
{
    struct adl_checks checks = {.expected = parse("sha-512=" SHA512_ABC)};
    struct adl_sums sums = hash_abc(ADL_DIGEST_BIT(ADL_DIGEST_SHA512));
    char text[400];
    bool is_damaged;

    (void)state;
    checks.expected.bytes[63] ^= 1;
    assert_int_equal(
        adl_checks_judge(&checks, &sums, text, sizeof(text), &is_damaged),
        ASYNCDL_ECHECKSUM);
}

static void test_a_small_text_is_cut_and_not_overrun(void **state)
{
    struct adl_checks checks = {.expected = parse("md5=" MD5_EMPTY)};
    struct adl_sums sums = hash_abc(ADL_DIGEST_BIT(ADL_DIGEST_MD5));
    char text[16] = "0123456789abcde";
    bool is_damaged;

    (void)state;
    assert_int_equal(adl_checks_judge(&checks, &sums, text, 8, &is_damaged),
                     ASYNCDL_ECHECKSUM);
    assert_memory_equal(text, "md5 is \00089abcde", 16);
}

static void test_what_is_written_is_read_again(void **state)
{
    static const enum adl_digest_kind all[] = {
        ADL_DIGEST_MD5, ADL_DIGEST_SHA1, ADL_DIGEST_SHA256, ADL_DIGEST_SHA512};
    const struct adl_checksum none = {0};
    char text[ADL_CHECKSUM_TEXT_MAX];

    (void)state;
    adl_checksum_format(text, &none);
    assert_string_equal(text, "");
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct adl_checksum sum = {.kind = all[i]};
        struct adl_checksum again = {0};

        for (size_t at = 0; at < adl_digest_size(all[i]); at++) {
            sum.bytes[at] = (uint8_t)(255 - at);
        }
        adl_checksum_format(text, &sum);
        assert_int_equal(adl_checksum_parse(&again, text), 0);
        assert_int_equal(again.kind, sum.kind);
        assert_memory_equal(again.bytes, sum.bytes, sizeof(sum.bytes));
    }
}

static void test_destroying_null_is_allowed(void **state)
{
    (void)state;
    adl_digest_destroy(NULL);
}

TEST_SUITE(digest)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_agrees_with_its_published_hash),
        cmocka_unit_test(test_kinds_are_computed_side_by_side),
        cmocka_unit_test(test_each_kind_is_computed_once),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_the_sha256_of_a_good_body_is_handed_out),
        cmocka_unit_test(test_what_is_no_checksum_is_refused),
        cmocka_unit_test(test_the_last_byte_of_a_hash_counts),
        cmocka_unit_test(test_a_small_text_is_cut_and_not_overrun),
        cmocka_unit_test(test_what_is_written_is_read_again),
        cmocka_unit_test(test_destroying_null_is_allowed),
    };

    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
