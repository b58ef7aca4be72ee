/* SPDX-License-Identifier: MIT */
/* A ledger whose journal is damaged, was written by somebody else, or fails. */
#include "unit/ledger_bed.h"

#include <errno.h>
#include <stdlib.h>

#include <sqlite3.h>
#include <unistd.h>

#include "asyncdl/error.h"
#include "support/fault.h"
#include "support/suite.h"

static void test_a_damaged_journal_is_told_and_a_restart_sets_it_aside(
    void **state)
{
    static const struct {
        const char *sql; /* what happened to it; NULL: it is no database */
        int err;
    } cases[] = {
        {NULL, ASYNCDL_EJOURNAL},
        {"PRAGMA user_version = 99", ASYNCDL_EJOURNALNEW},
        {"PRAGMA application_id = 5", ASYNCDL_EJOURNAL},
        {"DROP TABLE entries", ASYNCDL_EJOURNAL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bed bed;

        init_bed(&bed, state);
        close_run(&bed);
        if (cases[i].sql != NULL) {
            change_journal(&bed, cases[i].sql);
        } else {
            scratch_write(aside_path(&bed, "journal.db"), "surely nothing of "
                                                          "SQLite's");
        }
        assert_int_equal(try_open_run(&bed), cases[i].err);
        assert_string_not_equal(bed.error, "");
        adl_dir_destroy(bed.dir);
        assert_int_not_equal(access(aside_path(&bed, "journal.db.old"), F_OK),
                             0);
        bed.options.restarts = true;
        open_run(&bed);
        admit(&bed, 1, "a");
        assert_int_equal(bed.standing.state, ADL_STANDING_OPEN);
        finish_bed(&bed);
        assert_int_equal(access(aside_path(&bed, "journal.db.old"), F_OK), 0);
        assert_int_equal(unlink(aside_path(&bed, "journal.db")), 0);
        assert_int_equal(unlink(aside_path(&bed, "journal.db.old")), 0);
    }
}

static void test_a_damaged_row_is_told_and_a_restart_sets_it_aside(void **state)
{
    struct bed bed;

    init_bed(&bed, state);
    for (uint64_t n = 1; n <= 3; n++) {
        save(&bed, n, "a", "x");
    }
    close_run(&bed);
    change_journal(&bed, "UPDATE entries SET state = 'odd' WHERE id = 2");
    open_run(&bed);
    admit(&bed, 1, "a");
    assert_int_equal(bed.standing.state, ADL_STANDING_DONE);
    const struct adl_ledger_ask ask = make_ask(2, "a");
    assert_int_equal(admit_ask(&bed, &ask), ASYNCDL_EJOURNAL);
    assert_non_null(strstr(bed.error, "--restart"));
    bed.options.restarts = true;
    reopen(&bed);
    admit(&bed, 2, "b");
    assert_int_equal(bed.standing.state, ADL_STANDING_OPEN);
    finish_bed(&bed);
    assert_int_equal(access(aside_path(&bed, "journal.db.old"), F_OK), 0);
}

static void test_a_restart_keeps_a_journal_that_is_sound(void **state)
{
    struct bed bed;

    init_bed(&bed, state);
    save(&bed, 1, "a", "x");
    bed.options.restarts = true;
    reopen(&bed);
    admit(&bed, 1, "a");
    assert_true(bed.standing.replaces);
    finish_bed(&bed);
    assert_int_not_equal(access(aside_path(&bed, "journal.db.old"), F_OK), 0);
}

/* Anybody may write to a journal. */
static void test_unsafe_names_of_the_journal_are_not_used(void **state)
{
    static const char *const paths[] = {
        "../a", "/tmp/a", "a/../../b", ".asyncdl/a", ".bashrc", "",
        "a//b", "a\nb",   "a/",        "a\\b",       "..",
    };
    struct bed bed;

    init_bed(&bed, state);
    admit(&bed, 1, "a");
    adl_sink_leave(get_ready(&bed, 1, "x")); /* it has no name yet */
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        const struct adl_ledger_ask ask = make_ask(1, "a");
        char sql[100];

        (void)snprintf(sql, sizeof(sql), "UPDATE entries SET path = '%s'",
                       paths[i]);
        close_run(&bed);
        change_journal(&bed, sql);
        open_run(&bed);
        if (admit_ask(&bed, &ask) != ASYNCDL_EJOURNAL ||
            strstr(bed.error, "--restart") == NULL) {
            fail_msg("%s: %s", paths[i], bed.error);
        }
        bed.options.restarts = true;
        reopen(&bed);
        admit(&bed, 1, "a");
        assert_int_equal(adl_buf_str(&bed.path)[0], 'a'); /* or "a~2" */
        assert_int_equal(bed.standing.id, 1);
        bed.options.restarts = false;
    }
    finish_bed(&bed);
    assert_int_equal(scratch_count_entries(bed.scratch->path), 1);
}

static void test_folders_that_make_no_sense_are_set_aside(void **state)
{
    const struct adl_ledger_ask ask = make_ask(2, "b");
    struct bed bed;

    init_bed(&bed, state);
    save(&bed, 1, "a", "1");
    close_run(&bed);
    change_journal(&bed, "INSERT INTO folders VALUES ('a', 1)");
    open_run(&bed);
    assert_int_equal(admit_ask(&bed, &ask), ASYNCDL_EJOURNAL);
    assert_non_null(strstr(bed.error, "--restart sets it aside"));
    bed.options.restarts = true;
    reopen(&bed);
    admit(&bed, 2, "b");
    finish_bed(&bed);
    assert_int_equal(access(aside_path(&bed, "journal.db.old"), F_OK), 0);
}

static void test_a_second_run_in_the_same_folder_is_refused(void **state)
{
    struct adl_ledger *ledger = NULL;
    char error[ADL_LEDGER_ERROR_MAX] = "";
    struct bed bed;

    init_bed(&bed, state);
    assert_int_equal(adl_ledger_open(&ledger, bed.dir, &bed.options, error),
                     ASYNCDL_EINUSE);
    assert_non_null(strstr(error, "another run"));
    assert_null(ledger);
    finish_bed(&bed);
}

static void test_a_name_that_the_server_chose_is_kept(void **state)
{
    struct adl_ledger_ask ask = make_ask(1, "template");
    struct bed bed;

    init_bed(&bed, state);
    ask.is_name_open = true;
    assert_int_equal(admit_ask(&bed, &ask), 0);
    assert_false(bed.standing.is_named);
    assert_string_equal(adl_buf_str(&bed.path), "template");
    assert_int_equal(
        adl_ledger_claim(bed.ledger, "chosen", &bed.path, bed.error), 0);
    finish_file(&bed, 1, "x");
    reopen(&bed);
    assert_int_equal(admit_ask(&bed, &ask), 0);
    assert_true(bed.standing.is_named);
    assert_int_equal(bed.standing.state, ADL_STANDING_DONE);
    assert_string_equal(adl_buf_str(&bed.path), "chosen");
    finish_bed(&bed);
}

/* It comes with an answer, on the thread of the loop. */
static void test_claiming_an_open_name_reads_no_journal(void **state)
{
    struct adl_ledger_ask ask = make_ask(2, "a");
    struct bed bed;

    init_bed(&bed, state);
    save(&bed, 1, "a", "x");
    reopen(&bed);
    ask.is_name_open = true;
    assert_int_equal(admit_ask(&bed, &ask), 0);
    fault_arm_all(FAULT_SQLITE_PREPARE, SQLITE_IOERR);
    fault_arm_all(FAULT_SQLITE_STEP, SQLITE_IOERR);
    assert_int_equal(adl_ledger_claim(bed.ledger, "a", &bed.path, bed.error),
                     0);
    fault_clear();
    assert_string_equal(adl_buf_str(&bed.path), "a~2");
    finish_bed(&bed);
}

/* The kernel tells of it once, and calls it written from then on. */
static void test_a_sync_that_failed_is_not_asked_again(void **state)
{
    static const int errs[] = {EIO, ENOSPC, EDQUOT};

    for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++) {
        struct bed bed;

        init_bed(&bed, state);
        bed.options.sync = ADL_SYNC_BATCH;
        reopen(&bed);
        fault_arm(FAULT_SYNCFS, 1, errs[i]);
        assert_int_equal(adl_ledger_settle(bed.ledger), -errs[i]);
        assert_int_equal(fault_n_hits(FAULT_SYNCFS), 1);
        fault_arm_all(FAULT_SYNCFS, ENXIO);
        assert_int_equal(adl_ledger_settle(bed.ledger), -errs[i]);
        assert_int_equal(fault_n_hits(FAULT_SYNCFS), 0);
        fault_clear();
        reopen(&bed); /* the next run may try */
        assert_int_equal(adl_ledger_settle(bed.ledger), 0);
        finish_bed(&bed);
    }
}

static void test_halves_count_for_what_was_synced_after_a_failure(void **state)
{
    char part[ADL_PART_NAME_MAX];
    struct bed bed;

    init_bed(&bed, state);
    bed.options.sync = ADL_SYNC_BATCH;
    reopen(&bed);
    leave_half(&bed, 1, "a", "half of it", part);
    leave_half(&bed, 2, "b", "half of it", part);
    reopen(&bed);
    admit(&bed, 1, "a");
    assert_non_null(bed.standing.half); /* as far as it was written */
    assert_int_equal(bed.standing.half->bytes, 10);
    admit(&bed, 2, "b");
    fault_arm(FAULT_SYNCFS, 1, EIO);
    assert_int_equal(adl_ledger_settle(bed.ledger), -EIO);
    struct adl_record record = make_entry(&bed, 2, ADL_RECORD_PARTIAL);
    record.part = part;
    record.etag = ETAG;
    record.bytes = 4;
    record.total = 1000;
    assert_int_equal(adl_ledger_note(bed.ledger, &record), 0);
    reopen(&bed);
    admit(&bed, 1, "a");
    assert_null(bed.standing.half);
    admit(&bed, 2, "b");
    assert_non_null(bed.standing.half);
    assert_int_equal(bed.standing.half->bytes, 4);
    finish_bed(&bed);
}

/* Killed before it was synced: it is, before it has its name. */
static void test_what_a_crash_left_ready_is_synced_first(void **state)
{
    static const struct {
        enum adl_sync sync;
        int fault; /* 0: none */
        enum adl_standing_state standing;
    } cases[] = {
        {ADL_SYNC_BATCH, 0, ADL_STANDING_DONE},
        {ADL_SYNC_BATCH, EIO, ADL_STANDING_OPEN},
        {ADL_SYNC_FILE, ENOSPC, ADL_STANDING_OPEN},
        {ADL_SYNC_NONE, EIO, ADL_STANDING_DONE},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_sink_facts facts;
        struct bed bed;

        init_bed(&bed, state);
        admit(&bed, i + 1, "a");
        struct adl_sink *sink = get_ready(&bed, i + 1, "x");
        assert_int_equal(adl_sink_get_facts(sink, &facts), 0);
        adl_sink_leave(sink);
        bed.options.sync = cases[i].sync;
        reopen(&bed);
        if (cases[i].fault != 0) {
            fault_arm_all(FAULT_FSYNC, cases[i].fault);
        }
        admit(&bed, i + 1, "a");
        fault_clear();
        assert_int_equal(bed.standing.state, cases[i].standing);
        assert_int_not_equal(access(aside_path(&bed, facts.part), F_OK), 0);
        assert_int_equal(has_text(&bed, adl_buf_str(&bed.path), "x"),
                         cases[i].standing == ADL_STANDING_DONE);
        finish_bed(&bed);
    }
}

static int keep_first(int err, int answer)
{
    return err < 0 ? err : answer;
}

/* All that a run does, the first error. Entries 1, done, and 2, half, were
 * there before; 3 and 4 are new. */
static int work(struct bed *bed)
{
    int err = try_open_run(bed);

    if (err < 0) {
        adl_dir_destroy(bed->dir);
        bed->dir = NULL;
        return err;
    }
    for (uint64_t n = 1; n <= 4; n++) {
        struct adl_ledger_ask ask = make_ask(n, "a");

        ask.is_name_open = n == 4;
        int answer = admit_ask(bed, &ask);
        if (answer == 0 && bed->standing.state == ADL_STANDING_OPEN) {
            struct adl_record record = make_entry(
                bed, n, n == 2 ? ADL_RECORD_PARTIAL : ADL_RECORD_FAILED);

            record.etag = ETAG;
            record.part = "0123456789abcdef.part";
            answer = adl_ledger_note(bed->ledger, &record);
        }
        err = keep_first(err, answer);
    }
    err = keep_first(err, adl_ledger_settle(bed->ledger));
    close_run(bed);
    return err;
}

/* 1 is done, and nobody has the name of another. */
static void check_kept(struct bed *bed)
{
    open_run(bed);
    admit(bed, 1, "a");
    assert_int_equal(bed->standing.state, ADL_STANDING_DONE);
    assert_string_equal(adl_buf_str(&bed->path), "a");
    admit(bed, 2, "a");
    assert_int_equal(bed->standing.state, ADL_STANDING_OPEN);
    assert_string_equal(adl_buf_str(&bed->path), "a~2");
    close_run(bed);
}

struct fault_case {
    enum fault_call call;
    int fault;
    int err;          /* what becomes of it */
    bool may_recover; /* or nothing: it is tried in another way */
};

static const struct fault_case fault_cases[] = {
    {FAULT_CALLOC, ENOMEM, -ENOMEM, false},
    {FAULT_STRDUP, ENOMEM, -ENOMEM, false},
    {FAULT_SQLITE_OPEN, SQLITE_NOMEM, -ENOMEM, false},
    {FAULT_SQLITE_EXEC, SQLITE_FULL, -ENOSPC, true},
    {FAULT_SQLITE_PREPARE, SQLITE_NOMEM, -ENOMEM, false},
    {FAULT_SQLITE_PREPARE, SQLITE_CORRUPT, ASYNCDL_EJOURNAL, false},
    {FAULT_SQLITE_BIND, SQLITE_NOMEM, -ENOMEM, false},
    {FAULT_SQLITE_STEP, SQLITE_FULL, -ENOSPC, false},
    {FAULT_SQLITE_STEP, SQLITE_IOERR, -EIO, true},
    {FAULT_SQLITE_STEP, SQLITE_NOTADB, ASYNCDL_EJOURNAL, false},
    {FAULT_MKDIRAT, EROFS, -EROFS, false},
    {FAULT_FCNTL, EAGAIN, ASYNCDL_EINUSE, true},
    {FAULT_FLOCK, EIO, -EIO, true},
    {FAULT_FSTATAT, EIO, -EIO, true},
    {FAULT_OPENAT, EMFILE, -EMFILE, false},
    {FAULT_SYNCFS, EIO, -EIO, true}, /* at the end nobody asks */
    {FAULT_SYNCFS, EDQUOT, -EDQUOT, true},
};

static bool fail_nth(struct bed *bed, const struct fault_case *c, int nth)
{
    fault_arm(c->call, nth, c->fault);
    int err = work(bed);
    bool has_hit = fault_n_hits(c->call) > 0;
    fault_clear();
    if (has_hit ? err != c->err && !(c->may_recover && err == 0) : err != 0) {
        fail_msg("call %d, number %d: %d instead of %d (%s)", (int)c->call, nth,
                 err, c->err, bed->error);
    }
    return has_hit;
}

static void test_any_call_may_fail(void **state)
{
    char part[ADL_PART_NAME_MAX];
    struct bed bed;

    init_bed(&bed, state);
    save(&bed, 1, "a", "x");
    leave_half(&bed, 2, "a", "half", part);
    close_run(&bed);
    bed.options.sync = ADL_SYNC_BATCH;
    for (size_t i = 0; i < sizeof(fault_cases) / sizeof(fault_cases[0]); i++) {
        int nth = 1;

        while (fail_nth(&bed, &fault_cases[i], nth)) {
            check_kept(&bed);
            nth++;
        }
        assert_true(nth > 1);
    }
    adl_buf_finish(&bed.path);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, teardown)

static int teardown(void **state)
{
    fault_clear();
    return scratch_teardown(state);
}

TEST_SUITE(ledger_faults)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_damaged_journal_is_told_and_a_restart_sets_it_aside),
        TEST(test_a_damaged_row_is_told_and_a_restart_sets_it_aside),
        TEST(test_a_restart_keeps_a_journal_that_is_sound),
        TEST(test_unsafe_names_of_the_journal_are_not_used),
        TEST(test_folders_that_make_no_sense_are_set_aside),
        TEST(test_a_second_run_in_the_same_folder_is_refused),
        TEST(test_a_name_that_the_server_chose_is_kept),
        TEST(test_claiming_an_open_name_reads_no_journal),
        TEST(test_a_sync_that_failed_is_not_asked_again),
        TEST(test_halves_count_for_what_was_synced_after_a_failure),
        TEST(test_what_a_crash_left_ready_is_synced_first),
        TEST(test_any_call_may_fail),
    };

    return cmocka_run_group_tests_name("ledger_faults", tests, NULL, NULL);
}
