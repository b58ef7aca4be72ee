/* SPDX-License-Identifier: MIT */
/* How often, how soon and where it is tried again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/download.h"
#include "support/suite.h"

#define CHECK(state, cases) \
    download_check(*(state), cases, sizeof(cases) / sizeof((cases)[0]))

/* Two names of the site: hosts of their own. */
#define TWO_HOSTS                        \
    "--resolve a.test:@PORT@:127.0.0.1 " \
    "--resolve b.test:@PORT@:127.0.0.1 "

/* Of the 1,000 bytes of the pattern. */
#define SHA_RIGHT \
    "c258b393b5a55bcb281384c98a1fc625d5b65f3a1a41fc005973477dec7dc3dc"
#define SHA_WRONG \
    "0000000000000000000000000000000000000000000000000000000000000000"

static void test_retries_are_counted_and_bounded(void **state)
{
    static const struct {
        const char *options;
        const char *target;
        uint64_t n_requests;
        const char *said;
    } cases[] = {
        {"--retry 0", "/status/503?r=0", 1, "(after 1 attempt; "},
        {"--retry 2", "/status/503?r=2", 3, "(after 3 attempts; "},
        {"", "/status/503?r=default", 5, "(after 5 attempts; "},
        {"--retry 9", "/status/404?r=9", 1, "(after 1 attempt; "},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct download d;
        char url[100];

        (void)snprintf(url, sizeof(url), "http://@SITE@%s", cases[i].target);
        download_init(&d, *state);
        download_run(&d, url, cases[i].options,
                     strstr(url, "404") != NULL ? 1 : 3);
        download_need_err(&d, cases[i].said);
        assert_int_equal(download_count_requests(&d, cases[i].target),
                         cases[i].n_requests);
        download_finish(&d);
    }
}

static void test_what_passes_is_tried_until_it_works(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d,
                 "http://@SITE@/status/500?times=3&then=40\n"
                 "http://@SITE@/status/429?times=1&then=41\n",
                 NULL, 0);

    download_need_pattern(&d, "500", 40, 0);
    download_need_pattern(&d, "429", 41, 0);
    download_need_out(&d, "retried 4\n");
    assert_string_equal(d.cmd.err, "");
    download_finish(&d);
}

static void test_time_for_retries_can_run_out(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d, "http://@SITE@/status/502?long",
                 "--retry 1000 --retry-delay 10s --retry-max-time 1s", 3);

    assert_int_equal(download_count_requests(&d, "/status/502?long"), 1);
    download_need_err(&d, "HTTP status 502 (after 1 attempt; another run can");
    download_finish(&d);
}

/* Where a line of the output begins. */
static const char *find_line(struct download *d, const char *text)
{
    const char *at = strstr(d->cmd.out, download_expand(d, text));

    assert_non_null(at);
    return at;
}

/* The URLs of the other host come in between, one at a time. */
static void check_that_host_is_held(void **state, const char *held)
{
    struct download d;
    struct adl_buf list = {0};

    download_init(&d, *state);
    assert_int_equal(adl_buf_addf(&list,
                                  "http://a.test:@PORT@/status/%s\n"
                                  "http://a.test:@PORT@/bytes/11\n",
                                  held),
                     0);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(
            adl_buf_addf(&list, "http://b.test:@PORT@/bytes/9/%d\n", i), 0);
    }
    download_run(&d, adl_buf_str(&list), TWO_HOSTS "-j 1", 0);

    const char *first_a = find_line(&d, "Read 11 from http://a.test:");
    const char *last_b = find_line(&d, "b.test:@PORT@/bytes/9/4\n");
    assert_true(last_b < first_a);
    download_need_out(&d, "Read 77 from http://a.test:");
    download_need_out(&d, "retried 1\n");
    adl_buf_finish(&list);
    download_finish(&d);
}

static void test_retry_after_seconds_hold_the_host_alone(void **state)
{
    check_that_host_is_held(state, "429?retry_after=2&times=1&then=77");
}

static void test_retry_after_date_holds_the_host_alone(void **state)
{
    check_that_host_is_held(state, "503?retry_after=date:3&times=1&then=77");
}

/* The first gives up at its second answer, the second has time left. */
static void test_one_that_runs_out_of_time_fails_no_other(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d,
                 "http://a.test:@PORT@/status/429?retry_after=1\n"
                 "http://a.test:@PORT@/status/429?retry_after=1&times=1&"
                 "then=78\n",
                 TWO_HOSTS "--per-host 1 --retry-max-time 2500ms", 3);

    download_need_out(&d, "Read 78 from http://a.test:");
    download_need_err(&d, "(after 2 attempts; another run can help)\n");
    download_finish(&d);
}

static void test_too_long_a_quiet_fails_the_whole_host_at_once(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d,
                 "http://a.test:@PORT@/status/503?retry_after=50000\n"
                 "http://a.test:@PORT@/bytes/12/never\n"
                 "http://b.test:@PORT@/bytes/13/other\n",
                 TWO_HOSTS "-j 1 --retry-max-time 5s", 3);

    download_need_err(&d, "asyncdl: http://a.test:@PORT@/status/503?"
                          "retry_after=50000: HTTP status 503, asks to wait "
                          "50000 s (after 1 attempt; another run can help)\n");
    download_need_err(&d, "asyncdl: http://a.test:@PORT@/bytes/12/never: host "
                          "asks for too long a quiet (not tried; another run "
                          "can help; see --retry-max-time)\n");
    assert_int_equal(download_count_requests(&d, "/bytes/12/never"), 0);
    assert_int_equal(cmd_count_files(&d.cmd), 1);
    download_need_pattern(&d, "other", 13, 0);
    download_finish(&d);
}

static void test_mirrors_take_over(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@SITE@/status/404\thttp://@SITE@/bytes/1000",
         .file = "404",
         .size = 1000},
        {.url = "http://@REFUSES@/a\thttp://@SITE@/bytes/1000",
         .options = "--retry 1",
         .file = "a",
         .size = 1000},
        {.url = "http://@FAULT@/body-shorter/m\thttp://@SITE@/bytes/10001",
         .options = "--retry 1",
         .file = "m",
         .size = 10001},
        {.url = "http://@SITE@/bytes/999?first\thttp://@SITE@/bytes/1000\n"
                " checksum=sha-256=" SHA_RIGHT,
         .file = "999",
         .size = 1000},
        {.url = "http://@SITE@/status/404\thttp://@SITE@/status/410",
         .status = 1,
         .error = "HTTP status 410, at http://@SITE@/status/410 (after 2 "
                  "attempts; another run will not help)"},
    };

    CHECK(state, cases);
}

static void test_checksums_are_checked(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@SITE@/bytes/1000\n checksum=sha-256=" SHA_RIGHT,
         .file = "1000",
         .size = 1000},
        {.url = "http://@SITE@/bytes/1000\n checksum=sha-256=" SHA_WRONG,
         .status = 1,
         .error = "check 1000: sha-256 is " SHA_RIGHT ", expected " SHA_WRONG
                  " (after 1 attempt; another run will not help)"},
        {.url = "http://@SITE@/bytes/5000?cut=100&cuts=1&check\n"
                " checksum=sha-256=" SHA_WRONG,
         .status = 1,
         .error =
             "check 5000: sha-256 is b1391c7e19611d2cd8e27e0265eebdec51c784b5"
             "ed1511fe51e99ae79cb07912, expected " SHA_WRONG},
    };

    CHECK(state, cases);
}

TEST_SUITE(retries)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retries_are_counted_and_bounded),
        cmocka_unit_test(test_what_passes_is_tried_until_it_works),
        cmocka_unit_test(test_time_for_retries_can_run_out),
        cmocka_unit_test(test_retry_after_seconds_hold_the_host_alone),
        cmocka_unit_test(test_retry_after_date_holds_the_host_alone),
        cmocka_unit_test(test_one_that_runs_out_of_time_fails_no_other),
        cmocka_unit_test(test_too_long_a_quiet_fails_the_whole_host_at_once),
        cmocka_unit_test(test_mirrors_take_over),
        cmocka_unit_test(test_checksums_are_checked),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
