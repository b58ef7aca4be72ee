/* SPDX-License-Identifier: MIT */
#include "site/cert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "support/suite.h"

static X509 *read_cert(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);

    assert_non_null(x);
    BIO_free(bio);
    return x;
}

/* Whether the authority in ca vouches for x. */
static int verify(X509 *ca, X509 *x)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();

    assert_int_equal(X509_STORE_add_cert(store, ca), 1);
    assert_int_equal(X509_STORE_CTX_init(ctx, store, x, NULL), 1);
    X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT);
    int ok = X509_verify_cert(ctx);

    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return ok;
}

static void test_authority_vouches_for_the_names(void **state)
{
    static const char *const hosts[] = {"*.example.test", "10.1.2.3"};
    struct adl_cert cert;

    (void)state;
    assert_int_equal(adl_cert_init(&cert, hosts, 2), 0);
    X509 *ca = read_cert(cert.ca);
    X509 *x = read_cert(cert.cert);

    assert_int_equal(verify(ca, x), 1);
    assert_int_equal(X509_check_host(x, "www.jython.org", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(x, "a.example.test", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(x, "example.test", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ip_asc(x, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(x, "::1", 0), 1);
    assert_int_equal(X509_check_ip_asc(x, "10.1.2.3", 0), 1);
    assert_int_equal(X509_check_ip_asc(x, "10.1.2.4", 0), 0);
    X509_free(x);
    X509_free(ca);
    adl_cert_finish(&cert);
}

static void test_other_authority_does_not_vouch(void **state)
{
    struct adl_cert cert;
    struct adl_cert other;

    (void)state;
    assert_int_equal(adl_cert_init(&cert, NULL, 0), 0);
    assert_int_equal(adl_cert_init(&other, NULL, 0), 0);
    X509 *ca = read_cert(other.ca);
    X509 *x = read_cert(cert.cert);

    assert_int_not_equal(verify(ca, x), 1);
    X509_free(x);
    X509_free(ca);
    adl_cert_finish(&cert);
    adl_cert_finish(&other);
}

TEST_SUITE(site_cert)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authority_vouches_for_the_names),
        cmocka_unit_test(test_other_authority_does_not_vouch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
