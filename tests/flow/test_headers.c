/* SPDX-License-Identifier: MIT */
/* Options that show in what is sent: the site answers with what it got. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "support/cmd.h"
#include "support/server.h"
#include "support/suite.h"

static struct server site;

static void need_site(void)
{
    static const char *const args[] = {"--latency", "0", NULL};

    server_need(&site, server_start_site(&site, args));
}

static const char *echo_url(struct cmd *cmd)
{
    return cmd_text(cmd, "http://127.0.0.1:%u/echo", site.port);
}

/* Run with the site's /echo as the only URL, and give what the site got. */
static const char *run_echo(struct cmd *cmd)
{
    cmd_add(cmd, echo_url(cmd), NULL);
    cmd_run(cmd, 0);
    return cmd_read(cmd, "out/echo");
}

static void test_request_says_what_options_ask_for(void **state)
{
    static const struct {
        const char *args[6];
        const char *sent;
        const char *not_sent;
    } cases[] = {
        {{NULL}, "User-Agent: asyncdl/", "Accept-Encoding"},
        {{NULL}, "\nAccept: */*\n", "Cookie"},
        {{"-H", "X-One: 1"}, "\nX-One: 1\n", NULL},
        {{"-H", "X-One: 1", "-H", "X-Two: a b"}, "\nX-Two: a b\n", NULL},
        {{"-H", "X-One: 1", "-H", "X-Two: 2"}, "\nX-One: 1\n", NULL},
        {{"--header=X-Empty;"}, "\nX-Empty: \n", NULL},
        {{"-HHost: else.where"}, "\nHost: else.where\n", "127.0.0.1"},
        {{"-H", "Accept:"}, "GET /echo HTTP/1.1\n", "Accept"},
        {{"-H", "User-Agent:"}, "GET /echo HTTP/1.1\n", "User-Agent"},
        {{"-H", "@lines"}, "\nX-First: 1\n", NULL},
        {{"-H", "@lines"}, "\nX-Last: 2\n", NULL},
        {{"-A", "a browser"}, "\nUser-Agent: a browser\n", "asyncdl"},
        {{"-A", ""}, "GET /echo HTTP/1.1\n", "User-Agent"},
        {{"-e", "http://from/here"}, "\nReferer: http://from/here\n", NULL},
        {{"-b", "a=1; b=2"}, "\nCookie: a=1; b=2\n", NULL},
        {{"-b", "jar"}, "\nCookie: fromfile=yes\n", "other"},
        {{"-u", "user:pass"}, "\nAuthorization: Basic dXNlcjpwYXNz\n", NULL},
        {{"-u", "user:"}, "\nAuthorization: Basic dXNlcjo=\n", NULL},
        {{"--oauth2-bearer", "tok"}, "\nAuthorization: Bearer tok\n", NULL},
        {{"--compressed"}, "\nAccept-Encoding: deflate, gzip", NULL},
        {{"--netrc-file", "logins"}, "Basic bmV0OnJj\n", NULL},
        {{"--netrc"}, "Basic aG9tZTpyYw==\n", NULL},
        {{"-u", "user:pass", "--netrc"}, "Basic dXNlcjpwYXNz\n", NULL},
        {{"-K", "config"}, "\nX-Config: in a file\n", NULL},
        {{"-K", "config"}, "\nUser-Agent: configured\n", NULL},
        {{"--config", "config", "-A", "later"},
         "\nUser-Agent: later\n",
         "configured"},
        {{"-A", "earlier", "--config", "config"},
         "\nUser-Agent: configured\n",
         "earlier"},
    };

    (void)state;
    need_site();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cmd cmd;

        cmd_init(&cmd);
        cmd_write(&cmd, "lines", "X-First: 1\r\n\nX-Last: 2\n");
        cmd_write(&cmd, "jar",
                  "# Netscape HTTP Cookie File\n"
                  "127.0.0.1\tFALSE\t/\tFALSE\t0\tfromfile\tyes\n"
                  "localhost\tFALSE\t/\tFALSE\t0\tother\tno\n");
        cmd_write(&cmd, "logins", "machine 127.0.0.1 login net password rc\n");
        cmd_write(&cmd, ".netrc", "machine 127.0.0.1 login home password rc\n");
        cmd_write(&cmd, "config",
                  "# as curl's\n"
                  "header = \"X-Config: in a file\"\n"
                  "user-agent configured\n");
        for (size_t j = 0; cases[i].args[j] != NULL; j++) {
            cmd_add(&cmd, cases[i].args[j], NULL);
        }
        const char *echo = run_echo(&cmd);

        cmd_need_text(echo, cases[i].sent);
        if (cases[i].not_sent != NULL) {
            cmd_need_no_text(echo, cases[i].not_sent);
        }
        cmd_finish(&cmd);
    }
    server_stop(&site);
}

static void test_user_and_password_of_a_url_are_sent(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    cmd_add(
        &cmd,
        cmd_text(&cmd, "http://us%%65r:p%%3Ass@127.0.0.1:%u/echo", site.port),
        NULL);
    cmd_run(&cmd, 0);

    cmd_need_text(cmd_read(&cmd, "out/echo"),
                  "Authorization: Basic dXNlcjpwOnNz\n"); /* user:p:ss */
    cmd_need_text(cmd.out, " from http://127.0.0.1:");

    cmd_add(&cmd, "--restart", "-u", "other:one", NULL);
    cmd_run(&cmd, 0);
    cmd_need_text(cmd_read(&cmd, "out/echo"),
                  "Authorization: Basic b3RoZXI6b25l\n");
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_netrc_is_where_the_environment_says(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    const char *path =
        cmd_write(&cmd, "mine", "machine 127.0.0.1 login a password b\n");
    cmd_set_env(&cmd, cmd_text(&cmd, "NETRC=%s", path));
    cmd_add(&cmd, "--netrc", NULL);

    cmd_need_text(run_echo(&cmd), "Authorization: Basic YTpi\n");
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_netrc_that_is_not_asked_for_is_not_read(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    cmd_write(&cmd, ".netrc", "machine 127.0.0.1 login a password b\n");

    cmd_need_no_text(run_echo(&cmd), "Authorization");
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_cookies_of_an_answer_go_with_later_requests(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    cmd_add(&cmd, "-j", "1", "--cookie-jar", "jar",
            cmd_text(&cmd, "http://127.0.0.1:%u/cookie?name=sid&value=x1",
                     site.port),
            NULL);
    cmd_need_text(run_echo(&cmd), "\nCookie: sid=x1\n");
    const char *jar = cmd_read(&cmd, "jar");
    cmd_need_text(jar, "# Netscape HTTP Cookie File");
    cmd_need_text(jar, "127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\tx1\n");

    cmd_reset(&cmd);
    cmd_add(&cmd, "--restart", "-b", "jar", NULL);
    cmd_need_text(run_echo(&cmd), "\nCookie: sid=x1\n");
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_start_that_is_refused_leaves_the_jar_alone(void **state)
{
    static const char before[] = "# Netscape HTTP Cookie File\n\n"
                                 "h.example\tFALSE\t/\tFALSE\t0\tsid\tx1\n";
    static const struct {
        const char *args[6];
        int status;
        const char *said;
    } cases[] = {
        {{"-b", "jar", "-c", "jar", "--cacert", "absent"}, 2, "--cacert"},
        {{"-c", "jar", "--proxy", "gopher://x"}, 2, "--proxy"},
        {{"-c", "jar"}, 2, "out/.asyncdl/journal.db: "},
        {{"-c", "jar", "-n"}, 2, "out/.asyncdl/journal.db: "},
        {{"-c", "jar", "-d", "list"}, 4, "list/.asyncdl: not a directory"},
        {{"-c", "new", "--cacert", "absent", "-n"}, 2, "--cacert"},
        {{"-c", "new", "-n", "-d", "fresh"}, 0, ""},
        {{"-c", "absent/jar", "-n"}, 2, "--cookie-jar absent/jar: no such"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cmd cmd;

        cmd_init(&cmd);
        (void)cmd_write(&cmd, "jar", before);
        (void)cmd_write(&cmd, "list", "");
        (void)mkdir(cmd_text(&cmd, "%s/out", cmd.dir.path), 0777);
        (void)mkdir(cmd_text(&cmd, "%s/out/.asyncdl", cmd.dir.path), 0777);
        (void)cmd_write(&cmd, "out/.asyncdl/journal.db", "no journal at all");
        cmd_add(&cmd, "http://127.0.0.1:1/", NULL);
        for (size_t j = 0; j < 6 && cases[i].args[j] != NULL; j++) {
            cmd_add(&cmd, cases[i].args[j], NULL);
        }
        cmd_run(&cmd, cases[i].status);

        cmd_need_text(cmd.err, cases[i].said);
        assert_string_equal(cmd_read(&cmd, "jar"), before);
        assert_false(cmd_has(&cmd, "new"));
        cmd_finish(&cmd);
    }
}

static void test_cookies_are_forgotten_unless_asked_for(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    cmd_add(&cmd, "-j", "1", "-b", "mine=1",
            cmd_text(&cmd, "http://127.0.0.1:%u/cookie?name=sid&value=x1",
                     site.port),
            NULL);

    cmd_need_text(run_echo(&cmd), "\nCookie: mine=1\n");
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_compressed_body_is_decoded_when_asked_for(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    const char *url =
        cmd_text(&cmd, "http://127.0.0.1:%u/bytes/50000?gzip=1", site.port);
    cmd_add(&cmd, "--compressed", url, NULL);
    cmd_run(&cmd, 0);
    assert_true(tmpdir_is_pattern(&cmd.dir, "out/50000", 50000, 0));

    cmd_reset(&cmd);
    cmd_add(&cmd, "--restart", url, NULL);
    cmd_run(&cmd, 0);
    assert_false(tmpdir_is_pattern(&cmd.dir, "out/50000", 50000, 0));
    cmd_need_text(cmd_read(&cmd, "out/50000"), "\x1f\x8b"); /* still gzip */
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_config_on_standard_input_is_read(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    cmd_add(&cmd, "-K", "-", NULL);
    cmd.options.input = "header = \"X-Stdin: 1\"\n";

    cmd_need_text(run_echo(&cmd), "\nX-Stdin: 1\n");
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_bad_options_name_themselves_and_what_is_allowed(void **state)
{
    static const struct {
        const char *args[3];
        const char *said;
    } cases[] = {
        {{"-H", "no colon"},
         "--header: must be \"Name: value\", \"Name:\" or \"Name;\" in one "
         "line"},
        {{"-H", "@absent"}, "--header @absent: cannot read it: No such file"},
        {{"-b", "absent"},
         "--cookie: no such file or directory: must be NAME=VALUE or a file"},
        {{"-c", "no/such/jar"}, "--cookie-jar no/such/jar: no such file"},
        {{"--netrc-file", "absent"}, "--netrc-file absent: no such file"},
        {{"--cacert", "absent"}, "--cacert absent: no such file"},
        {{"--capath", "absent"}, "--capath absent: no such file"},
        {{"--cert", "absent"}, "--cert absent: no such file"},
        {{"--key", "absent"}, "--key absent: no such file"},
        {{"-K", "absent"}, "--config absent: cannot read it: No such file"},
        {{"--cacert", "/proc/version"},
         "--cacert /proc/version: must be a file with a certificate (PEM)"},
        {{"--proxy", "gopher://x"}, "--proxy: must be HOST, HOST:PORT or"},
        {{"--resolve", "x"}, "--resolve x: must be HOST:PORT:ADDRESS, such as"},
        {{"--connect-to", "x"},
         "--connect-to x: must be HOST:PORT:TO_HOST:TO_PORT"},
        {{"--pinnedpubkey", "sha256//x"},
         "--pinnedpubkey sha256//x: must be sha256//BASE64, several"},
        {{"--http4"}, "unknown option --http4: did you mean --http2?"},
        {{"-A"}, "needs a value: -A"},
        {{"--compressed=yes"}, "takes no value: --compressed"},
        {{"--verify", "--no-journal"}, "--verify with --no-journal: what was"},
        {{"-nq"}, "--dry-run with --quiet: there is nothing"},
        {{"--failed", "-"}, "--failed -: must be a file; "},
        {{"-u", "user"}, "--user must be USER:PASSWORD: there is no terminal"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cmd cmd;

        cmd_init(&cmd);
        cmd_add(&cmd, "--retry", "0", "http://127.0.0.1:1/", NULL);
        for (size_t j = 0; cases[i].args[j] != NULL; j++) {
            cmd_add(&cmd, cases[i].args[j], NULL);
        }
        cmd_run(&cmd, 2);

        cmd_need_text(cmd.err, cases[i].said);
        assert_string_equal(cmd.out, "");
        assert_false(cmd_has(&cmd, "out"));
        cmd_finish(&cmd);
    }
}

TEST_SUITE(headers)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_says_what_options_ask_for),
        cmocka_unit_test(test_user_and_password_of_a_url_are_sent),
        cmocka_unit_test(test_netrc_is_where_the_environment_says),
        cmocka_unit_test(test_netrc_that_is_not_asked_for_is_not_read),
        cmocka_unit_test(test_cookies_of_an_answer_go_with_later_requests),
        cmocka_unit_test(test_start_that_is_refused_leaves_the_jar_alone),
        cmocka_unit_test(test_cookies_are_forgotten_unless_asked_for),
        cmocka_unit_test(test_compressed_body_is_decoded_when_asked_for),
        cmocka_unit_test(test_config_on_standard_input_is_read),
        cmocka_unit_test(test_bad_options_name_themselves_and_what_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
