/* SPDX-License-Identifier: MIT */
/* Many small files from servers that end connections as they please. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "site/pattern.h"
#include "support/cmd.h"
#include "support/effort.h"
#include "support/server.h"
#include "support/suite.h"

#define N_MANY  effort(2000, 600)
#define N_FEW   600 /* enough for what a server does to connections */
#define BIGGEST 4096

static struct server nginx;

static uint64_t size_of(unsigned i)
{
    return (i * 37) % BIGGEST;
}

/* Each file has a content of its own. */
static void write_files(unsigned n)
{
    uint8_t body[BIGGEST];
    char name[32];

    for (unsigned i = 0; i < n; i++) {
        (void)snprintf(name, sizeof(name), "f%u", i);
        adl_pattern_fill(body, size_of(i), i, 0);
        assert_int_equal(tmpdir_write(&nginx.dir, name, body, size_of(i)), 0);
    }
}

#define SERVES                            \
    "root @DIR@;\n"                       \
    "server { listen 127.0.0.1:@PORT@;\n" \
    "listen 127.0.0.1:@TLS_PORT@ ssl http2; }\n"

static void need_nginx(const char *config, unsigned n)
{
    server_need(&nginx, server_start_nginx(&nginx, config));
    write_files(n);
}

static void add_list(struct cmd *cmd, const char *scheme, unsigned port,
                     unsigned n)
{
    struct adl_buf list = {0};

    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(
            adl_buf_addf(&list, "%s://127.0.0.1:%u/f%u\n", scheme, port, i), 0);
    }
    assert_int_equal(tmpdir_write(&cmd->dir, "list", list.data, list.len), 0);
    cmd_add(cmd, "--retry-delay", "10ms", "--stall-timeout", "10", "list",
            NULL);
    cmd->options.timeout_ms = 100000;
    adl_buf_finish(&list);
}

static void need_all(struct cmd *cmd, unsigned n)
{
    char name[32];

    assert_int_equal(cmd_count_files(cmd), n);
    for (unsigned i = 0; i < n; i++) {
        (void)snprintf(name, sizeof(name), "out/f%u", i);
        if (!tmpdir_is_pattern(&cmd->dir, name, size_of(i), i)) {
            fail_msg("%s is not what was served", name);
        }
    }
    assert_int_equal(cmd_count_text(cmd->out, "Read "), n);
}

/* Get all from that server, with one more option. */
static void get_all(const struct server *from, const char *scheme,
                    const char *option, unsigned n)
{
    bool is_tls = strcmp(scheme, "https") == 0;
    struct cmd cmd;

    cmd_init(&cmd);
    cmd_add(&cmd, option, NULL);
    if (is_tls) {
        cmd_add(&cmd, "--cacert", from->ca, NULL);
    }
    add_list(&cmd, scheme, is_tls ? from->tls_port : from->port, n);
    cmd_run(&cmd, 0);

    need_all(&cmd, n);
    assert_string_equal(cmd.err, "");
    cmd_finish(&cmd);
}

static void test_all_arrive_over_kept_connections(void **state)
{
    (void)state;
    need_nginx(SERVES, N_MANY);
    get_all(&nginx, "http", "--http1.1", N_MANY);
    get_all(&nginx, "https", "--http1.1", N_MANY);
    server_stop(&nginx);
}

static void test_all_arrive_when_connections_end_after_a_few(void **state)
{
    (void)state;
    need_nginx("keepalive_requests 7;\n" SERVES, N_FEW);
    get_all(&nginx, "http", "--http1.1", N_FEW);
    server_stop(&nginx);
}

static void test_all_arrive_over_http2(void **state)
{
    (void)state;
    need_nginx(SERVES, N_MANY);
    get_all(&nginx, "https", "--http2", N_MANY);
    server_stop(&nginx);
}

/* nginx says GOAWAY after so many requests of a connection. */
static void test_all_arrive_when_http2_connections_go_away(void **state)
{
    (void)state;
    need_nginx("keepalive_requests 50;\n" SERVES, N_FEW);
    get_all(&nginx, "https", "--http2", N_FEW);
    server_stop(&nginx);
}

static void test_all_arrive_from_a_server_with_few_streams(void **state)
{
    struct server front;

    (void)state;
    need_nginx(SERVES, N_FEW);
    server_need(&front, server_start_nghttpx_with(
                            &front, nginx.port,
                            "frontend-http2-max-concurrent-streams=10\n"));
    get_all(&front, "https", "--http2", N_FEW);
    server_stop(&front);
    server_stop(&nginx);
}

/* Write the URLs of files to its standard input. */
static void feed(struct proc *proc, unsigned from, unsigned to)
{
    struct adl_buf list = {0};

    for (unsigned i = from; i < to; i++) {
        assert_int_equal(
            adl_buf_addf(&list, "http://127.0.0.1:%u/f%u\n", nginx.port, i), 0);
    }
    assert_int_equal(proc_write(proc, list.data, list.len), 0);
    adl_buf_finish(&list);
}

/* Wait for a line that holds this text. */
static void wait_for_line(struct proc *proc, const char *part)
{
    char line[512];

    do {
        assert_int_equal(proc_read_line(proc, line, sizeof(line)), 0);
    } while (strstr(line, part) == NULL);
}

static void test_all_arrive_when_the_server_is_started_anew(void **state)
{
    const char *argv[16] = {"sh", "-c", "exec \"$@\" 2>&1", "sh"};
    struct cmd cmd;

    (void)state;
    need_nginx(SERVES, N_FEW);
    cmd_init(&cmd);
    cmd_add(&cmd, "-v", "--retry", "30", "--retry-delay", "10ms", "-", NULL);
    memcpy(argv + 4, cmd.argv, (cmd.n_args + 1) * sizeof(*argv));
    cmd.options.argv = argv;
    cmd.options.keeps_input = true;
    struct proc *proc = cmd_start(&cmd);
    feed(proc, 0, N_FEW / 2);
    wait_for_line(proc, "Read ");
    proc_stop(nginx.proc);
    nginx.proc = NULL;
    feed(proc, N_FEW / 2, N_FEW);
    wait_for_line(proc, "; again in ");
    assert_int_equal(server_restart_nginx(&nginx), 0);
    proc_close_input(proc);
    cmd_wait(&cmd, proc, 0);

    need_all(&cmd, N_FEW);
    cmd_finish(&cmd);
    server_stop(&nginx);
}

TEST_SUITE(many)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_arrive_over_kept_connections),
        cmocka_unit_test(test_all_arrive_when_connections_end_after_a_few),
        cmocka_unit_test(test_all_arrive_over_http2),
        cmocka_unit_test(test_all_arrive_when_http2_connections_go_away),
        cmocka_unit_test(test_all_arrive_from_a_server_with_few_streams),
        cmocka_unit_test(test_all_arrive_when_the_server_is_started_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
