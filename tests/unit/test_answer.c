/* SPDX-License-Identifier: MIT */
#include "fetch/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/suite.h"

#define NOW_S INT64_C(1700000000)
#define MD5   "RErKOj+POCGWScR2Z4fk4Q=="

/* Lines as libcurl hands them over; lines are parted by '\n' in a text. */
static int add_all(struct adl_answer *answer, const char *text)
{
    int err = 0;

    while (*text != '\0' && err == 0) {
        size_t len = strcspn(text, "\n");
        char line[512];
        int n = snprintf(line, sizeof(line), "%.*s\r\n", (int)len, text);

        err = adl_answer_add(answer, line, (size_t)n, NOW_S);
        text += len + (text[len] == '\n' ? 1 : 0);
    }
    return err;
}

static void test_status_line_is_read(void **state)
{
    static const struct {
        const char *line;
        int status;
    } cases[] = {
        {"HTTP/1.1 200 OK", 200}, {"HTTP/2 404 ", 404},
        {"HTTP/1.0 503", 503},    {"HTTP/1.1 20", 0},
        {"HTTP/1.1", 0},          {"HTTP/1.1 abc", 0},
        {"HTTP/1.1 -20 OK", 0},   {"HTTP/1.1 999 x", 999},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_answer answer = {0};

        assert_int_equal(add_all(&answer, cases[i].line), 0);
        assert_int_equal(answer.range.status, cases[i].status);
        adl_answer_finish(&answer);
    }
}

static void test_lengths(void **state)
{
    static const struct {
        const char *head;
        int err;
        bool has_length;
        uint64_t length;
    } cases[] = {
        {"Content-Length: 5", 0, true, 5},
        {"content-LENGTH:5", 0, true, 5},
        {"Content-Length: \t 5 \t", 0, true, 5},
        {"Content-Length: 9223372036854775807", 0, true, INT64_MAX},
        {"Content-Length: 99999999999999999999", ASYNCDL_EPROTOCOL, false, 0},
        {"Content-Length: -1", 0, false, 0},
        {"Content-Length: two", 0, false, 0},
        {"Content-Length:", 0, false, 0},
        {"Content-Length: 5\nContent-Length: 5", 0, true, 5},
        {"Content-Length: 5\nContent-Length: 05", 0, true, 5},
        {"Content-Length: 5, 5", 0, true, 5},
        {"Content-Length: 5\nContent-Length: 6", ASYNCDL_EPROTOCOL, true, 5},
        {"Content-Length: 6\nContent-Length: 5", ASYNCDL_EPROTOCOL, true, 6},
        {"Content-Length: 5, 6", ASYNCDL_EPROTOCOL, true, 5},
        {"Content-Length: 5\nX: y\nContent-Length: 5,5,4", ASYNCDL_EPROTOCOL,
         true, 5},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_answer answer = {0};

        assert_int_equal(add_all(&answer, "HTTP/1.1 200 OK"), 0);
        assert_int_equal(add_all(&answer, cases[i].head), cases[i].err);
        assert_int_equal(answer.has_length, cases[i].has_length);
        assert_int_equal(answer.length, cases[i].length);
        adl_answer_finish(&answer);
    }
}

/* libcurl decodes what it never asked for, and nobody counts that. */
static void test_only_chunks_are_taken(void **state)
{
    static const struct {
        const char *head;
        int err;
    } cases[] = {
        {"Transfer-Encoding: chunked", 0},
        {"transfer-encoding:CHUNKED ", 0},
        {"Transfer-Encoding: identity", 0},
        {"Transfer-Encoding:", 0},
        {"Transfer-Encoding: gzip", ASYNCDL_EPROTOCOL},
        {"Transfer-Encoding: gzip, chunked", ASYNCDL_EPROTOCOL},
        {"Transfer-Encoding: chunked\nTransfer-Encoding: br",
         ASYNCDL_EPROTOCOL},
        {"Transfer-Encoding: xyz", ASYNCDL_EPROTOCOL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_answer answer = {0};

        assert_int_equal(add_all(&answer, cases[i].head), cases[i].err);
        assert_int_equal(answer.wrong != NULL, cases[i].err != 0);
        adl_answer_finish(&answer);
    }
}

static void test_length_of_an_interim_answer_is_forgotten(void **state)
{
    struct adl_answer answer = {0};

    (void)state;
    assert_int_equal(add_all(&answer, "HTTP/1.1 103 Hints\nContent-Length: 9\n"
                                      "ETag: \"old\"\nLocation: /x\n"
                                      "Content-Disposition: attachment\n\n"
                                      "HTTP/1.1 200 OK\nContent-Length: 5\n\n"),
                     0);

    assert_int_equal(answer.length, 5);
    assert_int_equal(answer.range.validator.size, 5);
    assert_string_equal(answer.range.validator.etag, "");
    assert_false(answer.has_location);
    assert_int_equal(answer.disposition.len, 0);
    assert_int_equal(answer.n_lines, 9);
    adl_answer_finish(&answer);
}

static void test_only_a_200_tells_the_whole_size(void **state)
{
    struct adl_answer answer = {0};

    (void)state;
    assert_int_equal(add_all(&answer, "HTTP/1.1 206 Part\nContent-Length: 5\n"
                                      "Content-Range: bytes 5-9/10\n\n"),
                     0);

    assert_true(answer.has_length);
    assert_true(answer.range.content_range_is_valid);
    assert_int_equal(answer.range.validator.size, 10);
    adl_answer_finish(&answer);
}

static void test_fields_are_noted(void **state)
{
    struct adl_answer answer = {0};

    (void)state;
    assert_int_equal(add_all(&answer,
                             "HTTP/1.1 200 OK\nETag: \"one\"\n"
                             "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT\n"
                             "Accept-Ranges: NONE\nContent-Encoding: gzip\n"
                             "Retry-After: 7\nLocation: /there\n"
                             "Content-Disposition: attachment; filename=a\n\n"),
                     0);

    assert_string_equal(answer.range.validator.etag, "\"one\"");
    assert_true(answer.has_mtime);
    assert_int_equal(answer.mtime_s, NOW_S);
    assert_true(answer.range.refuses_ranges);
    assert_true(answer.range.is_encoded);
    assert_true(answer.has_retry_after);
    assert_int_equal(answer.retry_after_ms, 7000);
    assert_true(answer.has_location);
    assert_string_equal(adl_buf_str(&answer.disposition),
                        "attachment; filename=a");
    adl_answer_finish(&answer);
}

static void test_claims_are_of_the_whole_resource(void **state)
{
    static const struct {
        const char *head;
        enum adl_digest_kind kind;
        const char *header;
    } cases[] = {
        {"HTTP/1.1 200 OK\nContent-Digest: md5=:" MD5 ":", ADL_DIGEST_MD5,
         "Content-Digest"},
        {"HTTP/1.1 206 Part\nContent-Digest: md5=:" MD5 ":", ADL_DIGEST_NONE,
         NULL},
        {"HTTP/1.1 206 Part\nREPR-DIGEST: md5=:" MD5 ":", ADL_DIGEST_MD5,
         "Repr-Digest"},
        {"HTTP/1.1 206 Part\ndigest:MD5=" MD5, ADL_DIGEST_MD5, "Digest"},
        {"HTTP/1.1 103 Hints\nDigest: MD5=" MD5 "\n\nHTTP/1.1 200 OK",
         ADL_DIGEST_NONE, NULL},
        {"HTTP/1.1 200 OK\nWant-Digest: MD5=" MD5, ADL_DIGEST_NONE, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_answer answer = {0};

        assert_int_equal(add_all(&answer, cases[i].head), 0);
        assert_int_equal(answer.claim.sum.kind, cases[i].kind);
        if (cases[i].header != NULL) {
            assert_string_equal(answer.claim.header, cases[i].header);
        }
        adl_answer_finish(&answer);
    }
}

/* Our clock says 22:13:20. */
static void test_a_date_to_retry_after_is_by_the_servers_clock(void **state)
{
    static const struct {
        const char *fields;
        uint64_t wait_ms;
    } cases[] = {
        {"Retry-After: Tue, 14 Nov 2023 22:13:27 GMT\n", 7000},
        {"Date: Tue, 14 Nov 2023 22:13:20 GMT\n"
         "Retry-After: Tue, 14 Nov 2023 22:13:27 GMT\n",
         7000},
        {"Date: Sun, 14 Nov 2021 10:00:00 GMT\n"
         "Retry-After: Sun, 14 Nov 2021 10:00:03 GMT\n",
         3000},
        {"Retry-After: Sun, 14 Nov 2021 10:00:03 GMT\n"
         "Date: Sun, 14 Nov 2021 10:00:00 GMT\n",
         3000},
        {"Retry-After: Thu, 14 Nov 2030 10:00:03 GMT\n"
         "Date: Thu, 14 Nov 2030 10:00:00 GMT\n",
         3000},
        {"Date: never\nRetry-After: Tue, 14 Nov 2023 22:13:27 GMT\n", 7000},
        {"Date: Sun, 14 Nov 2021 10:00:00 GMT\nRetry-After: 5\n", 5000},
        {"Retry-After: 5\nDate: Sun, 14 Nov 2021 10:00:00 GMT\n", 5000},
        {"Retry-After: Thu, 14 Nov 2030 10:00:00 GMT\n", 86400000},
        {"Retry-After: Sun, 14 Nov 2021 10:00:00 GMT\n", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_answer answer = {0};

        assert_int_equal(add_all(&answer, "HTTP/1.1 503 No"), 0);
        assert_int_equal(add_all(&answer, cases[i].fields), 0);
        assert_true(answer.has_retry_after);
        if (answer.retry_after_ms != cases[i].wait_ms) {
            fail_msg("case %zu: %llu ms", i,
                     (unsigned long long)answer.retry_after_ms);
        }
        adl_answer_finish(&answer);
    }
}

static void test_oddities_are_survived(void **state)
{
    static const struct {
        const char *line;
        size_t len;
    } lines[] = {
        {"", 0},
        {"\r\n", 2},
        {":\r\n", 3},
        {"no colon\r\n", 10},
        {"ETag: a\0b\r\n", 11},
        {"Content-Encoding: identity\r\n", 28},
        {"Location: \r\n", 12},
        {"Last-Modified: yesterday\r\n", 26},
        {"Retry-After: soon\r\n", 19},
        {"HTTP", 4},
    };
    struct adl_answer answer = {0};

    (void)state;
    assert_int_equal(add_all(&answer, "HTTP/1.1 200 OK"), 0);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_int_equal(
            adl_answer_add(&answer, lines[i].line, lines[i].len, NOW_S), 0);
    }
    assert_int_equal(answer.range.status, 200);
    assert_string_equal(answer.range.validator.etag, ""); /* never cut */
    assert_false(answer.range.is_encoded);
    assert_false(answer.has_location);
    assert_false(answer.has_mtime);
    assert_false(answer.has_retry_after);
    adl_answer_finish(&answer);
}

static void test_tag_that_does_not_fit_is_none(void **state)
{
    char line[ADL_VALIDATOR_MAX + 16];
    struct adl_answer answer = {0};

    (void)state;
    for (int over = 0; over < 2; over++) {
        int n = snprintf(line, sizeof(line), "ETag: %0*d",
                         ADL_VALIDATOR_MAX - 1 + over, 1);

        adl_answer_reset(&answer);
        assert_int_equal(adl_answer_add(&answer, line, (size_t)n, NOW_S), 0);
        assert_int_equal(strlen(answer.range.validator.etag),
                         over ? 0 : ADL_VALIDATOR_MAX - 1);
    }
    adl_answer_finish(&answer);
}

static void test_lines_are_counted_over_all_heads(void **state)
{
    struct adl_answer answer = {0};

    (void)state;
    for (int i = 0; i < ADL_ANSWER_MAX_LINES; i++) {
        assert_int_equal(
            adl_answer_add(&answer, "HTTP/1.1 100 C\r\n", 16, NOW_S), 0);
    }
    assert_int_equal(adl_answer_add(&answer, "X: y\r\n", 6, NOW_S),
                     ASYNCDL_EHEADERS);

    adl_answer_reset(&answer);
    assert_int_equal(adl_answer_add(&answer, "X: y\r\n", 6, NOW_S), 0);
    adl_answer_finish(&answer);
}

static void test_bytes_are_counted_over_all_heads(void **state)
{
    static char line[ADL_ANSWER_MAX_BYTES / 2];
    struct adl_answer answer = {0};

    (void)state;
    memset(line, 'x', sizeof(line));
    assert_int_equal(adl_answer_add(&answer, line, sizeof(line), NOW_S), 0);
    assert_int_equal(adl_answer_add(&answer, line, sizeof(line), NOW_S), 0);
    assert_int_equal(adl_answer_add(&answer, "x", 1, NOW_S), ASYNCDL_EHEADERS);
    adl_answer_finish(&answer);
}

TEST_SUITE(answer)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_line_is_read),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_only_chunks_are_taken),
        cmocka_unit_test(test_length_of_an_interim_answer_is_forgotten),
        cmocka_unit_test(test_only_a_200_tells_the_whole_size),
        cmocka_unit_test(test_fields_are_noted),
        cmocka_unit_test(test_claims_are_of_the_whole_resource),
        cmocka_unit_test(test_a_date_to_retry_after_is_by_the_servers_clock),
        cmocka_unit_test(test_oddities_are_survived),
        cmocka_unit_test(test_tag_that_does_not_fit_is_none),
        cmocka_unit_test(test_lines_are_counted_over_all_heads),
        cmocka_unit_test(test_bytes_are_counted_over_all_heads),
    };

    return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
