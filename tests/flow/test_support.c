/* SPDX-License-Identifier: MIT */
/* The tools of the other flow tests: each server starts, serves and ends. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "site/pattern.h"
#include "support/http.h"
#include "support/port.h"
#include "support/proc.h"
#include "support/server.h"
#include "support/suite.h"
#include "support/tmpdir.h"

static void test_run_captures_output_and_exit_status(void **state)
{
    const char *argv[] = {"sh", "-c", "cat; echo $WORD >&2; exit 7", NULL};
    const char *env[] = {"WORD=heard", NULL};
    struct proc_result result;

    (void)state;
    assert_int_equal(proc_run(&result, &(struct proc_options){.argv = argv,
                                                              .env = env,
                                                              .input = "in"}),
                     0);

    assert_int_equal(result.status, 7);
    assert_int_equal(result.signal, 0);
    assert_string_equal(adl_buf_str(&result.out), "in");
    assert_string_equal(adl_buf_str(&result.err), "heard\n");
    proc_result_finish(&result);
}

static void test_run_tells_which_signal_ended_it(void **state)
{
    const char *argv[] = {"sh", "-c", "kill -9 $$", NULL};
    struct proc_result result;

    (void)state;
    assert_int_equal(proc_run(&result, &(struct proc_options){.argv = argv}),
                     0);

    assert_int_equal(result.status, -1);
    assert_int_equal(result.signal, SIGKILL);
    proc_result_finish(&result);
}

static void test_run_kills_what_takes_too_long(void **state)
{
    const char *argv[] = {"sleep", "1000", NULL};
    struct proc_result result;

    (void)state;
    assert_int_equal(
        proc_run(&result,
                 &(struct proc_options){.argv = argv, .timeout_ms = 50}),
        0);

    assert_true(result.is_timed_out);
    assert_int_equal(result.signal, SIGKILL);
    proc_result_finish(&result);
}

static void test_run_reports_a_missing_program(void **state)
{
    const char *argv[] = {"asyncdl-no-such-program", NULL};
    struct proc_result result;

    (void)state;
    assert_int_equal(proc_run(&result, &(struct proc_options){.argv = argv}),
                     -ENOENT);
}

static void test_run_limits_descriptors_and_sets_the_folder(void **state)
{
    const char *argv[] = {"sh", "-c", "ulimit -n; pwd", NULL};
    struct proc_result result;

    (void)state;
    assert_int_equal(
        proc_run(&result, &(struct proc_options){.argv = argv,
                                                 .dir = "/",
                                                 .max_descriptors = 48}),
        0);

    assert_string_equal(adl_buf_str(&result.out), "48\n/\n");
    proc_result_finish(&result);
}

static void test_run_moves_more_than_a_pipe_holds(void **state)
{
    const char *argv[] = {"cat", NULL};
    static char input[1 << 20];
    struct proc_result result;

    (void)state;
    memset(input, 'x', sizeof(input));
    assert_int_equal(
        proc_run(&result, &(struct proc_options){.argv = argv,
                                                 .input = input,
                                                 .input_len = sizeof(input)}),
        0);

    assert_int_equal(result.out.len, sizeof(input));
    proc_result_finish(&result);
}

static void test_background_program_is_talked_to_by_lines(void **state)
{
    const char *argv[] = {"sed", "-u", "s/^/got /", NULL};
    struct proc *proc = NULL;
    struct proc_result result;
    char line[32];

    (void)state;
    assert_int_equal(
        proc_start(&proc,
                   &(struct proc_options){.argv = argv, .keeps_input = true}),
        0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(proc_write(proc, "this\n", 5), 0);
        assert_int_equal(proc_read_line(proc, line, sizeof(line)), 0);
        assert_string_equal(line, "got this");
    }
    assert_true(proc_is_running(proc));
    proc_close_input(proc);
    assert_int_equal(proc_read_line(proc, line, sizeof(line)), -EPIPE);

    proc_wait(proc, &result);
    assert_int_equal(result.status, 0);
    proc_result_finish(&result);
}

static void test_tmpdir_lists_reads_and_hashes_its_files(void **state)
{
    struct tmpdir dir;
    struct tmpdir_files list;
    struct adl_buf text = {0};
    char hex[65];

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    assert_int_equal(mkdir(tmpdir_get_path(&dir, ".sub"), 0700), 0);
    assert_int_equal(tmpdir_write(&dir, "b", "abc", 3), 0);
    assert_int_equal(tmpdir_write(&dir, ".sub/a", "", 0), 0);

    assert_int_equal(tmpdir_list(&list, &dir, ""), 0);
    assert_int_equal(list.n, 2);
    assert_string_equal(list.files[0].name, ".sub/a");
    assert_string_equal(list.files[1].name, "b");
    assert_int_equal(list.files[1].size, 3);
    assert_int_equal(tmpdir_read(&text, &dir, "b"), 0);
    assert_string_equal(adl_buf_str(&text), "abc");
    assert_int_equal(tmpdir_hash(hex, &dir, "b"), 0);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
                             "b00361a396177a9cb410ff61f20015ad");

    char path[sizeof(dir.path)];
    struct stat st;

    memcpy(path, dir.path, sizeof(path));
    tmpdir_files_finish(&list);
    adl_buf_finish(&text);
    tmpdir_finish(&dir);
    assert_int_equal(stat(path, &st), -1);
}

static void test_tmpdir_knows_the_pattern(void **state)
{
    struct tmpdir dir;
    uint8_t bytes[1001];

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    adl_pattern_fill(bytes, sizeof(bytes), 3, 0);
    assert_int_equal(tmpdir_write(&dir, "a", bytes, sizeof(bytes)), 0);
    assert_true(tmpdir_is_pattern(&dir, "a", sizeof(bytes), 3));
    assert_false(tmpdir_is_pattern(&dir, "a", sizeof(bytes), 4));
    assert_false(tmpdir_is_pattern(&dir, "a", sizeof(bytes) - 1, 3));
    assert_false(tmpdir_is_pattern(&dir, "a", sizeof(bytes) + 1, 3));
    assert_false(tmpdir_is_pattern(&dir, "none", 0, 3));
    tmpdir_finish(&dir);
}

static void test_faultd_answers_and_logs(void **state)
{
    struct server s;

    (void)state;
    server_need(&s, server_start_faultd(&s));
    struct http_answer half = http_need(s.port, "/range-wrong-total/1", "");
    struct http_answer wrong =
        http_need(s.port, "/range-wrong-total/1", "Range: bytes=5000-\r\n");
    json_t *log = http_need_json(s.port, "/log");
    const char *range = NULL;

    http_need_pattern(&half.body, 0, 5000);
    assert_int_equal(wrong.status, 206);
    assert_non_null(strstr(adl_buf_str(&wrong.head), "/20000\r\n"));
    http_need_pattern(&wrong.body, 5000, 5000);
    assert_int_equal(json_array_size(log), 2);
    assert_int_equal(json_unpack(json_array_get(log, 1), "{s:{s:s}}", "headers",
                                 "range", &range),
                     0);
    assert_string_equal(range, "bytes=5000-");
    json_decref(log);
    http_answer_finish(&half);
    http_answer_finish(&wrong);
    server_stop(&s);
}

static void test_nginx_serves_from_its_folder(void **state)
{
    static const char config[] =
        "server { listen 127.0.0.1:@PORT@; root @DIR@/www; }\n"
        "server { listen 127.0.0.1:@TLS_PORT@ ssl http2; root @DIR@/www; }\n";
    struct server s;

    (void)state;
    server_need(&s, server_start_nginx(&s, config));
    assert_int_equal(mkdir(tmpdir_get_path(&s.dir, "www"), 0755), 0);
    assert_int_equal(tmpdir_write(&s.dir, "www/a", "hello", 5), 0);
    struct http_answer answer = http_need(s.port, "/a", "");
    int fd = -1;

    assert_int_equal(answer.status, 200);
    assert_string_equal(adl_buf_str(&answer.body), "hello");
    assert_int_equal(port_connect(&fd, s.tls_port), 0);
    (void)close(fd);
    http_answer_finish(&answer);
    server_stop(&s);
}

static void test_nghttpx_passes_requests_on(void **state)
{
    const char *args[] = {"--latency", "0", NULL};
    struct server site;
    struct server proxy;

    (void)state;
    server_need(&site, server_start_site(&site, args));
    server_need(&proxy, server_start_nghttpx(&proxy, site.port));
    struct http_answer answer = http_need(proxy.port, "/echo", "");

    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(adl_buf_str(&answer.body), "nghttpx"));
    http_answer_finish(&answer);
    server_stop(&proxy);
    server_stop(&site);
}

static void test_tinyproxy_passes_requests_on(void **state)
{
    const char *args[] = {"--latency", "0", NULL};
    struct server site;
    struct server proxy;
    char target[64];

    (void)state;
    server_need(&site, server_start_site(&site, args));
    server_need(&proxy, server_start_tinyproxy(&proxy, ""));
    (void)snprintf(target, sizeof(target), "http://127.0.0.1:%u/echo",
                   site.port);
    struct http_answer answer = http_need(proxy.port, target, "");

    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(adl_buf_str(&answer.body), "tinyproxy"));
    http_answer_finish(&answer);
    server_stop(&proxy);
    server_stop(&site);
}

static void test_server_that_ends_at_once_is_reported(void **state)
{
    struct server s;

    (void)state;
    assert_int_equal(server_start_nginx(&s, "no such directive;"), -EPIPE);
    server_stop(&s);
}

TEST_SUITE(support)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_captures_output_and_exit_status),
        cmocka_unit_test(test_run_tells_which_signal_ended_it),
        cmocka_unit_test(test_run_kills_what_takes_too_long),
        cmocka_unit_test(test_run_reports_a_missing_program),
        cmocka_unit_test(test_run_limits_descriptors_and_sets_the_folder),
        cmocka_unit_test(test_run_moves_more_than_a_pipe_holds),
        cmocka_unit_test(test_background_program_is_talked_to_by_lines),
        cmocka_unit_test(test_tmpdir_lists_reads_and_hashes_its_files),
        cmocka_unit_test(test_tmpdir_knows_the_pattern),
        cmocka_unit_test(test_faultd_answers_and_logs),
        cmocka_unit_test(test_nginx_serves_from_its_folder),
        cmocka_unit_test(test_nghttpx_passes_requests_on),
        cmocka_unit_test(test_tinyproxy_passes_requests_on),
        cmocka_unit_test(test_server_that_ends_at_once_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
