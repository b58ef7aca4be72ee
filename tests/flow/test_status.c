/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "store/journal.h"
#include "support/cmd.h"
#include "support/scratch.h"

/* Open the journal of "out", as a run does. */
static struct adl_journal *begin(struct cmd *cmd)
{
    struct adl_journal *journal = NULL;
    char why[200] = "";

    (void)mkdir(cmd_text(cmd, "%s/out", cmd->dir.path), 0777);
    const char *aside = cmd_text(cmd, "%s/out/.asyncdl", cmd->dir.path);
    (void)mkdir(aside, 0777); /* may be there, both */
    int fd = open(aside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0); /* lives as long as the process */
    assert_int_equal(
        adl_journal_open(&journal, fd, ADL_JOURNAL_KEEP, true, why, 200), 0);
    return journal;
}

/* Put n entries of that kind. */
static void put(struct adl_journal *journal, int n,
                const struct adl_record *kind)
{
    for (int i = 0; i < n; i++) {
        struct adl_record record = *kind;

        record.id = adl_journal_take_id(journal);
        assert_int_equal(adl_journal_put(journal, &record), 0);
    }
    assert_int_equal(adl_journal_commit(journal), 0);
}

static const struct adl_record done = {
    .state = ADL_RECORD_DONE,
    .url = "http://a.example/1",
    .path = "1",
    .bytes = 1024,
};

static const struct adl_record missing = {
    .state = ADL_RECORD_FAILED,
    .url = "http://a.example/2",
    .path = "2",
    .err = ASYNCDL_EHTTP,
    .status = 404,
};

static const struct adl_record refused = {
    .state = ADL_RECORD_FAILED,
    .url = "http://b.example/3",
    .path = "3",
    .err = ASYNCDL_ECONNECT,
    .is_retryable = true,
};

/* asyncdl --status out */
static void ask(struct cmd *cmd, int status)
{
    cmd_reset(cmd);
    cmd_add(cmd, "--status", "out", NULL);
    cmd->options.dir = cmd->dir.path;
    cmd_run(cmd, status);
}

static void test_a_batch_is_told_while_it_runs_and_after(void **state)
{
    struct cmd cmd;

    (void)state;
    cmd_init(&cmd);
    struct adl_journal *journal = begin(&cmd);
    put(journal, 3, &done);
    ask(&cmd, 3);
    cmd_need_text(cmd.out, "out:\n         3  done, 3.0 KiB\n");
    cmd_need_text(cmd.out, "A run is under way since 20");
    put(journal, 2, &missing);
    assert_int_equal(adl_journal_end_run(journal, 1), 0);
    adl_journal_close(journal);

    ask(&cmd, 1);
    cmd_need_text(cmd.out, "         2  failed for good\n");
    cmd_need_text(cmd.out, "some failed for good.\n");
    cmd_need_text(cmd.out, "Another run will not help.\n");
    cmd_need_text(cmd.out, "http://a.example/2 -> 2");
    journal = begin(&cmd);
    put(journal, 1, &refused);
    assert_int_equal(adl_journal_end_run(journal, 3), 0);
    adl_journal_close(journal);

    ask(&cmd, 3);
    cmd_need_text(cmd.out, "         1  failed, and another run can help\n");
    cmd_need_text(cmd.out, "http://b.example/3 -> 3");
    cmd_need_text(cmd.out, "The same command again does what is left.\n");
    assert_string_equal(cmd.err, "");
    cmd_finish(&cmd);
}

static void test_a_finished_batch_ends_with_0(void **state)
{
    struct cmd cmd;

    (void)state;
    cmd_init(&cmd);
    struct adl_journal *journal = begin(&cmd);
    put(journal, 1, &done);
    assert_int_equal(adl_journal_end_run(journal, 0), 0);
    adl_journal_close(journal);
    ask(&cmd, 0);
    cmd_need_text(cmd.out, "Another run has nothing to do.\n");
    cmd_finish(&cmd);
}

static void test_a_batch_that_did_nothing_is_not_told_as_done(void **state)
{
    struct cmd cmd;

    (void)state;
    cmd_init(&cmd);
    (void)mkdir(cmd_text(&cmd, "%s/out", cmd.dir.path), 0777);
    (void)cmd_write(&cmd, "out/a", "mine");
    cmd_add(&cmd, "http://127.0.0.1:1/a", NULL);
    cmd_run(&cmd, 0);
    ask(&cmd, 1);
    cmd_need_text(cmd.out, "         0  done, 0 B\n");
    cmd_need_text(cmd.out, "Nothing is known to be done: files were in the way "
                           "of all lines, or there were none.\n");
    cmd_finish(&cmd);
}

static void test_what_cannot_be_read_ends_with_2(void **state)
{
    struct cmd cmd;

    (void)state;
    cmd_init(&cmd);
    ask(&cmd, 2);
    cmd_need_text(cmd.err, "asyncdl: --status out: no journal: nothing was "
                           "downloaded there (no out/.asyncdl/journal.db)\n");
    adl_journal_close(begin(&cmd));
    (void)cmd_write(&cmd, "out/.asyncdl/journal.db", "not a database at all");
    ask(&cmd, 2);
    cmd_need_text(cmd.err, "asyncdl: --status out: out/.asyncdl/journal.db: "
                           "the journal is damaged, or is none; it was not "
                           "touched\n");
    assert_string_equal(cmd_read(&cmd, "out/.asyncdl/journal.db"),
                        "not a database at all");
    (void)cmd_write(&cmd, "out/.asyncdl/journal.db", "");
    ask(&cmd, 2);
    cmd_need_text(cmd.err, "asyncdl: --status out: out/.asyncdl/journal.db is "
                           "empty: nothing was noted there\n");
    cmd_add(&cmd, "list.txt", NULL);
    cmd_run(&cmd, 2);
    cmd_need_text(cmd.err, "--status takes no list and no URL: list.txt");
    cmd_finish(&cmd);
}

/* Killed, its index lost, and no way to write there. */
static void test_a_read_only_disk_tells_where_the_batch_stands(void **state)
{
    struct cmd cmd;
    int status = -1;

    (void)state;
    cmd_init(&cmd);
    const char *out = cmd_text(&cmd, "%s/out", cmd.dir.path);
    assert_int_equal(mkdir(out, 0777), 0);
    if (!scratch_mount(out, 4u << 20)) {
        cmd_finish(&cmd);
        skip(); /* only root may mount */
    }
    pid_t pid = fork();
    if (pid == 0) {
        struct adl_journal *journal = begin(&cmd);

        put(journal, 3, &done);
        put(journal, 2, &missing);
        _exit(0); /* closes nothing */
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(unlink(cmd_text(&cmd, "%s/.asyncdl/journal.db-shm", out)),
                     0);
    scratch_remount(out, true);
    ask(&cmd, 3);
    cmd_need_text(cmd.out, "         3  done, 3.0 KiB\n");
    cmd_need_text(cmd.out, "         2  failed for good\n");
    cmd_need_text(cmd.out, " and was killed, ");
    assert_string_equal(cmd.err, "");
    scratch_unmount(out);
    cmd_finish(&cmd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_batch_is_told_while_it_runs_and_after),
        cmocka_unit_test(test_a_finished_batch_ends_with_0),
        cmocka_unit_test(test_a_batch_that_did_nothing_is_not_told_as_done),
        cmocka_unit_test(test_what_cannot_be_read_ends_with_2),
        cmocka_unit_test(test_a_read_only_disk_tells_where_the_batch_stands),
    };

    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
