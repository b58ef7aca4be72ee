/* SPDX-License-Identifier: MIT */
#include "store/digest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "asyncdl/error.h"

#define MD5_ABC  "900150983cd24fb0d6963f7d28e17f72"
#define SHA1_ABC "a9993e364706816aba3e25717850c26c9cd0d89d"
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

static void test_every_kind_agrees_with_its_published_hash(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(abc) / sizeof(abc[0]); i++) {
        struct adl_checksum sum = parse(abc[i]);
        struct adl_digest *digest;
        char text[400] = "";

        assert_int_equal(adl_digest_create(&digest, sum.kind), 0);
        assert_int_equal(adl_digest_update(digest, "a", 1), 0);
        assert_int_equal(adl_digest_update(digest, "", 0), 0);
        assert_int_equal(adl_digest_update(digest, "bc", 2), 0);
        assert_int_equal(adl_digest_check(digest, &sum, text, sizeof(text)), 0);
        assert_string_equal(text, "");
        adl_digest_destroy(digest);
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

static void test_a_difference_names_both_hashes(void **state)
{
    struct adl_checksum sum = parse("sha-256=" SHA256_ABC);
    struct adl_digest *digest;
    char text[400] = "";

    (void)state;
    assert_int_equal(adl_digest_create(&digest, sum.kind), 0);

    assert_int_equal(adl_digest_check(digest, &sum, text, sizeof(text)),
                     ASYNCDL_ECHECKSUM);
    assert_string_equal(text,
                        "sha-256 is " SHA256_EMPTY ", expected " SHA256_ABC);
    adl_digest_destroy(digest);
}

static void test_the_last_byte_of_a_hash_counts(void **state)
{
    struct adl_checksum sum = parse("sha-512=" SHA512_ABC);
    struct adl_digest *digest;
    char text[400];

    (void)state;
    sum.bytes[63] ^= 1;
    assert_int_equal(adl_digest_create(&digest, sum.kind), 0);
    assert_int_equal(adl_digest_update(digest, "abc", 3), 0);

    assert_int_equal(adl_digest_check(digest, &sum, text, sizeof(text)),
                     ASYNCDL_ECHECKSUM);
    adl_digest_destroy(digest);
}

static void test_a_small_text_is_cut_and_not_overrun(void **state)
{
    struct adl_checksum sum = parse("sha-512=" SHA512_ABC);
    struct adl_digest *digest;
    char text[16] = "0123456789abcde";

    (void)state;
    assert_int_equal(adl_digest_create(&digest, sum.kind), 0);

    assert_int_equal(adl_digest_check(digest, &sum, text, 8),
                     ASYNCDL_ECHECKSUM);
    assert_memory_equal(text, "sha-512\00089abcde", 16);
    adl_digest_destroy(digest);
}

static void test_check_and_reset_both_start_over(void **state)
{
    struct adl_checksum sum = parse("md5=" MD5_ABC);
    struct adl_digest *digest;
    char text[400];

    (void)state;
    assert_int_equal(adl_digest_create(&digest, sum.kind), 0);
    assert_int_equal(adl_digest_update(digest, "other", 5), 0);
    assert_int_equal(adl_digest_reset(digest), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(adl_digest_update(digest, "abc", 3), 0);
        assert_int_equal(adl_digest_check(digest, &sum, text, sizeof(text)), 0);
    }
    adl_digest_destroy(digest);
}

static void test_destroying_null_is_allowed(void **state)
{
    (void)state;
    adl_digest_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_agrees_with_its_published_hash),
        cmocka_unit_test(test_what_is_no_checksum_is_refused),
        cmocka_unit_test(test_a_difference_names_both_hashes),
        cmocka_unit_test(test_the_last_byte_of_a_hash_counts),
        cmocka_unit_test(test_a_small_text_is_cut_and_not_overrun),
        cmocka_unit_test(test_check_and_reset_both_start_over),
        cmocka_unit_test(test_destroying_null_is_allowed),
    };

    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
