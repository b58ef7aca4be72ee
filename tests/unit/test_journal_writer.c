/* SPDX-License-Identifier: MIT */
/* Rows come to be written in groups; nobody can tell. */
#include "unit/journal_records.h"

#include <errno.h>

#include <sqlite3.h>

#include "asyncdl/error.h"
#include "store/journal_writer.h"
#include "support/fault.h"
#include "support/suite.h"
#include "util/rng.h"

#define N_IDS    60
#define N_ROUNDS 40
#define N_PUTS   50

/* What was last put of an id; state 0: nothing. */
struct row {
    enum adl_record_state state;
    uint64_t bytes;
    size_t path_len;
};

static char *make_path(char room[ADL_WRITER_TEXT_MAX + 8], size_t len)
{
    memset(room, 'p', len);
    room[len] = '\0';
    return room;
}

/* Mostly plain, now and then of another kind or with strings that are too long
 * to be held back, or just not. */
static void put_one(struct adl_journal *journal, struct row rows[N_IDS + 1],
                    struct adl_rng *rng)
{
    static const size_t lengths[] = {1,
                                     9,
                                     300,
                                     ADL_WRITER_TEXT_MAX - 21,
                                     ADL_WRITER_TEXT_MAX - 20,
                                     ADL_WRITER_TEXT_MAX + 1};
    char path[ADL_WRITER_TEXT_MAX + 8];
    uint64_t dice = adl_rng_next(rng) % 30;
    uint64_t id = adl_rng_next(rng) % N_IDS + 1;
    struct adl_record record = make_record(id, id);
    size_t len = lengths[dice < 10 ? adl_rng_next(rng) % 6 : 1];

    record.bytes = adl_rng_next(rng) % 1000;
    record.path = make_path(path, len);
    record.has_sha256 = dice % 2 == 0;
    record.state = dice == 0   ? ADL_RECORD_FAILED
                   : dice == 1 ? ADL_RECORD_PARTIAL
                               : ADL_RECORD_DONE;
    assert_int_equal(adl_journal_put(journal, &record), 0);
    memset(path, 'x', sizeof(path)); /* it was borrowed for the call */
    rows[id] = (struct row){record.state, record.bytes, len};
    if (dice == 2) {
        assert_int_equal(adl_journal_renew(journal, id, 7), 0);
    } else if (dice == 3) {
        assert_int_equal(adl_journal_put_folder(journal, "f", 2), 0);
    } else if (dice == 4) {
        assert_int_equal(adl_journal_commit(journal), 0);
    }
}

static void check_rows(struct adl_journal *journal,
                       const struct row rows[N_IDS + 1])
{
    for (uint64_t id = 1; id <= N_IDS; id++) {
        struct adl_record found = {0};
        uint8_t key[ADL_JOURNAL_KEY];

        make_key(key, id);
        assert_int_equal(adl_journal_match(journal, key, &found),
                         rows[id].state != 0);
        if (rows[id].state != 0) {
            assert_int_equal(found.id, id);
            assert_int_equal(found.state, rows[id].state);
            assert_int_equal(found.bytes, rows[id].bytes);
            assert_int_equal(strlen(found.path), rows[id].path_len);
            assert_int_equal(strspn(found.path, "p"), rows[id].path_len);
        }
    }
}

static void test_rows_are_as_they_were_put_last(void **state)
{
    int aside_fd = open_aside(*state);
    struct row rows[N_IDS + 1] = {{0}};
    struct adl_rng rng = {11};

    for (int round = 0; round < N_ROUNDS; round++) {
        struct adl_journal *journal = open_journal(aside_fd);
        uint64_t n = adl_rng_next(&rng) % N_PUTS;

        check_rows(journal, rows);
        for (uint64_t i = 0; i < n; i++) {
            put_one(journal, rows, &rng);
        }
        adl_journal_close(journal);
    }
    close(aside_fd);
}

/* May somebody else write to the database now? */
static bool is_free(const struct scratch *scratch)
{
    sqlite3 *db = NULL;

    assert_int_equal(
        sqlite3_open(scratch_path(scratch, ASIDE "/journal.db"), &db),
        SQLITE_OK);
    int rc = sqlite3_exec(db, "BEGIN IMMEDIATE; ROLLBACK", NULL, NULL, NULL);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return rc == SQLITE_OK;
}

/* The one who brings the last row of a group is told, and all others when they
 * commit, also once it would work again. */
static void test_a_group_that_failed_is_never_committed(void **state)
{
    static const struct {
        enum fault_call call;
        int nth; /* of the first, BEGIN, another test tells */
    } cases[] = {{FAULT_SQLITE_STEP, 2}, {FAULT_SQLITE_BIND, 1}};
    int aside_fd = open_aside(*state);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_journal *journal = open_journal(aside_fd);

        fault_arm(cases[i].call, cases[i].nth, SQLITE_NOMEM);
        for (uint64_t id = 1; id <= ADL_ROW_GROUP; id++) {
            struct adl_record record = make_record(id, id);

            assert_int_equal(adl_journal_put(journal, &record),
                             id < ADL_ROW_GROUP ? 0 : -ENOMEM);
        }
        assert_int_equal(fault_n_hits(cases[i].call), 1);
        fault_clear();
        assert_true(is_free(*state));
        assert_int_equal(adl_journal_commit(journal), -ENOMEM);
        assert_int_equal(adl_journal_end_run(journal, 0), -ENOMEM);
        adl_journal_close(journal);
        journal = open_journal(aside_fd);
        assert_int_equal(match(journal, 1), 0);
        adl_journal_close(journal);
    }
    close(aside_fd);
}

/* Another program had the database for too long: one row suffers, and none
 * that comes when it is free again. */
static void test_who_cannot_begin_takes_nobody_along(void **state)
{
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);
    struct adl_record record = make_record(1, 1);

    fault_arm(FAULT_SQLITE_STEP, 1, SQLITE_BUSY);
    assert_int_equal(adl_journal_put(journal, &record), -EBUSY);
    fault_clear();
    for (uint64_t id = 2; id <= ADL_ROW_GROUP + 3; id++) {
        record = make_record(id, id);
        assert_int_equal(adl_journal_put(journal, &record), 0);
    }
    assert_int_equal(adl_journal_commit(journal), 0);
    assert_int_equal(adl_journal_end_run(journal, 0), 0);
    adl_journal_close(journal);
    journal = open_journal(aside_fd);
    assert_int_equal(match(journal, 1), 0);
    for (uint64_t id = 2; id <= ADL_ROW_GROUP + 3; id++) {
        assert_int_equal(match(journal, id), id);
    }
    adl_journal_close(journal);
    close(aside_fd);
}

/* A line that is out of order makes an index, which commits: what was held back
 * goes along. */
static void test_who_commits_for_others_takes_all_along(void **state)
{
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);

    put_records(journal, 5);
    adl_journal_close(journal);
    journal = open_journal(aside_fd);
    for (uint64_t id = 6; id <= 8; id++) {
        struct adl_record record = make_record(id, id);

        assert_int_equal(adl_journal_put(journal, &record), 0);
    }
    assert_false(is_free(*state));
    assert_int_equal(match(journal, 3), 4);
    assert_true(is_free(*state));
    struct adl_journal *other = NULL;
    char why[200] = "";
    assert_int_equal(adl_journal_open(&other, aside_fd, ADL_JOURNAL_READ, false,
                                      why, sizeof(why)),
                     0);
    for (uint64_t id = 6; id <= 8; id++) {
        assert_int_equal(match(other, id), id);
    }
    adl_journal_close(other);
    adl_journal_close(journal);
    close(aside_fd);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

TEST_SUITE(journal_writer)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rows_are_as_they_were_put_last),
        TEST(test_a_group_that_failed_is_never_committed),
        TEST(test_who_cannot_begin_takes_nobody_along),
        TEST(test_who_commits_for_others_takes_all_along),
    };

    return cmocka_run_group_tests_name("journal_writer", tests, NULL, NULL);
}
