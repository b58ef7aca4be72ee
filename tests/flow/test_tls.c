/* SPDX-License-Identifier: MIT */
/* Whom asyncdl trusts, and how it shows who it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <sys/inotify.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/cmd.h"
#include "support/server.h"
#include "support/suite.h"

static struct server nginx;

/* A server that answers with what it knows of the connection. */
#define SAYS_TLS SAYS_WITH("TLSv1.2 TLSv1.3")
#define SAYS_WITH(protocols)             \
    "server {\n"                         \
    "listen 127.0.0.1:@PORT@;\n"         \
    "listen 127.0.0.1:@TLS_PORT@ ssl;\n" \
    "ssl_protocols " protocols ";\n"     \
    "location / { return 200 "           \
    "\"$ssl_protocol $ssl_client_verify\\n\"; }\n"

static void need_nginx(const char *config)
{
    server_need(&nginx, server_start_nginx(&nginx, config));
}

static void add_url(struct cmd *cmd)
{
    cmd_add(cmd, "--retry", "0", "--restart",
            cmd_text(cmd, "https://127.0.0.1:%u/tls", nginx.tls_port), NULL);
}

/* Run a script in the folder of cmd, where $1 is that of nginx. */
static const char *run_script(struct cmd *cmd, const char *script)
{
    const char *dir = nginx.dir.path;
    const char *argv[] = {"sh", "-e", "-c", script, "sh", dir, NULL};
    struct proc_result result;

    assert_int_equal(
        proc_run(&result,
                 &(struct proc_options){.argv = argv, .dir = cmd->dir.path}),
        0);
    if (result.status != 0) {
        fail_msg("%s", adl_buf_str(&result.err));
    }
    const char *text = cmd_text(cmd, "%s", adl_buf_str(&result.out));
    proc_result_finish(&result);
    return text;
}

static void test_unknown_certificate_is_refused(void **state)
{
    struct cmd cmd;

    (void)state;
    need_nginx(SAYS_TLS "}");
    cmd_init(&cmd);
    add_url(&cmd);
    cmd_run(&cmd, 1);

    cmd_need_text(cmd.err, cmd_text(&cmd, "asyncdl: https://127.0.0.1:%u/tls: ",
                                    nginx.tls_port));
    cmd_need_text(cmd.err, "certificate");
    cmd_need_text(cmd.err, "another run will not help");
    assert_int_equal(cmd_count_files(&cmd), 0);
    cmd_finish(&cmd);
    server_stop(&nginx);
}

static void test_certificate_for_another_host_is_refused(void **state)
{
    struct cmd cmd;

    (void)state;
    need_nginx(SAYS_TLS "}");
    cmd_init(&cmd);
    cmd_add(&cmd, "--retry", "0", "--cacert", nginx.ca, "--connect-to",
            cmd_text(&cmd, "::127.0.0.1:%u", nginx.tls_port),
            "https://another.test/", NULL);
    cmd_run(&cmd, 1);

    cmd_need_text(cmd.err, "'another.test'");
    assert_int_equal(cmd_count_files(&cmd), 0);
    cmd_finish(&cmd);
    server_stop(&nginx);
}

static void test_trust_can_be_given_in_every_way(void **state)
{
    static const struct {
        const char *args[3];
    } cases[] = {{{"-k"}}, {{"--cacert", "ca/ca.pem"}}, {{"--capath", "ca"}}};

    (void)state;
    need_nginx(SAYS_TLS "}");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cmd cmd;

        cmd_init(&cmd);
        (void)run_script(&cmd, "mkdir ca && cp \"$1/ca.pem\" ca && "
                               "openssl rehash ca");
        for (size_t j = 0; cases[i].args[j] != NULL; j++) {
            cmd_add(&cmd, cases[i].args[j], NULL);
        }
        add_url(&cmd);
        cmd_run(&cmd, 0);

        cmd_need_text(cmd_read(&cmd, "out/tls"), "TLSv1.3 NONE\n");
        cmd_finish(&cmd);
    }
    server_stop(&nginx);
}

/* The first connection with TLS comes after it was there at the start. */
static void test_a_ca_file_that_goes_in_a_run_is_told(void **state)
{
    static const char *const scripts[] = {
        "rm own.pem",
        ": >own.pem",
        "head -c 400 own.pem >half.pem && mv half.pem own.pem",
        "rm own.pem && mkdir own.pem",
    };

    (void)state;
    need_nginx(SAYS_TLS "}");
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        char line[200];
        struct cmd cmd;

        cmd_init(&cmd);
        (void)run_script(&cmd, "cp \"$1/ca.pem\" own.pem");
        const char *ca = cmd_text(&cmd, "%s/own.pem", cmd.dir.path);
        cmd_add(&cmd, "--retry", "0", "--cacert", ca, "-", NULL);
        cmd.options.keeps_input = true;
        struct proc *proc = cmd_start(&cmd);
        const char *first =
            cmd_text(&cmd, "http://127.0.0.1:%u/plain\n", nginx.port);
        assert_int_equal(proc_write(proc, first, strlen(first)), 0);
        assert_int_equal(proc_read_line(proc, line, sizeof(line)), 0);
        (void)run_script(&cmd, scripts[i]);
        const char *second =
            cmd_text(&cmd, "https://127.0.0.1:%u/tls\n", nginx.tls_port);
        assert_int_equal(proc_write(proc, second, strlen(second)), 0);
        proc_close_input(proc);
        cmd_wait(&cmd, proc, 1);

        cmd_need_text(cmd.err, "certificate");
        cmd_need_text(cmd.err, "another run will not help");
        cmd_need_no_text(cmd.err, "descriptor");
        cmd_finish(&cmd);
    }
    server_stop(&nginx);
}

/* Equal events in a row are told as one: those between must be watched, too. */
#define OPENED (IN_OPEN | IN_CLOSE_NOWRITE)

/* How often the watched file was opened. */
static unsigned count_opened(int watch)
{
    const size_t size = sizeof(struct inotify_event); /* no names: no folder */
    char bytes[65536];
    ssize_t len = read(watch, bytes, sizeof(bytes));
    unsigned n = 0;

    assert_true(len > 0);
    for (size_t at = 0; at < (size_t)len; at += size) {
        struct inotify_event event;

        memcpy(&event, bytes + at, size);
        n += (event.mask & IN_OPEN) != 0;
    }
    return n;
}

static void test_what_is_trusted_is_read_once_for_all_connections(void **state)
{
    struct cmd cmd;
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    (void)state;
    assert_true(watch >= 0);
    need_nginx(SAYS_TLS "keepalive_timeout 0;\n}");
    cmd_init(&cmd);
    (void)run_script(&cmd, "cp \"$1/ca.pem\" own.pem");
    const char *ca = cmd_text(&cmd, "%s/own.pem", cmd.dir.path);

    assert_true(inotify_add_watch(watch, ca, OPENED) >= 0);
    cmd_add(&cmd, "--cacert", ca, NULL);
    for (unsigned i = 0; i < 20; i++) {
        cmd_add(&cmd,
                cmd_text(&cmd, "https://127.0.0.1:%u/%u", nginx.tls_port, i),
                NULL);
    }
    cmd_run(&cmd, 0);

    unsigned n = count_opened(watch);
    assert_in_range(n, 1, 3); /* one is to see whether it can be read */
    (void)close(watch);
    cmd_finish(&cmd);
    server_stop(&nginx);
}

static void test_environment_can_name_certificates(void **state)
{
    struct cmd cmd;

    (void)state;
    need_nginx(SAYS_TLS "}");
    cmd_init(&cmd);
    cmd_set_env(&cmd, cmd_text(&cmd, "SSL_CERT_FILE=%s", nginx.ca));
    add_url(&cmd);
    cmd_run(&cmd, 0);

    cmd_need_text(cmd_read(&cmd, "out/tls"), "TLSv1.3");
    cmd_finish(&cmd);
    server_stop(&nginx);
}

static void test_client_certificate_is_shown_to_who_asks(void **state)
{
    struct cmd cmd;

    (void)state;
    cmd_init(&cmd);
    (void)run_script(&cmd,
                     "openssl req -x509 -newkey ec -pkeyopt "
                     "ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=client "
                     "-keyout client.key -out client.pem");
    need_nginx(cmd_text(&cmd,
                        SAYS_TLS "ssl_client_certificate %s/client.pem;\n"
                                 "ssl_verify_client on;\n}",
                        cmd.dir.path));
    cmd_add(&cmd, "--cacert", nginx.ca, NULL);
    add_url(&cmd);
    cmd_run(&cmd, 1); /* nginx answers 400 without one */
    assert_int_equal(cmd_count_files(&cmd), 0);

    cmd_add(&cmd, "--cert", "client.pem", "--key", "client.key", NULL);
    cmd_run(&cmd, 0);
    cmd_need_text(cmd_read(&cmd, "out/tls"), " SUCCESS\n");
    cmd_finish(&cmd);
    server_stop(&nginx);
}

/* As curl has it, with the key in the same file, whose name holds a colon. */
static void test_key_may_need_a_password(void **state)
{
    static const struct {
        const char *cert;
        int status;
    } cases[] = {
        {"client\\:1.pem:secret", 0},
        {"client\\:1.pem:wrong", 2},
        {"client\\:1.pem", 2}, /* nobody is asked */
        {"client:secret", 2},
    };
    struct cmd cmd;

    (void)state;
    cmd_init(&cmd);
    (void)run_script(&cmd, "openssl req -x509 -newkey ec -pkeyopt "
                           "ec_paramgen_curve:P-256 -passout pass:secret "
                           "-days 2 -subj /CN=client "
                           "-keyout client.key -out client.pem && "
                           "cat client.pem client.key >client:1.pem");
    need_nginx(cmd_text(&cmd,
                        SAYS_TLS "ssl_client_certificate %s/client.pem;\n"
                                 "ssl_verify_client on;\n}",
                        cmd.dir.path));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cmd_reset(&cmd);
        cmd_add(&cmd, "--restart", "--overwrite", "--cacert", nginx.ca,
                "--cert", cases[i].cert, NULL);
        add_url(&cmd);
        cmd_run(&cmd, cases[i].status);
        if (cases[i].status == 0) {
            cmd_need_text(cmd_read(&cmd, "out/tls"), " SUCCESS\n");
        }
        cmd_need_no_text(cmd.err, "secret");
        cmd_need_no_text(cmd.err, "wrong");
    }
    cmd_need_text(cmd.err, "--cert client: no such file or directory");
    cmd_finish(&cmd);
    server_stop(&nginx);
}

static void test_pinned_key_lets_only_its_server_pass(void **state)
{
    struct cmd cmd;

    (void)state;
    need_nginx(SAYS_TLS "}");
    cmd_init(&cmd);
    const char *hash = run_script(
        &cmd, "openssl x509 -in \"$1/cert.pem\" -pubkey -noout | "
              "openssl pkey -pubin -outform der | openssl sha256 -binary | "
              "openssl base64 | tr -d '\\n'");
    cmd_add(&cmd, "--cacert", nginx.ca, "--pinnedpubkey",
            cmd_text(&cmd, "sha256//%s", hash), NULL);
    add_url(&cmd);
    cmd_run(&cmd, 0);
    cmd_need_text(cmd_read(&cmd, "out/tls"), "TLSv1.3");

    cmd_reset(&cmd);
    cmd_add(&cmd, "-k", "--pinnedpubkey",
            "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", NULL);
    add_url(&cmd);
    cmd_run(&cmd, 1);
    cmd_need_text(cmd.err, "pinned");
    cmd_finish(&cmd);
    server_stop(&nginx);
}

static void test_least_version_of_tls_is_kept(void **state)
{
    static const struct {
        const char *server;
        const char *option;
        int status;
    } cases[] = {
        {"TLSv1.2", "--tlsv1.2", 0},
        {"TLSv1.2", "--tlsv1.3", 3},
        {"TLSv1.3", "--tlsv1.2", 0},
        {"TLSv1.3", "--tlsv1.3", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cmd cmd;

        cmd_init(&cmd);
        need_nginx(cmd_text(&cmd, SAYS_WITH("%s") "}", cases[i].server));
        cmd_add(&cmd, "--cacert", nginx.ca, cases[i].option, NULL);
        add_url(&cmd);
        cmd_run(&cmd, cases[i].status);

        if (cases[i].status == 0) {
            cmd_need_text(cmd_read(&cmd, "out/tls"), cases[i].server);
        } else {
            cmd_need_text(cmd.err, "protocol version");
            assert_int_equal(cmd_count_files(&cmd), 0);
        }
        cmd_finish(&cmd);
        server_stop(&nginx);
    }
}

TEST_SUITE(tls)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_certificate_is_refused),
        cmocka_unit_test(test_certificate_for_another_host_is_refused),
        cmocka_unit_test(test_trust_can_be_given_in_every_way),
        cmocka_unit_test(test_a_ca_file_that_goes_in_a_run_is_told),
        cmocka_unit_test(test_what_is_trusted_is_read_once_for_all_connections),
        cmocka_unit_test(test_environment_can_name_certificates),
        cmocka_unit_test(test_client_certificate_is_shown_to_who_asks),
        cmocka_unit_test(test_key_may_need_a_password),
        cmocka_unit_test(test_pinned_key_lets_only_its_server_pass),
        cmocka_unit_test(test_least_version_of_tls_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
