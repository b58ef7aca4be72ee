/* SPDX-License-Identifier: MIT */
#include "cli/url.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

static void test_what_is_no_url_is_refused_with_a_reason(void **state)
{
    static const struct {
        const char *url;
        const char *protocols;
        const char *why; /* how the reason begins; NULL for a good URL */
    } cases[] = {
        {"http://h", NULL, NULL},
        {"HTTPS://h:443/p?q=http://x#f", NULL, NULL},
        {"http://u:p@h:8080/", NULL, NULL},
        {"http://[::1]:80/", NULL, NULL},
        {"http://h:/", NULL, NULL},
        {"http://h/\xc3\xa9\xff", NULL, NULL},
        {"http://h/a[1]{2}", NULL, NULL},
        {"ftp://h/", "http,ftp", NULL},
        {"www.example.com", NULL, "no URL"},
        {"mailto:x@y", NULL, "no URL"},
        {"://h", NULL, "no URL"},
        {"1http://h", NULL, "no URL"},
        {"\x01\x02\xff", NULL, "no URL"},
        {"ftp://h/", NULL, "scheme not allowed (see --proto)"},
        {"file:///etc/passwd", NULL, "scheme not allowed (see --proto)"},
        {"http://h/", "https", "scheme not allowed (see --proto)"},
        {"htt://h/", NULL, "scheme not allowed (see --proto)"},
        {"http://", NULL, "no host"},
        {"http:///path", NULL, "no host"},
        {"http://u:p@/", NULL, "no host"},
        {"http://:80/", NULL, "no host"},
        {"http://[::1/", NULL, "broken IPv6"},
        {"http://[]/", NULL, "broken IPv6"},
        {"http://h:80a/", NULL, "bad port"},
        {"http://h:65536/", NULL, "bad port"},
        {"http://h:99999999999999999999/", NULL, "bad port"},
        {"http://a<b/", NULL, "bad host"},
        {"http://h/a b", NULL, "blank in"},
        {"http://h/a\r", NULL, "control character"},
        {"http://h/\x7f", NULL, "control character"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *expected = cases[i].why != NULL ? cases[i].why : "";
        struct adl_buf why = {0};
        int err = adl_url_check(cases[i].url, strlen(cases[i].url),
                                cases[i].protocols, &why);

        if (err != (cases[i].why != NULL ? -EINVAL : 0) ||
            strncmp(adl_buf_str(&why), expected, strlen(expected)) != 0) {
            fail_msg("%s: %d %s", cases[i].url, err, adl_buf_str(&why));
        }
        adl_buf_finish(&why);
    }
}

static void test_a_nul_byte_is_a_control_character(void **state)
{
    struct adl_buf why = {0};

    (void)state;
    assert_int_equal(adl_url_check("http://h\0/", 10, NULL, &why), -EINVAL);
    adl_buf_finish(&why);
}

static void test_reasons_hold_no_password(void **state)
{
    struct adl_buf why = {0};

    (void)state;
    assert_int_equal(
        adl_url_check("ftp://u:secret@h/?sig=secret", 28, NULL, &why), -EINVAL);
    assert_null(strstr(why.data, "secret"));
    adl_buf_finish(&why);
}

static void test_the_host_is_what_is_connected_to(void **state)
{
    static const struct {
        const char *url;
        const char *host;
    } cases[] = {
        {"http://h/p", "h"},
        {"http://u:p@h:80", "h"},
        {"http://[::1]:80/", "[::1]"},
        {"http://a@b@h/@x", "h"},
        {"no url", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *host = "";
        size_t len = adl_url_get_host(&host, cases[i].url);

        assert_int_equal(len, strlen(cases[i].host));
        assert_memory_equal(host, cases[i].host, len);
    }
}

TEST_SUITE(cli_url)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_no_url_is_refused_with_a_reason),
        cmocka_unit_test(test_a_nul_byte_is_a_control_character),
        cmocka_unit_test(test_reasons_hold_no_password),
        cmocka_unit_test(test_the_host_is_what_is_connected_to),
    };

    return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
