/* SPDX-License-Identifier: MIT */
/* Journals that cannot be worked with: each is told of with its name, why, and
 * what helps, and nothing is destroyed. */
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
#include <sqlite3.h>

#include "support/effort.h"
#include "support/rerun.h"
#include "support/suite.h"

#define N_FILES 40
#define JOURNAL ".asyncdl/journal.db"

static const char *get_path(struct download *d, const char *name)
{
    return tmpdir_get_path(&d->cmd.dir, "out/%s", name);
}

static void make_list(struct adl_buf *list)
{
    for (int i = 0; i < N_FILES; i++) {
        assert_int_equal(
            adl_buf_addf(list, "http://@SITE@/bytes/%d/f%d\n", 1000 + i, i), 0);
    }
}

static void need_files(struct download *d)
{
    for (int i = 0; i < N_FILES; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "f%d", i);
        assert_true(rerun_check_whole(d, name, (uint64_t)(1000 + i)));
    }
}

/* A finished list, whose journal is at rest. */
static void init_finished(struct download *d, void **state,
                          struct adl_buf *list)
{
    download_init(d, *state);
    make_list(list);
    rerun_need(d, adl_buf_str(list), NULL, 0, N_FILES);
    need_files(d);
    assert_false(cmd_has(&d->cmd, "out/" JOURNAL "-wal"));
}

static void finish(struct download *d, struct adl_buf *list)
{
    adl_buf_finish(list);
    download_finish(d);
}

static void execute(const char *path, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void write_at(const char *path, off_t at, size_t len)
{
    int fd = open(path, O_WRONLY);

    assert_true(fd >= 0);
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = (uint8_t)(0xa5 + 31 * i);

        assert_int_equal(pwrite(fd, &byte, 1, at + (off_t)i), 1);
    }
    assert_int_equal(close(fd), 0);
}

static void damage_head(const char *path)
{
    write_at(path, 0, 100);
}

static void damage_all_but_head(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    write_at(path, 100, (size_t)st.st_size - 100);
}

static void cut_in_half(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size / 2), 0);
}

static void cut_to_head(const char *path)
{
    assert_int_equal(truncate(path, 50), 0);
}

static void write_text(const char *path)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    for (int i = 0; i < 1000; i++) {
        assert_true(fputs("no database at all\n", file) >= 0);
    }
    assert_int_equal(fclose(file), 0);
}

static void make_other_database(const char *path)
{
    assert_int_equal(unlink(path), 0);
    execute(path, "CREATE TABLE precious (x); INSERT INTO precious VALUES (1)");
}

static void drop_table(const char *path)
{
    execute(path, "DROP TABLE entries");
}

static void make_newer(const char *path)
{
    execute(path, "PRAGMA user_version = 99");
}

static void make_folder(const char *path)
{
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0755), 0);
}

static void make_link(const char *path)
{
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("../../mine", path), 0);
}

static void make_pipe(const char *path)
{
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0644), 0);
}

struct damage {
    const char *name;
    void (*make)(const char *path);
    const char *said;
    bool can_restart; /* with --restart it is set aside */
};

static const struct damage damages[] = {
    {"head", damage_head, "damaged", true},
    {"all but its head", damage_all_but_head, "damaged", true},
    {"half", cut_in_half, "damaged", true},
    {"short", cut_to_head, "damaged", true},
    {"text", write_text, "damaged", true},
    {"other", make_other_database, "damaged", true},
    {"tables", drop_table, "damaged", true},
    {"newer", make_newer, "newer", true},
    {"folder", make_folder, "in the way", false},
    {"link", make_link, "in the way", false},
    {"pipe", make_pipe, "in the way", false},
};

static void check_damage(void **state, const struct damage *damage)
{
    struct adl_buf list = {0};
    struct download d;
    char before[65] = "";
    char after[65] = "";

    print_message("         %s\n", damage->name);
    init_finished(&d, state, &list);
    cmd_write(&d.cmd, "mine", "mine");
    damage->make(get_path(&d, JOURNAL));
    if (damage->can_restart) {
        assert_int_equal(tmpdir_hash(before, &d.cmd.dir, "out/" JOURNAL), 0);
    }
    rerun_need(&d, adl_buf_str(&list), NULL, 2, 0);
    download_need_err(&d, "out/.asyncdl/journal.db: ");
    download_need_err(&d, damage->said);
    if (damage->can_restart) {
        download_need_err(&d, "--restart");
        assert_int_equal(tmpdir_hash(after, &d.cmd.dir, "out/" JOURNAL), 0);
        assert_string_equal(after, before);
    } else {
        download_need_err(&d, "remove it");
        cmd_need_no_text(d.cmd.err, "--restart"); /* would not help */
    }
    need_files(&d);
    rerun_need(&d, adl_buf_str(&list), "--no-journal", 0, 0);
    rerun_need(&d, adl_buf_str(&list), "--restart", damage->can_restart ? 0 : 2,
               0);
    if (damage->can_restart) {
        assert_int_equal(tmpdir_hash(after, &d.cmd.dir, "out/" JOURNAL ".old"),
                         0);
        assert_string_equal(after, before);
    }
    need_files(&d); /* nobody knows whose they are any more */
    rerun_need(&d, adl_buf_str(&list), "--overwrite",
               damage->can_restart ? 0 : 2, damage->can_restart ? N_FILES : 0);
    assert_string_equal(cmd_read(&d.cmd, "mine"), "mine");
    finish(&d, &list);
}

static void test_a_journal_that_is_none_is_told_of_and_kept(void **state)
{
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        check_damage(state, &damages[i]);
    }
}

/* Bytes anywhere in it: told of, or without effect, and no crash. */
static void test_bytes_that_are_spoilt_harm_no_file(void **state)
{
    struct adl_buf list = {0};
    struct download d;
    struct adl_buf bytes = {0};

    init_finished(&d, state, &list);
    assert_int_equal(tmpdir_read(&bytes, &d.cmd.dir, "out/" JOURNAL), 0);
    for (size_t at = 0; at < bytes.len; at += effort(1401, 14001)) {
        assert_int_equal(
            tmpdir_write(&d.cmd.dir, "out/" JOURNAL, bytes.data, bytes.len), 0);
        write_at(get_path(&d, JOURNAL), (off_t)at, 16);
        struct proc *proc = download_start(&d, adl_buf_str(&list), NULL);
        proc_result_finish(&d.cmd.result);
        proc_wait(proc, &d.cmd.result);
        int status = d.cmd.result.status;
        if (status < 0 || status > 4) {
            fail_msg("exit status %d, signal %d where byte %zu was spoilt",
                     status, d.cmd.result.signal, at);
        }
        need_files(&d);
    }
    adl_buf_finish(&bytes);
    finish(&d, &list);
}

/* Met when the run is under way: one message, and no line takes the blame. */
static void test_a_row_that_makes_no_sense_stops_the_run(void **state)
{
    static const char *const changes[] = {
        "UPDATE entries SET bytes = -1",
        "UPDATE entries SET path = '../x' WHERE path = 'f9'",
    };

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct adl_buf list = {0};
        struct download d;

        init_finished(&d, state, &list);
        execute(get_path(&d, JOURNAL), changes[i]);
        rerun_need(&d, adl_buf_str(&list), NULL, 4, 0);
        assert_int_equal(cmd_count_text(d.cmd.err, "out/" JOURNAL ": "), 1);
        cmd_need_text(d.cmd.err, "asyncdl: cannot go on: out/");
        cmd_need_text(d.cmd.err, "--restart");
        cmd_need_no_text(d.cmd.err, "will not help");
        cmd_need_no_text(d.cmd.err, " from 127.0.0.1");
        need_files(&d);
        rerun_need(&d, adl_buf_str(&list), "--restart --overwrite", 0, N_FILES);
        finish(&d, &list);
    }
}

static void test_an_empty_journal_is_a_new_one(void **state)
{
    struct adl_buf list = {0};
    struct download d;

    init_finished(&d, state, &list);
    assert_int_equal(truncate(get_path(&d, JOURNAL), 0), 0);
    rerun_need(&d, adl_buf_str(&list), NULL, 0, 0);
    download_need_err(&d, "/f0: skipped: out/f0 is there already");
    need_files(&d);
    finish(&d, &list);
}

static void test_two_runs_in_one_folder_do_not_meet(void **state)
{
    static const char list[] =
        "http://@SITE@/bytes/3000000/x?stall=2000000&cuts=1\n";
    struct download d;

    download_init(&d, *state);
    struct proc *first = download_start(&d, list, NULL);
    rerun_wait_for_part(&d, 1000000);
    uint64_t before = download_count_requests(&d, NULL);
    for (int i = 0; i < 3; i++) {
        static const char *const options[] = {NULL, "--restart", "--verify"};

        download_run(&d, list, options[i], 2);
        download_need_err(&d, "out: another run is at work there");
        assert_string_equal(d.cmd.out, "");
    }
    assert_int_equal(download_count_requests(&d, NULL), before);

    assert_int_equal(proc_signal(first, SIGINT), 0);
    cmd_wait(&d.cmd, first, 130);
    rerun_need(&d, list, NULL, 0, 1);
    assert_true(rerun_check_whole(&d, "x", 3000000));
    download_finish(&d);
}

/* A folder that is not ours to write to, as a user without rights. */
static void test_a_folder_that_is_read_only_is_told_of(void **state)
{
    struct adl_buf list = {0};
    struct download d;

    if (geteuid() != 0) {
        print_message("skipped: only root may become another user\n");
        skip();
    }
    init_finished(&d, state, &list);
    assert_int_equal(chmod(d.cmd.dir.path, 0755), 0);
    const char *argv[] = {"setpriv",
                          "--reuid=65534",
                          "--regid=65534",
                          "--clear-groups",
                          server_get_program("ASYNCDL"),
                          "-d",
                          "out",
                          "list",
                          NULL};
    struct proc_options options = d.cmd.options;
    struct proc_result result;

    options.argv = argv;
    assert_int_equal(proc_run(&result, &options), 0);
    if (result.status == 126 || result.status == 127) {
        print_message("skipped: %s", adl_buf_str(&result.err));
        proc_result_finish(&result);
        finish(&d, &list);
        skip();
    }
    assert_int_equal(result.status, 4);
    cmd_need_text(adl_buf_str(&result.err), "out/.asyncdl");
    cmd_need_text(adl_buf_str(&result.err), "ermission denied");
    cmd_need_text(adl_buf_str(&result.err), "--dir");
    proc_result_finish(&result);
    rerun_need(&d, adl_buf_str(&list), NULL, 0, 0);
    finish(&d, &list);
}

TEST_SUITE(again_journal)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_journal_that_is_none_is_told_of_and_kept),
        cmocka_unit_test(test_bytes_that_are_spoilt_harm_no_file),
        cmocka_unit_test(test_a_row_that_makes_no_sense_stops_the_run),
        cmocka_unit_test(test_an_empty_journal_is_a_new_one),
        cmocka_unit_test(test_two_runs_in_one_folder_do_not_meet),
        cmocka_unit_test(test_a_folder_that_is_read_only_is_told_of),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
