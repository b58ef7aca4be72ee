/* SPDX-License-Identifier: MIT */
/* Each call of SQLite, and each allocation, fails once; what was committed
 * before is there afterwards. */
#include "unit/journal_records.h"

#include <errno.h>
#include <signal.h>

#include <sqlite3.h>
#include <sys/resource.h>

#include "asyncdl/error.h"
#include "support/fault.h"
#include "support/suite.h"

#define N_BEFORE 5

static int on_path(const char *path, void *data)
{
    (void)path;
    (void)data;
    return 0;
}

static int keep_first(int err, int answer)
{
    return err < 0 ? err : answer < 0 ? answer : 0;
}

/* All that a run does; the first error. A bad open is not repeated. */
static int work(int aside_fd, enum adl_journal_mode mode)
{
    struct adl_journal *journal = NULL;
    struct adl_record found;
    uint8_t key[ADL_JOURNAL_KEY];
    char why[200] = "";
    int err =
        adl_journal_open(&journal, aside_fd, mode, false, why, sizeof(why));

    if (err < 0) {
        assert_string_not_equal(why, "");
        return err;
    }
    make_key(key, 0);
    err = keep_first(err, adl_journal_match(journal, key, &found));
    err = keep_first(err,
                     adl_journal_match_unfinished(journal, key, NULL, &found));
    make_key(key, 3); /* out of order */
    err = keep_first(err, adl_journal_match(journal, key, &found));
    for (uint64_t i = 0; i < ADL_ROW_GROUP + 2; i++) {
        struct adl_record record = make_record(100 + i, 100 + i);

        record.has_sha256 = true;
        err = keep_first(err, adl_journal_put(journal, &record));
    }
    err = keep_first(err, adl_journal_commit(journal));
    err = keep_first(err, adl_journal_each_path(journal, on_path, NULL));
    err = keep_first(err, adl_journal_end_run(journal, 0));
    adl_journal_close(journal);
    return err;
}

static void check_whole(int aside_fd)
{
    struct adl_journal *journal = open_journal(aside_fd);

    for (uint64_t i = 0; i < N_BEFORE; i++) {
        assert_int_equal(match(journal, i), i + 1);
    }
    adl_journal_close(journal);
}

struct fault_case {
    enum fault_call call;
    int fault; /* errno, or SQLite's code */
    int err;   /* what becomes of it, if anything */
};

static const struct fault_case fault_cases[] = {
    {FAULT_CALLOC, ENOMEM, -ENOMEM},
    {FAULT_SQLITE_OPEN, SQLITE_NOMEM, -ENOMEM},
    {FAULT_SQLITE_OPEN, SQLITE_CANTOPEN, -EACCES},
    {FAULT_SQLITE_EXEC, SQLITE_FULL, -ENOSPC},
    {FAULT_SQLITE_EXEC, SQLITE_IOERR, -EIO},
    {FAULT_SQLITE_EXEC, SQLITE_NOMEM, -ENOMEM},
    {FAULT_SQLITE_PREPARE, SQLITE_NOMEM, -ENOMEM},
    {FAULT_SQLITE_PREPARE, SQLITE_CORRUPT, ASYNCDL_EJOURNAL},
    {FAULT_SQLITE_BIND, SQLITE_NOMEM, -ENOMEM},
    {FAULT_SQLITE_STEP, SQLITE_FULL, -ENOSPC},
    {FAULT_SQLITE_STEP, SQLITE_IOERR, -EIO},
    {FAULT_SQLITE_STEP, SQLITE_BUSY, -EBUSY},
    {FAULT_SQLITE_STEP, SQLITE_NOTADB, ASYNCDL_EJOURNAL},
};

/* Fail the nth such call. Answers whether there was one. */
static bool fail_nth(const struct fault_case *c, int aside_fd, int nth,
                     enum adl_journal_mode mode)
{
    fault_arm(c->call, nth, c->fault);
    int err = work(aside_fd, mode);
    bool has_hit = fault_n_hits(c->call) > 0;
    fault_clear();
    /* a file system without shared memory is tried in another way */
    bool may_recover = c->err == -EIO || c->err == -EACCES;
    if (has_hit ? err != c->err && !(may_recover && err == 0) : err != 0) {
        fail_msg("call %d, number %d: %d instead of %d", (int)c->call, nth, err,
                 c->err);
    }
    return has_hit;
}

static void test_any_call_may_fail(void **state)
{
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);

    put_records(journal, N_BEFORE);
    struct adl_record twin = make_record(N_BEFORE + 1, 0);
    twin.state = ADL_RECORD_FAILED;
    assert_int_equal(adl_journal_put(journal, &twin), 0);
    adl_journal_close(journal);
    for (size_t i = 0; i < sizeof(fault_cases) / sizeof(fault_cases[0]); i++) {
        int nth = 1;

        while (fail_nth(&fault_cases[i], aside_fd, nth, ADL_JOURNAL_KEEP)) {
            check_whole(aside_fd);
            nth++;
        }
        assert_true(nth > 1);
    }
    close(aside_fd);
}

static const struct fault_case open_cases[] = {
    {FAULT_OPENAT, EROFS, -EROFS},
    {FAULT_OPENAT, EACCES, -EACCES},
    {FAULT_OPENAT, ENOSPC, -ENOSPC},
    {FAULT_FCNTL, EIO, -EIO},
    {FAULT_FCNTL, EAGAIN, ASYNCDL_EINUSE},
    {FAULT_FCNTL, EACCES, ASYNCDL_EINUSE},
    {FAULT_FCNTL, ENOLCK, 0}, /* no locks there: goes on */
    {FAULT_FSTATAT, EIO, -EIO},
};

static void test_calls_of_the_system_may_fail(void **state)
{
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);

    put_records(journal, N_BEFORE);
    adl_journal_close(journal);
    for (size_t i = 0; i < sizeof(open_cases) / sizeof(open_cases[0]); i++) {
        const struct fault_case *c = &open_cases[i];

        fault_arm(c->call, 1, c->fault);
        int err = work(aside_fd, ADL_JOURNAL_KEEP);
        assert_int_equal(fault_n_hits(c->call), 1);
        fault_clear();
        if (err != c->err) {
            fail_msg("%zu: %d", i, err);
        }
        check_whole(aside_fd);
    }
    close(aside_fd);
}

/* Writes to files fail from here on: what is open takes no more bytes. */
static struct rlimit forbid_writes(void)
{
    struct rlimit before;

    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    return before;
}

/* One commit fails and takes the rows of all with it. Nobody must be told that
 * his are safe, not even once there is room again. */
static void test_rows_that_a_failure_took_back_are_never_committed(void **state)
{
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);
    struct adl_record record = make_record(N_BEFORE + 1, N_BEFORE);

    put_records(journal, N_BEFORE);
    assert_int_equal(adl_journal_commit(journal), 0);
    assert_int_equal(adl_journal_put(journal, &record), 0);
    struct rlimit before = forbid_writes();
    int err = adl_journal_commit(journal);
    assert_true(err < 0);
    assert_int_equal(adl_journal_commit(journal), err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);

    assert_int_equal(adl_journal_commit(journal), err);
    assert_int_equal(adl_journal_put(journal, &record), err);
    assert_int_equal(adl_journal_end_run(journal, 0), err);
    adl_journal_close(journal);
    check_whole(aside_fd);
    close(aside_fd);
}

static void test_a_restart_that_fails_leaves_all_as_it_was(void **state)
{
    static const struct fault_case cases[] = {
        {FAULT_SQLITE_OPEN, SQLITE_NOMEM, -ENOMEM},
        {FAULT_SQLITE_EXEC, SQLITE_FULL, -ENOSPC},
        {FAULT_RENAMEAT, EIO, -EIO},
    };
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);

    put_records(journal, N_BEFORE);
    adl_journal_close(journal);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        /* as many calls as come before the new one is in its place */
        int n = cases[i].call == FAULT_SQLITE_OPEN   ? 1
                : cases[i].call == FAULT_SQLITE_EXEC ? 3
                                                     : 4;

        for (int nth = 1; nth <= n; nth++) {
            assert_true(
                fail_nth(&cases[i], aside_fd, nth, ADL_JOURNAL_RESTART));
            check_whole(aside_fd);
        }
    }
    close(aside_fd);
}

static int setup(void **state)
{
    fault_clear();
    return scratch_setup(state);
}

static int teardown(void **state)
{
    fault_clear();
    return scratch_teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

TEST_SUITE(journal_faults)
{
    const struct CMUnitTest tests[] = {
        TEST(test_any_call_may_fail),
        TEST(test_calls_of_the_system_may_fail),
        TEST(test_rows_that_a_failure_took_back_are_never_committed),
        TEST(test_a_restart_that_fails_leaves_all_as_it_was),
    };

    return cmocka_run_group_tests_name("journal_faults", tests, NULL, NULL);
}
