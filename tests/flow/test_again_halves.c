/* SPDX-License-Identifier: MIT */
/* Bodies that a run was killed in, and what became of them until the next:
 * nothing is mixed, and nobody's file is touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "site/pattern.h"
#include "support/rerun.h"
#include "support/suite.h"

#define SIZE 3000000
#define HALF 1000000 /* what is on the disk at least when it is killed */

/* A body that waits in its middle when it is asked for the first time. */
#define LINE(name) "http://@SITE@/bytes/3000000/" name "?stall=2000000&cuts=1"

static void make_half(struct download *d, void **state, const char *line)
{
    download_init(d, *state);
    rerun_kill_in_part(d, line, NULL, HALF);
    assert_int_equal(cmd_count_files(&d->cmd), 1); /* the part alone */
}

/* The next run ends it, and what is aside goes. */
static void need_end(struct download *d, const char *line, const char *name)
{
    rerun_need(d, line, NULL, 0, 1);
    assert_true(rerun_check_whole(d, name, SIZE));
    assert_int_equal(cmd_count_files(&d->cmd), 1);
    rerun_need(d, line, NULL, 0, 0);
}

static void test_a_server_without_ranges_sends_all(void **state)
{
    static const char line[] = LINE("whole") "&ranges=no";
    struct download d;

    make_half(&d, state, line);
    need_end(&d, line, "whole");
    download_finish(&d);
}

/* What an edit does to the part between two runs. */
static void truncate_part(const char *path)
{
    assert_int_equal(truncate(path, 70000), 0);
}

static void empty_part(const char *path)
{
    assert_int_equal(truncate(path, 0), 0);
}

static void remove_part(const char *path)
{
    assert_int_equal(unlink(path), 0);
}

static void grow_part(const char *path)
{
    FILE *file = fopen(path, "ab");

    assert_non_null(file);
    for (int i = 0; i < SIZE; i++) {
        assert_true(fputc('#', file) == '#');
    }
    assert_int_equal(fclose(file), 0);
}

static void spoil_part(const char *path)
{
    FILE *file = fopen(path, "r+b");

    assert_non_null(file);
    assert_true(fputc('#', file) == '#');
    assert_int_equal(fclose(file), 0);
}

static void link_part(const char *path)
{
    remove_part(path);
    assert_int_equal(symlink("../../mine", path), 0);
}

static void make_folder(const char *path)
{
    remove_part(path);
    assert_int_equal(mkdir(path, 0755), 0);
}

static void make_pipe(const char *path)
{
    remove_part(path);
    assert_int_equal(mkfifo(path, 0644), 0);
}

/* A second name: it may be a whole file of somebody. */
static void name_it_twice(const char *path)
{
    char other[256];

    (void)snprintf(other, sizeof(other), "%s.other", path);
    assert_int_equal(link(path, other), 0);
}

static void give_away(const char *path)
{
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, 12345), 0);
    }
}

static void test_a_part_that_was_tampered_with_is_never_mixed(void **state)
{
    static const struct {
        const char *line;
        const char *name;
        void (*edit)(const char *path);
    } cases[] = {
        {LINE("short"), "short", truncate_part},
        {LINE("empty"), "empty", empty_part},
        {LINE("gone"), "gone", remove_part},
        {LINE("grown"), "grown", grow_part},
        {LINE("link"), "link", link_part},
        {LINE("folder"), "folder", make_folder},
        {LINE("pipe"), "pipe", make_pipe},
        {LINE("twice"), "twice", name_it_twice},
        {LINE("given"), "given", give_away},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct download d;

        print_message("         %s\n", cases[i].name);
        make_half(&d, state, cases[i].line);
        cmd_write(&d.cmd, "mine", "mine");
        cases[i].edit(rerun_find_part(&d));
        download_run(&d, cases[i].line, NULL, 0);

        assert_true(rerun_check_whole(&d, cases[i].name, SIZE));
        assert_string_equal(cmd_read(&d.cmd, "mine"), "mine");
        rerun_need(&d, cases[i].line, NULL, 0, 0);
        download_finish(&d);
    }
}

/* The sum of what the site sends for LINE(). */
static void hash_body(char hex[65], struct download *d)
{
    uint8_t *bytes = malloc(SIZE);

    assert_non_null(bytes);
    adl_pattern_fill(bytes, SIZE, 0, 0);
    assert_int_equal(tmpdir_write(&d->cmd.dir, "body", bytes, SIZE), 0);
    assert_int_equal(tmpdir_hash(hex, &d->cmd.dir, "body"), 0);
    free(bytes);
}

static void check_sum(void **state, const char *line, const char *name,
                      bool is_right)
{
    struct download d;
    char list[256];
    char real[65];
    char expected[65];

    download_init(&d, *state);
    hash_body(real, &d);
    (void)snprintf(expected, sizeof(expected), "%s", real);
    if (!is_right) {
        memset(expected, '0', 64);
    }
    (void)snprintf(list, sizeof(list), "%s\n checksum=sha-256=%s\n", line,
                   expected);
    rerun_kill_in_part(&d, list, NULL, HALF);
    /* One whole body is looked at before it counts as wrong for good. */
    rerun_need(&d, list, NULL, is_right ? 0 : 1, is_right ? 1 : 2);

    assert_int_equal(rerun_check_whole(&d, name, SIZE), is_right);
    if (!is_right) {
        download_need_err(&d, real);
        download_need_err(&d, expected);
        assert_int_equal(cmd_count_files(&d.cmd), 0); /* the part went, too */
    }
    download_finish(&d);
}

static void test_a_checksum_judges_what_two_runs_made(void **state)
{
    check_sum(state, LINE("right"), "right", true);
    check_sum(state, LINE("wrong"), "wrong", false);
}

/* Bytes of another make are found by the sum, and fetched again. */
static void test_a_checksum_finds_bytes_that_were_changed(void **state)
{
    struct download d;
    char list[256];
    char real[65];

    download_init(&d, *state);
    hash_body(real, &d);
    (void)snprintf(list, sizeof(list), "%s\n checksum=sha-256=%s\n",
                   LINE("spoilt"), real);
    rerun_kill_in_part(&d, list, NULL, HALF);
    spoil_part(rerun_find_part(&d));
    rerun_need(&d, list, NULL, 0, 2);
    assert_true(rerun_check_whole(&d, "spoilt", SIZE));
    download_finish(&d);
}

/* The next run asks the first source, whose bytes may have the same date. */
static void test_half_of_a_mirror_is_not_gone_on_with(void **state)
{
    static const char list[] =
        "http://@SITE@/bytes/3000000/mirrored?etag=none&cut=1000&cuts=1\t"
        "http://@SITE@/bytes/3000000/mirrored"
        "?etag=none&stall=2000000&cuts=1&seed=1\n";
    struct download d;

    download_init(&d, *state);
    rerun_kill_in_part(&d, list, "--retry 0", HALF);
    rerun_need(&d, list, "--retry 0", 0, 1);
    assert_true(rerun_check_whole(&d, "mirrored", SIZE));
    download_finish(&d);
}

static void test_restart_takes_nothing_up(void **state)
{
    struct download d;

    make_half(&d, state, LINE("restart"));
    spoil_part(rerun_find_part(&d)); /* would show */
    rerun_need(&d, LINE("restart"), "--restart", 0, 1);
    assert_true(rerun_check_whole(&d, "restart", SIZE));
    assert_int_equal(cmd_count_files(&d.cmd), 1);
    download_finish(&d);
}

/* What could not even be tried says nothing of it. */
static void test_a_run_that_tries_nothing_leaves_it(void **state)
{
    static const char line[] = LINE("untried");
    struct download d;

    make_half(&d, state, line);
    uint64_t size = rerun_get_part_size(&d);
    rerun_need(&d, line, "-6", 1, 0);
    assert_int_equal(rerun_get_part_size(&d), size);
    need_end(&d, line, "untried");
    download_finish(&d);
}

/* Bytes of two sources may be mixed here, as a sum will judge; but none of the
 * second has come. */
static void test_mirrors_that_give_nothing_leave_it(void **state)
{
    static const struct {
        const char *options;
        int status;
    } cases[] = {{"-6", 1}, {"--proxy 127.0.0.1:1 --retry 0", 3}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct download d;
        char list[400];
        char real[65];

        download_init(&d, *state);
        hash_body(real, &d);
        (void)snprintf(list, sizeof(list),
                       "%s%zu\thttp://127.0.0.2:1/b\n checksum=sha-256=%s\n",
                       LINE("mirrors") "&case=", i, real);
        rerun_kill_in_part(&d, list, NULL, HALF);
        rerun_need(&d, list, cases[i].options, cases[i].status, 0);
        spoil_part(rerun_find_part(&d)); /* the sum tells: it is gone on with */
        rerun_need(&d, list, NULL, 0, 2);
        assert_true(rerun_check_whole(&d, "mirrors", SIZE));
        download_finish(&d);
    }
}

TEST_SUITE(again_halves)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_server_without_ranges_sends_all),
        cmocka_unit_test(test_a_part_that_was_tampered_with_is_never_mixed),
        cmocka_unit_test(test_a_checksum_judges_what_two_runs_made),
        cmocka_unit_test(test_a_checksum_finds_bytes_that_were_changed),
        cmocka_unit_test(test_half_of_a_mirror_is_not_gone_on_with),
        cmocka_unit_test(test_restart_takes_nothing_up),
        cmocka_unit_test(test_a_run_that_tries_nothing_leaves_it),
        cmocka_unit_test(test_mirrors_that_give_nothing_leave_it),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
