/* SPDX-License-Identifier: MIT */
/* What opens doors goes to the host it is meant for, and to no screen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/cmd.h"
#include "support/server.h"
#include "support/suite.h"

static struct server first;
static struct server second;

static void need_sites(void)
{
    static const char *const args[] = {"--latency", "0", NULL};

    server_need(&first, server_start_site(&first, args));
    server_need(&second, server_start_site(&second, args));
}

static void stop_sites(void)
{
    server_stop(&first);
    server_stop(&second);
}

static void need_no_secret(struct cmd *cmd)
{
    cmd_need_no_text(cmd->out, "s3cret");
    cmd_need_no_text(cmd->err, "s3cret");
}

/* Options that send the text behind them, in which "s3cret" may be encoded. */
static const struct {
    const char *args[6];
    const char *sent;
} credentials[] = {
    {{"-u", "s3cretuser:s3cret"}, "\nAuthorization: Basic "},
    {{"--oauth2-bearer", "s3cret"}, "\nAuthorization: Bearer s3cret\n"},
    {{"-b", "sid=s3cret"}, "\nCookie: sid=s3cret\n"},
    {{"-H", "Cookie: sid=s3cret"}, "\nCookie: sid=s3cret\n"},
    {{"-H", "authorization: Token s3cret"}, "uthorization: Token s3cret\n"},
    {{"-u", "s3cretuser:s3cret", "-H", "Cookie: a=s3cret"},
     "\nCookie: a=s3cret\n"},
};

#define N_CREDENTIALS (sizeof(credentials) / sizeof(credentials[0]))

static void run_redirect(size_t i, const char *target, bool is_kept)
{
    struct cmd cmd;

    cmd_init(&cmd);
    for (size_t j = 0; credentials[i].args[j] != NULL; j++) {
        cmd_add(&cmd, credentials[i].args[j], NULL);
    }
    cmd_add(&cmd, "-v", "-o", "got",
            cmd_text(&cmd, "http://127.0.0.1:%u/redirect/302?to=%s", first.port,
                     target),
            NULL);
    cmd_run(&cmd, 0);

    const char *echo = cmd_read(&cmd, "out/got");
    if (is_kept) {
        cmd_need_text(echo, credentials[i].sent);
    } else {
        cmd_need_no_text(echo, "uthorization");
        cmd_need_no_text(echo, "ookie");
    }
    need_no_secret(&cmd);
    cmd_finish(&cmd);
}

static void test_credentials_do_not_follow_to_another_host(void **state)
{
    char other_port[128];
    char other_host[128];
    char same[128];

    (void)state;
    need_sites();
    (void)snprintf(other_port, sizeof(other_port), "http://127.0.0.1:%u/echo",
                   second.port);
    (void)snprintf(other_host, sizeof(other_host), "http://localhost:%u/echo",
                   first.port);
    (void)snprintf(same, sizeof(same), "http://127.0.0.1:%u/echo", first.port);
    for (size_t i = 0; i < N_CREDENTIALS; i++) {
        run_redirect(i, "/echo", true);
        run_redirect(i, same, true);
        run_redirect(i, other_port, false);
        run_redirect(i, other_host, false);
    }
    stop_sites();
}

/* There and back: whoever redirected may not steer credentials. */
static void test_password_of_a_url_does_not_follow(void **state)
{
    struct cmd cmd;

    (void)state;
    need_sites();
    cmd_init(&cmd);
    cmd_add(&cmd, "-v", "-o", "got",
            cmd_text(&cmd,
                     "http://s3cretuser:s3cret@127.0.0.1:%u/redirect/302?to="
                     "http://127.0.0.1:%u/echo",
                     first.port, second.port),
            NULL);
    cmd_run(&cmd, 0);

    cmd_need_no_text(cmd_read(&cmd, "out/got"), "Authorization");
    need_no_secret(&cmd);
    cmd_finish(&cmd);
    stop_sites();
}

static void test_netrc_gives_each_host_its_own(void **state)
{
    struct cmd cmd;

    (void)state;
    need_sites();
    cmd_init(&cmd);
    cmd_write(&cmd, ".netrc",
              "machine 127.0.0.1 login here password s3cret\n"
              "machine localhost login there password s3cret\n");
    cmd_add(&cmd, "--netrc", "-o", "got",
            cmd_text(&cmd,
                     "http://127.0.0.1:%u/redirect/302?to="
                     "http://localhost:%u/echo",
                     first.port, second.port),
            NULL);
    cmd_run(&cmd, 0);

    /* there:s3cret */
    cmd_need_text(cmd_read(&cmd, "out/got"), "Basic dGhlcmU6czNjcmV0\n");
    need_no_secret(&cmd);
    cmd_finish(&cmd);
    stop_sites();
}

static void test_cookies_of_the_jar_stay_with_their_host(void **state)
{
    struct cmd cmd;

    (void)state;
    need_sites();
    cmd_init(&cmd);
    cmd_write(&cmd, "jar", "127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\ts3cret\n");
    cmd_add(&cmd, "-b", "jar", "-o", "got-{index}",
            cmd_text(&cmd, "http://127.0.0.1:%u/echo", first.port),
            cmd_text(&cmd,
                     "http://127.0.0.1:%u/redirect/302?to="
                     "http://localhost:%u/echo",
                     first.port, second.port),
            NULL);
    cmd_run(&cmd, 0);

    cmd_need_text(cmd_read(&cmd, "out/got-1"), "Cookie: sid=s3cret\n");
    cmd_need_no_text(cmd_read(&cmd, "out/got-2"), "Cookie");
    need_no_secret(&cmd);
    cmd_finish(&cmd);
    stop_sites();
}

/* Everything that can go wrong with a URL that holds secrets. */
static void test_no_message_shows_a_secret(void **state)
{
    static const struct {
        const char *url; /* behind the authority */
        int status;
    } cases[] = {
        {"/echo?X-Amz-Signature=s3cret&token=s3cret", 0},
        {"/status/404?sig=s3cret", 1},
        {"/status/503?Signature=s3cret", 3},
        {"/redirect/302?to=/status/404%3Ftoken%3Ds3cret", 1},
        {"/redirect/302?to=file:///x%3Ftoken=s3cret", 1},
        {"/redirect/302?to=http://s3cret:s3cret@127.0.0.1:1/", 3},
        {"/loop?token=s3cret", 1},
        {"/bytes/10?cut=1&password=s3cret", 3},
    };

    (void)state;
    need_sites();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cmd cmd;

        cmd_init(&cmd);
        cmd_add(&cmd, "-v", "--retry", "1", "--retry-delay", "1ms",
                cmd_text(&cmd, "http://s3cretuser:s3cret@127.0.0.1:%u%s",
                         first.port, cases[i].url),
                NULL);
        cmd_run(&cmd, cases[i].status);
        need_no_secret(&cmd);
        cmd_finish(&cmd);
    }
    stop_sites();
}

static void test_no_bad_line_or_option_shows_a_secret(void **state)
{
    static const char *const options[][3] = {
        {"-u", "s3cret"},
        {"-H", "s3cret without colon"},
        {"-x", "ftp://s3cret:s3cret@127.0.0.1:1"},
        {"-x", "socks9://s3cret@x"},
        {"--cookie", "/s3cret/absent"},
        {"-K", "config"},
    };
    struct cmd cmd;

    (void)state;
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        cmd_init(&cmd);
        cmd_write(&cmd, "config", "header = \"s3cret\n");
        cmd_add(&cmd, options[i][0], options[i][1], "http://127.0.0.1:1/",
                NULL);
        cmd_run(&cmd, 2);
        need_no_secret(&cmd);
        cmd_finish(&cmd);
    }
    cmd_init(&cmd);
    cmd_write(&cmd, "list",
              "gopher://s3cret:s3cret@x/\n"
              "http://s3cret:s3cret@\n"
              "http://s3cret:s3cret@x:99999/?token=s3cret\n"
              "http://127.0.0.1:1/\n"
              "  header=s3cret\n"
              "http://127.0.0.1:1/\n"
              "  checksum=s3cret\n"
              "{\"url\": \"http://u:s3cret@127.0.0.1:1/\", \"out\": 7}\n"
              "{\"url\": \"ftp://u:s3cret@127.0.0.1:1/\"}\n"
              "{\"url\": \"http://u:s3cret@127.0.0.1:1/\"\n");
    cmd_add(&cmd, "--retry", "0", "list", NULL);
    cmd_run(&cmd, 1);
    assert_int_equal(cmd_count_text(cmd.err, "asyncdl: list:"), 8);
    need_no_secret(&cmd);
    cmd_finish(&cmd);
}

TEST_SUITE(secrets)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_credentials_do_not_follow_to_another_host),
        cmocka_unit_test(test_password_of_a_url_does_not_follow),
        cmocka_unit_test(test_netrc_gives_each_host_its_own),
        cmocka_unit_test(test_cookies_of_the_jar_stay_with_their_host),
        cmocka_unit_test(test_no_message_shows_a_secret),
        cmocka_unit_test(test_no_bad_line_or_option_shows_a_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
