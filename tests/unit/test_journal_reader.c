/* SPDX-License-Identifier: MIT */
#include "asyncdl/journal.h"

#include "unit/journal_records.h"

#include <errno.h>
#include <stdlib.h>

#include <sys/wait.h>

#include "asyncdl/error.h"
#include "support/suite.h"

static struct asyncdl_journal *open_reader(const struct scratch *s)
{
    struct asyncdl_journal *reader = NULL;

    assert_int_equal(asyncdl_journal_open(&reader, s->path), 0);
    return reader;
}

/* How many entries are left; they are in order. */
static int count(struct asyncdl_journal *reader)
{
    struct asyncdl_journal_entry entry;
    uint64_t last = 0;
    int n = 0;
    int answer = asyncdl_journal_next(&entry, reader);

    while (answer == 1) {
        assert_true(entry.id > last);
        last = entry.id;
        n++;
        answer = asyncdl_journal_next(&entry, reader);
    }
    return answer < 0 ? answer : n;
}

static void test_entries_are_told_as_they_were_put(void **state)
{
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);
    struct adl_record record = make_record(4, 4);
    struct asyncdl_journal_entry entry;

    record.state = ADL_RECORD_FAILED;
    record.attempts = 5;
    record.err = ASYNCDL_EHTTP;
    record.status = 503;
    record.is_retryable = true;
    record.error = "HTTP 503";
    record.path = NULL;
    assert_int_equal(adl_journal_put(journal, &record), 0);
    record.id = 6;
    record.state = ADL_RECORD_PARTIAL;
    record.total = 30;
    record.path = "a/b";
    assert_int_equal(adl_journal_put(journal, &record), 0);
    adl_journal_close(journal);

    struct asyncdl_journal *reader = open_reader(*state);
    assert_int_equal(asyncdl_journal_next(&entry, reader), 1);
    assert_int_equal(entry.id, 4);
    assert_int_equal(entry.state, ASYNCDL_JOURNAL_FAILED);
    assert_string_equal(entry.url, "http://h.example/a");
    assert_null(entry.path);
    assert_int_equal(entry.attempts, 5);
    assert_int_equal(entry.err, ASYNCDL_EHTTP);
    assert_int_equal(entry.status, 503);
    assert_int_equal(entry.retryable, 1);
    assert_string_equal(entry.error, "HTTP 503");
    assert_int_equal(asyncdl_journal_next(&entry, reader), 1);
    assert_int_equal(entry.state, ASYNCDL_JOURNAL_HALF);
    assert_int_equal(entry.bytes, 4);
    assert_int_equal(entry.total, 30);
    assert_string_equal(entry.path, "a/b");
    assert_int_equal(asyncdl_journal_next(&entry, reader), 0);
    asyncdl_journal_close(reader);
    close(aside_fd);
}

static void test_a_run_under_way_is_read_and_not_disturbed(void **state)
{
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);
    struct asyncdl_journal_run run;
    struct asyncdl_journal_entry entry;

    put_records(journal, 300);
    struct asyncdl_journal *reader = open_reader(*state);
    assert_int_equal(asyncdl_journal_next(&entry, reader), 1);
    assert_int_equal(asyncdl_journal_get_last_run(&run, reader), 1);
    assert_int_equal(run.under_way, 1);
    assert_int_equal(run.ended, 0);
    assert_true(run.started > 0);
    put_records(journal, 300); /* while one reads */
    assert_int_equal(count(reader), 599);
    assert_int_equal(adl_journal_end_run(journal, 3), 0);
    adl_journal_close(journal);

    assert_int_equal(asyncdl_journal_get_last_run(&run, reader), 1);
    assert_int_equal(run.under_way, 0);
    assert_true(run.ended >= run.started);
    assert_int_equal(run.status, 3);
    assert_int_equal(run.n_done, 600);
    journal = open_journal(aside_fd); /* while one has it open */
    adl_journal_close(journal);
    asyncdl_journal_close(reader);
    close(aside_fd);
}

/* A run that puts some, commits, and is killed. */
static void kill_run(int aside_fd, int n)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        put_records(open_journal(aside_fd), (uint64_t)n);
        _exit(0); /* closes nothing */
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void test_a_killed_run_is_told_from_one_under_way(void **state)
{
    int aside_fd = open_aside(*state);
    struct asyncdl_journal_run run;

    kill_run(aside_fd, 20);
    struct asyncdl_journal *reader = open_reader(*state);
    assert_int_equal(count(reader), 20);
    assert_int_equal(asyncdl_journal_get_last_run(&run, reader), 1);
    assert_int_equal(run.under_way, 0);
    assert_int_equal(run.ended, 0);
    assert_int_equal(run.status, -1);
    asyncdl_journal_close(reader);
    close(aside_fd);
}

static void test_reading_changes_nothing(void **state)
{
    static const char *const names[] = {"journal.db", "journal.db-wal"};
    int aside_fd = open_aside(*state);
    struct stat before[2];
    struct stat after;

    kill_run(aside_fd, 20);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fstatat(aside_fd, names[i], &before[i], 0), 0);
    }
    struct asyncdl_journal *reader = open_reader(*state);
    assert_int_equal(count(reader), 20);
    asyncdl_journal_close(reader);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fstatat(aside_fd, names[i], &after, 0), 0);
        assert_int_equal(after.st_size, before[i].st_size);
        assert_int_equal(after.st_mtim.tv_nsec, before[i].st_mtim.tv_nsec);
    }
    close(aside_fd);
}

/* From here on this process may only read. */
static void become_nobody(void)
{
    if (setgid(65534) < 0 || setuid(65534) < 0) {
        _exit(77);
    }
}

static int count_all(const struct scratch *s)
{
    struct asyncdl_journal *reader = NULL;
    int err = asyncdl_journal_open(&reader, s->path);
    int n = err < 0 ? 100 : count(reader);

    asyncdl_journal_close(reader);
    return n;
}

/* As somebody who may only read. */
static int count_as_nobody(const struct scratch *s)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        become_nobody();
        _exit(count_all(s));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status == 77 << 8) {
        skip(); /* only root can become nobody */
    }
    return WEXITSTATUS(status);
}

static void test_who_may_only_read_can_read(void **state)
{
    const struct scratch *s = *state;
    int aside_fd = open_aside(s);
    struct adl_journal *journal = NULL;

    assert_int_equal(chmod(s->path, 0755), 0);
    for (int round = 0; round < 3; round++) { /* at rest, running, killed */
        if (round == 2) {
            kill_run(aside_fd, 10);
        } else {
            journal = open_journal(aside_fd);
            put_records(journal, 10);
        }
        if (round == 0) {
            adl_journal_close(journal);
        }
        int n = count_as_nobody(s);
        if (round == 1) {
            adl_journal_close(journal);
        }
        assert_int_equal(n, 10 * (round + 1));
    }
    close(aside_fd);
}

/* As a copy of a folder may be, or after a crash of the machine. */
static void test_a_wal_without_its_index_is_read(void **state)
{
    const struct scratch *s = *state;
    int aside_fd = open_aside(s);

    assert_int_equal(chmod(s->path, 0755), 0);
    adl_journal_close(open_journal(aside_fd));
    kill_run(aside_fd, 20);
    assert_int_equal(unlinkat(aside_fd, "journal.db-shm", 0), 0);
    int n_files = scratch_count_entries(scratch_path(s, ASIDE));
    assert_int_equal(count_as_nobody(s), 20);
    assert_int_equal(scratch_count_entries(scratch_path(s, ASIDE)), n_files);
    assert_int_equal(count_all(s), 20); /* by who may write, too */
    struct adl_journal *journal = open_journal(aside_fd);
    assert_int_equal(match(journal, 19), 20); /* and nothing was lost */
    adl_journal_close(journal);
    close(aside_fd);
}

static void test_a_read_only_disk_is_read_with_all_that_is_there(void **state)
{
    const struct scratch *s = *state;
    const char *path = scratch_path(s, ASIDE);

    assert_int_equal(mkdir(path, 0777), 0);
    if (!scratch_mount(path, 4u << 20)) {
        skip(); /* only root may mount */
    }
    int aside_fd = open_aside(s);
    kill_run(aside_fd, 20);
    for (int round = 0; round < 3;
         round++) { /* with its index, without, rest */
        if (round == 1) {
            assert_int_equal(unlinkat(aside_fd, "journal.db-shm", 0), 0);
        } else if (round == 2) {
            adl_journal_close(open_journal(aside_fd));
        }
        scratch_remount(path, true);
        assert_int_equal(count_all(s), 20);
        struct adl_journal *journal = NULL;
        char why[200] = "";
        assert_int_equal(adl_journal_open(&journal, aside_fd, ADL_JOURNAL_READ,
                                          false, why, sizeof(why)),
                         0);
        assert_int_equal(match(journal, 19), 20);
        adl_journal_close(journal);
        scratch_remount(path, false);
    }
    close(aside_fd);
    scratch_unmount(path);
}

/* Read the first rows, let somebody else write, and read on. */
static int read_around(const struct scratch *s, int to_fd, int from_fd)
{
    struct asyncdl_journal *reader = NULL;
    struct asyncdl_journal_entry entry;
    struct asyncdl_journal_run run;
    char byte = 1;

    become_nobody();
    if (asyncdl_journal_open(&reader, s->path) < 0 ||
        asyncdl_journal_next(&entry, reader) != 1 ||
        write(to_fd, &byte, 1) != 1 || read(from_fd, &byte, 1) != 1) {
        return 1;
    }
    int n = 1 + count(reader);
    bool is_told =
        asyncdl_journal_get_last_run(&run, reader) == 1 && run.status == 3;
    asyncdl_journal_close(reader);
    return n == 1200 && is_told ? 0 : 2;
}

static void test_what_is_written_while_one_reads_apart_is_seen(void **state)
{
    const struct scratch *s = *state;
    int aside_fd = open_aside(s);
    int there[2];
    int back[2];
    int status = -1;
    char byte = 0;

    assert_int_equal(chmod(s->path, 0755), 0);
    adl_journal_close(open_journal(aside_fd));
    kill_run(aside_fd, 600);
    assert_int_equal(unlinkat(aside_fd, "journal.db-shm", 0), 0);
    assert_int_equal(pipe(there), 0);
    assert_int_equal(pipe(back), 0);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(read_around(s, there[1], back[0]));
    }
    close(there[1]);
    if (read(there[0], &byte, 1) == 1) {
        struct adl_journal *journal = open_journal(aside_fd);

        put_records(journal, 600); /* ids 601 to 1200 */
        assert_int_equal(adl_journal_end_run(journal, 3), 0);
        adl_journal_close(journal); /* all of it goes to the database */
        assert_int_equal(write(back[1], &byte, 1), 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(there[0]);
    close(back[0]);
    close(back[1]);
    close(aside_fd);
    if (status == 77 << 8) {
        skip(); /* only root can become nobody */
    }
    assert_int_equal(status, 0);
}

/* SQLite would remove the WAL of a database that is empty. */
static void test_a_wal_beside_an_empty_database_is_left(void **state)
{
    const struct scratch *s = *state;
    int aside_fd = open_aside(s);
    struct asyncdl_journal *reader = NULL;

    kill_run(aside_fd, 20);
    assert_int_equal(truncate(scratch_path(s, ASIDE "/journal.db"), 0), 0);
    assert_int_equal(asyncdl_journal_open(&reader, s->path), -ENOENT);
    assert_int_equal(faccessat(aside_fd, "journal.db-wal", F_OK, 0), 0);
    close(aside_fd);
}

static void test_one_that_may_not_be_read_is_no_missing_one(void **state)
{
    static const char *const names[] = {"journal.db", "journal.db-wal"};
    const struct scratch *s = *state;
    int aside_fd = open_aside(s);

    assert_int_equal(chmod(s->path, 0755), 0);
    adl_journal_close(open_journal(aside_fd));
    kill_run(aside_fd, 20);
    assert_int_equal(unlinkat(aside_fd, "journal.db-shm", 0), 0);
    for (size_t i = 0; i < 2; i++) {
        int status = -1;

        assert_int_equal(fchmodat(aside_fd, names[i], 0600, 0), 0);
        pid_t pid = fork();
        if (pid == 0) {
            struct asyncdl_journal *reader = NULL;

            become_nobody();
            _exit(asyncdl_journal_open(&reader, s->path) == -EACCES ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (status == 77 << 8) {
            skip();
        }
        assert_int_equal(status, 0);
        assert_int_equal(fchmodat(aside_fd, names[i], 0644, 0), 0);
    }
    close(aside_fd);
}

static void test_folders_without_a_journal_are_told(void **state)
{
    static const struct {
        const char *folder; /* to be made; NULL: none */
        const char *file;   /* likewise, and what it holds */
        const char *text;
        int err;
    } cases[] = {
        {NULL, NULL, NULL, -ENOENT},
        {NULL, ASIDE, "", ASYNCDL_EINWAY},
        {ASIDE, NULL, NULL, -ENOENT},
        {ASIDE, ASIDE "/journal.db", "", -ENOENT},
        {ASIDE, ASIDE "/journal.db", "surely this is no database of any kind",
         ASYNCDL_EJOURNAL},
    };
    const struct scratch *s = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct asyncdl_journal *reader = NULL;

        if (cases[i].folder != NULL) {
            (void)mkdir(scratch_path(s, cases[i].folder), 0777);
        }
        if (cases[i].file != NULL) {
            scratch_write(scratch_path(s, cases[i].file), cases[i].text);
        }
        int err = asyncdl_journal_open(&reader, s->path);
        if (err != cases[i].err) {
            fail_msg("%zu: %d", i, err);
        }
        assert_null(reader);
        if (cases[i].file != NULL) {
            (void)unlink(scratch_path(s, cases[i].file));
        }
    }
    struct asyncdl_journal *reader = NULL;
    assert_int_equal(asyncdl_journal_open(&reader, scratch_path(s, "none")),
                     -ENOENT);
    asyncdl_journal_close(NULL);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

TEST_SUITE(journal_reader)
{
    const struct CMUnitTest tests[] = {
        TEST(test_entries_are_told_as_they_were_put),
        TEST(test_a_run_under_way_is_read_and_not_disturbed),
        TEST(test_a_killed_run_is_told_from_one_under_way),
        TEST(test_reading_changes_nothing),
        TEST(test_who_may_only_read_can_read),
        TEST(test_a_wal_without_its_index_is_read),
        TEST(test_a_read_only_disk_is_read_with_all_that_is_there),
        TEST(test_what_is_written_while_one_reads_apart_is_seen),
        TEST(test_a_wal_beside_an_empty_database_is_left),
        TEST(test_one_that_may_not_be_read_is_no_missing_one),
        TEST(test_folders_without_a_journal_are_told),
    };

    return cmocka_run_group_tests_name("journal_reader", tests, NULL, NULL);
}
