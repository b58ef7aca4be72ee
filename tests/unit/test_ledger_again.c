/* SPDX-License-Identifier: MIT */
/* What a ledger with a journal makes of a list that is run again. */
#include "unit/ledger_bed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "asyncdl/error.h"
#include "support/fault.h"
#include "support/suite.h"

static void check(struct bed *bed, uint64_t n, const char *wanted,
                  enum adl_standing_state state, const char *name)
{
    admit(bed, n, wanted);
    assert_int_equal(bed->standing.state, state);
    assert_string_equal(adl_buf_str(&bed->path), name);
    assert_true(bed->standing.is_named);
}

static void test_what_is_done_is_not_asked_for_again(void **state)
{
    struct bed bed;

    init_bed(&bed, state);
    save(&bed, 1, "a", "first");
    reopen(&bed);
    check(&bed, 1, "a", ADL_STANDING_DONE, "a");
    assert_int_equal(bed.standing.bytes, 5);
    assert_false(bed.standing.has_sha256);
    assert_true(has_text(&bed, "a", "first"));
    finish_bed(&bed);
}

static void test_names_stay_whatever_the_list_becomes(void **state)
{
    struct bed bed;

    init_bed(&bed, state);
    save(&bed, 1, "a", "1");
    save(&bed, 2, "a", "2");
    save(&bed, 3, "b/c", "3");
    reopen(&bed);
    /* a new line before all, and the others in another order */
    check(&bed, 4, "a", ADL_STANDING_OPEN, "a~3");
    check(&bed, 2, "a", ADL_STANDING_DONE, "a~2");
    check(&bed, 5, "b", ADL_STANDING_OPEN, "b~2"); /* b is a folder */
    check(&bed, 1, "a", ADL_STANDING_DONE, "a");
    check(&bed, 3, "b/c", ADL_STANDING_DONE, "b/c");
    reopen(&bed);
    check(&bed, 6, "a~2", ADL_STANDING_OPEN, "a~2~2"); /* 2 comes later */
    check(&bed, 2, "a", ADL_STANDING_DONE, "a~2");
    finish_bed(&bed);
}

/* In the folder that got a number go those that come later, too. */
static void test_folders_keep_their_numbers(void **state)
{
    struct bed bed;

    init_bed(&bed, state);
    save(&bed, 1, "a", "1");
    save(&bed, 2, "a/b", "2");
    save(&bed, 3, "a~2/x", "3"); /* whose folder it is, too */
    assert_true(has_text(&bed, "a~2/b", "2"));
    reopen(&bed);
    check(&bed, 4, "a/c", ADL_STANDING_OPEN, "a~2/c"); /* before all */
    check(&bed, 1, "a", ADL_STANDING_DONE, "a");
    check(&bed, 2, "a/b", ADL_STANDING_DONE, "a~2/b");
    check(&bed, 5, "a/b", ADL_STANDING_OPEN, "a~2/b~2");
    check(&bed, 6, "a", ADL_STANDING_OPEN, "a~3");
    finish_bed(&bed);
}

/* The file was not saved, and nothing of it is known but the folder. */
static void test_folders_keep_their_numbers_before_the_file_is_there(
    void **state)
{
    struct bed bed;

    init_bed(&bed, state);
    admit(&bed, 1, "a");
    save(&bed, 2, "a/b", "2");
    reopen(&bed);
    check(&bed, 1, "a", ADL_STANDING_OPEN, "a");
    check(&bed, 2, "a/b", ADL_STANDING_DONE, "a~2/b");
    check(&bed, 3, "a/c", ADL_STANDING_OPEN, "a~2/c");
    finish_bed(&bed);
}

static void test_the_same_line_twice_is_two_entries(void **state)
{
    struct bed bed;

    init_bed(&bed, state);
    save(&bed, 1, "a", "1");
    save(&bed, 1, "a", "2");
    reopen(&bed);
    check(&bed, 1, "a", ADL_STANDING_DONE, "a");
    check(&bed, 1, "a", ADL_STANDING_DONE, "a~2");
    check(&bed, 1, "a", ADL_STANDING_OPEN, "a~3");
    finish_bed(&bed);
}

static void test_a_failed_entry_keeps_its_name_and_count(void **state)
{
    struct bed bed;

    init_bed(&bed, state);
    admit(&bed, 1, "a");
    struct adl_record record = make_entry(&bed, 1, ADL_RECORD_FAILED);
    record.attempts = 5;
    note(&bed, &record);
    reopen(&bed);
    check(&bed, 2, "a", ADL_STANDING_OPEN, "a~2");
    check(&bed, 1, "a", ADL_STANDING_OPEN, "a");
    assert_int_equal(bed.standing.attempts, 5);
    assert_null(bed.standing.half);
    finish_bed(&bed);
}

static void test_what_was_not_settled_was_not_noted(void **state)
{
    struct bed bed;

    init_bed(&bed, state);
    admit(&bed, 1, "a");
    struct adl_record record = make_entry(&bed, 1, ADL_RECORD_FAILED);
    assert_int_equal(adl_ledger_note(bed.ledger, &record), 0);
    fault_arm_all(FAULT_SQLITE_STEP, SQLITE_FULL); /* the disk is full */
    assert_int_equal(adl_ledger_settle(bed.ledger), -ENOSPC);
    close_run(&bed);
    fault_clear();
    open_run(&bed);
    check(&bed, 2, "a", ADL_STANDING_OPEN, "a");
    finish_bed(&bed);
}

/* What somebody did to a finished file. */
enum deed { NOTHING, DELETED, EDITED, TORN, TOUCHED, LINKED, FOLDER };

static void do_deed(const struct bed *bed, enum deed deed)
{
    const struct timespec times[2] = {{.tv_sec = 5}, {.tv_sec = 5}};
    const char *path = scratch_path(bed->scratch, "a");
    struct stat info;

    assert_int_equal(stat(path, &info), 0);
    const struct timespec same[2] = {info.st_atim, info.st_mtim};
    switch (deed) {
    case DELETED:
        assert_int_equal(unlink(path), 0);
        break;
    case EDITED:
        scratch_write(path, "edited by somebody");
        break;
    case TORN:
        assert_int_equal(truncate(path, 1), 0);
        assert_int_equal(utimensat(AT_FDCWD, path, same, 0), 0);
        break;
    case TOUCHED:
        assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
        break;
    case LINKED:
        assert_int_equal(unlink(path), 0);
        assert_int_equal(symlink("/etc/passwd", path), 0);
        break;
    case FOLDER:
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkdir(path, 0777), 0);
        break;
    default:
        break;
    }
}

static void test_a_finished_file_is_judged_by_what_became_of_it(void **state)
{
    static const struct {
        enum deed deed;
        bool restarts;
        bool is_hashed;
        enum adl_standing_state state;
        bool replaces;
    } cases[] = {
        {NOTHING, false, false, ADL_STANDING_DONE, false},
        {NOTHING, true, false, ADL_STANDING_OPEN, true},
        {DELETED, false, false, ADL_STANDING_OPEN, false},
        {DELETED, true, false, ADL_STANDING_OPEN, false},
        {EDITED, false, false, ADL_STANDING_CHANGED, false},
        {EDITED, true, false, ADL_STANDING_CHANGED, false},
        {TORN, false, false, ADL_STANDING_OPEN, true},
        {TOUCHED, false, false, ADL_STANDING_CHANGED, false},
        {TOUCHED, false, true, ADL_STANDING_DONE, false},
        {TOUCHED, true, true, ADL_STANDING_OPEN, true},
        {LINKED, false, false, ADL_STANDING_CHANGED, false},
        {FOLDER, false, false, ADL_STANDING_CHANGED, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bed bed;

        init_bed(&bed, state);
        save(&bed, i + 1, "a", "abc");
        close_run(&bed);
        if (cases[i].is_hashed) {
            change_journal(&bed, "UPDATE entries SET sha256 = 'ba7816bf8f01cfea"
                                 "414140de5dae2223b00361a396177a9cb410ff61f2001"
                                 "5ad'");
        }
        do_deed(&bed, cases[i].deed);
        bed.options.restarts = cases[i].restarts;
        open_run(&bed);
        admit(&bed, i + 1, "a");
        if (bed.standing.state != cases[i].state ||
            bed.standing.replaces != cases[i].replaces) {
            fail_msg("case %zu: %d", i, (int)bed.standing.state);
        }
        finish_bed(&bed);
        (void)unlink(scratch_path(bed.scratch, "a"));
        (void)rmdir(scratch_path(bed.scratch, "a"));
        (void)unlink(scratch_path(bed.scratch, ".asyncdl/journal.db"));
    }
}

/* The new time of a file that is the same is kept: it is hashed once. */
static void test_a_touched_file_is_hashed_once(void **state)
{
    struct bed bed;

    init_bed(&bed, state);
    save(&bed, 1, "a", "abc");
    close_run(&bed);
    change_journal(&bed, "UPDATE entries SET sha256 = 'ba7816bf8f01cfea414140de"
                         "5dae2223b00361a396177a9cb410ff61f20015ad', "
                         "url = 'kept', etag = 'kept'");
    do_deed(&bed, TOUCHED);
    open_run(&bed);
    check(&bed, 1, "a", ADL_STANDING_DONE, "a");
    assert_true(bed.standing.has_sha256);
    assert_int_equal(adl_ledger_settle(bed.ledger), 0);
    close_run(&bed);
    /* no hash agrees with this one */
    change_journal(&bed, "UPDATE entries SET sha256 = '00' || "
                         "substr(sha256, 3) WHERE url = 'kept' AND "
                         "etag = 'kept'");
    change_journal(&bed, "UPDATE entries SET state = 'failed' "
                         "WHERE sha256 NOT LIKE '00%'");
    open_run(&bed);
    check(&bed, 1, "a", ADL_STANDING_DONE, "a");
    finish_bed(&bed);
}

static void test_a_file_that_a_crash_left_aside_gets_its_name(void **state)
{
    struct bed bed;

    init_bed(&bed, state);
    admit(&bed, 1, "b/a");
    adl_sink_leave(get_ready(&bed, 1, "whole"));
    reopen(&bed);
    check(&bed, 1, "b/a", ADL_STANDING_DONE, "b/a");
    assert_true(has_text(&bed, "b/a", "whole"));
    finish_bed(&bed);
}

static void test_a_file_that_was_left_aside_and_changed_does_not(void **state)
{
    struct bed bed;

    init_bed(&bed, state);
    admit(&bed, 1, "a");
    struct adl_sink *sink = get_ready(&bed, 1, "whole");
    scratch_write(aside_path(&bed, adl_sink_get_part(sink)), "other bytes");
    adl_sink_leave(sink);
    reopen(&bed);
    check(&bed, 1, "a", ADL_STANDING_OPEN, "a");
    finish_bed(&bed);
}

/* Killed before the new file could replace the old one. */
static void test_an_earlier_file_that_a_crash_left_is_replaced(void **state)
{
    struct bed bed;

    init_bed(&bed, state);
    save(&bed, 1, "a", "earlier");
    close_run(&bed);
    do_deed(&bed, TOUCHED); /* so that the times differ */
    change_journal(&bed, "UPDATE entries SET mtime = 5, mtime_ns = 0");
    bed.options.restarts = true;
    open_run(&bed);
    check(&bed, 1, "a", ADL_STANDING_OPEN, "a");
    adl_sink_leave(get_ready(&bed, 1, "later"));
    bed.options.restarts = false;
    reopen(&bed);
    check(&bed, 1, "a", ADL_STANDING_OPEN, "a");
    assert_true(bed.standing.replaces);
    finish_file(&bed, 1, "later");
    assert_true(has_text(&bed, "a", "later"));
    finish_bed(&bed);
}

static void test_half_a_body_is_found_as_far_as_it_is_there(void **state)
{
    static const struct {
        const char *now; /* what the part holds meanwhile; NULL: it is gone */
        uint64_t bytes;  /* 0: no half */
    } cases[] = {
        {"half", 4}, {"ha", 2}, {"half and more", 13}, {"", 0}, {NULL, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char part[ADL_PART_NAME_MAX];
        struct bed bed;

        init_bed(&bed, state);
        leave_half(&bed, i + 1, "a", "half", part);
        if (cases[i].now != NULL) {
            scratch_write(aside_path(&bed, part), cases[i].now);
        } else {
            assert_int_equal(unlink(aside_path(&bed, part)), 0);
        }
        reopen(&bed);
        admit(&bed, i + 1, "a");
        const struct adl_half *half = bed.standing.half;
        assert_int_equal(bed.standing.state, ADL_STANDING_OPEN);
        assert_int_equal(half != NULL ? half->bytes : 0, cases[i].bytes);
        if (half != NULL) {
            assert_string_equal(half->part, part);
            assert_string_equal(half->etag, ETAG);
            assert_null(half->last_modified);
            assert_int_equal(half->total, 1000);
        }
        finish_bed(&bed);
        (void)unlink(scratch_path(bed.scratch, ".asyncdl/journal.db"));
        (void)unlink(aside_path(&bed, part));
    }
}

static void test_a_part_that_may_not_be_ours_is_no_half(void **state)
{
    static const char *const changes[] = {
        "UPDATE entries SET part = 'journal.db'",
        "UPDATE entries SET part = '../a'",
        "UPDATE entries SET part = '.part'",
        "UPDATE entries SET part = NULL",
        "UPDATE entries SET part = '0123456789012345678901234567.part'",
        "UPDATE entries SET etag = NULL",
        "UPDATE entries SET total = 3",
        "UPDATE entries SET boot = 'another', bytes = 0",
    };
    char part[ADL_PART_NAME_MAX];
    struct bed bed;

    init_bed(&bed, state);
    leave_half(&bed, 1, "a", "half", part);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        char sql[200];

        close_run(&bed);
        (void)snprintf(sql, sizeof(sql),
                       "UPDATE entries SET part = '%s', etag = 'x', "
                       "total = 1000",
                       part);
        change_journal(&bed, sql);
        change_journal(&bed, changes[i]);
        open_run(&bed);
        admit(&bed, 1, "a");
        if (bed.standing.half != NULL) {
            fail_msg("case %zu", i);
        }
    }
    finish_bed(&bed);
}

static void test_a_symlink_is_no_half(void **state)
{
    char part[ADL_PART_NAME_MAX];
    struct bed bed;

    init_bed(&bed, state);
    leave_half(&bed, 1, "a", "half", part);
    assert_int_equal(unlink(aside_path(&bed, part)), 0);
    assert_int_equal(symlink("/etc/passwd", aside_path(&bed, part)), 0);
    reopen(&bed);
    check(&bed, 1, "a", ADL_STANDING_OPEN, "a");
    assert_null(bed.standing.half);
    finish_bed(&bed);
}

static void test_a_restart_starts_halves_over(void **state)
{
    char part[ADL_PART_NAME_MAX];
    struct bed bed;

    init_bed(&bed, state);
    leave_half(&bed, 1, "a", "half", part);
    bed.options.restarts = true;
    reopen(&bed);
    check(&bed, 1, "a", ADL_STANDING_OPEN, "a");
    assert_null(bed.standing.half);
    finish_bed(&bed);
}

/* After a power cut nothing is known of what nobody made last. */
static void test_half_bodies_last_where_they_were_made_to(void **state)
{
    static const struct {
        enum adl_sync sync;
        uint64_t bytes;
    } cases[] = {
        {ADL_SYNC_NONE, 0},
        {ADL_SYNC_BATCH, 3},
        {ADL_SYNC_FILE, 3},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char part[ADL_PART_NAME_MAX];
        struct bed bed;

        init_bed(&bed, state);
        bed.options.sync = cases[i].sync;
        reopen(&bed);
        leave_half(&bed, i + 1, "a", "half", part);
        struct adl_record record = make_entry(&bed, i + 1, ADL_RECORD_PARTIAL);
        record.part = part;
        record.etag = ETAG;
        record.bytes = 3; /* were synced */
        note(&bed, &record);
        close_run(&bed);
        change_journal(&bed, "UPDATE entries SET boot = 'another'");
        open_run(&bed);
        admit(&bed, i + 1, "a");
        uint64_t bytes =
            bed.standing.half != NULL ? bed.standing.half->bytes : 0;
        assert_int_equal(bytes, cases[i].bytes);
        finish_bed(&bed);
        (void)unlink(scratch_path(bed.scratch, ".asyncdl/journal.db"));
        (void)unlink(aside_path(&bed, part));
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, teardown)

static int teardown(void **state)
{
    fault_clear();
    return scratch_teardown(state);
}

TEST_SUITE(ledger_again)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_done_is_not_asked_for_again),
        TEST(test_names_stay_whatever_the_list_becomes),
        TEST(test_folders_keep_their_numbers),
        TEST(test_folders_keep_their_numbers_before_the_file_is_there),
        TEST(test_the_same_line_twice_is_two_entries),
        TEST(test_a_failed_entry_keeps_its_name_and_count),
        TEST(test_what_was_not_settled_was_not_noted),
        TEST(test_a_finished_file_is_judged_by_what_became_of_it),
        TEST(test_a_touched_file_is_hashed_once),
        TEST(test_a_file_that_a_crash_left_aside_gets_its_name),
        TEST(test_a_file_that_was_left_aside_and_changed_does_not),
        TEST(test_an_earlier_file_that_a_crash_left_is_replaced),
        TEST(test_half_a_body_is_found_as_far_as_it_is_there),
        TEST(test_a_part_that_may_not_be_ours_is_no_half),
        TEST(test_a_symlink_is_no_half),
        TEST(test_a_restart_starts_halves_over),
        TEST(test_half_bodies_last_where_they_were_made_to),
    };

    return cmocka_run_group_tests_name("ledger_again", tests, NULL, NULL);
}
