/* SPDX-License-Identifier: MIT */
/* Which files a run leaves behind, and which it leaves alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/download.h"
#include "support/suite.h"

#define LIST_DATE 1577880000 /* the site's Last-Modified, 2020-01-01 12:00 */

static void make_out(struct download *d)
{
    assert_int_equal(mkdir(tmpdir_get_path(&d->cmd.dir, "out"), 0755), 0);
}

static struct stat stat_out(struct download *d, const char *name)
{
    struct stat st;

    assert_int_equal(lstat(tmpdir_get_path(&d->cmd.dir, "out/%s", name), &st),
                     0);
    return st;
}

static void test_same_names_are_numbered_in_list_order(void **state)
{
    for (int i = 0; i < 3; i++) {
        struct download d;

        download_init(&d, *state);
        download_run(&d,
                     "http://@SITE@/bytes/301/x?rate=3000\n"
                     "http://@SITE@/bytes/302/x\n"
                     "http://@SITE@/bytes/303/x\n"
                     "http://@SITE@/bytes/304/x~2\n",
                     NULL, 0);

        assert_int_equal(cmd_count_files(&d.cmd), 4);
        download_need_pattern(&d, "x", 301, 0);
        download_need_pattern(&d, "x~2", 302, 0);
        download_need_pattern(&d, "x~3", 303, 0);
        download_need_pattern(&d, "x~2~2", 304, 0);
        download_finish(&d);
    }
}

static void test_a_file_that_was_there_is_left_alone(void **state)
{
    struct download d;

    download_init(&d, *state);
    make_out(&d);
    assert_int_equal(tmpdir_write(&d.cmd.dir, "out/7", "mine", 4), 0);
    download_run(&d, "http://@SITE@/bytes/7\nhttp://@SITE@/bytes/8\n", NULL, 0);

    download_need_text(&d, "7", "mine");
    download_need_pattern(&d, "8", 8, 0);
    download_need_err(&d, "http://@SITE@/bytes/7: skipped: out/7 is there "
                          "already (--overwrite replaces it)\n");
    download_need_out(&d, "Skipped 1 (file in the way 1), failed 0");
    download_run(&d, "http://@SITE@/bytes/7\n", "--overwrite", 0);
    download_need_pattern(&d, "7", 7, 0);
    download_finish(&d);
}

static void test_overwriting_waits_until_the_new_file_is_whole(void **state)
{
    struct download d;

    download_init(&d, *state);
    make_out(&d);
    assert_int_equal(tmpdir_write(&d.cmd.dir, "out/mine", "mine", 4), 0);
    download_run(&d, "http://@FAULT@/body-shorter/mine",
                 "--overwrite --retry 1", 3);

    download_need_text(&d, "mine", "mine");
    assert_int_equal(cmd_count_files(&d.cmd), 1);
    download_finish(&d);
}

static void test_nothing_is_left_in_the_work_folder(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d,
                 "http://@SITE@/bytes/9\n"
                 "http://@SITE@/bytes/100000/cut?cut=100\n"
                 "http://@SITE@/status/404\n",
                 "--retry 1", 3);

    assert_int_equal(cmd_count_files(&d.cmd), 1);
    download_need_pattern(&d, "9", 9, 0);
    download_finish(&d);
}

static void test_remote_time_is_set_unless_it_is_not_wanted(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d, "http://@SITE@/bytes/9/a", NULL, 0);
    download_run(&d, "http://@SITE@/bytes/9/b", "-R", 0);
    download_run(&d, "http://@SITE@/bytes/9/c", "--no-remote-time", 0);
    download_run(&d, "http://@SITE@/bytes/9/d?lm=none", NULL, 0);

    assert_int_equal(stat_out(&d, "a").st_mtime, LIST_DATE);
    assert_int_equal(stat_out(&d, "b").st_mtime, LIST_DATE);
    assert_true(stat_out(&d, "c").st_mtime > LIST_DATE);
    assert_true(stat_out(&d, "d").st_mtime > LIST_DATE);
    download_finish(&d);
}

static void test_discard_writes_nothing(void **state)
{
    struct download d;
    struct stat st;

    download_init(&d, *state);
    download_run(&d, "http://@SITE@/bytes/50000\nhttp://@SITE@/bytes/4\n",
                 "--discard", 0);

    download_need_out(&d, "Read 50000 from http://@SITE@/bytes/50000\n");
    download_need_out(&d, "Received 50004 bytes");
    assert_int_equal(stat(tmpdir_get_path(&d.cmd.dir, "out"), &st), -1);
    download_finish(&d);
}

/* out/a leads elsewhere: what is to go to out/a/b must not follow. */
static void test_links_out_of_the_folder_are_not_followed(void **state)
{
    struct download d;

    download_init(&d, *state);
    make_out(&d);
    assert_int_equal(mkdir(tmpdir_get_path(&d.cmd.dir, "else"), 0755), 0);
    assert_int_equal(symlink("../else", tmpdir_get_path(&d.cmd.dir, "out/a")),
                     0);
    download_run(&d,
                 "http://@SITE@/bytes/9\n out=a/b\n"
                 "http://@SITE@/bytes/9\n out=c\n",
                 NULL, 1);

    download_need_err(&d, "http://@SITE@/bytes/9: look for a/b: a file, link "
                          "or folder is in the way (not tried; another run "
                          "will not help)\n");
    download_need_pattern(&d, "c", 9, 0);
    assert_int_equal(rmdir(tmpdir_get_path(&d.cmd.dir, "else")), 0); /* empty */
    download_finish(&d);
}

/* Nor is a file that is a link written through. */
static void test_a_link_is_replaced_and_not_written_through(void **state)
{
    struct download d;

    download_init(&d, *state);
    make_out(&d);
    assert_int_equal(tmpdir_write(&d.cmd.dir, "mine", "mine", 4), 0);
    assert_int_equal(symlink("../mine", tmpdir_get_path(&d.cmd.dir, "out/9")),
                     0);
    download_run(&d, "http://@SITE@/bytes/9", NULL, 0);
    download_need_err(&d, "skipped: out/9 is there already");
    download_run(&d, "http://@SITE@/bytes/9", "--overwrite", 0);

    download_need_pattern(&d, "9", 9, 0);
    assert_true(S_ISREG(stat_out(&d, "9").st_mode));
    assert_int_equal(stat_out(&d, "../mine").st_size,
                     4); /* lstat goes up by name */
    download_finish(&d);
}

static void test_a_work_folder_that_is_a_link_stops_the_run(void **state)
{
    struct download d;

    download_init(&d, *state);
    make_out(&d);
    assert_int_equal(mkdir(tmpdir_get_path(&d.cmd.dir, "else"), 0755), 0);
    assert_int_equal(
        symlink("../else", tmpdir_get_path(&d.cmd.dir, "out/.asyncdl")), 0);
    download_run(&d, "http://@SITE@/bytes/9\nhttp://@SITE@/bytes/90000\n", NULL,
                 4);

    download_need_err(&d, ".asyncdl");
    assert_int_equal(rmdir(tmpdir_get_path(&d.cmd.dir, "else")), 0); /* empty */
    download_finish(&d);
}

static void test_a_file_where_a_folder_is_needed_fails_one_url(void **state)
{
    struct download d;

    download_init(&d, *state);
    make_out(&d);
    assert_int_equal(tmpdir_write(&d.cmd.dir, "out/a", "mine", 4), 0);
    for (int i = 0; i < 2; i++) {
        download_run(&d,
                     "http://@SITE@/bytes/9\n out=a/b\n"
                     "http://@SITE@/bytes/9\n out=c\n",
                     i == 0 ? "" : "--overwrite", 1);
        download_need_err(&d, "http://@SITE@/bytes/9: ");
        download_need_err(&d, " a/b: a file, link or folder is in the way");
        download_need_text(&d, "a", "mine");
        download_need_pattern(&d, "c", 9, 0);
        assert_int_equal(cmd_count_files(&d.cmd), 2);
    }
    download_finish(&d);
}

static void test_a_folder_where_a_file_is_to_go_fails_one_url(void **state)
{
    struct download d;

    download_init(&d, *state);
    make_out(&d);
    assert_int_equal(mkdir(tmpdir_get_path(&d.cmd.dir, "out/9"), 0755), 0);
    download_run(&d, "http://@SITE@/bytes/9\nhttp://@SITE@/bytes/90000\n",
                 "--overwrite", 1);

    download_need_err(&d, "http://@SITE@/bytes/9: ");
    download_need_err(&d, "9: a folder has that name (after 1 attempt; another "
                          "run will not help)\n");
    download_need_pattern(&d, "90000", 90000, 0);
    assert_int_equal(cmd_count_files(&d.cmd), 1);
    download_finish(&d);
}

static void test_a_folder_that_cannot_be_made_stops_the_run(void **state)
{
    struct download d;

    download_init(&d, *state);
    assert_int_equal(tmpdir_write(&d.cmd.dir, "file", "mine", 4), 0);
    download_run(&d, "http://@SITE@/bytes/9\n", "-d file/sub", 4);

    download_need_err(&d, "file/sub");
    download_need_err(&d, "ot a directory");
    download_finish(&d);
}

TEST_SUITE(files)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_names_are_numbered_in_list_order),
        cmocka_unit_test(test_a_file_that_was_there_is_left_alone),
        cmocka_unit_test(test_overwriting_waits_until_the_new_file_is_whole),
        cmocka_unit_test(test_nothing_is_left_in_the_work_folder),
        cmocka_unit_test(test_remote_time_is_set_unless_it_is_not_wanted),
        cmocka_unit_test(test_discard_writes_nothing),
        cmocka_unit_test(test_links_out_of_the_folder_are_not_followed),
        cmocka_unit_test(test_a_link_is_replaced_and_not_written_through),
        cmocka_unit_test(test_a_work_folder_that_is_a_link_stops_the_run),
        cmocka_unit_test(test_a_file_where_a_folder_is_needed_fails_one_url),
        cmocka_unit_test(test_a_folder_where_a_file_is_to_go_fails_one_url),
        cmocka_unit_test(test_a_folder_that_cannot_be_made_stops_the_run),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
