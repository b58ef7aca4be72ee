/* SPDX-License-Identifier: MIT */
/* How and to where connections are made, and in which version of HTTP. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/cmd.h"
#include "support/proc.h"
#include "support/server.h"
#include "support/suite.h"

#define N_OTHERS 40

static struct server server;

static void need_site(const char *const *args)
{
    static const char *const quick[] = {"--latency", "0", NULL};

    server_need(&server,
                server_start_site(&server, args != NULL ? args : quick));
}

/* Says how it was asked, and by whom. */
#define ANSWERS                                         \
    "location / { default_type text/plain;\n"           \
    "return 200 \"$server_protocol $host $remote_addr " \
    "$connection_requests\\n\"; }\n"

static void need_nginx(const char *config)
{
    server_need(&server, server_start_nginx(&server, config));
}

static const char *h2_url(struct cmd *cmd)
{
    return cmd_text(cmd, "https://127.0.0.1:%u/got", server.tls_port);
}

/* From 8.0 on it tells a broken HTTP/2 connection from the end of a body. */
static bool libcurl_sees_all_ends(void)
{
    struct cmd version;

    cmd_init(&version);
    cmd_add(&version, "--version", NULL);
    cmd_run(&version, 0);
    bool is_old = strstr(version.out, "libcurl/7.") != NULL;
    cmd_finish(&version);
    return !is_old;
}

/* Compressed on the way, an answer of nginx tells no length: a broken HTTP/2
 * connection could cut it unseen. */
static void test_body_whose_end_http2_hides_is_got_with_another(void **state)
{
    struct cmd cmd;

    (void)state;
    need_nginx("gzip on; gzip_min_length 1; gzip_types *;\n"
               "server { listen 127.0.0.1:@PORT@;\n"
               "listen 127.0.0.1:@TLS_PORT@ ssl http2;\n" ANSWERS "}");
    cmd_init(&cmd);
    cmd_add(&cmd, "--http2", "--compressed", "-v", "--cacert", server.ca,
            "--retry", "0", h2_url(&cmd), NULL);
    cmd_run(&cmd, 0);
    if (libcurl_sees_all_ends()) {
        cmd_need_text(cmd_read(&cmd, "out/got"), "HTTP/2.0 127.0.0.1");
    } else {
        cmd_need_text(cmd_read(&cmd, "out/got"), "HTTP/1.1 127.0.0.1");
        cmd_need_text(cmd.err, "asking with HTTP/1.1");
    }
    cmd_finish(&cmd);
    server_stop(&server);
}

static void test_version_of_http_can_be_chosen(void **state)
{
    static const struct {
        const char *option;
        const char *tls;
    } cases[] = {
        {"--http1.1", "HTTP/1.1 "},
        {"--http2", "HTTP/2.0 "},
    };

    (void)state;
    need_nginx("server { listen 127.0.0.1:@PORT@;\n"
               "listen 127.0.0.1:@TLS_PORT@ ssl http2;\n" ANSWERS "}");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cmd cmd;

        cmd_init(&cmd);
        cmd_add(&cmd, cases[i].option, "--cacert", server.ca, "-o",
                "{index}-{name}", h2_url(&cmd),
                cmd_text(&cmd, "http://127.0.0.1:%u/plain", server.port), NULL);
        cmd_run(&cmd, 0);

        cmd_need_text(cmd_read(&cmd, "out/1-got"), cases[i].tls);
        cmd_need_text(cmd_read(&cmd, "out/2-plain"), "HTTP/1.1 ");
        cmd_finish(&cmd);
    }
    server_stop(&server);
}

static void test_http2_needs_few_connections_for_many_requests(void **state)
{
    struct cmd cmd;
    struct adl_buf list = {0};

    (void)state;
    need_nginx("log_format n '<$connection_requests>';\n"
               "server { listen 127.0.0.1:@PORT@;\n"
               "access_log @DIR@/access.log n;\n"
               "listen 127.0.0.1:@TLS_PORT@ ssl http2;\n" ANSWERS "}");
    cmd_init(&cmd);
    const char *url = h2_url(&cmd);
    for (int i = 0; i < 600; i++) {
        assert_int_equal(adl_buf_addf(&list, "%s?%d\n", url, i), 0);
    }
    cmd_add(&cmd, "--http2", "--cacert", server.ca, "--discard", "-j", "300",
            "--per-host", "300", cmd_write(&cmd, "list", adl_buf_str(&list)),
            NULL);
    cmd_run(&cmd, 0);

    adl_buf_reset(&list);
    assert_int_equal(tmpdir_read(&list, &server.dir, "access.log"), 0);
    assert_in_range(cmd_count_text(adl_buf_str(&list), "<1>"), 1, 6);
    adl_buf_finish(&list);
    cmd_finish(&cmd);
    server_stop(&server);
}

/* A server that speaks HTTP/1.1 only is not known for it before the first
 * connection stands, and that one's answer must not hold up the others. */
static void check_others_go_on(const char *scheme, uint16_t port,
                               const char *option)
{
    struct cmd cmd;
    struct adl_buf list = {0};
    char line[256];

    assert_int_equal(adl_buf_addf(&list,
                                  "%s://127.0.0.1:%u/bytes/30000?stall=9000\n",
                                  scheme, port),
                     0);
    for (int i = 0; i < N_OTHERS; i++) {
        assert_int_equal(adl_buf_addf(&list, "%s://127.0.0.1:%u/bytes/9/%d\n",
                                      scheme, port, i),
                         0);
    }
    cmd_init(&cmd);
    cmd_add(&cmd, option, "--cacert", server.ca, "--stall-timeout", "100",
            cmd_write(&cmd, "list", adl_buf_str(&list)), NULL);
    struct proc *proc = cmd_start(&cmd);
    for (int i = 0; i < N_OTHERS; i++) {
        assert_int_equal(proc_read_line(proc, line, sizeof(line)), 0);
    }
    assert_int_equal(proc_signal(proc, SIGTERM), 0);
    cmd_wait(&cmd, proc, 128 + SIGTERM);
    adl_buf_finish(&list);
    cmd_finish(&cmd);
}

static void test_requests_do_not_wait_for_the_end_of_the_first(void **state)
{
    static const char *const options[] = {"--http1.1", "--http2", "-v"};

    (void)state;
    need_site(NULL);
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        check_others_go_on("http", server.port, options[i]);
        check_others_go_on("https", server.tls_port, options[i]);
    }
    server_stop(&server);
}

static void test_address_families_can_be_chosen(void **state)
{
    static const char *const both[] = {"--bind", "::1", "--latency", "0", NULL};

    (void)state;
    need_site(both);
    struct cmd cmd;

    cmd_init(&cmd);
    cmd_add(&cmd, "--retry", "0", "-6",
            cmd_text(&cmd, "http://localhost:%u/echo", server.port), NULL);
    cmd_run(&cmd, 0);
    assert_true(cmd_has(&cmd, "out/echo"));

    cmd_reset(&cmd);
    cmd_add(&cmd, "--retry", "0", "--restart", "-4",
            cmd_text(&cmd, "http://localhost:%u/echo", server.port), NULL);
    cmd_run(&cmd, 3);

    cmd_reset(&cmd);
    cmd_add(&cmd, "--restart", "-4",
            cmd_text(&cmd, "http://[::1]:%u/echo", server.port), NULL);
    cmd_run(&cmd, 1);
    cmd_need_text(cmd.err, "an IPv6 address, and only IPv4 is allowed (not "
                           "tried; another run will not help)");

    cmd_reset(&cmd);
    cmd_add(&cmd, "--restart", "-4", "--proxy",
            cmd_text(&cmd, "http://[::1]:%u", server.port),
            "http://a.test/echo", NULL);
    cmd_run(&cmd, 1);
    cmd_need_text(cmd.err, "the proxy is an IPv6 address, and only IPv4 is "
                           "allowed (not tried; another run will not help");

    /* Another source may do. */
    cmd_reset(&cmd);
    cmd_add(&cmd, "--restart", "-6",
            cmd_write(&cmd, "list",
                      cmd_text(&cmd,
                               "http://127.0.0.1:%u/echo\t"
                               "http://localhost:%u/echo\n out=second\n",
                               server.port, server.port)),
            NULL);
    cmd_run(&cmd, 0);
    assert_true(cmd_has(&cmd, "out/second"));
    cmd_finish(&cmd);
    server_stop(&server);
}

static void test_hosts_can_be_sent_elsewhere(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site(NULL);
    cmd_init(&cmd);
    cmd_add(
        &cmd, "--resolve", cmd_text(&cmd, "one.test:%u:127.0.0.1", server.port),
        "--connect-to", cmd_text(&cmd, "two.test:80:127.0.0.1:%u", server.port),
        "-o", "{host}", cmd_text(&cmd, "http://one.test:%u/echo", server.port),
        "http://two.test/echo", NULL);
    cmd_run(&cmd, 0);

    cmd_need_text(cmd_read(&cmd, "out/one.test"),
                  cmd_text(&cmd, "\nHost: one.test:%u\n", server.port));
    cmd_need_text(cmd_read(&cmd, "out/two.test"), "\nHost: two.test\n");
    cmd_finish(&cmd);
    server_stop(&server);
}

static void test_address_to_send_from_can_be_chosen(void **state)
{
    struct cmd cmd;

    (void)state;
    need_nginx("server { listen 127.0.0.1:@PORT@;\n" ANSWERS "}");
    cmd_init(&cmd);
    const char *url = cmd_text(&cmd, "http://127.0.0.1:%u/got", server.port);
    cmd_add(&cmd, "--interface", "127.0.0.9", url, NULL);
    cmd_run(&cmd, 0);
    cmd_need_text(cmd_read(&cmd, "out/got"), " 127.0.0.9 ");

    cmd_reset(&cmd);
    cmd_add(&cmd, "--restart", "--interface", "lo", url, NULL);
    cmd_run(&cmd, 0);

    cmd_reset(&cmd);
    cmd_add(&cmd, "--restart", "--interface", "no-such0", url, NULL);
    cmd_run(&cmd, 4);
    cmd_need_text(cmd.err, ": address not available: Couldn't bind to "
                           "'no-such0'");
    cmd_need_text(cmd.err, ": cannot go on; see --interface\n");
    cmd_finish(&cmd);
    server_stop(&server);
}

static void test_unix_socket_is_connected_to(void **state)
{
    struct cmd cmd;

    (void)state;
    need_nginx("server { listen 127.0.0.1:@PORT@; }\n"
               "server { listen unix:@DIR@/socket;\n" ANSWERS "}");
    cmd_init(&cmd);
    cmd_add(&cmd, "--unix-socket", tmpdir_get_path(&server.dir, "socket"),
            "http://any.test/got", NULL);
    cmd_run(&cmd, 0);
    cmd_need_text(cmd_read(&cmd, "out/got"), "HTTP/1.1 any.test unix:");

    cmd_reset(&cmd);
    cmd_add(&cmd, "--restart", "--retry", "0", "--unix-socket", "absent",
            "http://any.test/got", NULL);
    cmd_run(&cmd, 2);
    cmd_need_text(cmd.err, "--unix-socket absent: no such file");
    cmd_finish(&cmd);
    server_stop(&server);
}

TEST_SUITE(connection)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_body_whose_end_http2_hides_is_got_with_another),
        cmocka_unit_test(test_version_of_http_can_be_chosen),
        cmocka_unit_test(test_http2_needs_few_connections_for_many_requests),
        cmocka_unit_test(test_requests_do_not_wait_for_the_end_of_the_first),
        cmocka_unit_test(test_address_families_can_be_chosen),
        cmocka_unit_test(test_hosts_can_be_sent_elsewhere),
        cmocka_unit_test(test_address_to_send_from_can_be_chosen),
        cmocka_unit_test(test_unix_socket_is_connected_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
