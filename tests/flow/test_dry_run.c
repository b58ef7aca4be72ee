/* SPDX-License-Identifier: MIT */
/* --dry-run: what a run would do, told without doing any of it. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/download.h"
#include "support/rerun.h"
#include "support/suite.h"

/* What it says, all of it. */
static void need_plan(struct download *d, const char *list, const char *options,
                      int status, const char *plan)
{
    download_run(d, list, cmd_text(&d->cmd, "-n %s", options), status);
    assert_string_equal(d->cmd.out, download_expand(d, plan));
}

/* All that can be seen of the folder, with times. */
static const char *list_all(struct download *d)
{
    struct cmd ls;
    const char *text;

    cmd_init(&ls);
    ls.argv[0] = "sh";
    ls.argv[1] = "-c";
    ls.argv[2] =
        cmd_text(&d->cmd,
                 "cd %s/out && find . -printf '%%p %%i %%s %%T@ %%C@\\n'"
                 " | sort && sha256sum .asyncdl/journal*",
                 d->cmd.dir.path);
    ls.argv[3] = NULL;
    cmd_run(&ls, 0);
    text = cmd_text(&d->cmd, "%s", ls.out);
    cmd_finish(&ls);
    return text;
}

static void test_new_list_is_named_and_nothing_made(void **state)
{
    struct download d;

    download_init(&d, *state);
    need_plan(&d,
              "http://u:p@@SITE@/bytes/9?n&token=t\n"
              "http://@SITE@/bytes/9?n\nrubbish\n"
              "http://@SITE@/bytes/8?n\n  out=a/b\n"
              "http://@SITE@/?n\n",
              "--failed f --manifest out/m -c jar", 1,
              "http://@SITE@/bytes/9?n&token=*** -> 9\n"
              "http://@SITE@/bytes/9?n -> 9~2\n"
              "http://@SITE@/bytes/8?n -> a/b\n"
              "http://@SITE@/?n -> index.html\n"
              "Would download 4, skip 0, bad lines 1\n");
    cmd_need_text(d.cmd.err, "list:3: no URL");
    assert_int_equal(download_count_requests(&d, "/bytes/9?n"), 0);
    assert_false(cmd_has(&d.cmd, "out"));
    assert_false(cmd_has(&d.cmd, "f"));
    assert_false(cmd_has(&d.cmd, "jar"));
    need_plan(&d, "http://@SITE@/bytes/9\n", "--discard", 0,
              "http://@SITE@/bytes/9 -> nothing (--discard)\n"
              "Would download 1, skip 0\n");
    assert_false(cmd_has(&d.cmd, "out"));
    download_finish(&d);
}

static const char some[] = "http://@SITE@/bytes/1\n"
                           "http://@SITE@/bytes/2\n"
                           "http://@SITE@/bytes/3\n"
                           "http://@SITE@/bytes/4\n"
                           "http://@SITE@/bytes/5\n";

/* 1 and 2 done, 3 changed since, 4 and 5 new, another's file in 4's place. */
static void make_some(struct download *d)
{
    static const char first[] = "http://@SITE@/bytes/1\n"
                                "http://@SITE@/bytes/2\n"
                                "http://@SITE@/bytes/3\n";

    download_run(d, first, NULL, 0);
    cmd_write(&d->cmd, "out/3", "by somebody");
    cmd_write(&d->cmd, "out/4", "of somebody");
}

static void test_what_stands_there_is_told(void **state)
{
    struct download d;

    download_init(&d, *state);
    make_some(&d);
    const char *before = list_all(&d);
    need_plan(&d, some, "", 0,
              "http://@SITE@/bytes/1 -> 1 (skip: done before)\n"
              "http://@SITE@/bytes/2 -> 2 (skip: done before)\n"
              "http://@SITE@/bytes/3 -> 3 (skip: the file was changed since it "
              "was saved; --overwrite replaces it)\n"
              "http://@SITE@/bytes/4 -> 4 (skip: a file of that name is there; "
              "--overwrite replaces it)\n"
              "http://@SITE@/bytes/5 -> 5\n"
              "Would download 1, skip 4 (done before 2, file in the way 2)\n");
    need_plan(&d, some, "--overwrite", 0,
              "http://@SITE@/bytes/1 -> 1 (skip: done before)\n"
              "http://@SITE@/bytes/2 -> 2 (skip: done before)\n"
              "http://@SITE@/bytes/3 -> 3 (replaces the file that is there)\n"
              "http://@SITE@/bytes/4 -> 4 (replaces the file that is there)\n"
              "http://@SITE@/bytes/5 -> 5\n"
              "Would download 3, skip 2 (done before 2)\n");
    need_plan(&d, some, "--no-journal", 0,
              "http://@SITE@/bytes/1 -> 1 (skip: a file of that name is there; "
              "--overwrite replaces it)\n"
              "http://@SITE@/bytes/2 -> 2 (skip: a file of that name is there; "
              "--overwrite replaces it)\n"
              "http://@SITE@/bytes/3 -> 3 (skip: a file of that name is there; "
              "--overwrite replaces it)\n"
              "http://@SITE@/bytes/4 -> 4 (skip: a file of that name is there; "
              "--overwrite replaces it)\n"
              "http://@SITE@/bytes/5 -> 5\n"
              "Would download 1, skip 4 (file in the way 4)\n");
    assert_string_equal(list_all(&d), before);
    download_finish(&d);
}

static void test_restart_and_verify_are_told_as_they_would_be(void **state)
{
    static const char two[] = "http://@SITE@/bytes/1\nhttp://@SITE@/bytes/2\n";
    struct download d;
    struct stat st;

    download_init(&d, *state);
    download_run(&d, two, NULL, 0);
    const char *path = cmd_text(&d.cmd, "%s/out/2", d.cmd.dir.path);
    assert_int_equal(stat(path, &st), 0);
    cmd_write(&d.cmd, "out/2", "xx");
    const struct timespec times[2] = {st.st_mtim, st.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    const char *before = list_all(&d);
    need_plan(&d, two, "--restart", 0,
              "http://@SITE@/bytes/1 -> 1 (replaces the file that is there)\n"
              "http://@SITE@/bytes/2 -> 2 (replaces the file that is there)\n"
              "Would download 2, skip 0\n");
    need_plan(&d, two, "", 0,
              "http://@SITE@/bytes/1 -> 1 (skip: done before)\n"
              "http://@SITE@/bytes/2 -> 2 (skip: done before)\n"
              "Would download 0, skip 2 (done before 2)\n");
    need_plan(&d, two, "--verify", 0,
              "http://@SITE@/bytes/1 -> 1 (skip: done before)\n"
              "http://@SITE@/bytes/2 -> 2 (replaces the file that is there)\n"
              "Would download 1, skip 1 (done before 1)\n");
    assert_string_equal(list_all(&d), before);
    download_finish(&d);
}

/* Beside the run that is half way, and after that was killed. */
static void test_half_is_told_beside_a_run_and_after_it(void **state)
{
    static const char list[] = "http://@SITE@/bytes/9\n"
                               "http://@SITE@/bytes/3000000?rate=200000\n";
    struct download d;
    char line[256];

    download_init(&d, *state);
    struct proc *proc = download_start(&d, list, NULL);
    assert_int_equal(proc_read_line(proc, line, sizeof(line)), 0);
    rerun_wait_for_part(&d, 100000);
    download_run(&d, list, "-n", 0);
    download_need_out(&d, "/bytes/9 -> 9 (skip: done before)\n");
    assert_int_equal(proc_signal(proc, SIGINT), 0);
    cmd_wait(&d.cmd, proc, 130);

    const char *before = list_all(&d);
    download_run(&d, list, "-n", 0);
    download_need_out(&d, "/bytes/9 -> 9 (skip: done before)\n");
    download_need_out(&d, "-> 3000000 (half done: ");
    download_need_out(&d, " of 3000000 bytes)\n"
                          "Would download 1 (half done 1), skip 1 (done before "
                          "1)\n");
    assert_string_equal(list_all(&d), before);
    download_finish(&d);
}

static void test_folder_that_cannot_be_one_is_told(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d, "http://@SITE@/bytes/9\n", "-n -d list", 4);
    assert_string_equal(d.cmd.err, "asyncdl: cannot look into list/.asyncdl: "
                                   "not a directory\n");
    assert_string_equal(d.cmd.out, "");
    download_finish(&d);
}

static void test_server_may_choose_the_name(void **state)
{
    struct download d;

    download_init(&d, *state);
    need_plan(&d, "http://@SITE@/bytes/9\nhttp://@SITE@/bytes/8\n  out=x\n",
              "-J", 0,
              "http://@SITE@/bytes/9 -> 9 (or as the server names it)\n"
              "http://@SITE@/bytes/8 -> x\n"
              "Would download 2, skip 0\n");
    download_run(&d, "http://@SITE@/bytes/9\n", "-J", 0);
    need_plan(&d, "http://@SITE@/bytes/9\n", "-J", 0,
              "http://@SITE@/bytes/9 -> 9 (skip: done before)\n"
              "Would download 0, skip 1 (done before 1)\n");
    download_finish(&d);
}

static void test_journal_that_cannot_be_read_is_told(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d, "http://@SITE@/bytes/9\n", NULL, 0);
    cmd_write(&d.cmd, "out/.asyncdl/journal.db", "rubbish, and enough of it");
    download_run(&d, "http://@SITE@/bytes/9\n", "-n", 2);
    cmd_need_text(d.cmd.err, "out/.asyncdl/journal.db: the journal is damaged");
    need_plan(&d, "http://@SITE@/bytes/9\n", "--restart", 0,
              "http://@SITE@/bytes/9 -> 9 (skip: a file of that name is there; "
              "--overwrite replaces it)\n"
              "Would download 0, skip 1 (file in the way 1)\n");
    assert_string_equal(cmd_read(&d.cmd, "out/.asyncdl/journal.db"),
                        "rubbish, and enough of it");
    download_finish(&d);
}

/* What keeps a run from starting is told, and nothing is made. */
static void test_outputs_are_refused_as_in_a_run(void **state)
{
    static const struct {
        const char *options;
        const char *said;
    } cases[] = {
        {"--manifest list", "--manifest must not be a list that is read"},
        {"--failed out/.asyncdl/f", "--failed must not be in "},
        {"--manifest out/.asyncdl/m", "--manifest must not be in "},
        {"--failed f --manifest f", "must not be one file"},
        {"--failed out", "--failed: cannot write out: "},
        {"--failed none/f", "--failed: cannot write none/f: No such file"},
        {"--manifest none/m", "cannot write --manifest none/m: No such file"},
        {"--failed /dev/null", "--failed: cannot write /dev/null: not a "},
    };
    struct download d;

    download_init(&d, *state);
    make_some(&d);
    const char *before = list_all(&d);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char dry[128];

        (void)snprintf(dry, sizeof(dry), "-n %s", cases[i].options);
        download_run(&d, some, dry, 2);
        cmd_need_text(d.cmd.err, cases[i].said);
        assert_string_equal(d.cmd.out, "");
        const char *said = cmd_text(&d.cmd, "%s", d.cmd.err);
        download_run(&d, some, cases[i].options, 2);
        assert_string_equal(d.cmd.err, said); /* as a run says it */
    }
    assert_string_equal(list_all(&d), before);
    download_run(&d, some, "-n --failed list --manifest ./out/m", 0);
    download_run(&d, some, "-n -d new/dir --failed ./new//f", 0);
    assert_string_equal(list_all(&d), before);
    download_finish(&d);
}

TEST_SUITE(dry_run)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outputs_are_refused_as_in_a_run),
        cmocka_unit_test(test_new_list_is_named_and_nothing_made),
        cmocka_unit_test(test_what_stands_there_is_told),
        cmocka_unit_test(test_restart_and_verify_are_told_as_they_would_be),
        cmocka_unit_test(test_half_is_told_beside_a_run_and_after_it),
        cmocka_unit_test(test_folder_that_cannot_be_one_is_told),
        cmocka_unit_test(test_server_may_choose_the_name),
        cmocka_unit_test(test_journal_that_cannot_be_read_is_told),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
