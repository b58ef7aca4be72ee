/* SPDX-License-Identifier: MIT */
/* asyncdl-site, asked by a client that shares no code with asyncdl. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "support/http.h"
#include "support/port.h"
#include "support/proc.h"
#include "support/server.h"
#include "support/suite.h"

#define N_BODY 100000

static void test_site_serves_bytes_and_ranges(void **state)
{
    const char *args[] = {"--latency", "0", NULL};
    struct server s;

    (void)state;
    server_need(&s, server_start_site(&s, args));
    struct http_answer whole = http_need(s.port, "/bytes/100000", "");
    struct http_answer part =
        http_need(s.port, "/bytes/100000", "Range: bytes=777-\r\n");
    struct http_answer changed =
        http_need(s.port, "/bytes/100000",
                  "Range: bytes=777-\r\nIf-Range: \"other\"\r\n");

    assert_int_equal(whole.status, 200);
    http_need_pattern(&whole.body, 0, N_BODY);
    assert_int_equal(part.status, 206);
    assert_non_null(strstr(adl_buf_str(&part.head),
                           "Content-Range: bytes 777-99999/100000\r\n"));
    http_need_pattern(&part.body, 777, N_BODY - 777);
    assert_int_equal(changed.status, 200);
    http_answer_finish(&whole);
    http_answer_finish(&part);
    http_answer_finish(&changed);
    server_stop(&s);
}

static void test_site_counts_requests_and_resets(void **state)
{
    const char *args[] = {"--latency", "0", NULL};
    struct server s;

    (void)state;
    server_need(&s, server_start_site(&s, args));
    for (int i = 0; i < 3; i++) {
        struct http_answer a =
            http_need(s.port, "/status/503?times=2&then=5", "");

        assert_int_equal(a.status, i < 2 ? 503 : 200);
        http_answer_finish(&a);
    }
    json_t *stats = http_need_json(s.port, "/stats");
    json_int_t n = 0;
    json_int_t max = 0;

    assert_int_equal(json_unpack(stats, "{s:I, s:{s:{s:I}}}", "requests", &n,
                                 "hosts", "127.0.0.1", "max_concurrent", &max),
                     0);
    assert_int_equal(n, 3);
    assert_int_equal(max, 1);
    json_decref(stats);
    struct http_answer reset = http_need(s.port, "/reset-stats", "");
    struct http_answer again =
        http_need(s.port, "/status/503?times=2&then=5", "");

    assert_int_equal(again.status, 503);
    http_answer_finish(&reset);
    http_answer_finish(&again);
    server_stop(&s);
}

static void test_site_ends_cleanly_with_requests_pending(void **state)
{
    const char *args[] = {"--latency", "60000", NULL};
    struct server s;
    struct proc_result result;
    int fd = -1;

    (void)state;
    server_need(&s, server_start_site(&s, args));
    assert_int_equal(port_connect(&fd, s.port), 0);
    assert_int_equal(write(fd, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", 31),
                     31);
    json_t *stats = http_need_json(s.port, "/stats");
    json_int_t n_active = 0;

    assert_int_equal(json_unpack(stats, "{s:I}", "active", &n_active), 0);
    assert_int_equal(n_active, 1);
    json_decref(stats);
    assert_int_equal(proc_signal(s.proc, SIGTERM), 0);
    proc_wait(s.proc, &result);
    s.proc = NULL;

    assert_int_equal(result.status, 0);
    assert_string_equal(adl_buf_str(&result.err), "");
    (void)close(fd);
    proc_result_finish(&result);
    server_stop(&s);
}

static void test_site_makes_faults_on_request(void **state)
{
    static const struct {
        const char *target;
        int status;
        size_t body_len;
        const char *header;
    } cases[] = {
        {"/bytes/1000?cut=10", 200, 10, "Content-Length: 1000\r\n"},
        {"/bytes/1000?cut=0", 200, 0, "Content-Length: 1000\r\n"},
        {"/bytes/9?cut=1&cuts=1", 200, 1, "Content-Length: 9\r\n"},
        {"/bytes/9?cut=1&cuts=1", 200, 9, "Content-Length: 9\r\n"},
        {"/bytes/9?etag=weak", 200, 9, "ETag: W/\"9-0\"\r\n"},
        {"/bytes/9?etag=x", 200, 9, "ETag: \"x\"\r\n"},
        {"/bytes/9?ranges=no", 200, 9, "Accept-Ranges: none\r\n"},
        {"/bytes/9?gzip=1", 200, 0, "Content-Encoding: gzip\r\n"},
        {"/bytes/9?chunked=1", 200, 0, "Transfer-Encoding: chunked\r\n"},
        {"/bytes/9?type=a/b", 200, 9, "Content-Type: a/b\r\n"},
        {"/bytes/9?rate=100", 200, 9, "Content-Length: 9\r\n"},
        {"/bytes/x", 400, 0, ""},
        {"/bytes/9?cut=x", 400, 0, ""},
        {"/status/429?retry_after=7", 429, 0, "Retry-After: 7\r\n"},
        {"/status/503?retry_after=date:7", 503, 0, " GMT\r\n"},
        {"/status/99", 400, 0, ""},
        {"/redirect/302?to=file:///a", 302, 0, "Location: file:///a\r\n"},
        {"/loop", 302, 0, "Location: /loop\r\n"},
        {"/cookie?name=a&value=b", 200, 0, "Set-Cookie: a=b; Path=/\r\n"},
        {"/disposition?filename=../a", 200, 0, "attachment; filename=../a\r"},
        {"/disposition?filename=a%0d%0ab", 400, 0, ""},
        {"/auth/basic?user=a&password=b", 401, 0, "WWW-Authenticate: Basic"},
        {"/nowhere", 404, 0, ""},
    };
    const char *args[] = {"--latency", "0", NULL};
    struct server s;

    (void)state;
    server_need(&s, server_start_site(&s, args));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_answer a = http_need(s.port, cases[i].target, "");

        assert_int_equal(a.status, cases[i].status);
        assert_non_null(strstr(adl_buf_str(&a.head), cases[i].header));
        if (strstr(cases[i].header, "Content-Length") != NULL) {
            assert_int_equal(a.body.len, cases[i].body_len);
        }
        http_answer_finish(&a);
    }
    server_stop(&s);
}

static void test_site_pages_have_their_true_sizes(void **state)
{
    const char *args[] = {"--latency", "0", NULL};
    struct server s;
    struct http_answer jython = {0};
    struct http_answer dice = {0};

    (void)state;
    server_need(&s, server_start_site(&s, args));
    assert_int_equal(http_get_from(&jython, s.port, "www.jython.org", "/", ""),
                     0);
    assert_int_equal(
        http_get_from(&dice, s.port, "olympus.realpython.org", "/dice", ""), 0);

    assert_int_equal(jython.status, 200);
    assert_int_equal(jython.body.len, 10490);
    assert_int_equal(dice.status, 200);
    assert_int_equal(dice.body.len, 278);
    http_answer_finish(&jython);
    http_answer_finish(&dice);
    server_stop(&s);
}

/* A shell starts the site and is killed: the site must go, too. */
static void test_site_ends_with_its_parent(void **state)
{
    const char *argv[] = {"sh", "-c",
                          "\"$ASYNCDL_SITE\" --exit-with-parent & wait", NULL};
    struct proc *shell = NULL;
    struct proc_result result;
    char line[32];

    (void)state;
    assert_non_null(server_get_program("ASYNCDL_SITE"));
    assert_int_equal(proc_start(&shell, &(struct proc_options){.argv = argv}),
                     0);
    assert_int_equal(proc_read_line(shell, line, sizeof(line)), 0);
    assert_int_equal(proc_read_line(shell, line, sizeof(line)), 0);
    assert_int_equal(proc_signal(shell, SIGKILL), 0);
    assert_int_equal(proc_read_line(shell, line, sizeof(line)), -EPIPE);

    proc_wait(shell, &result);
    assert_int_equal(result.signal, SIGKILL);
    proc_result_finish(&result);
}

static void test_site_refuses_bad_options(void **state)
{
    const char *bad[] = {"--port=65536", "--latency=1s",  "--bind=nowhere",
                         "--host=a/b",   "--no-such",     "word",
                         "--cert-dir=",  "--help=please", "--tls-port"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *argv[] = {server_get_program("ASYNCDL_SITE"), bad[i], NULL};
        struct proc_result result;

        assert_int_equal(
            proc_run(&result, &(struct proc_options){.argv = argv}), 0);
        assert_int_equal(result.status, 2);
        assert_int_not_equal(result.err.len, 0);
        assert_int_equal(result.out.len, 0);
        proc_result_finish(&result);
    }
}

TEST_SUITE(site)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_site_serves_bytes_and_ranges),
        cmocka_unit_test(test_site_counts_requests_and_resets),
        cmocka_unit_test(test_site_ends_cleanly_with_requests_pending),
        cmocka_unit_test(test_site_makes_faults_on_request),
        cmocka_unit_test(test_site_pages_have_their_true_sizes),
        cmocka_unit_test(test_site_ends_with_its_parent),
        cmocka_unit_test(test_site_refuses_bad_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
