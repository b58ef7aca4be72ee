/* SPDX-License-Identifier: MIT */
/* Requests through a proxy, which notes in its log what it was asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/cmd.h"
#include "support/server.h"
#include "support/suite.h"

static struct server site;
static struct server proxy;

static void need_servers(const char *config)
{
    static const char *const args[] = {"--latency", "0", NULL};

    server_need(&site, server_start_site(&site, args));
    server_need(&proxy, server_start_tinyproxy(&proxy, config));
}

static void stop_servers(void)
{
    server_stop(&proxy);
    server_stop(&site);
}

static const char *http_url(struct cmd *cmd)
{
    return cmd_text(cmd, "http://127.0.0.1:%u/echo", site.port);
}

static const char *https_url(struct cmd *cmd)
{
    return cmd_text(cmd, "https://127.0.0.1:%u/bytes/3000", site.tls_port);
}

static const char *proxy_url(struct cmd *cmd)
{
    return cmd_text(cmd, "http://127.0.0.1:%u", proxy.port);
}

/* How many requests the proxy has noted that hold this text. */
static size_t count_proxied(const char *request)
{
    struct adl_buf log = {0};

    assert_int_equal(tmpdir_read(&log, &proxy.dir, "tinyproxy.log"), 0);
    size_t n = cmd_count_text(adl_buf_str(&log), request);
    adl_buf_finish(&log);
    return n;
}

static void test_proxy_gets_plain_requests_and_tunnels(void **state)
{
    struct cmd cmd;

    (void)state;
    need_servers("LogLevel Info");
    cmd_init(&cmd);
    cmd_add(&cmd, "-x", proxy_url(&cmd), "--cacert", site.ca, http_url(&cmd),
            https_url(&cmd), NULL);
    cmd_run(&cmd, 0);

    assert_int_equal(count_proxied(": GET http://127.0.0.1:"), 1);
    assert_int_equal(count_proxied(": CONNECT 127.0.0.1:"), 1);
    cmd_need_text(cmd_read(&cmd, "out/echo"), "\nVia: ");
    assert_true(tmpdir_is_pattern(&cmd.dir, "out/3000", 3000, 0));
    cmd_finish(&cmd);
    stop_servers();
}

/* Which of the two requests goes through the proxy. */
struct route {
    const char *args[4];
    const char *env[3]; /* %s is the proxy */
    size_t n_plain;
    size_t n_tunnels;
};

static void run_route(const struct route *route)
{
    struct cmd cmd;

    need_servers("LogLevel Info");
    cmd_init(&cmd);
    for (size_t i = 0; i < 3 && route->env[i] != NULL; i++) {
        const char *text = route->env[i];
        bool wants_proxy = text[strlen(text) - 1] == '=';

        cmd_set_env(&cmd, cmd_text(&cmd, "%s%s", text,
                                   wants_proxy ? proxy_url(&cmd) : ""));
    }
    for (size_t i = 0; i < 4 && route->args[i] != NULL; i++) {
        bool wants_proxy = strcmp(route->args[i], "PROXY") == 0;

        cmd_add(&cmd, wants_proxy ? proxy_url(&cmd) : route->args[i], NULL);
    }
    cmd_add(&cmd, "--cacert", site.ca, http_url(&cmd), https_url(&cmd), NULL);
    cmd_run(&cmd, 0);

    assert_int_equal(count_proxied(": GET http://"), route->n_plain);
    assert_int_equal(count_proxied(": CONNECT "), route->n_tunnels);
    cmd_finish(&cmd);
    stop_servers();
}

static void test_environment_and_options_choose_the_proxy(void **state)
{
    static const struct route routes[] = {
        {{NULL}, {NULL}, 0, 0},
        {{NULL}, {"http_proxy="}, 1, 0},
        {{NULL}, {"https_proxy="}, 0, 1},
        {{NULL}, {"all_proxy="}, 1, 1},
        {{NULL}, {"ALL_PROXY="}, 1, 1},
        {{NULL}, {"HTTPS_PROXY="}, 0, 1},
        {{NULL}, {"HTTP_PROXY="}, 0, 0}, /* a CGI's client may have set it */
        {{NULL}, {"all_proxy=", "no_proxy=127.0.0.1,b.test"}, 0, 0},
        {{NULL}, {"all_proxy=", "no_proxy=*.test"}, 1, 1},
        {{"-x", ""}, {"all_proxy="}, 0, 0},
        {{"-x", "PROXY"}, {"no_proxy=127.0.0.1"}, 0, 0},
        {{"-x", "PROXY", "--noproxy", ""}, {"no_proxy=127.0.0.1"}, 1, 1},
        {{"-x", "PROXY", "--noproxy", "*"}, {NULL}, 0, 0},
        {{"-x", "PROXY", "--noproxy", "127.0.0.0/8"}, {NULL}, 0, 0},
        {{"-x", "PROXY", "--noproxy", "10.0.0.0/8"}, {NULL}, 1, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        run_route(&routes[i]);
    }
}

static void test_proxy_is_told_its_own_password_only(void **state)
{
    struct cmd cmd;

    (void)state;
    need_servers("LogLevel Info\nBasicAuth gate keeper");
    cmd_init(&cmd);
    cmd_add(&cmd, "-u", "me:secret", "--cacert", site.ca, "--retry", "0", "-x",
            cmd_text(&cmd, "http://gate:keeper@127.0.0.1:%u", proxy.port),
            http_url(&cmd), https_url(&cmd), NULL);
    cmd_run(&cmd, 0);
    const char *echo = cmd_read(&cmd, "out/echo");
    cmd_need_text(echo, "\nAuthorization: Basic bWU6c2VjcmV0\n");
    cmd_need_no_text(echo, "Z2F0ZTprZWVwZXI");
    cmd_finish(&cmd);

    cmd_init(&cmd);
    cmd_add(&cmd, "--cacert", site.ca, "--retry", "0", "-x",
            cmd_text(&cmd, "http://gate:wr0ng@127.0.0.1:%u", proxy.port),
            http_url(&cmd), https_url(&cmd), NULL);
    cmd_run(&cmd, 1);
    assert_int_equal(cmd_count_files(&cmd), 0);
    cmd_need_text(cmd.err, "the proxy refused or failed: ");
    cmd_need_no_text(cmd.err, "gate");
    cmd_need_no_text(cmd.err, "wr0ng");
    cmd_finish(&cmd);
    stop_servers();
}

static void test_proxy_that_is_down_is_named(void **state)
{
    struct cmd cmd;

    (void)state;
    need_servers("LogLevel Info");
    cmd_init(&cmd);
    const char *where = proxy_url(&cmd);
    server_stop(&proxy);
    cmd_add(&cmd, "--retry", "0", "-x", where, http_url(&cmd), NULL);
    cmd_run(&cmd, 3);

    cmd_need_text(cmd.err, ": the proxy refused or failed: ");
    cmd_need_text(cmd.err, cmd_text(&cmd, "127.0.0.1 port %u", proxy.port));
    cmd_need_text(cmd.err, "; see --proxy)");
    cmd_finish(&cmd);

    /* A server that is down is not the proxy, where that is passed by. */
    cmd_init(&cmd);
    cmd_add(&cmd, "--retry", "0", "-x", proxy_url(&cmd), "--noproxy",
            "127.0.0.1", cmd_text(&cmd, "http://127.0.0.1:%u/", proxy.port),
            NULL);
    cmd_run(&cmd, 3);
    cmd_need_text(cmd.err, ": connection refused or host unreachable: ");
    cmd_finish(&cmd);
    stop_servers();
}

/* As for the option, under the name of the variable. */
static void test_variable_that_names_no_proxy_is_told(void **state)
{
    static const struct {
        const char *variable;
        const char *said;
    } cases[] = {
        {"http_proxy=foo://x", "http_proxy or all_proxy: must be HOST,"},
        {"https_proxy=:::", "https_proxy or all_proxy: must be HOST,"},
        {"SSL_CERT_FILE=/dev/null", "SSL_CERT_FILE: must be a file with a"},
        {"SSL_CERT_DIR=/dev/null", "SSL_CERT_DIR: not a directory"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cmd cmd;

        cmd_init(&cmd);
        cmd_set_env(&cmd, cases[i].variable);
        cmd_add(&cmd, "http://127.0.0.1:9/x", NULL);
        cmd_run(&cmd, 2);
        cmd_need_text(cmd.err, cases[i].said);
        cmd_finish(&cmd);
    }
}

TEST_SUITE(proxy)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proxy_gets_plain_requests_and_tunnels),
        cmocka_unit_test(test_environment_and_options_choose_the_proxy),
        cmocka_unit_test(test_proxy_is_told_its_own_password_only),
        cmocka_unit_test(test_proxy_that_is_down_is_named),
        cmocka_unit_test(test_variable_that_names_no_proxy_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
