/* SPDX-License-Identifier: MIT */
/* A finished list that is run again: what is asked for, and which files are
 * left alone. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/rerun.h"
#include "support/suite.h"

#define LIST                         \
    "http://@SITE@/bytes/1000/a\n"   \
    "http://@SITE@/bytes/200000/b\n" \
    "http://@SITE@/bytes/0/c\n"
#define N_LINES 3

static const char *get_path(struct download *d, const char *name)
{
    return tmpdir_get_path(&d->cmd.dir, "out/%s", name);
}

static struct stat stat_out(struct download *d, const char *name)
{
    struct stat st;

    assert_int_equal(lstat(get_path(d, name), &st), 0);
    return st;
}

static void set_time(struct download *d, const char *name, struct timespec time)
{
    const struct timespec times[2] = {time, time};

    assert_int_equal(utimensat(AT_FDCWD, get_path(d, name), times, 0), 0);
}

static void write_byte(struct download *d, const char *name, off_t at)
{
    int fd = open(get_path(d, name), O_WRONLY);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "#", 1, at), 1);
    assert_int_equal(close(fd), 0);
}

static void need_all(struct download *d)
{
    download_need_pattern(d, "a", 1000, 0);
    download_need_pattern(d, "b", 200000, 0);
    download_need_pattern(d, "c", 0, 0);
    assert_int_equal(cmd_count_files(&d->cmd), N_LINES);
}

/* A download whose list was run to its end. */
static void init_finished(struct download *d, void **state)
{
    download_init(d, *state);
    rerun_need(d, LIST, NULL, 0, N_LINES);
    need_all(d);
}

static void test_a_finished_list_asks_for_nothing(void **state)
{
    struct download d;

    init_finished(&d, state);
    for (int i = 0; i < 2; i++) {
        rerun_need(&d, LIST, NULL, 0, 0);
        download_need_out(&d, "Downloaded 0 sites");
        download_need_out(&d, "Skipped 3 (done before 3), failed 0");
        assert_string_equal(d.cmd.err, "");
        need_all(&d);
    }
    download_finish(&d);
}

static void test_a_deleted_file_comes_again_under_its_name(void **state)
{
    static const char *const names[] = {"a", "b", "c"};
    struct download d;

    init_finished(&d, state);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(unlink(get_path(&d, names[i])), 0);
        rerun_need(&d, LIST, NULL, 0, 1);
        need_all(&d);
    }
    download_finish(&d);
}

/* Whatever became of it, it is the user's now. */
static void test_a_changed_file_is_left_alone_and_told_of(void **state)
{
    struct download d;

    init_finished(&d, state);
    assert_int_equal(tmpdir_write(&d.cmd.dir, "out/a", "mine", 4), 0);
    write_byte(&d, "b", 5);                              /* of the same size */
    assert_int_equal(truncate(get_path(&d, "c"), 3), 0); /* and a new time */
    rerun_need(&d, LIST, NULL, 0, 0);

    download_need_text(&d, "a", "mine");
    assert_int_equal(stat_out(&d, "b").st_size, 200000);
    assert_int_equal(stat_out(&d, "c").st_size, 3);
    download_need_err(&d, "/bytes/1000/a: skipped: ");
    download_need_err(&d, "/bytes/200000/b: skipped: ");
    download_need_err(&d, "/bytes/0/c: skipped: ");
    download_need_out(&d, "Skipped 3 (file in the way 3), failed 0");
    rerun_need(&d, LIST, "--verify", 0, 0);
    rerun_need(&d, LIST, "--restart", 0, 0);
    download_need_text(&d, "a", "mine");
    rerun_need(&d, LIST, "--overwrite", 0, N_LINES);
    need_all(&d);
    download_finish(&d);
}

static void test_what_took_a_files_place_is_left_alone(void **state)
{
    struct download d;

    init_finished(&d, state);
    assert_int_equal(unlink(get_path(&d, "a")), 0);
    assert_int_equal(mkdir(get_path(&d, "a"), 0755), 0);
    assert_int_equal(unlink(get_path(&d, "b")), 0);
    assert_int_equal(symlink("c", get_path(&d, "b")), 0);
    rerun_need(&d, LIST, NULL, 0, 0);

    assert_true(S_ISDIR(stat_out(&d, "a").st_mode));
    assert_true(S_ISLNK(stat_out(&d, "b").st_mode));
    download_need_err(&d, "/bytes/1000/a: skipped: ");
    download_need_err(&d, "/bytes/200000/b: skipped: ");
    download_finish(&d);
}

/* As a crash leaves it: shorter than it was, with the time it had. */
static void test_a_torn_file_comes_again(void **state)
{
    static const off_t sizes[] = {0, 1, 199999};
    struct download d;

    init_finished(&d, state);
    struct timespec time = stat_out(&d, "b").st_mtim;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_int_equal(truncate(get_path(&d, "b"), sizes[i]), 0);
        set_time(&d, "b", time);
        rerun_need(&d, LIST, NULL, 0, 1);
        need_all(&d);
    }
    download_finish(&d);
}

static void test_a_touched_file_is_known_by_its_hash(void **state)
{
    const struct timespec then = {.tv_sec = 1000000000};
    struct download d;

    init_finished(&d, state);
    set_time(&d, "a", then);
    set_time(&d, "b", then);
    set_time(&d, "c", then);
    rerun_need(&d, LIST, NULL, 0, 0);

    assert_string_equal(d.cmd.err, "");
    assert_int_equal(stat_out(&d, "b").st_mtime, then.tv_sec);
    rerun_need(&d, LIST, "--verify", 0, 0);
    need_all(&d);
    download_finish(&d);
}

static void test_verify_finds_a_flipped_byte(void **state)
{
    struct download d;

    init_finished(&d, state);
    struct timespec time = stat_out(&d, "b").st_mtim;
    write_byte(&d, "b", 123456);
    set_time(&d, "b", time);
    rerun_need(&d, LIST, NULL, 0, 0); /* looks like it did */
    rerun_need(&d, LIST, "--verify", 0, 1);
    need_all(&d);
    rerun_need(&d, LIST, "--verify", 0, 0);
    download_finish(&d);
}

static void test_restart_replaces_all(void **state)
{
    struct download d;

    init_finished(&d, state);
    ino_t before = stat_out(&d, "b").st_ino;
    rerun_need(&d, LIST, "--restart", 0, N_LINES);

    need_all(&d);
    assert_true(stat_out(&d, "b").st_ino != before);
    rerun_need(&d, LIST, NULL, 0, 0);
    rerun_need(&d, LIST, "--restart --no-remote-time", 0, N_LINES);
    rerun_need(&d, LIST, NULL, 0, 0);
    need_all(&d);
    download_finish(&d);
}

/* Its files are somebody's, as far as the next run can tell. */
static void test_without_a_journal_nothing_is_remembered(void **state)
{
    struct download d;

    download_init(&d, *state);
    rerun_need(&d, LIST, "--no-journal", 0, N_LINES);
    assert_false(cmd_has(&d.cmd, "out/.asyncdl"));
    need_all(&d);
    assert_int_equal(unlink(get_path(&d, "a")), 0);
    rerun_need(&d, LIST, "--no-journal", 0, 1);
    download_need_err(&d, "/bytes/200000/b: skipped: out/b is there already");
    rerun_need(&d, LIST, NULL, 0, 0);
    download_need_err(&d, "/bytes/1000/a: skipped: out/a is there already");
    rerun_need(&d, LIST, "--overwrite", 0, N_LINES);
    rerun_need(&d, LIST, "--overwrite", 0, 0); /* now they are its own */
    need_all(&d);
    download_finish(&d);
}

/* What there is of one is neither read nor touched. */
static void test_a_journal_is_not_read_unasked(void **state)
{
    struct download d;

    init_finished(&d, state);
    struct stat before = stat_out(&d, ".asyncdl/journal.db");
    rerun_need(&d, LIST, "--no-journal --overwrite", 0, N_LINES);
    struct stat after = stat_out(&d, ".asyncdl/journal.db");

    assert_int_equal(after.st_size, before.st_size);
    assert_int_equal(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
    assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
    rerun_need(&d, LIST, NULL, 0, 0);
    need_all(&d);
    download_finish(&d);
}

static void test_what_failed_is_tried_again(void **state)
{
    static const char list[] =
        "http://@SITE@/bytes/10/good\n"
        "http://@SITE@/status/503?times=1&then=20&a=again\n out=late\n"
        "http://@SITE@/status/404\n out=never\n";
    struct download d;

    download_init(&d, *state);
    rerun_need(&d, list, "--retry 0", 3, 3);
    rerun_need(&d, list, "--retry 0", 1, 2);
    download_need_pattern(&d, "late", 20, 0);
    rerun_need(&d, list, "--retry 0", 1, 1);
    assert_int_equal(cmd_count_files(&d.cmd), 2);
    download_finish(&d);
}

static void test_a_checksum_that_comes_later_is_held_against_the_file(
    void **state)
{
    static const char right[] = "http://@SITE@/bytes/0/e\n checksum=md5="
                                "d41d8cd98f00b204e9800998ecf8427e\n";
    static const char wrong[] = "http://@SITE@/bytes/0/e\n checksum=md5="
                                "00000000000000000000000000000000\n";
    struct download d;

    download_init(&d, *state);
    rerun_need(&d, "http://@SITE@/bytes/0/e\n", NULL, 0, 1);
    rerun_need(&d, right, NULL, 0, 0);
    rerun_need(&d, wrong, NULL, 1, 1);
    download_need_err(&d, "md5 is d41d8cd98f00b204e9800998ecf8427e, expected "
                          "00000000000000000000000000000000");
    download_need_pattern(&d, "e", 0, 0); /* the old file stays */
    rerun_need(&d, right, NULL, 0, 1);
    rerun_need(&d, right, NULL, 0, 0);
    download_finish(&d);
}

static void test_verbose_tells_redirects_and_what_was_done(void **state)
{
    static const char list[] = "http://@SITE@/redirect/302?to=/bytes/9\n";
    struct download d;

    download_init(&d, *state);
    download_run(&d, list, "-v -o x", 0);
    download_need_err(&d, "asyncdl: http://@SITE@/redirect/302?to=/bytes/9: "
                          "redirected to http://@SITE@/");
    download_run(&d, list, "-v -o x", 0);
    download_need_err(&d, "asyncdl: http://@SITE@/redirect/302?to=/bytes/9: "
                          "skipped: out/x is done\n");
    download_run(&d, list, "-o x", 0);
    cmd_need_no_text(d.cmd.err, "skipped");
    download_finish(&d);
}

TEST_SUITE(again)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verbose_tells_redirects_and_what_was_done),
        cmocka_unit_test(test_a_finished_list_asks_for_nothing),
        cmocka_unit_test(test_a_deleted_file_comes_again_under_its_name),
        cmocka_unit_test(test_a_changed_file_is_left_alone_and_told_of),
        cmocka_unit_test(test_what_took_a_files_place_is_left_alone),
        cmocka_unit_test(test_a_torn_file_comes_again),
        cmocka_unit_test(test_a_touched_file_is_known_by_its_hash),
        cmocka_unit_test(test_verify_finds_a_flipped_byte),
        cmocka_unit_test(test_restart_replaces_all),
        cmocka_unit_test(test_without_a_journal_nothing_is_remembered),
        cmocka_unit_test(test_a_journal_is_not_read_unasked),
        cmocka_unit_test(test_what_failed_is_tried_again),
        cmocka_unit_test(
            test_a_checksum_that_comes_later_is_held_against_the_file),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
