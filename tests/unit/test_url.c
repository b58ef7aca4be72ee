/* SPDX-License-Identifier: MIT */
#include "fetch/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/suite.h"

#define WEB "http,https"

static const struct {
    const char *text;
    const char *whole; /* NULL: as it was */
    const char *origin;
    const char *host;
    const char *path;
} good[] = {
    {"http://a.test", NULL, "http://a.test:80", "a.test", "/"},
    {"http://a.test/", NULL, "http://a.test:80", "a.test", "/"},
    {"https://a.test/x?y=/z#f", NULL, "https://a.test:443", "a.test", "/x"},
    {"HTTP://A.Test:80/X", NULL, "http://a.test:80", "A.Test", "/X"},
    {"http://a.test:/", NULL, "http://a.test:80", "a.test", "/"},
    {"http://a.test:8080/", NULL, "http://a.test:8080", "a.test", "/"},
    {"http://a.test:65535/", NULL, "http://a.test:65535", "a.test", "/"},
    {"http://u:p@a.test/", NULL, "http://a.test:80", "a.test", "/"},
    {"http://u:p%40@a.test:81/", NULL, "http://a.test:81", "a.test", "/"},
    {"http://b.test@a.test/", NULL, "http://a.test:80", "a.test", "/"},
    {"http://[::1]/", NULL, "http://[::1]:80", "::1", "/"},
    {"http://[::1]:81/", NULL, "http://[::1]:81", "::1", "/"},
    {"http://a.test/a b", "http://a.test/a%20b", "http://a.test:80", "a.test",
     "/a%20b"},
    {"http://a.test/\xc3\xa4", "http://a.test/%c3%a4", "http://a.test:80",
     "a.test", "/%c3%a4"},
    {"http://a.test/\xff", "http://a.test/%ff", "http://a.test:80", "a.test",
     "/%ff"},
    {"http://a.test/%2e%2E/b", NULL, "http://a.test:80", "a.test", NULL},
    {"http://3232235%37%377/ ", "http://3232235777/%20",
     "http://192.168.1.1:80", "192.168.1.1", "/%20"},
    {"https://u:p@M\xc3\xbcller.example:81/\xc3\xa4",
     "https://u:p@xn--mller-kva.example:81/%c3%a4",
     "https://xn--mller-kva.example:81", "xn--mller-kva.example", "/%c3%a4"},
    {"http://\xe4\xbe\x8b\xe3\x80\x82test", "http://xn--fsq.test",
     "http://xn--fsq.test:80", "xn--fsq.test", "/"},
    {"http://stra\xc3\x9f"
     "e.test/",
     "http://xn--strae-oqa.test/", "http://xn--strae-oqa.test:80",
     "xn--strae-oqa.test", "/"},
    {"http://127.0.0.1/x", NULL, "http://127.0.0.1:80", "127.0.0.1", "/x"},
};

static void test_good_ones_are_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct adl_url url = {0};

        if (adl_url_parse(&url, good[i].text, WEB) != 0) {
            fail_msg("refused: %s", good[i].text);
        }
        assert_string_equal(url.text, good[i].whole != NULL ? good[i].whole
                                                            : good[i].text);
        assert_string_equal(url.origin, good[i].origin);
        assert_string_equal(url.host, good[i].host);
        if (good[i].path != NULL) {
            assert_string_equal(url.path, good[i].path);
        }
        adl_url_finish(&url);
        assert_null(url.text);
    }
}

static const struct {
    const char *text;
    int err;
} bad[] = {
    {"", ASYNCDL_EURL},
    {"a.test", ASYNCDL_EURL},
    {"//a.test/", ASYNCDL_EURL},
    {"://a.test/", ASYNCDL_EURL},
    {"http:a.test", ASYNCDL_EURL},
    {"http:/a.test", ASYNCDL_EURL},
    {"http://", ASYNCDL_EURL},
    {"http:///a.test/", ASYNCDL_EURL}, /* whose host would be a.test */
    {"http://?x", ASYNCDL_EURL},
    {"http://#x", ASYNCDL_EURL},
    {"http://:80/", ASYNCDL_EURL},
    {"http://\xff.test/", ASYNCDL_EURL}, /* no UTF-8 */
    {"http://a\xef\xbc\x8f"
     "b.test/",
     ASYNCDL_EURL}, /* a wide '/' */
    {"http://a\xef\xbc\xa0"
     "b.test/",
     ASYNCDL_EURL}, /* a wide '@' */
    {"http://-\xc3\xa4.test/", ASYNCDL_EURL},
    {"http://\xc3\xa4..test/", ASYNCDL_EURL},
    {"http://\xc2\xad/", ASYNCDL_EURL}, /* nothing is left of it */
    {"http://u:p@/", ASYNCDL_EURL},
    {"http://a.test:65536/", ASYNCDL_EURL},
    {"http://a.test:-1/", ASYNCDL_EURL},
    {"http://a.test:80x/", ASYNCDL_EURL},
    {"http://[::1/", ASYNCDL_EURL},
    {"http://[]/", ASYNCDL_EURL},
    {"http://a b/", ASYNCDL_EURL},
    {"http://a.test/\r\nX: y", ASYNCDL_EURL},
    {"http://a.test/\x01", ASYNCDL_EURL},
    {"http://a.test/\x7f", ASYNCDL_EURL},
    {" http://a.test/", ASYNCDL_ESCHEME},
    {"ftp://a.test/", ASYNCDL_ESCHEME},
    {"file:///etc/passwd", ASYNCDL_ESCHEME},
    {"httpx://a.test/", ASYNCDL_ESCHEME},
    {"htt://a.test/", ASYNCDL_ESCHEME},
};

static void test_bad_ones_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct adl_url url = {0};
        int err = adl_url_parse(&url, bad[i].text, WEB);

        if (err != bad[i].err) {
            fail_msg("%s: %d", bad[i].text, err);
        }
        assert_null(url.text);
    }
}

static void test_scheme_must_be_listed(void **state)
{
    struct adl_url url;

    (void)state;
    assert_int_equal(adl_url_parse(&url, "http://a.test/", "https"),
                     ASYNCDL_ESCHEME);
    assert_int_equal(adl_url_parse(&url, "HTTPS://a.test/", "http,https"), 0);
    adl_url_finish(&url);
}

static void test_scheme_is_found_whole_and_in_any_case(void **state)
{
    (void)state;
    assert_true(adl_url_scheme_is_in("http", 4, "HTTP,https"));
    assert_true(adl_url_scheme_is_in("https", 5, "HTTP,https"));
    assert_false(adl_url_scheme_is_in("http", 4, "https"));
    assert_false(adl_url_scheme_is_in("https", 5, "http"));
    assert_false(adl_url_scheme_is_in("http", 4, ""));
    assert_false(adl_url_scheme_is_in("", 0, "http,https"));
}

static void test_length_is_bounded(void **state)
{
    size_t cap = 65536 + 2;
    char *text = malloc(cap);
    struct adl_url url;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', cap);
    memcpy(text, "http://a.test/", 14);
    text[cap - 1] = '\0';
    assert_int_equal(adl_url_parse(&url, text, WEB), ASYNCDL_EURL);
    text[cap - 2] = '\0';
    assert_int_equal(adl_url_parse(&url, text, WEB), 0);
    adl_url_finish(&url);
    free(text);
}

TEST_SUITE(url)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_ones_are_taken_apart),
        cmocka_unit_test(test_bad_ones_are_refused),
        cmocka_unit_test(test_scheme_must_be_listed),
        cmocka_unit_test(test_scheme_is_found_whole_and_in_any_case),
        cmocka_unit_test(test_length_is_bounded),
    };

    return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
