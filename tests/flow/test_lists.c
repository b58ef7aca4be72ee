/* SPDX-License-Identifier: MIT */
/* Lists of every kind, good and bad, run against a real site. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/cmd.h"
#include "support/server.h"
#include "support/suite.h"

#define LONG_LINE 2000000

static struct server site;

static void need_site(void)
{
    static const char *const args[] = {"--latency", "0", NULL};

    server_need(&site, server_start_site(&site, args));
}

/* Write a list in which each '@' stands for the site. */
static void write_list(struct cmd *cmd, const char *name, const char *text)
{
    struct adl_buf list = {0};

    for (; *text != '\0'; text++) {
        assert_int_equal(
            *text == '@' ? adl_buf_addf(&list, "http://127.0.0.1:%u", site.port)
                         : adl_buf_add(&list, text, 1),
            0);
    }
    assert_int_equal(tmpdir_write(&cmd->dir, name, list.data, list.len), 0);
    adl_buf_finish(&list);
}

static void need_body(struct cmd *cmd, const char *name, uint64_t size)
{
    if (!tmpdir_is_pattern(&cmd->dir, name, size, 0)) {
        fail_msg("%s is not the body; stderr:\n%.4000s", name, cmd->err);
    }
}

static void test_blanks_comments_and_line_ends_do_not_matter(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    write_list(&cmd, "list",
               "\xef\xbb\xbf@/bytes/100/a\r\n"
               "\r\n"
               "# @/bytes/100/commented\n"
               "   # indented comment\n"
               " \t @/bytes/101/b \t\r\n"
               "\n"
               "@/bytes/102/c");
    cmd_add(&cmd, "list", NULL);
    cmd_run(&cmd, 0);

    need_body(&cmd, "out/a", 100);
    need_body(&cmd, "out/b", 101);
    need_body(&cmd, "out/c", 102);
    assert_int_equal(cmd_count_files(&cmd), 3);
    assert_string_equal(cmd.err, "");
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_bad_lines_are_named_and_stop_nothing(void **state)
{
    static const struct {
        const char *line;
        const char *said;
    } bad[] = {
        {"no url at all", "no URL (nothing like http:// in front): \"no url"},
        {"gopher://127.0.0.1/x",
         "scheme not allowed (see --proto): \"gopher://127.0.0.1/x"},
        {"file:///etc/passwd",
         "scheme not allowed (see --proto): \"file:///etc/passwd\"\n"},
        {"http://", "no host in the URL: \"http://\"\n"},
        {"{\"url\": \"http://x/\"", "broken JSON at column 19: '}' expected"},
        {"{\"out\": \"x\"}", "no url in the JSON object\n"},
        {"{]}", "broken JSON at column 2: string or '}' expected\n"},
        {"\x01\x02\xff\xfe\x80", "no URL (nothing like http:// in front): "
                                 "\"\\x01\\x02\\xff\\xfe\\x80\"\n"},
        {"http://127.0.0.1:99999/", "bad port in the URL: "},
    };
    const size_t n_bad = sizeof(bad) / sizeof(bad[0]);
    struct adl_buf list = {0};
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    for (size_t i = 0; i < n_bad; i++) {
        assert_int_equal(
            adl_buf_addf(&list, "%s\n@/bytes/%zu\n", bad[i].line, 100 + i), 0);
    }
    write_list(&cmd, "list", adl_buf_str(&list));
    cmd_add(&cmd, "list", NULL);
    cmd_run(&cmd, 1);

    for (size_t i = 0; i < n_bad; i++) {
        cmd_need_text(cmd.err, cmd_text(&cmd, "asyncdl: list:%zu: %s",
                                        2 * i + 1, bad[i].said));
        need_body(&cmd, cmd_text(&cmd, "out/%zu", 100 + i), 100 + i);
    }
    cmd_need_text(cmd.out, cmd_text(&cmd, "bad lines %zu", n_bad));
    assert_int_equal(cmd_count_files(&cmd), n_bad);
    adl_buf_finish(&list);
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_rubbish_and_endless_lines_stop_nothing(void **state)
{
    struct adl_buf list = {0};
    struct cmd cmd;
    uint32_t x = 1;

    (void)state;
    need_site();
    cmd_init(&cmd);
    const char *last =
        cmd_text(&cmd, "\nhttp://127.0.0.1:%u/bytes/777\n", site.port);
    assert_int_equal(adl_buf_add(&list, "NUL\0NUL", 7), 0);
    assert_int_equal(adl_buf_add_str(&list, last), 0);
    for (int i = 0; i < LONG_LINE; i++) {
        assert_int_equal(adl_buf_add(&list, "u", 1), 0);
    }
    assert_int_equal(adl_buf_add_str(&list, last), 0);
    for (int i = 0; i < 300000; i++) { /* anything but the ends of lines */
        x = x * 1664525 + 1013904223;
        char c = (char)(x >> 24);

        assert_int_equal(adl_buf_add(&list, c == '\n' ? "\xff" : &c, 1), 0);
    }
    assert_int_equal(adl_buf_add_str(&list, last), 0);
    assert_int_equal(tmpdir_write(&cmd.dir, "list", list.data, list.len), 0);
    cmd_add(&cmd, "list", NULL);
    cmd_run(&cmd, 1);

    cmd_need_text(cmd.err, "asyncdl: list:1: NUL byte");
    cmd_need_text(cmd.err, "asyncdl: list:3: line longer than");
    cmd_need_text(cmd.err, "asyncdl: list:5: line longer than");
    need_body(&cmd, "out/777", 777);
    need_body(&cmd, "out/777~2", 777);
    need_body(&cmd, "out/777~3", 777);
    assert_true(cmd.result.err.len < 2000); /* quotes no rubbish */
    adl_buf_finish(&list);
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_options_below_a_url_are_its_own(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    write_list(
        &cmd, "list",
        "@/echo\n"
        "  out=named\n"
        "  dir=sub/deep\n"
        "  header=X-One: 1\n"
        "\theader=X-Two: 2\n"
        "  referer=http://from/\n"
        "  user-agent=listed\n"
        "@/bytes/100\n"
        "  checksum=sha-256=0000000000000000000000000000000000000000000000"
        "000000000000000000\n"
        "  out=wrong\n"
        "@/echo\n"
        "  out=other\n"
        "  split=5\n");
    cmd_add(&cmd, "-A", "default", "--retry", "0", "list", NULL);
    cmd_run(&cmd, 1);

    const char *echo = cmd_read(&cmd, "out/sub/deep/named");
    cmd_need_text(echo, "\nX-One: 1\n");
    cmd_need_text(echo, "\nX-Two: 2\n");
    cmd_need_text(echo, "\nReferer: http://from/\n");
    cmd_need_text(echo, "\nUser-Agent: listed\n");
    const char *other = cmd_read(&cmd, "out/other");
    cmd_need_text(other, "\nUser-Agent: default\n");
    cmd_need_no_text(other, "X-One");
    cmd_need_no_text(other, "Referer");
    assert_false(cmd_has(&cmd, "out/wrong"));
    cmd_need_text(cmd.err, "checksum");
    cmd_need_text(cmd.err,
                  "list:13: option \"split\" is not supported: ignored");
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_right_checksums_are_accepted(void **state)
{
    char hex[65];
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    write_list(&cmd, "first", "@/bytes/5000\n");
    cmd_add(&cmd, "first", NULL);
    cmd_run(&cmd, 0);
    assert_int_equal(tmpdir_hash(hex, &cmd.dir, "out/5000"), 0);

    write_list(&cmd, "second",
               cmd_text(&cmd,
                        "@/bytes/5000\n out=aria\n checksum=sha-256=%s\n"
                        "{\"url\": \"@/bytes/5000\", \"out\": \"json\", "
                        "\"checksum\": \"sha-256=%s\"}\n",
                        hex, hex));
    cmd_reset(&cmd);
    cmd_add(&cmd, "second", NULL);
    cmd_run(&cmd, 0);
    need_body(&cmd, "out/aria", 5000);
    need_body(&cmd, "out/json", 5000);
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_lines_of_json_say_the_same(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    write_list(
        &cmd, "list",
        "{\"url\": \"@/echo\", \"out\": \"a\", \"dir\": \"d\", "
        "\"headers\": {\"X-One\": \"1\"}, \"referer\": \"http://from/\", "
        "\"user-agent\": \"listed\"}\n"
        "{\"urls\": [\"http://127.0.0.1:1/\", \"@/bytes/300\"], \"out\": "
        "\"b\\u00e4\"}\n");
    cmd_add(&cmd, "--retry-delay", "1ms", "list", NULL);
    cmd_run(&cmd, 0);

    const char *echo = cmd_read(&cmd, "out/d/a");
    cmd_need_text(echo, "\nX-One: 1\n");
    cmd_need_text(echo, "\nReferer: http://from/\n");
    cmd_need_text(echo, "\nUser-Agent: listed\n");
    need_body(&cmd, "out/b\xc3\xa4", 300);
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_mirrors_are_tried_in_turn(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    write_list(&cmd, "list",
               "@/status/404/x\t@/bytes/400/x\n"
               "http://127.0.0.1:1/y\t@/bytes/401/y\n");
    cmd_add(&cmd, "--retry-delay", "1ms", "list", NULL);
    cmd_run(&cmd, 0);

    need_body(&cmd, "out/x", 400);
    need_body(&cmd, "out/y", 401);
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_lists_and_urls_mix_in_their_order(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    write_list(&cmd, "one", "@/bytes/100\n@/bytes/101\n");
    write_list(&cmd, "two", "@/bytes/103\n");
    cmd_add(&cmd, "-o", "{index}", "one",
            cmd_text(&cmd, "http://127.0.0.1:%u/bytes/102", site.port), "two",
            "-", NULL);
    cmd.options.input =
        cmd_text(&cmd, "http://127.0.0.1:%u/bytes/104\n", site.port);
    cmd_run(&cmd, 0);

    for (unsigned i = 0; i < 5; i++) {
        need_body(&cmd, cmd_text(&cmd, "out/%u", i + 1), 100 + i);
    }
    assert_int_equal(cmd_count_files(&cmd), 5);
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_strict_starts_nothing_when_a_line_is_bad(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    write_list(&cmd, "good", "@/bytes/100\n");
    write_list(&cmd, "bad", "@/bytes/101\nnonsense\n");
    cmd_add(&cmd, "--strict", "good", "bad", NULL);
    cmd_run(&cmd, 2);
    cmd_need_text(cmd.err, "asyncdl: bad:2: ");
    cmd_need_text(cmd.err, "nothing started, because of --strict");
    assert_string_equal(cmd.out, "");
    assert_false(cmd_has(&cmd, "out"));

    cmd_reset(&cmd); /* what only libcurl finds wrong */
    write_list(&cmd, "bad", "@/bytes/101\nhttp://exa%00mple.com/\n");
    cmd_add(&cmd, "--strict", "good", "bad", NULL);
    cmd_run(&cmd, 2);
    cmd_need_text(cmd.err, "asyncdl: bad:2: ");
    assert_false(cmd_has(&cmd, "out"));

    cmd_reset(&cmd);
    cmd_add(&cmd, "--strict", "good", "-", NULL);
    cmd.options.input =
        cmd_text(&cmd, "http://127.0.0.1:%u/bytes/102\n", site.port);
    cmd_run(&cmd, 0);
    need_body(&cmd, "out/100", 100);
    need_body(&cmd, "out/102", 102);
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_duplicates_are_kept_or_left_out(void **state)
{
    static const struct {
        const char *dups;
        size_t n_files;
    } cases[] = {{"keep", 4}, {"once", 2}};

    (void)state;
    need_site();
    for (size_t i = 0; i < 2; i++) {
        struct cmd cmd;

        cmd_init(&cmd);
        write_list(&cmd, "list",
                   "@/bytes/100\n@/bytes/101\n@/bytes/100\n@/bytes/100\n");
        cmd_add(&cmd, "--dups", cases[i].dups, "list", NULL);
        cmd_run(&cmd, 0);

        need_body(&cmd, "out/100", 100);
        need_body(&cmd, "out/101", 101);
        assert_int_equal(cmd_count_files(&cmd), cases[i].n_files);
        assert_int_equal(cmd_count_text(cmd.out, "Read "), cases[i].n_files);
        cmd_finish(&cmd);
    }
    server_stop(&site);
}

static void test_list_that_cannot_be_read_is_a_usage_error(void **state)
{
    static const struct {
        const char *list;
        const char *said;
    } cases[] = {
        {"absent", "asyncdl: cannot read absent: No such file"},
        {".", "asyncdl: cannot read .: Is a directory"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cmd cmd;

        cmd_init(&cmd);
        cmd_add(&cmd, "http://127.0.0.1:1/", cases[i].list, NULL);
        cmd_run(&cmd, 2);

        cmd_need_text(cmd.err, cases[i].said);
        assert_string_equal(cmd.out, "");
        assert_false(cmd_has(&cmd, "out"));
        cmd_finish(&cmd);
    }
}

TEST_SUITE(lists)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blanks_comments_and_line_ends_do_not_matter),
        cmocka_unit_test(test_bad_lines_are_named_and_stop_nothing),
        cmocka_unit_test(test_rubbish_and_endless_lines_stop_nothing),
        cmocka_unit_test(test_options_below_a_url_are_its_own),
        cmocka_unit_test(test_right_checksums_are_accepted),
        cmocka_unit_test(test_lines_of_json_say_the_same),
        cmocka_unit_test(test_mirrors_are_tried_in_turn),
        cmocka_unit_test(test_lists_and_urls_mix_in_their_order),
        cmocka_unit_test(test_strict_starts_nothing_when_a_line_is_bad),
        cmocka_unit_test(test_duplicates_are_kept_or_left_out),
        cmocka_unit_test(test_list_that_cannot_be_read_is_a_usage_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
