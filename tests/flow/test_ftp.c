/* SPDX-License-Identifier: MIT */
/* Files over FTP, once --proto allows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include "site/pattern.h"
#include "support/cmd.h"
#include "support/server.h"
#include "support/suite.h"

#define MTIME_S 1000000000 /* 2001-09-09T01:46:40Z */

static struct server ftpd;

/* Have it serve size bytes under that name. */
static void serve(const char *name, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    const struct timespec times[2] = {{.tv_sec = MTIME_S}, {.tv_sec = MTIME_S}};

    assert_non_null(bytes);
    adl_pattern_fill(bytes, size, 0, 0);
    assert_int_equal(tmpdir_write(&ftpd.dir, name, bytes, size), 0);
    assert_int_equal(
        utimensat(AT_FDCWD, tmpdir_get_path(&ftpd.dir, "%s", name), times, 0),
        0);
    free(bytes);
}

static const char *ftp_url(struct cmd *cmd, const char *name)
{
    return cmd_text(cmd, "ftp://127.0.0.1:%u/%s", ftpd.port, name);
}

/* How many commands the server was sent that begin so. */
static size_t count_commands(const char *begin)
{
    struct adl_buf log = {0};
    struct adl_buf line = {0};

    assert_int_equal(tmpdir_read(&log, &ftpd.dir, "ftp.log"), 0);
    assert_int_equal(adl_buf_addf(&line, "> %s", begin), 0);
    size_t n = cmd_count_text(adl_buf_str(&log), adl_buf_str(&line));
    adl_buf_finish(&log);
    adl_buf_finish(&line);
    return n;
}

static void begin(struct cmd *cmd, unsigned max_connections)
{
    server_need(&ftpd, server_start_ftpd(&ftpd, max_connections));
    cmd_init(cmd);
    cmd_add(cmd, "--proto", "+ftp,ftps", NULL);
}

static void end(struct cmd *cmd)
{
    cmd_finish(cmd);
    server_stop(&ftpd);
}

static void test_files_arrive_whole_with_their_time(void **state)
{
    struct stat st;
    struct cmd cmd;

    (void)state;
    begin(&cmd, 0);
    serve("small", 300);
    serve("large", 400000);
    serve("empty", 0);
    cmd_add(&cmd, ftp_url(&cmd, "small"), ftp_url(&cmd, "large"),
            ftp_url(&cmd, "empty"), NULL);
    cmd_run(&cmd, 0);

    assert_true(tmpdir_is_pattern(&cmd.dir, "out/small", 300, 0));
    assert_true(tmpdir_is_pattern(&cmd.dir, "out/large", 400000, 0));
    assert_true(tmpdir_is_pattern(&cmd.dir, "out/empty", 0, 0));
    assert_int_equal(stat(tmpdir_get_path(&cmd.dir, "%s", "out/large"), &st),
                     0);
    assert_int_equal(st.st_mtim.tv_sec, MTIME_S);
    cmd_need_text(cmd.out, "Read 400000 from ftp://");
    assert_string_equal(cmd.err, "");

    /* Again: nothing is asked for. */
    size_t n = count_commands("RETR");
    assert_int_equal(n, 3);
    cmd_run(&cmd, 0);
    assert_int_equal(count_commands("RETR"), n);
    end(&cmd);
}

static void test_it_is_asked_for_by_name(void **state)
{
    struct cmd cmd;

    (void)state;
    cmd_init(&cmd);
    cmd_add(&cmd, "ftp://127.0.0.1:9/file", NULL);
    cmd_run(&cmd, 1);
    cmd_need_text(cmd.err, "scheme not allowed (see --proto)");

    cmd_reset(&cmd);
    cmd_add(&cmd, "--proto", "+sftp", "ftp://127.0.0.1:9/file", NULL);
    cmd_run(&cmd, 2);
    cmd_need_text(cmd.err, "--proto");
    cmd_need_text(cmd.err, "http, https, ftp, ftps or all");
    cmd_finish(&cmd);
}

static void test_refusals_are_told_and_leave_nothing(void **state)
{
    static const struct {
        const char *user_password; /* NULL: anonymous */
        const char *name;
        const char *why;
    } cases[] = {
        {NULL, "none", "FTP status 550"},
        {NULL, "no/folder/none", "FTP status 550"},
        {"user:wrong", "file", "FTP status 530"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct cmd cmd;

        begin(&cmd, 0);
        serve("file", 10);
        if (cases[i].user_password != NULL) {
            cmd_add(&cmd, "-u", cases[i].user_password, NULL);
        }
        cmd_add(&cmd, ftp_url(&cmd, cases[i].name), NULL);
        cmd_run(&cmd, 1);

        assert_int_equal(cmd_count_files(&cmd), 0);
        cmd_need_text(cmd.err, cases[i].why);
        cmd_need_text(cmd.err, "after 1 attempt");
        cmd_need_no_text(cmd.err, "wrong");
        end(&cmd);
    }
}

/* The list of its files would be saved under a name that is none of them. */
static void test_folders_are_no_files(void **state)
{
    struct cmd cmd;

    (void)state;
    begin(&cmd, 0);
    cmd_add(&cmd, ftp_url(&cmd, ""), ftp_url(&cmd, "folder/"),
            ftp_url(&cmd, "folder;type=D"), NULL);
    cmd_run(&cmd, 1);

    assert_int_equal(cmd_count_text(cmd.err, "a folder of an FTP server, and "
                                             "no file (not tried"),
                     3);
    assert_int_equal(cmd_count_files(&cmd), 0);
    end(&cmd);
}

static void test_name_and_password_arrive(void **state)
{
    struct cmd cmd;

    (void)state;
    begin(&cmd, 0);
    serve("a", 10);
    serve("b", 20);
    cmd_add(&cmd, "-u", "user:secret", ftp_url(&cmd, "a"), NULL);
    cmd_run(&cmd, 0);
    assert_int_equal(count_commands("USER user"), 1);

    cmd_reset(&cmd);
    cmd_add(&cmd, "--proto", "=all",
            cmd_text(&cmd, "ftp://user:secret@127.0.0.1:%u/b", ftpd.port),
            NULL);
    cmd_run(&cmd, 0);
    assert_int_equal(count_commands("USER user"), 2);
    assert_true(tmpdir_is_pattern(&cmd.dir, "out/b", 20, 0));
    cmd_need_no_text(cmd.out, "secret");
    end(&cmd);
}

static void test_tls_is_verified(void **state)
{
    struct cmd cmd;

    (void)state;
    begin(&cmd, 0);
    serve("file", 100000);
    const char *url = cmd_text(&cmd, "ftps://127.0.0.1:%u/file", ftpd.tls_port);
    cmd_add(&cmd, url, NULL);
    cmd_run(&cmd, 1);
    cmd_need_text(cmd.err, "certificate not trusted");
    assert_int_equal(cmd_count_files(&cmd), 0);

    cmd_add(&cmd, "--cacert", ftpd.ca, NULL);
    cmd_run(&cmd, 0);
    assert_true(tmpdir_is_pattern(&cmd.dir, "out/file", 100000, 0));
    end(&cmd);
}

/* Nobody says that it is still the same file: all of it comes again. */
static void test_cut_body_is_begun_anew(void **state)
{
    struct cmd cmd;

    (void)state;
    begin(&cmd, 0);
    serve("cut", 400000);
    cmd_add(&cmd, "--retry-delay", "10ms", ftp_url(&cmd, "cut"), NULL);
    cmd_run(&cmd, 0);

    assert_true(tmpdir_is_pattern(&cmd.dir, "out/cut", 400000, 0));
    assert_int_equal(count_commands("RETR"), 2);
    assert_int_equal(count_commands("REST"), 0);
    end(&cmd);
}

/* A checksum judges the whole, whatever its parts are of. */
static void test_cut_body_goes_on_where_a_checksum_judges(void **state)
{
    static const bool is_changed[] = {false, true};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char hex[65];
        struct cmd cmd;

        begin(&cmd, 0);
        serve("cut", 400000);
        assert_int_equal(tmpdir_hash(hex, &ftpd.dir, "cut"), 0);
        hex[0] = is_changed[i] ? (hex[0] == '0' ? '1' : '0') : hex[0];
        const char *list =
            cmd_write(&cmd, "list",
                      cmd_text(&cmd, "%s\n checksum=sha-256=%s\n",
                               ftp_url(&cmd, "cut"), hex));
        cmd_add(&cmd, "--retry-delay", "10ms", list, NULL);
        cmd_run(&cmd, is_changed[i] ? 1 : 0);

        assert_int_equal(count_commands("REST"), 1);
        assert_int_equal(cmd_count_files(&cmd), is_changed[i] ? 0 : 1);
        assert_true(is_changed[i] ||
                    tmpdir_is_pattern(&cmd.dir, "out/cut", 400000, 0));
        end(&cmd);
    }
}

static void test_server_without_rest_is_asked_for_all(void **state)
{
    char hex[65];
    struct cmd cmd;

    (void)state;
    begin(&cmd, 0);
    serve("norest", 400000);
    assert_int_equal(tmpdir_hash(hex, &ftpd.dir, "norest"), 0);
    const char *list = cmd_write(&cmd, "list",
                                 cmd_text(&cmd, "%s\n checksum=sha-256=%s\n",
                                          ftp_url(&cmd, "norest"), hex));
    cmd_add(&cmd, "--retry-delay", "10ms", list, NULL);
    cmd_run(&cmd, 0);

    assert_int_equal(count_commands("REST"), 1);
    assert_true(tmpdir_is_pattern(&cmd.dir, "out/norest", 400000, 0));
    end(&cmd);
}

static void test_what_passes_is_tried_again(void **state)
{
    struct cmd cmd;

    (void)state;
    begin(&cmd, 0);
    serve("busy", 10);
    cmd_add(&cmd, "--retry-delay", "10ms", ftp_url(&cmd, "busy"), NULL);
    cmd_run(&cmd, 0);
    assert_true(tmpdir_is_pattern(&cmd.dir, "out/busy", 10, 0));

    serve("busy2", 10);
    cmd_reset(&cmd);
    cmd_add(&cmd, "--proto", "+ftp", "--retry", "0", ftp_url(&cmd, "busy2"),
            NULL);
    cmd_run(&cmd, 3);
    cmd_need_text(cmd.err, "FTP status 450");
    end(&cmd);
}

static void test_server_with_few_places_gets_fewer_connections(void **state)
{
    struct cmd cmd;

    (void)state;
    begin(&cmd, 3);
    for (unsigned i = 0; i < 40; i++) {
        const char *name = cmd_text(&cmd, "f%u", i);

        serve(name, 1000);
        cmd_add(&cmd, ftp_url(&cmd, name), NULL);
    }
    cmd_add(&cmd, "--retry-delay", "10ms", NULL);
    cmd_run(&cmd, 0);
    assert_int_equal(cmd_count_files(&cmd), 40);
    end(&cmd);
}

static void test_redirects_do_not_lead_there(void **state)
{
    static const char *const args[] = {"--latency", "0", NULL};
    struct server site;
    struct cmd cmd;

    (void)state;
    server_need(&site, server_start_site(&site, args));
    begin(&cmd, 0);
    serve("file", 10);
    cmd_add(&cmd,
            cmd_text(&cmd, "http://127.0.0.1:%u/redirect/302?to=%s", site.port,
                     ftp_url(&cmd, "file")),
            NULL);
    cmd_run(&cmd, 1);
    cmd_need_text(cmd.err, "redirect to a refused target");
    assert_int_equal(cmd_count_files(&cmd), 0);
    server_stop(&site);
    end(&cmd);
}

static void test_http_proxy_has_to_make_a_tunnel(void **state)
{
    struct server proxy;
    struct adl_buf log = {0};
    struct cmd cmd;

    (void)state;
    server_need(&proxy, server_start_tinyproxy(&proxy, "LogLevel Info"));
    begin(&cmd, 0);
    serve("file", 10);
    cmd_set_env(&cmd,
                cmd_text(&cmd, "ftp_proxy=http://127.0.0.1:%u", proxy.port));
    cmd_add(&cmd, ftp_url(&cmd, "file"), NULL);
    cmd_run(&cmd, 0);

    assert_true(tmpdir_is_pattern(&cmd.dir, "out/file", 10, 0));
    assert_int_equal(tmpdir_read(&log, &proxy.dir, "tinyproxy.log"), 0);
    cmd_need_text(adl_buf_str(&log), ": CONNECT 127.0.0.1:");
    cmd_need_no_text(adl_buf_str(&log), ": GET ");
    adl_buf_finish(&log);
    server_stop(&proxy);
    end(&cmd);
}

static void test_size_limit_holds(void **state)
{
    struct cmd cmd;

    (void)state;
    begin(&cmd, 0);
    serve("large", 400000);
    cmd_add(&cmd, "--max-filesize", "1000", ftp_url(&cmd, "large"), NULL);
    cmd_run(&cmd, 1);
    cmd_need_text(cmd.err, "body larger than allowed");
    assert_int_equal(cmd_count_files(&cmd), 0);
    end(&cmd);
}

TEST_SUITE(ftp)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_arrive_whole_with_their_time),
        cmocka_unit_test(test_it_is_asked_for_by_name),
        cmocka_unit_test(test_refusals_are_told_and_leave_nothing),
        cmocka_unit_test(test_folders_are_no_files),
        cmocka_unit_test(test_name_and_password_arrive),
        cmocka_unit_test(test_tls_is_verified),
        cmocka_unit_test(test_cut_body_is_begun_anew),
        cmocka_unit_test(test_cut_body_goes_on_where_a_checksum_judges),
        cmocka_unit_test(test_server_without_rest_is_asked_for_all),
        cmocka_unit_test(test_what_passes_is_tried_again),
        cmocka_unit_test(test_server_with_few_places_gets_fewer_connections),
        cmocka_unit_test(test_redirects_do_not_lead_there),
        cmocka_unit_test(test_http_proxy_has_to_make_a_tunnel),
        cmocka_unit_test(test_size_limit_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
