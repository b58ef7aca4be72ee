/* SPDX-License-Identifier: MIT */
/* ADL_JOURNAL_READ: seeing what a run would find, and leaving no trace. */
#include "unit/journal_records.h"

#include <errno.h>

#include "asyncdl/error.h"
#include "store/journal_db.h"
#include "support/suite.h"

static int look(struct adl_journal **out, int aside_fd)
{
    char why[200] = "";
    int err = adl_journal_open(out, aside_fd, ADL_JOURNAL_READ, false, why,
                               sizeof(why));

    assert_int_equal(err < 0, why[0] != '\0');
    return err;
}

/* How many runs it knows of. */
static int64_t count_runs(int aside_fd)
{
    struct adl_journal_db db = {.aside_fd = aside_fd};
    int64_t n = -1;

    assert_int_equal(adl_journal_db_open_reading(&db), 0);
    assert_int_equal(
        adl_journal_db_get_int(&n, &db, "SELECT count(*) FROM runs"), 0);
    adl_journal_db_close(&db);
    return n;
}

static void test_where_there_is_none_nothing_is_made(void **state)
{
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = NULL;

    assert_int_equal(look(&journal, aside_fd), -ENOENT);
    assert_int_equal(scratch_count_entries(scratch_path(*state, ASIDE)), 0);
    close(aside_fd);
}

static void test_one_at_rest_is_read_without_a_trace(void **state)
{
    const char *path = scratch_path(*state, ASIDE);
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);
    int n_files;

    put_records(journal, 5);
    adl_journal_close(journal);
    n_files = scratch_count_entries(path);
    assert_int_equal(look(&journal, aside_fd), 0);
    assert_int_equal(match(journal, 0), 1);
    assert_int_equal(match(journal, 4), 5); /* makes the index */
    assert_int_equal(match(journal, 9), 0);
    assert_int_equal(adl_journal_take_id(journal), 6);
    assert_int_equal(scratch_count_entries(path), n_files);
    adl_journal_close(journal);
    assert_int_equal(scratch_count_entries(path), n_files);
    assert_int_equal(count_runs(aside_fd), 1);
    close(aside_fd);
}

static void test_one_in_use_is_read_as_it_was_committed(void **state)
{
    int aside_fd = open_aside(*state);
    struct adl_journal *run = open_journal(aside_fd);
    struct adl_record record = make_record(6, 77);
    struct adl_journal *journal = NULL;
    struct adl_journal *more = NULL;

    put_records(run, 5);
    assert_int_equal(adl_journal_put(run, &record), 0);
    assert_int_equal(look(&journal, aside_fd), 0);
    assert_int_equal(look(&more, aside_fd), 0);
    assert_int_equal(match(journal, 3), 4);
    assert_int_equal(match(journal, 77), 0);
    assert_int_equal(adl_journal_commit(run), 0); /* nobody is in its way */
    adl_journal_close(journal);
    adl_journal_close(more);
    adl_journal_close(run);
    assert_int_equal(count_runs(aside_fd), 1);
    close(aside_fd);
}

static void test_one_without_an_index_is_read_without(void **state)
{
    struct adl_journal_db db = {.aside_fd = open_aside(*state)};
    struct adl_journal *journal = open_journal(db.aside_fd);
    struct adl_record record = make_record(1, 7);

    record.state = ADL_RECORD_FAILED;
    assert_int_equal(adl_journal_put(journal, &record), 0);
    adl_journal_close(journal);
    assert_int_equal(adl_journal_db_open(&db, false), 0);
    assert_int_equal(adl_journal_db_exec(&db, "DROP INDEX " ADL_JOURNAL_INDEX),
                     0);
    adl_journal_db_close(&db);
    assert_int_equal(look(&journal, db.aside_fd), 0);
    assert_int_equal(
        adl_journal_match_unfinished(journal, record.key, NULL, &record), 0);
    assert_int_equal(match(journal, 7), 1);
    adl_journal_close(journal);
    journal = open_journal(db.aside_fd); /* makes it */
    assert_int_equal(
        adl_journal_match_unfinished(journal, record.key, NULL, &record), 1);
    adl_journal_close(journal);
    close(db.aside_fd);
}

static void test_a_damaged_one_is_told_and_left(void **state)
{
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = NULL;
    static const char rubbish[] = "rubbish";

    scratch_write(scratch_path(*state, ASIDE "/journal.db"), rubbish);
    assert_int_equal(look(&journal, aside_fd), ASYNCDL_EJOURNAL);
    assert_true(scratch_holds(scratch_path(*state, ASIDE "/journal.db"),
                              rubbish, strlen(rubbish)));
    assert_int_equal(scratch_count_entries(scratch_path(*state, ASIDE)), 1);
    close(aside_fd);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

TEST_SUITE(journal_looking)
{
    const struct CMUnitTest tests[] = {
        TEST(test_where_there_is_none_nothing_is_made),
        TEST(test_one_at_rest_is_read_without_a_trace),
        TEST(test_one_in_use_is_read_as_it_was_committed),
        TEST(test_one_without_an_index_is_read_without),
        TEST(test_a_damaged_one_is_told_and_left),
    };

    return cmocka_run_group_tests_name("journal_looking", tests, NULL, NULL);
}
