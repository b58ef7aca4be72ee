/* SPDX-License-Identifier: MIT */
/* Host names beyond ASCII, in lists and in redirects, in any locale. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/download.h"
#include "support/suite.h"

#define MUELLER "m\xc3\xbcller.test"
#define RESOLVE "--resolve xn--mller-kva.test:@PORT@:127.0.0.1"

static void test_host_of_a_url_may_have_its_own_letters(void **state)
{
    static const char *const locales[] = {"LC_ALL=C", "LC_ALL=C.UTF-8"};

    for (size_t i = 0; i < 2; i++) {
        struct download d;

        download_init(&d, *state);
        cmd_set_env(&d.cmd, locales[i]);
        download_run(&d,
                     "http://" MUELLER ":@PORT@/bytes/9\n"
                     "http://@SITE@/redirect/302"
                     "?to=http://" MUELLER ":@PORT@/bytes/8\n",
                     RESOLVE, 0);
        download_need_pattern(&d, "9", 9, 0);
        download_need_out(&d, "Read 8 from ");
        download_finish(&d);
    }
}

static void test_what_is_no_name_is_a_bad_line(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d, "http://m\xfcller.test/\n", NULL, 1);
    download_need_err(&d, "asyncdl: list:1: not a URL that can be fetched: "
                          "http://m");
    download_finish(&d);
}

TEST_SUITE(idn)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_of_a_url_may_have_its_own_letters),
        cmocka_unit_test(test_what_is_no_name_is_a_bad_line),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
