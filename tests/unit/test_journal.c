/* SPDX-License-Identifier: MIT */
#include "unit/journal_records.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include <sqlite3.h>
#include <sys/wait.h>

#include "asyncdl/error.h"
#include "store/journal_db.h"
#include "support/suite.h"

/* Run SQL as anybody may; the first column of the first row, or -1. */
static int64_t run_sql(const struct scratch *s, const char *name,
                       const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    int64_t answer = -1;

    assert_int_equal(sqlite3_open(scratch_path(s, name), &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    if (sqlite3_step(stmt) == SQLITE_ROW) {
        answer = sqlite3_column_int64(stmt, 0);
    }
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return answer;
}

static int try_open(int aside_fd, enum adl_journal_mode mode, char why[200])
{
    struct adl_journal *journal = NULL;

    why[0] = '\0';
    int err = adl_journal_open(&journal, aside_fd, mode, true, why, 200);
    adl_journal_close(journal);
    return err;
}

static void assert_same_text(const char *a, const char *b)
{
    if (a == NULL || b == NULL) {
        assert_null(a);
        assert_null(b);
        return;
    }
    assert_string_equal(a, b);
}

static void assert_same(const struct adl_record *a, const struct adl_record *b)
{
    assert_int_equal(a->id, b->id);
    assert_memory_equal(a->key, b->key, sizeof(a->key));
    assert_int_equal(a->state, b->state);
    assert_same_text(a->url, b->url);
    assert_same_text(a->path, b->path);
    assert_int_equal(a->attempts, b->attempts);
    assert_int_equal(a->bytes, b->bytes);
    assert_int_equal(a->total, b->total);
    assert_int_equal(a->mtime_ns, b->mtime_ns);
    assert_int_equal(a->earlier_ns, b->earlier_ns);
    assert_same_text(a->etag, b->etag);
    assert_same_text(a->last_modified, b->last_modified);
    assert_int_equal(a->has_sha256, b->has_sha256);
    assert_memory_equal(a->sha256, b->sha256, sizeof(a->sha256));
    assert_same_text(a->checksum, b->checksum);
    assert_same_text(a->part, b->part);
    assert_same_text(a->boot, b->boot);
    assert_int_equal(a->err, b->err);
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->is_retryable, b->is_retryable);
    assert_same_text(a->error, b->error);
}

static void test_what_was_put_is_found_by_the_next_run(void **state)
{
    static const struct adl_record cases[] = {
        {.id = 1, .state = ADL_RECORD_DONE, .url = "", .key = {1}},
        {.id = 2,
         .key = {2},
         .state = ADL_RECORD_DONE,
         .url = "http://h.example/\xff\x01",
         .path = "a/b c'\"",
         .attempts = UINT_MAX,
         .bytes = INT64_MAX,
         .mtime_ns = 1700000000123456789,
         .earlier_ns = INT64_MIN,
         .etag = "W/\"x\"",
         .last_modified = "Tue, 15 Nov 1994 12:45:26 GMT",
         .has_sha256 = true,
         .sha256 = {0x00, 0xff, 0x12, 0xab, [31] = 0x9e},
         .checksum = "sha-512=00"},
        {.id = 3,
         .key = {3},
         .state = ADL_RECORD_PARTIAL,
         .url = "u",
         .path = "p",
         .bytes = 10,
         .total = 30,
         .mtime_ns = -1,
         .etag = "",
         .part = "part.1",
         .boot = "b-o-o-t"},
        {.id = 7,
         .key = {4},
         .state = ADL_RECORD_FAILED,
         .url = "u",
         .attempts = 5,
         .mtime_ns = INT64_C(-1000000000),
         .err = ASYNCDL_EHTTP,
         .status = 503,
         .is_retryable = true,
         .error = "HTTP 503"},
    };
    const size_t n = sizeof(cases) / sizeof(cases[0]);
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);

    for (size_t i = 0; i < n; i++) {
        struct adl_record first = make_record(cases[i].id, 99);

        assert_int_equal(adl_journal_put(journal, &first), 0);
        assert_int_equal(adl_journal_put(journal, &cases[i]), 0);
    }
    assert_int_equal(adl_journal_take_id(journal), 8);
    adl_journal_close(journal);
    journal = open_journal(aside_fd);
    for (size_t i = 0; i < n; i++) {
        struct adl_record expected = cases[i];
        struct adl_record found = {0};

        if (expected.state == ADL_RECORD_DONE) { /* what it is known by */
            expected.url = NULL;
            expected.etag = NULL;
            expected.last_modified = NULL;
        }
        assert_int_equal(adl_journal_match(journal, cases[i].key, &found), 1);
        assert_same(&found, &expected);
        assert_int_equal(adl_journal_match(journal, cases[i].key, &found), 0);
    }
    assert_int_equal(adl_journal_take_id(journal), 8);
    adl_journal_close(journal);
    close(aside_fd);
}

static void test_a_second_run_is_told_that_there_is_a_first(void **state)
{
    char why[200];
    int aside_fd = open_aside(*state);
    int other_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);
    int status = -1;

    assert_int_equal(try_open(aside_fd, ADL_JOURNAL_KEEP, why), ASYNCDL_EINUSE);
    assert_string_equal(why,
                        "another run works in this folder: wait for its end");
    assert_int_equal(try_open(other_fd, ADL_JOURNAL_RESTART, why),
                     ASYNCDL_EINUSE);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(try_open(other_fd, ADL_JOURNAL_KEEP, why) == ASYNCDL_EINUSE ? 0
                                                                          : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    put_records(journal, 3);
    adl_journal_close(journal);
    assert_int_equal(try_open(other_fd, ADL_JOURNAL_KEEP, why), 0);
    close(aside_fd);
    close(other_fd);
}

static void test_people_may_look_into_it_while_it_is_written(void **state)
{
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);
    struct adl_record record = make_record(9, 9);

    record.has_sha256 = true;
    record.sha256[31] = 0xa0;
    record.mtime_ns = 1700000000123456789;
    put_records(journal, 3);
    assert_int_equal(
        run_sql(*state, ASIDE "/journal.db", "SELECT count(*) FROM entries"),
        3);
    assert_int_equal(adl_journal_put(journal, &record), 0);
    assert_int_equal(
        run_sql(*state, ASIDE "/journal.db", "SELECT count(*) FROM entries"),
        3);
    assert_int_equal(adl_journal_commit(journal), 0);
    assert_int_equal(
        run_sql(*state, ASIDE "/journal.db",
                "SELECT count(*) FROM entries WHERE id = 9 AND state = 'done' "
                "AND mtime = 1700000000 AND mtime_ns = 123456789 "
                "AND sha256 = '00000000000000000000000000000000"
                "000000000000000000000000000000a0' AND err IS NULL"),
        1);
    record.checksum = "md5=00000000000000000000000000000000";
    assert_int_equal(adl_journal_put(journal, &record), 0);
    assert_int_equal(adl_journal_commit(journal), 0);
    assert_int_equal(
        run_sql(*state, ASIDE "/journal.db",
                "SELECT count(*) FROM entries WHERE id = 9 "
                "AND checksum = 'md5=00000000000000000000000000000000' "
                "AND err IS NULL AND earlier_ns IS NULL"),
        1);
    adl_journal_close(journal);
    close(aside_fd);
}

static void test_runs_are_noted(void **state)
{
    static const struct {
        bool is_told;
        int status;
        const char *condition; /* that its row meets */
    } cases[] = {
        {true, 3, "status = 3 AND ended >= started AND done = 2"},
        {true, -1, "status IS NULL AND ended NOT NULL"},
        {false, 0, "status IS NULL AND ended NOT NULL AND failed = 1"},
    };
    int aside_fd = open_aside(*state);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_journal *journal = open_journal(aside_fd);
        struct adl_record record = make_record(3, 3);
        char sql[200];

        assert_int_equal(run_sql(*state, ASIDE "/journal.db",
                                 "SELECT count(*) FROM runs WHERE ended IS "
                                 "NULL"),
                         1);
        put_records(journal, 2);
        record.state = ADL_RECORD_FAILED;
        assert_int_equal(adl_journal_put(journal, &record), 0);
        if (cases[i].is_told) {
            assert_int_equal(adl_journal_end_run(journal, cases[i].status), 0);
        }
        adl_journal_close(journal);
        (void)snprintf(sql, sizeof(sql),
                       "SELECT count(*) FROM runs WHERE id = %d AND %s",
                       (int)i + 1, cases[i].condition);
        if (run_sql(*state, ASIDE "/journal.db", sql) != 1) {
            fail_msg("%s", sql);
        }
    }
    close(aside_fd);
}

/* Make something that is no journal of ours, in the journal's place. */
struct bad_case {
    const char *sql;  /* run on a good one, or */
    const char *text; /* the whole file */
    int err;
    const char *why; /* is in it */
};

static const struct bad_case bad_cases[] = {
    {.text = "this is a text of some length and not a database at all",
     .err = ASYNCDL_EJOURNAL,
     .why = "journal.db is damaged or no journal: file is not a database"},
    {.sql = "PRAGMA user_version = 2",
     .err = ASYNCDL_EJOURNALNEW,
     .why = "journal.db has version 2, this asyncdl knows 1"},
    {.sql = "PRAGMA user_version = 0",
     .err = ASYNCDL_EJOURNAL,
     .why = "no journal of asyncdl"},
    {.sql = "PRAGMA application_id = 7",
     .err = ASYNCDL_EJOURNAL,
     .why = "no journal of asyncdl"},
    {.sql = "DROP TABLE entries", .err = ASYNCDL_EJOURNAL, .why = "damaged"},
    {.sql = "ALTER TABLE entries RENAME etag TO tag",
     .err = ASYNCDL_EJOURNAL,
     .why = "damaged"},
    {.sql = "DROP TABLE runs", .err = ASYNCDL_EJOURNAL, .why = "damaged"},
    {.sql = "INSERT INTO entries (id, key, state, url) VALUES "
            "(9223372036854775807, x'00', 'done', 'u')",
     .err = ASYNCDL_EJOURNAL,
     .why = "a row makes no sense"},
};

static void make_bad(const struct scratch *s, const struct bad_case *c)
{
    int aside_fd = open_aside(s);

    if (c->text != NULL) {
        scratch_write(scratch_path(s, ASIDE "/journal.db"), c->text);
    } else {
        struct adl_journal *journal = open_journal(aside_fd);

        put_records(journal, 2);
        adl_journal_close(journal);
        (void)run_sql(s, ASIDE "/journal.db", c->sql);
    }
    close(aside_fd);
}

static void empty_aside(const struct scratch *s)
{
    static const char *const names[] = {
        "journal.db",     "journal.db-wal", "journal.db-shm",
        "journal.db.old", "journal.db.new", "journal.db.old-wal",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char name[64];

        (void)snprintf(name, sizeof(name), ASIDE "/%s", names[i]);
        (void)unlink(scratch_path(s, name)); /* most are not there */
    }
}

static off_t get_size(const struct scratch *s, const char *name)
{
    struct stat info;

    return stat(scratch_path(s, name), &info) == 0 ? info.st_size : -1;
}

static void test_what_is_no_journal_is_refused_and_kept(void **state)
{
    char why[200];

    for (size_t i = 0; i < sizeof(bad_cases) / sizeof(bad_cases[0]); i++) {
        const struct bad_case *c = &bad_cases[i];

        make_bad(*state, c);
        off_t size = get_size(*state, ASIDE "/journal.db");
        int aside_fd = open_aside(*state);
        int err = try_open(aside_fd, ADL_JOURNAL_KEEP, why);
        if (err != c->err || strstr(why, c->why) == NULL ||
            strchr(why, '\n') != NULL) {
            fail_msg("%zu: %d, %s", i, err, why);
        }
        assert_int_equal(get_size(*state, ASIDE "/journal.db"), size);
        assert_int_equal(try_open(aside_fd, ADL_JOURNAL_KEEP, why), c->err);

        /* but a restart sets it aside */
        assert_int_equal(try_open(aside_fd, ADL_JOURNAL_RESTART, why), 0);
        assert_int_equal(get_size(*state, ASIDE "/journal.db.old"), size);
        assert_int_equal(try_open(aside_fd, ADL_JOURNAL_KEEP, why), 0);
        close(aside_fd);
        empty_aside(*state);
    }
}

static void test_a_row_that_makes_no_sense_is_an_error(void **state)
{
    static const char *const changes[] = {
        "state = 'dono'",  "state = NULL || ''",
        "key = x'00'",     "bytes = -1",
        "sha256 = 'xyz'",  "sha256 = replace(hex(zeroblob(32)), '0', 'G')",
        "attempts = 5e18", "mtime = 9223372036854775807",
    };

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        char sql[200];
        int aside_fd = open_aside(*state);
        struct adl_journal *journal = open_journal(aside_fd);

        put_records(journal, 3);
        adl_journal_close(journal);
        (void)snprintf(sql, sizeof(sql), "UPDATE entries SET %s WHERE id = 2",
                       changes[i]);
        if (strstr(changes[i], "NULL") != NULL) {
            (void)snprintf(sql, sizeof(sql),
                           "UPDATE entries SET state = '' WHERE id = 2");
        }
        (void)run_sql(*state, ASIDE "/journal.db", sql);
        journal = open_journal(aside_fd);
        assert_int_equal(match(journal, 0), 1);
        if (match(journal, 1) != ASYNCDL_EJOURNAL) {
            fail_msg("%s", changes[i]);
        }
        adl_journal_close(journal);
        close(aside_fd);
        empty_aside(*state);
    }
}

static void test_a_journal_with_torn_pages_is_refused(void **state)
{
    char why[200];
    char junk[4096];
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);
    int64_t answer = 1;

    put_records(journal, 2000);
    adl_journal_close(journal);
    memset(junk, 0x5a, sizeof(junk));
    int fd = open(scratch_path(*state, ASIDE "/journal.db"), O_WRONLY);
    for (int page = 4; page < 20; page++) {
        assert_int_equal(pwrite(fd, junk, sizeof(junk), 4096 * page), 4096);
    }
    close(fd);
    int err = adl_journal_open(&journal, aside_fd, ADL_JOURNAL_KEEP, true, why,
                               sizeof(why));
    if (err == 0) {
        for (uint64_t i = 0; answer > 0 && i < 2000; i++) {
            answer = match(journal, i);
        }
        adl_journal_close(journal);
    }
    assert_int_equal(err == 0 ? answer : err, ASYNCDL_EJOURNAL);
    assert_int_equal(try_open(aside_fd, ADL_JOURNAL_RESTART, why), 0);
    close(aside_fd);
}

static void test_a_restart_forgets_and_sets_the_old_one_aside(void **state)
{
    char why[200];
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);

    put_records(journal, 3);
    adl_journal_close(journal);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(adl_journal_open(&journal, aside_fd,
                                          ADL_JOURNAL_RESTART, true, why, 200),
                         0);
        assert_int_equal(match(journal, 0), 0);
        assert_int_equal(adl_journal_take_id(journal), 1);
        put_records(journal, 5);
        adl_journal_close(journal);
        assert_int_equal(run_sql(*state, ASIDE "/journal.db.old",
                                 "SELECT count(*) FROM entries"),
                         round == 0 ? 3 : 5);
    }
    assert_int_equal(get_size(*state, ASIDE "/journal.db.new"), -1);
    close(aside_fd);
}

static void test_links_and_folders_are_refused(void **state)
{
    static const struct {
        const char *name;
        const char *target; /* of a link; NULL: it is a folder */
        int err;
    } cases[] = {
        {ASIDE "/journal.db", "../elsewhere", ASYNCDL_EINWAY},
        {ASIDE "/journal.db", NULL, ASYNCDL_EINWAY},
        {ASIDE "/journal.lock", "../elsewhere", ASYNCDL_EINWAY},
        {ASIDE "/journal.db-wal", "../elsewhere", -ELOOP},
    };
    char why[200];
    int aside_fd = open_aside(*state);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *path = scratch_path(*state, cases[i].name);

        assert_int_equal(cases[i].target == NULL
                             ? mkdir(path, 0777)
                             : symlink(cases[i].target, path),
                         0);
        int err = try_open(aside_fd, ADL_JOURNAL_KEEP, why);
        if (err != cases[i].err || why[0] == '\0') {
            fail_msg("%zu: %d, %s", i, err, why);
        }
        assert_int_equal(get_size(*state, "elsewhere"), -1);
        path = scratch_path(*state, cases[i].name);
        assert_int_equal(remove(path), 0);
        (void)unlink(scratch_path(*state, ASIDE "/journal.lock"));
    }
    close(aside_fd);
}

/* Neither who writes nor who reads waits for its other end. */
static void test_a_lock_that_is_a_pipe_is_refused(void **state)
{
    int aside_fd = open_aside(*state);
    struct adl_journal_db db = {.aside_fd = aside_fd};
    const char *path = scratch_path(*state, ASIDE "/journal.lock");
    char why[200];

    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(try_open(aside_fd, ADL_JOURNAL_KEEP, why), ASYNCDL_EINWAY);
    assert_string_equal(why, "journal.lock is not a regular file: remove it");
    assert_int_equal(adl_journal_db_is_locked(&db), ASYNCDL_EINWAY);
    close(aside_fd);
}

static void test_without_shared_memory_it_is_taken_alone(void **state)
{
    int aside_fd = open_aside(*state);

    assert_int_equal(mkdir(scratch_path(*state, ASIDE "/journal.db-shm"), 0777),
                     0);
    for (int round = 0; round < 2; round++) {
        struct adl_journal *journal = open_journal(aside_fd);

        assert_int_equal(match(journal, 0), round);
        put_records(journal, 3);
        adl_journal_close(journal);
    }
    close(aside_fd);
}

static void test_long_paths_are_no_trouble(void **state)
{
    char name[200];
    const struct scratch *s = *state;
    int fd = open_aside(s);

    memset(name, 'd', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    for (int depth = 0; depth < 5; depth++) {
        assert_int_equal(mkdirat(fd, name, 0777), 0);
        int next_fd = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(next_fd >= 0);
        close(fd);
        fd = next_fd;
    }
    for (int round = 0; round < 2; round++) {
        struct adl_journal *journal = open_journal(fd);

        assert_int_equal(match(journal, 0), round);
        put_records(journal, 1);
        adl_journal_close(journal);
    }
    close(fd);
}

/* In a process of its own, with a small file system of its own. 0: right. */
static int fill_disk(const struct scratch *s)
{
    static char url[2000];
    struct adl_journal *journal = NULL;
    char why[200];
    int err = 0;
    uint64_t n = 0;
    uint64_t n_kept = 0;

    if (!scratch_mount(s->path, 512 * 1024)) {
        return 77;
    }
    int aside_fd = open_aside(s);
    memset(url, 'u', sizeof(url) - 1);
    int fd = open(scratch_path(s, "ballast"), O_WRONLY | O_CREAT, 0666);
    if (ftruncate(fd, 0) < 0 || posix_fallocate(fd, 0, 128 * 1024) != 0 ||
        close(fd) < 0) {
        return 1;
    }
    if (adl_journal_open(&journal, aside_fd, ADL_JOURNAL_KEEP, true, why,
                         sizeof(why)) < 0) {
        return 1;
    }
    while (err == 0 && n < 100000) {
        struct adl_record record = make_record(n + 1, n);

        record.url = url;
        err = adl_journal_put(journal, &record);
        n++;
        if (err == 0 && n % 8 == 0) {
            err = adl_journal_commit(journal);
            n_kept = err == 0 ? n : n_kept;
        }
    }
    adl_journal_copy_why(journal, why, sizeof(why));
    adl_journal_close(journal);
    if (err != -ENOSPC || strstr(why, "no space left on device") == NULL) {
        return 2;
    }
    if (unlink(scratch_path(s, "ballast")) < 0 ||
        adl_journal_open(&journal, aside_fd, ADL_JOURNAL_KEEP, true, why,
                         sizeof(why)) < 0) {
        return 3;
    }
    err = 0;
    for (uint64_t i = 0; err == 0 && i < n_kept; i++) {
        err = match(journal, i) == (int64_t)i + 1 ? 0 : -1;
    }
    adl_journal_close(journal);
    return err == 0 && n_kept > 0 ? 0 : 4;
}

static void test_a_full_disk_loses_nothing_that_was_committed(void **state)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        _exit(fill_disk(*state));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status == 77 << 8) {
        skip(); /* mounting is for the privileged */
    }
    assert_int_equal(status, 0);
}

/* As somebody who may not write there. 0: right. */
static int open_unwritable(int aside_fd)
{
    char why[200];

    if (setgid(65534) < 0 || setuid(65534) < 0) {
        return 77;
    }
    int err = try_open(aside_fd, ADL_JOURNAL_KEEP, why);
    return err == -EACCES && strstr(why, "permission denied") != NULL ? 0 : 1;
}

static void test_no_permission_is_told(void **state)
{
    static const mode_t locks[] = {0644, 0666}; /* of journal.lock */
    int aside_fd = open_aside(*state);

    assert_int_equal(chmod(((const struct scratch *)*state)->path, 0755), 0);
    for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++) {
        struct adl_journal *journal = open_journal(aside_fd);
        int status = -1;

        put_records(journal, 3);
        adl_journal_close(journal);
        assert_int_equal(
            chmod(scratch_path(*state, ASIDE "/journal.lock"), locks[i]), 0);
        pid_t pid = fork();
        if (pid == 0) {
            _exit(open_unwritable(aside_fd));
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (status == 77 << 8) {
            skip(); /* only root can become nobody */
        }
        assert_int_equal(status, 0);
    }
    close(aside_fd);
}

static int count_path(const char *path, void *data)
{
    uint64_t *n = data;
    char expected[32];

    (void)snprintf(expected, sizeof(expected), "p%" PRIu64, ++*n);
    assert_string_equal(path, expected);
    return *n == 2400 ? 7 : 0;
}

static void test_paths_of_the_last_run_are_told_in_order(void **state)
{
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);
    uint64_t n = 0;

    for (uint64_t i = 1; i <= 2500; i++) {
        struct adl_record record = make_record(i, i);
        char path[32];

        (void)snprintf(path, sizeof(path), "p%" PRIu64, i);
        record.path = path;
        assert_int_equal(adl_journal_put(journal, &record), 0);
    }
    assert_int_equal(adl_journal_each_path(journal, count_path, &n), 0);
    assert_int_equal(n, 0); /* none was there at open */
    adl_journal_close(journal);
    journal = open_journal(aside_fd);
    put_records(journal, 1);
    assert_int_equal(adl_journal_each_path(journal, count_path, &n), 7);
    assert_int_equal(n, 2400);
    adl_journal_close(journal);
    close(aside_fd);
}

static void test_close_accepts_null(void **state)
{
    (void)state;
    adl_journal_close(NULL);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

TEST_SUITE(journal)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_put_is_found_by_the_next_run),
        TEST(test_a_second_run_is_told_that_there_is_a_first),
        TEST(test_people_may_look_into_it_while_it_is_written),
        TEST(test_runs_are_noted),
        TEST(test_what_is_no_journal_is_refused_and_kept),
        TEST(test_a_row_that_makes_no_sense_is_an_error),
        TEST(test_a_journal_with_torn_pages_is_refused),
        TEST(test_a_restart_forgets_and_sets_the_old_one_aside),
        TEST(test_links_and_folders_are_refused),
        TEST(test_a_lock_that_is_a_pipe_is_refused),
        TEST(test_without_shared_memory_it_is_taken_alone),
        TEST(test_long_paths_are_no_trouble),
        TEST(test_a_full_disk_loses_nothing_that_was_committed),
        TEST(test_no_permission_is_told),
        TEST(test_paths_of_the_last_run_are_told_in_order),
        cmocka_unit_test(test_close_accepts_null),
    };

    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
