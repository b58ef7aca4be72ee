/* SPDX-License-Identifier: MIT */
/* HTTP/3, where libcurl can, and its refusal where it cannot: .ci/newcurl
 * fetches a libcurl that can. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "site/pattern.h"
#include "support/client.h"
#include "support/cmd.h"
#include "support/server.h"
#include "support/suite.h"

#define N_FILES    60
#define FILE_BYTES 300000 /* so much that some are paused at their end */

static struct server server;

static bool libcurl_has_http3(void)
{
    struct cmd cmd;

    cmd_init(&cmd);
    cmd_add(&cmd, "--version", NULL);
    cmd_run(&cmd, 0);
    bool has =
        strstr(cmd.out, "nghttp3") != NULL || strstr(cmd.out, "quiche") != NULL;
    cmd_finish(&cmd);
    return has;
}

static void test_it_is_refused(void **state)
{
    struct cmd cmd;

    (void)state;
    cmd_init(&cmd);
    cmd_add(&cmd, "--http3", "https://127.0.0.1:1/", NULL);
    cmd_run(&cmd, 2);

    cmd_need_text(cmd.err, "--http3: ");
    cmd_need_text(cmd.err, "libcurl");
    assert_string_equal(cmd.out, "");
    cmd_finish(&cmd);
}

/* A server with a file "body" of the pattern. With HTTP/3 alone, nothing that
 * takes long makes libcurl choose another version. */
static void need_caddy(const char *protocols)
{
    uint8_t *bytes = malloc(FILE_BYTES);

    server_need(&server, server_start_caddy(&server, protocols));
    assert_non_null(bytes);
    adl_pattern_fill(bytes, FILE_BYTES, 0, 0);
    assert_int_equal(tmpdir_write(&server.dir, "body", bytes, FILE_BYTES), 0);
    free(bytes);
}

static const char *body_url(struct cmd *cmd, const char *query)
{
    return cmd_text(cmd, "https://127.0.0.1:%u/body%s", server.tls_port, query);
}

static void need_files(struct cmd *cmd)
{
    for (int i = 1; i <= N_FILES; i++) {
        assert_true(tmpdir_is_pattern(&cmd->dir, cmd_text(cmd, "out/%d", i),
                                      FILE_BYTES, 0));
    }
}

static void fetch_files(const char *option, const char *value)
{
    struct adl_buf list = {0};
    struct adl_buf log = {0};
    struct cmd cmd;

    need_caddy("\"h3\"");
    cmd_init(&cmd);
    for (int i = 0; i < N_FILES; i++) {
        assert_int_equal(adl_buf_addf(&list, "%s%d\n", body_url(&cmd, "?"), i),
                         0);
    }
    cmd_add(&cmd, "--http3", "--cacert", server.ca, "--retry", "0", "-o",
            "{index}", cmd_write(&cmd, "list", adl_buf_str(&list)), option,
            value, NULL);
    cmd_run(&cmd, 0);

    need_files(&cmd);
    assert_int_equal(tmpdir_read(&log, &server.dir, "caddy.log"), 0);
    assert_int_equal(cmd_count_text(adl_buf_str(&log), "\"HTTP/3.0\""),
                     N_FILES);
    adl_buf_finish(&log);
    adl_buf_finish(&list);
    cmd_finish(&cmd);
    server_stop(&server);
}

static void test_requests_arrive_in_it(void **state)
{
    (void)state;
    fetch_files(NULL, NULL);
}

static void test_one_after_the_other_too(void **state)
{
    (void)state;
    fetch_files("-j", "1");
}

/* Which pauses far more. */
static void test_at_a_limited_rate_too(void **state)
{
    (void)state;
    fetch_files("--limit-rate", "10M");
}

struct heard {
    int err;
    char http_version[8];
};

static void on_done(const struct asyncdl_result *result, void *data)
{
    struct heard *heard = data;

    heard->err = result->err;
    (void)snprintf(heard->http_version, sizeof(heard->http_version), "%s",
                   result->http_version);
}

static void test_a_result_says_so(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct heard heard = {.err = -1};
    struct rig rig;
    char url[64];

    (void)state;
    need_caddy("\"h3\"");
    (void)snprintf(url, sizeof(url), "https://127.0.0.1:%u/body",
                   server.tls_port);
    options.http.version = ASYNCDL_HTTP_3;
    options.http.ca_file = server.ca;
    rig_open(&rig, &options);
    struct asyncdl_request request = rig_memory(url);
    assert_int_equal(asyncdl_fetch(NULL, rig.client, &request, on_done, &heard),
                     0);
    rig_run(&rig);
    rig_close(&rig);

    assert_int_equal(heard.err, 0);
    assert_string_equal(heard.http_version, "3");
    server_stop(&server);
}

static void test_an_unknown_certificate_is_refused(void **state)
{
    struct cmd cmd;

    (void)state;
    need_caddy("\"h1\", \"h3\"");
    cmd_init(&cmd);
    cmd_add(&cmd, "--http3", "--retry", "0", body_url(&cmd, ""), NULL);
    cmd_run(&cmd, 1);
    cmd_need_text(cmd.err, "certificate");
    cmd_finish(&cmd);
    server_stop(&server);
}

/* As curl's option of that name: an older version is better than nothing. */
static void test_a_server_without_it_is_asked_in_another(void **state)
{
    struct cmd cmd;

    (void)state;
    server_need(&server,
                server_start_nginx(&server,
                                   "server { listen 127.0.0.1:@PORT@;\n"
                                   "listen 127.0.0.1:@TLS_PORT@ ssl http2;\n"
                                   "location / { default_type text/plain;\n"
                                   "return 200 \"$server_protocol\\n\"; }\n}"));
    cmd_init(&cmd);
    cmd_add(&cmd, "--http3", "--cacert", server.ca, "--retry", "0",
            body_url(&cmd, ""), NULL);
    cmd_run(&cmd, 0);
    cmd_need_text(cmd_read(&cmd, "out/body"), "HTTP/2.0");
    cmd_finish(&cmd);
    server_stop(&server);
}

TEST_SUITE(http3)
{
    const struct CMUnitTest without[] = {
        cmocka_unit_test(test_it_is_refused),
    };
    const struct CMUnitTest with[] = {
        cmocka_unit_test(test_requests_arrive_in_it),
        cmocka_unit_test(test_one_after_the_other_too),
        cmocka_unit_test(test_at_a_limited_rate_too),
        cmocka_unit_test(test_a_result_says_so),
        cmocka_unit_test(test_an_unknown_certificate_is_refused),
        cmocka_unit_test(test_a_server_without_it_is_asked_in_another),
    };

    if (!libcurl_has_http3()) {
        print_message("this libcurl has no HTTP/3; .ci/newcurl gets one\n");
        return cmocka_run_group_tests(without, NULL, NULL);
    }
    return cmocka_run_group_tests(with, servers_setup, servers_teardown);
}
