/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "fetch/idn.h"
#include "support/suite.h"

#define MUELLER "m\xc3\xbcller"
#define PUNY    "xn--mller-kva"

static void test_only_the_host_is_rewritten(void **state)
{
    static const struct {
        const char *url;
        const char *text; /* NULL: not rewritten */
    } cases[] = {
        {"http://a.test/", NULL},
        {"http://a.test/" MUELLER, NULL},
        {"http://" MUELLER "@a.test/?" MUELLER, NULL},
        {MUELLER, NULL},
        {"http://[::1]/" MUELLER, NULL},
        {"http://" MUELLER, "http://" PUNY},
        {"http://" MUELLER "?" MUELLER, "http://" PUNY "?" MUELLER},
        {"http://" MUELLER "#@x", "http://" PUNY "#@x"},
        {"http://u:" MUELLER "@" MUELLER ".test:81/@" MUELLER,
         "http://u:" MUELLER "@" PUNY ".test:81/@" MUELLER},
        {"http://u@v@" MUELLER "/", "http://u@v@" PUNY "/"},
        {"http://www.M\xc3\x9cLLER.Test/A", "http://www." PUNY ".test/A"},
        {"http://mu\xcc\x88ller/", "http://" PUNY "/"}, /* not composed */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_buf out = {0};
        int rc = adl_idn_write_url(&out, cases[i].url);

        assert_int_equal(rc, cases[i].text != NULL ? 1 : 0);
        assert_string_equal(adl_buf_str(&out),
                            cases[i].text != NULL ? cases[i].text : "");
        adl_buf_finish(&out);
    }
}

static void test_what_is_no_name_is_refused(void **state)
{
    static const char *const cases[] = {
        "http://\xff/",
        "http://[" MUELLER "]/",
        "http://" MUELLER "%2f/",
        "http://" MUELLER "\\x/",
        "http://a\xef\xbc\x8f" /* a wide '/' */ "b/",
        "http://a\xef\xbc\xa0" /* a wide '@' */ "b/",
        "http://a\xef\xbc\x9a" /* a wide ':' */ "b/",
        "http://a\xe2\x80\xae" /* right to left */ "b/",
        "http://" MUELLER "_/",
        "http://" MUELLER "..test/",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_buf out = {0};

        if (adl_idn_write_url(&out, cases[i]) != ASYNCDL_EURL) {
            fail_msg("%s became %s", cases[i], adl_buf_str(&out));
        }
        adl_buf_finish(&out);
    }
}

TEST_SUITE(idn)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_the_host_is_rewritten),
        cmocka_unit_test(test_what_is_no_name_is_refused),
    };

    return cmocka_run_group_tests_name("idn", tests, NULL, NULL);
}
