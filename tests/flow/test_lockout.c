/* SPDX-License-Identifier: MIT */
/* One run at a time works in a folder, with a journal or without: who comes
 * second says so, asks for nothing and leaves the first one's files alone. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/rerun.h"
#include "support/suite.h"

#define SIZE 3000000

static const char other[] = "http://@SITE@/bytes/9/other\n";
static const char in_use[] =
    "asyncdl: out: another run is at work there: wait for its end, or use "
    "another --dir\n";

/* A list: half of its file comes, and then nothing, the first time. */
static const char *make_half(struct download *d)
{
    static int n;

    return cmd_text(
        &d->cmd, "http://@SITE@/bytes/3000000/half?stall=2000000&cuts=1&n=%d\n",
        n++);
}

static void interrupt(struct download *d, struct proc *proc)
{
    assert_int_equal(proc_signal(proc, SIGINT), 0);
    cmd_wait(&d->cmd, proc, 130);
}

static void need_refusal(struct download *d, const char *options)
{
    uint64_t before = download_count_requests(d, NULL);

    print_message("         refused: %s\n", options);
    download_run(d, other, options, 2);
    assert_string_equal(d->cmd.err, in_use);
    assert_string_equal(d->cmd.out, "");
    assert_int_equal(download_count_requests(d, NULL), before);
    assert_false(cmd_has(&d->cmd, "out/other"));
}

static void test_a_second_run_is_refused_whoever_keeps_a_journal(void **state)
{
    static const char *const firsts[] = {"", "--no-journal"};
    static const char *const seconds[] = {
        "",
        "--restart",
        "--no-journal",
        "--no-journal --overwrite",
        "--no-journal --failed out/f --manifest out/m",
    };

    for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
        struct download d;

        print_message("         at work: %s\n", firsts[i]);
        download_init(&d, *state);
        const char *half = make_half(&d);
        struct proc *first = download_start(&d, half, firsts[i]);
        rerun_wait_for_part(&d, 1000000);
        size_t n_files = cmd_count_files(&d.cmd);
        for (size_t j = 0; j < sizeof(seconds) / sizeof(seconds[0]); j++) {
            need_refusal(&d, seconds[j]);
            assert_int_equal(cmd_count_files(&d.cmd), n_files);
        }
        interrupt(&d, first);
        assert_int_equal(cmd_has(&d.cmd, "out/.asyncdl"), i == 0);
        download_run(&d, half, firsts[i], 0);
        assert_true(rerun_check_whole(&d, "half", SIZE));
        download_finish(&d);
    }
}

static void test_who_saves_no_file_works_beside_any_run(void **state)
{
    static const char *const firsts[] = {"", "--no-journal"};
    static const char *const seconds[] = {
        "-n",
        "-n --no-journal",
        "--discard",
        "--discard --no-journal",
        "--no-journal -d elsewhere",
    };

    for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
        struct download d;

        download_init(&d, *state);
        const char *half = make_half(&d);
        struct proc *first = download_start(&d, half, firsts[i]);
        rerun_wait_for_part(&d, 1000000);
        size_t n_files = cmd_count_files(&d.cmd);
        for (size_t j = 0; j < sizeof(seconds) / sizeof(seconds[0]); j++) {
            download_run(&d, other, seconds[j], 0);
            assert_string_equal(d.cmd.err, "");
        }
        assert_int_equal(cmd_count_files(&d.cmd), n_files);
        assert_true(proc_is_running(first));
        interrupt(&d, first);
        download_finish(&d);
    }
}

/* Both found nobody when they began: the first to save a file has the folder,
 * and the other ends before it saves one. */
static void test_of_two_that_begin_at_once_one_saves(void **state)
{
    static const char *const seconds[] = {"", "--no-journal"};

    for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
        struct download d;

        download_init(&d, *state);
        const char *late = cmd_text(&d.cmd, "/bytes/9/late%zu?delay=1500", i);
        const char *list = cmd_text(
            &d.cmd, "http://@SITE@%s\nhttp://@SITE@/bytes/9/l?delay=60000\n",
            late);
        struct proc *first =
            download_start(&d, list, "--no-journal --failed failed");
        download_wait_for_request(&d, late);
        struct proc *second = download_start(&d, make_half(&d), seconds[i]);
        rerun_wait_for_part(&d, 1000000);
        cmd_wait(&d.cmd, first, 2);
        cmd_need_text(d.cmd.err, in_use);
        assert_int_equal(cmd_count_text(d.cmd.err, "another run is at"), 1);
        cmd_need_text(d.cmd.err, "to be mended here, then another run can");
        cmd_need_text(cmd_read(&d.cmd, "failed"), late);
        assert_false(cmd_has(&d.cmd, cmd_text(&d.cmd, "out/late%zu", i)));
        assert_true(proc_is_running(second));
        interrupt(&d, second);
        download_finish(&d);
    }
}

/* As a run without a journal always did. */
static void test_a_run_without_a_journal_leaves_no_trace(void **state)
{
    static const struct {
        const char *list;
        const char *options;
        int status;
        bool has_dir;
    } cases[] = {
        {"http://@SITE@/bytes/9/x\n", "--no-journal", 0, true},
        {"http://@SITE@/bytes/3000000/x\n", "--no-journal", 0, true},
        {"http://@SITE@/bytes/9/x\n", "--no-journal --overwrite", 0, true},
        {"http://@SITE@/status/404\n", "--no-journal", 1, false},
        {"http://@SITE@/bytes/9/x\n", "--no-journal --discard", 0, false},
        {"http://@SITE@/bytes/9/x\n", "--no-journal -n", 0, false},
        {"", "--no-journal", 0, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct download d;

        print_message("         %s %s\n", cases[i].list, cases[i].options);
        download_init(&d, *state);
        download_run(&d, cases[i].list, cases[i].options, cases[i].status);
        assert_false(cmd_has(&d.cmd, "out/.asyncdl"));
        assert_int_equal(cmd_has(&d.cmd, "out"), cases[i].has_dir);
        download_finish(&d);
    }
}

static void test_what_a_killed_run_left_locks_nobody_out(void **state)
{
    static const char *const options[] = {"--no-journal", ""};

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        struct download d;

        download_init(&d, *state);
        const char *half = make_half(&d);
        rerun_kill_in_part(&d, half, "--no-journal", 1000000);
        assert_true(cmd_has(&d.cmd, "out/.asyncdl/journal.lock"));
        download_run(&d, half, options[i], 0);
        assert_true(rerun_check_whole(&d, "half", SIZE));
        assert_int_equal(cmd_has(&d.cmd, "out/.asyncdl"), i == 1);
        download_finish(&d);
    }
}

/* The lock of a folder with a journal stays, and so does the journal. */
static void test_a_journal_outlives_a_run_without_one(void **state)
{
    static const char list[] = "http://@SITE@/bytes/8/a\n";
    struct download d;

    download_init(&d, *state);
    download_run(&d, list, NULL, 0);
    download_run(&d, other, "--no-journal", 0);
    assert_true(cmd_has(&d.cmd, "out/other"));
    assert_true(cmd_has(&d.cmd, "out/.asyncdl/journal.lock"));
    rerun_need(&d, list, NULL, 0, 0);
    download_need_out(&d, "done before 1");
    download_finish(&d);
}

static void test_what_is_no_lock_is_told_of_and_kept(void **state)
{
    static const char *const kinds[] = {"link", "folder", "pipe"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct download d;

        download_init(&d, *state);
        download_run(&d, "http://@SITE@/bytes/8/a\n", NULL, 0);
        const char *lock =
            tmpdir_get_path(&d.cmd.dir, "out/.asyncdl/journal.lock");
        assert_int_equal(unlink(lock), 0);
        assert_int_equal(i == 0   ? symlink("../a", lock)
                         : i == 1 ? mkdir(lock, 0777)
                                  : mkfifo(lock, 0666),
                         0);
        print_message("         %s\n", kinds[i]);
        for (size_t j = 0; j < 2; j++) {
            download_run(&d, other, j == 0 ? "--no-journal" : NULL, 2);
            assert_string_equal(d.cmd.err,
                                "asyncdl: out/.asyncdl/journal.lock: a file, "
                                "link or folder is in the way: remove it, or "
                                "use another --dir\n");
        }
        assert_false(cmd_has(&d.cmd, "out/other"));
        assert_int_equal(remove(lock), 0);
        download_run(&d, other, "--no-journal", 0);
        download_finish(&d);
    }
}

TEST_SUITE(lockout)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_second_run_is_refused_whoever_keeps_a_journal),
        cmocka_unit_test(test_who_saves_no_file_works_beside_any_run),
        cmocka_unit_test(test_of_two_that_begin_at_once_one_saves),
        cmocka_unit_test(test_a_run_without_a_journal_leaves_no_trace),
        cmocka_unit_test(test_what_a_killed_run_left_locks_nobody_out),
        cmocka_unit_test(test_a_journal_outlives_a_run_without_one),
        cmocka_unit_test(test_what_is_no_lock_is_told_of_and_kept),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
