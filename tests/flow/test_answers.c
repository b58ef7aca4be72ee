/* SPDX-License-Identifier: MIT */
/* What servers answer against the rules: the right bytes or no file, the right
 * exit status, and an error that names the URL and the cause. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/download.h"
#include "support/suite.h"

#define CHECK(state, cases) \
    download_check(*(state), cases, sizeof(cases) / sizeof((cases)[0]))

#define OK_FILE(name)    .file = (name), .text = "ok"
#define WHOLE_FILE(name) .file = (name), .size = 10000

static void test_what_is_no_answer_is_an_error(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@FAULT@/garbage",
         .status = 1,
         .error = "answer is not valid HTTP: Received HTTP/0.9"},
        {.url = "http://@FAULT@/http-0.9",
         .status = 1,
         .error = "answer is not valid HTTP: Received HTTP/0.9"},
        {.url = "http://@FAULT@/empty",
         .options = "--retry 1",
         .status = 3,
         .error = "connection broke: Empty reply from server (after 2 "},
        {.url = "http://@CLOSE@/x",
         .options = "--retry 1",
         .status = 3,
         .error = "connection broke: "},
        {.url = "http://@FAULT@/reset",
         .options = "--retry 1",
         .status = 3,
         .error = "connection broke: Recv failure: Connection reset by peer "
                  "(after 2 attempts; another run can help)"},
        {.url = "http://@FAULT@/half-head",
         .options = "--retry 1",
         .status = 3,
         .error = "connection broke within the headers (after 2 attempts"},
        {.url = "http://@REFUSES@/x",
         .options = "--retry 1",
         .status = 3,
         .error = "connection refused or host unreachable: "},
        {.url = "http://no-such-host.invalid/x",
         .options = "--retry 1",
         .status = 3,
         .error = "host name not found: Could not resolve host: "
                  "no-such-host.invalid (after 2 attempts"},
    };

    CHECK(state, cases);
}

static void test_odd_heads_are_read_or_refused(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@FAULT@/ok", WHOLE_FILE("ok")},
        {.url = "http://@FAULT@/hints", WHOLE_FILE("hints")},
        {.url = "http://@FAULT@/bare-lf", OK_FILE("bare-lf")},
        {.url = "http://@FAULT@/folded", OK_FILE("folded")},
        {.url = "http://@FAULT@/http-1.0", WHOLE_FILE("http-1.0")},
        {.url = "http://@FAULT@/no-length", WHOLE_FILE("no-length")},
        {.url = "http://@FAULT@/status-bare", OK_FILE("status-bare")},
        {.url = "http://@FAULT@/byte-by-byte", OK_FILE("byte-by-byte")},
        {.url = "http://@FAULT@/answer-early", OK_FILE("answer-early")},
        {.url = "http://@FAULT@/nul-header",
         .status = 1,
         .error = "answer is not valid HTTP: Nul byte in header"},
        {.url = "http://@FAULT@/no-colon",
         .status = 1,
         .error = "answer is not valid HTTP: Header without colon"},
        {.url = "http://@FAULT@/status-999",
         .status = 1,
         .error = "HTTP status 999 (after 1 attempt"},
        {.url = "http://@FAULT@/status-0",
         .status = 1,
         .error = "answer is not valid HTTP: "},
        {.url = "http://@FAULT@/status-text",
         .status = 1,
         .error = "answer is not valid HTTP: "},
        {.url = "http://@FAULT@/status-negative",
         .status = 1,
         .error = "answer is not valid HTTP: "},
    };

    CHECK(state, cases);
}

static void test_heads_without_measure_are_refused(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@FAULT@/big-header",
         .status = 1,
         .error = "headers too large or too many (after 1 attempt; another "
                  "run will not help)"},
        {.url = "http://@FAULT@/many-headers",
         .status = 1,
         .error = "headers too large or too many"},
        {.url = "http://@FAULT@/endless-headers",
         .status = 1,
         .error = "headers too large or too many"},
        {.url = "http://@FAULT@/endless-1xx",
         .status = 1,
         .error = "headers too large or too many"},
    };

    CHECK(state, cases);
}

static void test_statuses_decide_over_another_attempt(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@SITE@/status/404",
         .status = 1,
         .error = "HTTP status 404 (after 1 attempt; another run will not "
                  "help)"},
        {.url = "http://@SITE@/status/400",
         .status = 1,
         .error = "HTTP status 400 (after 1 attempt; another run will not "},
        {.url = "http://@SITE@/status/401",
         .status = 1,
         .error = "HTTP status 401 (after 1 attempt; another run will not "},
        {.url = "http://@SITE@/status/410",
         .status = 1,
         .error = "HTTP status 410 (after 1 attempt; another run will not "},
        {.url = "http://@SITE@/status/501",
         .status = 1,
         .error = "HTTP status 501 (after 1 attempt; another run will not "},
        {.url = "http://@SITE@/status/408",
         .options = "--retry 1",
         .status = 3,
         .error = "HTTP status 408 (after 2 attempts; another run can help)"},
        {.url = "http://@SITE@/status/425",
         .options = "--retry 1",
         .status = 3,
         .error = "HTTP status 425 (after 2 attempts"},
        {.url = "http://@SITE@/status/429",
         .options = "--retry 1",
         .status = 3,
         .error = "HTTP status 429 (after 2 attempts"},
        {.url = "http://@SITE@/status/500",
         .options = "--retry 1",
         .status = 3,
         .error = "HTTP status 500 (after 2 attempts"},
        {.url = "http://@SITE@/status/502",
         .options = "--retry 1",
         .status = 3,
         .error = "HTTP status 502 (after 2 attempts"},
        {.url = "http://@SITE@/status/504",
         .options = "--retry 1",
         .status = 3,
         .error = "HTTP status 504 (after 2 attempts"},
    };

    CHECK(state, cases);
}

static void test_redirects_go_to_http_and_not_on_for_ever(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@SITE@/redirect/301?to=/bytes/9",
         .file = "301",
         .size = 9},
        {.url = "http://@SITE@/redirect/307?to=/status/404",
         .status = 1,
         .error = "HTTP status 404, at http://@SITE@/status/404 (after 1 "},
        {.url = "http://@SITE@/loop",
         .status = 1,
         .error = "too many redirects: http://@SITE@/loop (after 1 attempt; "
                  "another run will not help; see --max-redirs)"},
        {.url = "http://@SITE@/redirect/302?to=/bytes/9",
         .options = "--max-redirs 0",
         .status = 1,
         .error = "too many redirects: http://@SITE@/bytes/9 "},
        {.url = "http://@SITE@/redirect/302?to=/bytes/8",
         .options = "--max-redirs 1",
         .file = "302",
         .size = 8},
        {.url = "http://@FAULT@/location-file",
         .status = 1,
         .error = "redirect to a refused target: file:///etc/passwd (after 1"},
        {.url = "http://@FAULT@/location-ftp",
         .status = 1,
         .error = "redirect to a refused target: ftp://127.0.0.1/x (after 1"},
        {.url = "http://@FAULT@/location-javascript",
         .status = 1,
         .error = "redirect to a refused target: javascript:alert(1) "},
        {.url = "http://@FAULT@/location-control", .status = 1, .error = ""},
        {.url = "http://@FAULT@/location-nul",
         .status = 1,
         .error = "HTTP status 302 without a Location to go to"},
        {.url = "http://@FAULT@/location-empty",
         .status = 1,
         .error = "HTTP status 302 without a Location to go to"},
        {.url = "http://@FAULT@/location-missing",
         .status = 1,
         .error = "HTTP status 302 without a Location to go to"},
    };

    CHECK(state, cases);
}

static void test_targets_of_redirects_are_shown_without_secrets(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d,
                 "http://@SITE@/redirect/302?to=ftp%3A%2F%2Fu%3Ahidden%40h%2F"
                 "%3Ftoken%3Dhidden",
                 NULL, 1);

    download_need_err(&d, "refused target: ftp://h/?token=*** ");
    download_finish(&d);
}

TEST_SUITE(answers)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_no_answer_is_an_error),
        cmocka_unit_test(test_odd_heads_are_read_or_refused),
        cmocka_unit_test(test_heads_without_measure_are_refused),
        cmocka_unit_test(test_statuses_decide_over_another_attempt),
        cmocka_unit_test(test_redirects_go_to_http_and_not_on_for_ever),
        cmocka_unit_test(test_targets_of_redirects_are_shown_without_secrets),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
