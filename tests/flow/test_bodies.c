/* SPDX-License-Identifier: MIT */
/* Bodies that break off, change or lie about their length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "support/download.h"
#include "support/http.h"
#include "support/suite.h"

#define CHECK(state, cases) \
    download_check(*(state), cases, sizeof(cases) / sizeof((cases)[0]))

#define CUT(what) "body ended before its length: " what

static void test_lengths_are_believed_or_refused(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@FAULT@/length-conflict",
         .status = 1,
         .error = "answer is not valid HTTP: several Content-Length that "
                  "differ (after 1 attempt; another run will not help)"},
        {.url = "http://@FAULT@/length-negative",
         .status = 1,
         .error = "answer is not valid HTTP: Invalid Content-Length"},
        {.url = "http://@FAULT@/length-text",
         .status = 1,
         .error = "answer is not valid HTTP: Invalid Content-Length"},
        {.url = "http://@FAULT@/length-overflow",
         .status = 1,
         .error = "answer is not valid HTTP: Content-Length is too big"},
        {.url = "http://@FAULT@/length-huge",
         .options = "--retry 1",
         .status = 3,
         .error = CUT(""),
         .cause = "with 9223372036854775805 bytes "},
        {.url = "http://@FAULT@/length-and-chunked",
         .file = "length-and-chunked",
         .text = "ok"},
        {.url = "http://@FAULT@/body-longer",
         .file = "body-longer",
         .size = 5000},
        {.url = "http://@FAULT@/body-shorter",
         .options = "--retry 1",
         .status = 3,
         .error = CUT(""),
         .cause = "with 5000 bytes "},
        {.url = "http://@FAULT@/reset-body",
         .options = "--retry 1",
         .status = 3,
         .error = "connection broke: Recv failure: Connection reset by peer"},
        {.url = "http://@SITE@/bytes/1000?cut=0",
         .options = "--retry 0",
         .status = 3,
         .error = CUT(""),
         .cause = "with 1000 bytes "},
    };

    CHECK(state, cases);
}

static void test_chunks_must_be_whole(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@FAULT@/chunk-missing-last",
         .options = "--retry 1",
         .status = 3,
         .error = CUT("transfer closed with outstanding read data")},
        {.url = "http://@FAULT@/chunk-cut",
         .options = "--retry 1",
         .status = 3,
         .error = CUT("transfer closed with outstanding read data")},
        {.url = "http://@FAULT@/chunk-bad-size",
         .options = "--retry 1",
         .status = 3,
         .error = "connection broke: ",
         .cause = " hex"},
        {.url = "http://@FAULT@/chunk-huge-size",
         .options = "--retry 1",
         .status = 3,
         .error = "connection broke: ",
         .cause = " hex"},
        {.url = "http://@FAULT@/chunk-trailers",
         .file = "chunk-trailers",
         .text = "ok"},
        {.url = "http://@SITE@/bytes/70000?chunked=1",
         .file = "70000",
         .size = 70000},
    };

    CHECK(state, cases);
}

static void test_a_body_that_was_cut_ends_whole(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@SITE@/bytes/90000/a?cut=5000&cuts=1",
         .file = "a",
         .size = 90000},
        {.url = "http://@SITE@/bytes/90000/b?cut=5000&cuts=1&ranges=no",
         .file = "b",
         .size = 90000},
        {.url = "http://@SITE@/bytes/90000/c?cut=5000&cuts=1&etag=weak",
         .file = "c",
         .size = 90000},
        {.url = "http://@SITE@/bytes/90000/d?cut=5000&cuts=1&etag=none",
         .file = "d",
         .size = 90000},
        {.url = "http://@SITE@/bytes/90000/"
                "e?cut=5000&cuts=1&etag=none&lm=none",
         .file = "e",
         .size = 90000},
        {.url = "http://@SITE@/bytes/90000/f?cut=5000&cuts=1&chunked=1",
         .file = "f",
         .size = 90000},
        {.url = "http://@SITE@/bytes/90000/g?cut=5000&cuts=1&gzip=1",
         .options = "--compressed",
         .file = "g",
         .size = 90000},
        {.url = "http://@FAULT@/crumbs",
         .options = "--retry 9",
         .file = "crumbs",
         .size = 10000},
        /* Some servers give less than the rest, and some say so wrongly. */
        {.url = "http://@FAULT@/range-part",
         .options = "--retry 9",
         .file = "range-part",
         .size = 10000},
        {.url = "http://@FAULT@/range-short",
         .options = "--retry 9",
         .file = "range-short",
         .size = 10000},
        {.url = "http://@FAULT@/range-parts",
         .options = "--retry 1",
         .file = "range-parts",
         .size = 700000},
    };

    CHECK(state, cases);
}

static void test_wrong_answers_to_a_range_start_the_body_over(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@FAULT@/range-honest",
         .file = "range-honest",
         .size = 10000},
        {.url = "http://@FAULT@/range-wrong-first",
         .file = "range-wrong-first",
         .size = 10000},
        {.url = "http://@FAULT@/range-wrong-last",
         .file = "range-wrong-last",
         .size = 10000},
        {.url = "http://@FAULT@/range-wrong-total",
         .file = "range-wrong-total",
         .size = 10000},
        {.url = "http://@FAULT@/range-unconfirmed",
         .file = "range-unconfirmed",
         .size = 10000},
        {.url = "http://@FAULT@/range-missing",
         .file = "range-missing",
         .size = 10000},
        {.url = "http://@FAULT@/range-other-unit",
         .file = "range-other-unit",
         .size = 10000},
        {.url = "http://@FAULT@/range-garbage",
         .file = "range-garbage",
         .size = 10000},
        {.url = "http://@FAULT@/range-backwards",
         .file = "range-backwards",
         .size = 10000},
        {.url = "http://@FAULT@/range-multipart",
         .file = "range-multipart",
         .size = 10000},
        {.url = "http://@FAULT@/range-refused",
         .file = "range-refused",
         .size = 10000},
        {.url = "http://@FAULT@/range-ignored",
         .file = "range-ignored",
         .size = 10000},
        {.url = "http://@FAULT@/range-over",
         .file = "range-over",
         .size = 10000},
        {.url = "http://@FAULT@/unasked-206",
         .options = "--retry 1",
         .status = 3,
         .error = "the server sent a part (206), nobody asked for one"},
    };

    CHECK(state, cases);
}

static void test_two_versions_are_never_mixed(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@FAULT@/changed-200",
         .file = "changed-200",
         .size = 10000,
         .seed = 7},
        {.url = "http://@FAULT@/changed-206",
         .file = "changed-206",
         .size = 10000,
         .seed = 7},
    };

    CHECK(state, cases);
}

/* What the nth request (from 0) to the fault server had in a header; "" for
 * nothing. Borrowed from log. */
static const char *get_header(const json_t *log, size_t nth, const char *name)
{
    const json_t *headers =
        json_object_get(json_array_get(log, nth), "headers");
    const char *value = json_string_value(json_object_get(headers, name));

    return value != NULL ? value : "";
}

static json_t *run_logged(struct download *d, const char *list)
{
    uint16_t port = d->servers->fault.port;
    struct http_answer reset = http_need(port, "/reset-log", "");

    http_answer_finish(&reset);
    download_run(d, list, "-v", 0);
    return http_need_json(port, "/log");
}

static void test_a_cut_body_goes_on_where_it_stopped(void **state)
{
    struct download d;

    download_init(&d, *state);
    json_t *log = run_logged(&d, "http://@FAULT@/range-honest/log");

    assert_int_equal(json_array_size(log), 2);
    assert_string_equal(get_header(log, 0, "range"), "");
    assert_string_equal(get_header(log, 0, "if-range"), "");
    assert_string_equal(get_header(log, 1, "range"), "bytes=5000-");
    assert_string_equal(get_header(log, 1, "if-range"), "\"one\"");
    download_need_pattern(&d, "log", 10000, 0);
    json_decref(log);
    download_finish(&d);
}

static void test_a_botched_range_is_not_asked_for_again(void **state)
{
    struct download d;

    download_init(&d, *state);
    json_t *log = run_logged(&d, "http://@FAULT@/range-wrong-first/log");

    assert_int_equal(json_array_size(log), 3);
    assert_string_equal(get_header(log, 1, "range"), "bytes=5000-");
    assert_string_equal(get_header(log, 2, "range"), "");
    download_need_err(&d, "attempt 2: wrong answer to a range request; again "
                          "in 0.0 s at http://@FAULT@/range-wrong-first/log");
    download_need_pattern(&d, "log", 10000, 0);
    json_decref(log);
    download_finish(&d);
}

static void test_connections_that_end_between_requests_cost_nothing(
    void **state)
{
    struct download d;
    struct adl_buf list = {0};

    download_init(&d, *state);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(adl_buf_addf(&list,
                                      "http://@FAULT@/close-silently/%d"
                                      "\n",
                                      i),
                         0);
    }
    json_t *log = run_logged(&d, adl_buf_str(&list));

    assert_int_equal(json_array_size(log), 200);
    assert_int_equal(cmd_count_files(&d.cmd), 200);
    download_need_text(&d, "199", "ok");
    assert_string_equal(d.cmd.err, "");
    json_decref(log);
    adl_buf_finish(&list);
    download_finish(&d);
}

TEST_SUITE(bodies)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths_are_believed_or_refused),
        cmocka_unit_test(test_chunks_must_be_whole),
        cmocka_unit_test(test_a_body_that_was_cut_ends_whole),
        cmocka_unit_test(test_wrong_answers_to_a_range_start_the_body_over),
        cmocka_unit_test(test_two_versions_are_never_mixed),
        cmocka_unit_test(test_a_cut_body_goes_on_where_it_stopped),
        cmocka_unit_test(test_a_botched_range_is_not_asked_for_again),
        cmocka_unit_test(
            test_connections_that_end_between_requests_cost_nothing),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
