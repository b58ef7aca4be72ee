/* SPDX-License-Identifier: MIT */
#include "fetch/tlscheck.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/scratch.h"
#include "support/suite.h"

#define HASH "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

#define N(cases) (sizeof(cases) / sizeof((cases)[0]))

#define PEM(what, text) \
    "-----BEGIN " what "-----\n" text "-----END " what "-----\n"
#define NONE "bm9uZQ==\n"

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *x = X509_new();

    assert_non_null(x);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 1), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 3600));
    assert_int_equal(X509_set_pubkey(x, key), 1);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    return x;
}

static FILE *create(const struct scratch *scratch, const char *name,
                    const char *end)
{
    char full[32];

    (void)snprintf(full, sizeof(full), "%s%s", name, end);
    FILE *file = fopen(scratch_path(scratch, full), "w");
    assert_non_null(file);
    return file;
}

/* NAME.cert, NAME.key (with a password, unless that is NULL), NAME.both, and
 * the public key as NAME.pub and NAME.der. */
static void make_files(const struct scratch *scratch, const char *name,
                       const char *password)
{
    const EVP_CIPHER *cipher = password != NULL ? EVP_aes_128_cbc() : NULL;
    static const char *const ends[] = {".cert", ".key", ".both"};
    EVP_PKEY *key = EVP_EC_gen("P-256");

    assert_non_null(key);
    X509 *x = make_certificate(key);
    for (size_t i = 0; i < N(ends); i++) {
        FILE *file = create(scratch, name, ends[i]);

        assert_true(i == 1 || PEM_write_X509(file, x) == 1);
        assert_true(i == 0 || PEM_write_PKCS8PrivateKey(
                                  file, key, cipher, password,
                                  password != NULL ? (int)strlen(password) : 0,
                                  NULL, NULL) == 1);
        assert_int_equal(fclose(file), 0);
    }
    FILE *pem = create(scratch, name, ".pub");
    assert_int_equal(PEM_write_PUBKEY(pem, key), 1);
    assert_int_equal(fclose(pem), 0);
    FILE *der = create(scratch, name, ".der");
    assert_int_equal(i2d_PUBKEY_fp(der, key), 1);
    assert_int_equal(fclose(der), 0);
    X509_free(x);
    EVP_PKEY_free(key);
}

static void copy_to(FILE *out, const struct scratch *scratch, const char *from)
{
    char bytes[4096];
    FILE *in = fopen(scratch_path(scratch, from), "r");

    assert_non_null(in);
    size_t len = fread(bytes, 1, sizeof(bytes), in);
    assert_true(len < sizeof(bytes));
    assert_int_equal(fwrite(bytes, 1, len, out), len);
    assert_int_equal(fclose(in), 0);
}

static void join(const struct scratch *scratch, const char *first,
                 const char *second, const char *to)
{
    FILE *out = create(scratch, to, "");

    copy_to(out, scratch, first);
    copy_to(out, scratch, second);
    assert_int_equal(fclose(out), 0);
}

/* The same file with that many bytes more. */
static void add_behind(const struct scratch *scratch, const char *from,
                       const char *to, size_t n)
{
    static char zeros[1 << 20];
    FILE *out = create(scratch, to, "");

    copy_to(out, scratch, from);
    assert_int_equal(fwrite(zeros, 1, n, out), n);
    assert_int_equal(fclose(out), 0);
}

static void test_a_pinned_key_is_hashes_or_a_file_with_one(void **state)
{
    static const struct {
        const char *text; /* "@NAME": a file of ours */
        int err;
    } cases[] = {
        {HASH, 0},
        {HASH ";" HASH, 0},
        {HASH ";", -EINVAL},
        {HASH " ", -EINVAL},
        {"sha256//", -EINVAL},
        {"sha256//AAAA=", -EINVAL},
        {"@own.pub", 0},
        {"@own.der", 0},
        {"@own.cert", -EINVAL},
        {"@own.key", -EINVAL},
        {"@rsa", -EINVAL}, /* of a form that libcurl does not know */
        {"@tail", -EINVAL},
        {"@large", -EINVAL},
        {"@text", -EINVAL},
        {"@empty", -EINVAL},
        {"/dev/null", -EINVAL},
        {"/dev/zero", -EINVAL}, /* which never ends */
        {"/", -EISDIR},
        {"/no/such/file", -ENOENT},
    };

    make_files(*state, "own", NULL);
    scratch_write(scratch_path(*state, "text"), HASH "\n");
    scratch_write(scratch_path(*state, "empty"), "");
    scratch_write(scratch_path(*state, "rsa"), PEM("RSA PUBLIC KEY", NONE));
    add_behind(*state, "own.der", "tail", 1);
    add_behind(*state, "own.der", "large", 1 << 20);
    for (size_t i = 0; i < N(cases); i++) {
        const struct asyncdl_http_options http = {
            .pinned_key = cases[i].text[0] == '@'
                              ? scratch_path(*state, cases[i].text + 1)
                              : cases[i].text};

        int err = adl_tlscheck(&http);
        if (err != cases[i].err) {
            fail_msg("%s: %d", cases[i].text, err);
        }
    }
}

static void test_a_key_is_that_of_its_certificate(void **state)
{
    static const struct {
        const char *cert;
        const char *key; /* NULL: in the file of the certificate */
        const char *password;
        int err;
    } cases[] = {
        {"own.cert", "own.key", NULL, 0},
        {"own.both", NULL, NULL, 0},
        {"own.both", "own.key", "unused", 0},
        {"own.cert", NULL, NULL, ASYNCDL_EOWNCERT},
        {"own.cert", "other.key", "secret", ASYNCDL_EOWNCERT},
        {"own.both", "other.key", "secret", ASYNCDL_EOWNCERT},
        {"other.cert", "other.key", "secret", 0},
        {"other.both", NULL, "secret", 0},
        {"other.both", NULL, "wrong", ASYNCDL_EOWNCERT},
        {"other.both", NULL, NULL, ASYNCDL_EOWNCERT}, /* nobody is asked */
        {"other.both", "own.key", "secret", ASYNCDL_EOWNCERT},
        {"broken", "own.key", NULL, -EINVAL},
        {"chain", "own.key", NULL, 0},
        {"torn-chain", "own.key", NULL, ASYNCDL_EOWNCERT},
        {"own.cert", "broken", NULL, ASYNCDL_EOWNCERT},
    };
    char long_password[5000];

    make_files(*state, "own", NULL);
    make_files(*state, "other", "secret");
    scratch_write(scratch_path(*state, "broken"), PEM("PRIVATE KEY", NONE));
    join(*state, "own.cert", "other.cert", "chain");
    scratch_write(scratch_path(*state, "torn"), PEM("CERTIFICATE", NONE));
    join(*state, "own.cert", "torn", "torn-chain");
    for (size_t i = 0; i < N(cases); i++) {
        const struct asyncdl_http_options http = {
            .cert_file = scratch_path(*state, cases[i].cert),
            .key_file = cases[i].key != NULL
                            ? scratch_path(*state, cases[i].key)
                            : NULL,
            .key_password = cases[i].password};

        int err = adl_tlscheck(&http);
        if (err != cases[i].err) {
            fail_msg("case %zu: %d", i, err);
        }
    }
    memset(long_password, 'x', sizeof(long_password));
    long_password[sizeof(long_password) - 1] = '\0';
    const struct asyncdl_http_options http = {
        .cert_file = scratch_path(*state, "other.both"),
        .key_password = long_password};
    assert_int_equal(adl_tlscheck(&http), ASYNCDL_EOWNCERT);
}

/* What a key is to say is not judged without its certificate. */
static void test_files_need_what_they_are_for(void **state)
{
    enum { REFUSED_AS_KEY, IS_KEY };
    static const struct {
        const char *text;
        int what;
        int own_err; /* of it as one's own certificate */
    } cases[] = {
        {"", REFUSED_AS_KEY, -EINVAL},
        {"hello\n", REFUSED_AS_KEY, -EINVAL},
        {PEM("CERTIFICATE", ""), REFUSED_AS_KEY, -EINVAL},
        {PEM("CERTIFICATE", NONE), REFUSED_AS_KEY, ASYNCDL_EOWNCERT},
        {PEM("PRIVATE KEY", NONE), IS_KEY, -EINVAL},
        {PEM("EC PARAMETERS", NONE) PEM("EC PRIVATE KEY", NONE), IS_KEY,
         -EINVAL},
        {PEM("ENCRYPTED PRIVATE KEY", NONE), IS_KEY, -EINVAL},
    };
    const char *path = scratch_path(*state, "file.pem");
    const struct asyncdl_http_options ca = {.ca_file = path};
    const struct asyncdl_http_options cert = {.cert_file = path};
    const struct asyncdl_http_options key = {.key_file = path};

    for (size_t i = 0; i < N(cases); i++) {
        scratch_write(path, cases[i].text);
        assert_int_equal(adl_tlscheck(&ca), -EINVAL);
        assert_int_equal(adl_tlscheck(&cert), cases[i].own_err);
        assert_int_equal(adl_tlscheck(&key),
                         cases[i].what == IS_KEY ? 0 : -EINVAL);
    }
}

/* libcurl reads them all, and then none where one is damaged. */
static void test_certificates_to_trust_are_all_sound(void **state)
{
    static const struct {
        const char *name;
        int err;
    } cases[] = {{"own.cert", 0},
                 {"chain", 0},
                 {"own.both", 0},
                 {"torn-chain", -EINVAL},
                 {"secret", -EINVAL}}; /* nobody is asked */

    make_files(*state, "own", NULL);
    make_files(*state, "other", NULL);
    join(*state, "own.cert", "other.cert", "chain");
    scratch_write(scratch_path(*state, "torn"), PEM("CERTIFICATE", NONE));
    join(*state, "own.cert", "torn", "torn-chain");
    scratch_write(scratch_path(*state, "secret"),
                  PEM("CERTIFICATE",
                      "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
                      "00112233445566778899AABBCCDDEEFF\n\n" NONE));
    for (size_t i = 0; i < N(cases); i++) {
        const struct asyncdl_http_options http = {
            .ca_file = scratch_path(*state, cases[i].name)};

        int err = adl_tlscheck(&http);
        if (err != cases[i].err) {
            fail_msg("%s: %d", cases[i].name, err);
        }
    }
}

static void test_folders_to_trust_may_be_several(void **state)
{
    static const struct {
        const char *text;
        int err;
    } cases[] = {
        {"/", 0},
        {"/no/such:/", 0},
        {"/:/no/such", 0},
        {"/no/such:/dev/null", -ENOENT},
        {"/dev/null", -ENOTDIR},
        {"", -ENOENT},
        {":", -ENOENT},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        const struct asyncdl_http_options http = {.ca_path = cases[i].text};

        assert_int_equal(adl_tlscheck(&http), cases[i].err);
    }
}

static void test_only_certificates_to_trust_may_come_from_a_pipe(void **state)
{
    const char *path = scratch_path(*state, "pipe");
    const struct {
        struct asyncdl_http_options http;
        int err;
    } cases[] = {
        {{.ca_file = path}, 0},
        {{.cert_file = path}, -EINVAL},
        {{.key_file = path}, -EINVAL},
        {{.pinned_key = path}, -EINVAL},
        {{.ca_file = "/dev/null"}, -EINVAL},
        {{.ca_file = "/dev/zero"}, -EINVAL},
        {{.key_file = "/dev/zero"}, -EINVAL},
    };

    assert_int_equal(mkfifo(path, 0600), 0);
    for (size_t i = 0; i < N(cases); i++) {
        assert_int_equal(adl_tlscheck(&cases[i].http), cases[i].err);
    }
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

TEST_SUITE(tlscheck)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_pinned_key_is_hashes_or_a_file_with_one),
        TEST(test_a_key_is_that_of_its_certificate),
        TEST(test_files_need_what_they_are_for),
        TEST(test_certificates_to_trust_are_all_sound),
        TEST(test_folders_to_trust_may_be_several),
        TEST(test_only_certificates_to_trust_may_come_from_a_pipe),
    };

    return cmocka_run_group_tests_name("tlscheck", tests, NULL, NULL);
}
