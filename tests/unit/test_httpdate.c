/* SPDX-License-Identifier: MIT */
#include "util/httpdate.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

#define NOW_S INT64_C(1700000000) /* 2023-11-14 22:13:20 */

static void test_all_forms_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t time_s;
    } cases[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"Sun Nov  6 08:49:37 1994", 784111777},
        {"Wed Nov 16 08:49:37 1994", 784975777},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Wed, 31 Dec 1969 23:59:59 GMT", -1},
        {"Tue, 29 Feb 2000 12:00:00 GMT", 951825600},
        {"Thu, 29 Feb 2024 00:00:00 GMT", 1709164800},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
        {"Mon, 01 Jan 0001 00:00:00 GMT", -62135596800},
        {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800},
        {"Mon, 06 Nov 1994 08:49:37 GMT", 784111777}, /* was a Sunday */
        {" \tSun, 06 Nov 1994 08:49:37 GMT \t", 784111777},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int64_t time_s = 42;
        int err = adl_httpdate_parse(&time_s, cases[i].text,
                                     strlen(cases[i].text), NOW_S);

        if (err != 0 || time_s != cases[i].time_s) {
            fail_msg("\"%s\" gives %d, %lld", cases[i].text, err,
                     (long long)time_s);
        }
    }
}

static void test_two_digits_mean_at_most_50_years_from_now(void **state)
{
    static const struct {
        const char *text;
        int64_t now_s;
        int64_t time_s;
    } cases[] = {
        {"Sunday, 01-Jan-73 00:00:00 GMT", NOW_S, 3250454400},
        {"Sunday, 14-Nov-73 22:13:20 GMT", NOW_S, 3277923200},
        {"Sunday, 14-Nov-73 22:13:21 GMT", NOW_S, 122163201},
        {"Sunday, 01-Jan-74 00:00:00 GMT", NOW_S, 126230400},
        {"Sunday, 01-Jan-23 00:00:00 GMT", NOW_S, 1672531200},
        {"Sunday, 01-Jan-70 00:00:00 GMT", 0, 0},
        {"Sunday, 01-Jan-05 00:00:00 GMT", 4070908800, 4260211200},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int64_t time_s = 42;
        int err = adl_httpdate_parse(&time_s, cases[i].text,
                                     strlen(cases[i].text), cases[i].now_s);

        if (err != 0 || time_s != cases[i].time_s) {
            fail_msg("\"%s\" gives %d, %lld", cases[i].text, err,
                     (long long)time_s);
        }
    }
}

static void test_what_is_no_date_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        " ",
        "0",
        "Sun",
        "Sun, ",
        "06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMTx",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:00:61 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 32 Dec 1994 08:49:37 GMT",
        "Thu, 29 Feb 1900 00:00:00 GMT",
        "Thu, 29 Feb 2023 00:00:00 GMT",
        "Sun, 06 Nov -994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Foo, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov  6 08:49:37 94",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int64_t time_s = 42;
        int err =
            adl_httpdate_parse(&time_s, cases[i], strlen(cases[i]), NOW_S);

        if (err != -EINVAL || time_s != 42) {
            fail_msg("\"%s\" gives %d", cases[i], err);
        }
    }
}

static void test_every_beginning_of_a_date_is_refused(void **state)
{
    static const char *const dates[] = {
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(dates) / sizeof(*dates); i++) {
        for (size_t len = 0; len < strlen(dates[i]); len++) {
            int64_t time_s = 0;

            assert_int_equal(adl_httpdate_parse(&time_s, dates[i], len, NOW_S),
                             -EINVAL);
        }
    }
}

TEST_SUITE(httpdate)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_forms_are_read),
        cmocka_unit_test(test_two_digits_mean_at_most_50_years_from_now),
        cmocka_unit_test(test_what_is_no_date_is_refused),
        cmocka_unit_test(test_every_beginning_of_a_date_is_refused),
    };

    return cmocka_run_group_tests_name("httpdate", tests, NULL, NULL);
}
