/* SPDX-License-Identifier: MIT */
#include "unit/journal_records.h"

#include <sqlite3.h>

#include "asyncdl/error.h"

#include <stdlib.h>

#include "support/effort.h"
#include "support/suite.h"
#include "util/rng.h"

#define N 1000

/* Keys that come in some order, and the ids that they shall find. */
struct order_case {
    const char *name;
    int keys[12]; /* of records 1, 2, ...; ends with -1 */
    int lines[12];
    int ids[12]; /* 0: new */
};

static const struct order_case order_cases[] = {
    {"the same again", {5, 6, 7, -1}, {5, 6, 7, -1}, {1, 2, 3}},
    {"inserted", {5, 6, 7, -1}, {5, 8, 9, 6, 7, -1}, {1, 0, 0, 2, 3}},
    {"in front", {5, 6, -1}, {8, 5, 6, -1}, {0, 1, 2}},
    {"at the end", {5, 6, -1}, {5, 6, 8, 5, -1}, {1, 2, 0, 0}},
    {"removed", {5, 6, 7, 8, -1}, {5, 8, -1}, {1, 4}},
    {"removed, then back", {5, 6, 7, -1}, {7, 5, 6, -1}, {3, 1, 2}},
    {"reversed", {1, 2, 3, 4, -1}, {4, 3, 2, 1, -1}, {4, 3, 2, 1}},
    {"twins in order", {5, 5, 6, 5, -1}, {5, 5, 6, 5, -1}, {1, 2, 3, 4}},
    {"the next twin, then the lowest",
     {5, 6, 5, 7, 5, -1},
     {6, 5, 5, 5, -1},
     {2, 3, 1, 5}},
    {"one twin more", {5, 5, -1}, {5, 5, 5, -1}, {1, 2, 0}},
    {"twin of a matched one", {5, 6, 5, -1}, {5, 5, 6, -1}, {1, 3, 2}},
    {"nothing is known", {-1}, {5, 6, -1}, {0, 0}},
    {"all is other", {1, 2, -1}, {5, 6, -1}, {0, 0}},
};

static void test_lines_find_their_records_in_any_order(void **state)
{
    for (size_t i = 0; i < sizeof(order_cases) / sizeof(order_cases[0]); i++) {
        const struct order_case *c = &order_cases[i];
        int aside_fd = open_aside(*state);
        struct adl_journal *journal = NULL;
        char why[200] = "";

        assert_int_equal(adl_journal_open(&journal, aside_fd,
                                          ADL_JOURNAL_RESTART, false, why,
                                          sizeof(why)),
                         0);
        for (int k = 0; c->keys[k] >= 0; k++) {
            struct adl_record record =
                make_record(adl_journal_take_id(journal), (uint64_t)c->keys[k]);

            assert_int_equal(adl_journal_put(journal, &record), 0);
            assert_int_equal(match(journal, (uint64_t)c->keys[k]), 0);
        }
        adl_journal_close(journal);
        journal = open_journal(aside_fd);
        for (int k = 0; c->lines[k] >= 0; k++) {
            int64_t id = match(journal, (uint64_t)c->lines[k]);

            if (id != c->ids[k]) {
                fail_msg("%s, line %d: %d", c->name, k + 1, (int)id);
            }
        }
        adl_journal_close(journal);
        close(aside_fd);
    }
}

/* Against a plain array: any order, twins, gaps, and puts meanwhile. */
static void test_any_order_is_answered_as_an_array_would(void **state)
{
    struct adl_rng rng = {7};
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);
    static uint64_t keys[N + 1]; /* by id; 0: none */
    int n_found = 0;

    for (uint64_t id = 1; id <= N; id++) {
        struct adl_record record =
            make_record(id, 1 + adl_rng_next(&rng) % (N / 2));

        if (adl_rng_next(&rng) % 5 == 0 && id < N) {
            continue; /* a gap */
        }
        memcpy(&keys[id], record.key + 8, 8);
        assert_int_equal(adl_journal_put(journal, &record), 0);
    }
    adl_journal_close(journal);
    journal = open_journal(aside_fd);
    uint64_t next = 1;
    for (int line = 0; line < (int)effort(3 * N, N); line++) {
        uint64_t key = adl_rng_next(&rng) % (N / 2 + 50) + 1;
        uint64_t expected = 1;

        next = adl_rng_next(&rng) % 20 == 0 ? adl_rng_next(&rng) % N : next + 1;
        if (next <= N && keys[next] != 0) {
            key = keys[next]; /* mostly in order */
        }
        while (expected <= N && keys[expected] != key) {
            expected++;
        }
        int64_t id = match(journal, key);
        if (expected <= N && id != (int64_t)expected) {
            /* among twins the next in order is as good */
            assert_in_range(id, 1, N);
            assert_int_equal(keys[id], key);
            expected = (uint64_t)id;
        }
        assert_int_equal(id, expected <= N ? expected : 0);
        if (id > 0) {
            struct adl_record record = make_record((uint64_t)id, key);

            keys[id] = 0;
            n_found++;
            assert_int_equal(adl_journal_put(journal, &record), 0);
        }
    }
    assert_true(n_found > N / 2);
    adl_journal_close(journal);
    close(aside_fd);
}

/* Records 1, 2, ... of one key, as "state checksum", and what comes of lines
 * that ask with some checksum. */
struct twin_case {
    const char *name;
    const char *records[6]; /* 'd', 'h' or 'f', and a checksum or "" */
    const char *lines[6];   /* a checksum or "" */
    int ids[6];             /* 0: none that is not finished */
};

static const struct twin_case twin_cases[] = {
    {"all is done", {"d", "d"}, {"", ""}, {0, 0}},
    {"the second failed", {"d", "f"}, {"", ""}, {2, 0}},
    {"one is half done", {"d", "d", "h", "d"}, {"", ""}, {3, 0}},
    {"in order", {"f", "d", "h", "f"}, {"", "", "", ""}, {1, 3, 4, 0}},
    {"another checksum", {"d", "fmd5=1"}, {"", "md5=2", "md5=1"}, {0, 0, 2}},
    {"no checksum", {"d", "f"}, {"md5=1", ""}, {0, 2}},
};

static struct adl_record make_twin(uint64_t id, const char *text)
{
    struct adl_record record = make_record(id, 7);

    record.state = text[0] == 'd'   ? ADL_RECORD_DONE
                   : text[0] == 'h' ? ADL_RECORD_PARTIAL
                                    : ADL_RECORD_FAILED;
    record.checksum = text[1] != '\0' ? text + 1 : NULL;
    return record;
}

static void put_twins(struct adl_journal *journal, const struct twin_case *c)
{
    for (size_t i = 0; c->records[i] != NULL; i++) {
        struct adl_record record =
            make_twin(adl_journal_take_id(journal), c->records[i]);

        assert_int_equal(adl_journal_put(journal, &record), 0);
    }
}

/* The id of the one that is not finished, 0, or negative. */
static int64_t match_twin(struct adl_journal *journal, uint64_t n,
                          const char *checksum)
{
    struct adl_record record = {0};
    uint8_t key[ADL_JOURNAL_KEY];

    make_key(key, n);
    int answer = adl_journal_match_unfinished(
        journal, key, checksum[0] != '\0' ? checksum : NULL, &record);
    return answer > 0 ? (int64_t)record.id : answer;
}

static void test_of_twins_the_unfinished_can_be_asked_for(void **state)
{
    for (size_t i = 0; i < sizeof(twin_cases) / sizeof(twin_cases[0]); i++) {
        const struct twin_case *c = &twin_cases[i];
        int aside_fd = open_aside(*state);
        struct adl_journal *journal = NULL;
        char why[200] = "";

        assert_int_equal(adl_journal_open(&journal, aside_fd,
                                          ADL_JOURNAL_RESTART, false, why,
                                          sizeof(why)),
                         0);
        put_twins(journal, c);
        assert_int_equal(match_twin(journal, 7, ""), 0); /* not there at open */
        adl_journal_close(journal);
        journal = open_journal(aside_fd);
        for (size_t k = 0; c->lines[k] != NULL; k++) {
            int64_t id = match_twin(journal, 7, c->lines[k]);

            if (id != c->ids[k]) {
                fail_msg("%s, line %zu: %d", c->name, k + 1, (int)id);
            }
        }
        adl_journal_close(journal);
        close(aside_fd);
    }
}

/* What one line got by that, others do not get in order, and all get one. */
static void test_unfinished_twins_are_given_out_once(void **state)
{
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);

    put_records(journal, 5); /* keys 0 to 4 */
    struct adl_record record = make_record(adl_journal_take_id(journal), 1);
    record.state = ADL_RECORD_FAILED;
    assert_int_equal(adl_journal_put(journal, &record), 0);
    adl_journal_close(journal);
    journal = open_journal(aside_fd);
    assert_int_equal(match(journal, 0), 1);
    assert_int_equal(match_twin(journal, 1, ""), 6);
    for (uint64_t key = 2; key < 5; key++) {
        assert_int_equal(match_twin(journal, key, ""), 0);
        assert_int_equal(match(journal, key), key + 1);
    }
    assert_int_equal(match_twin(journal, 1, ""), 0);
    assert_int_equal(match(journal, 1), 2);
    assert_int_equal(match(journal, 1), 0);
    adl_journal_close(journal);
    close(aside_fd);
}

/* More than the filter takes: all of them are looked up. */
static void test_many_unfinished_are_all_found(void **state)
{
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);
    const uint64_t n = 20000;

    for (uint64_t i = 0; i < n; i++) {
        struct adl_record record = make_record(adl_journal_take_id(journal), i);

        record.state = i % 100 == 0 ? ADL_RECORD_DONE : ADL_RECORD_FAILED;
        assert_int_equal(adl_journal_put(journal, &record), 0);
    }
    adl_journal_close(journal);
    journal = open_journal(aside_fd);
    for (uint64_t i = n; i > 0; i--) {
        assert_int_equal(match_twin(journal, i - 1, ""),
                         (i - 1) % 100 == 0 ? 0 : i);
    }
    adl_journal_close(journal);
    close(aside_fd);
}

/* As a damaged file may have it: by the index the row of key 2 is that of key
 * 1. */
static void test_an_index_that_misleads_is_damage(void **state)
{
    static const char sql[] =
        "DROP INDEX unfinished;"
        "UPDATE entries SET state = 'failed';"
        "UPDATE entries SET url = (SELECT key FROM entries WHERE id = 3) "
        "WHERE id = 2;"
        "CREATE INDEX unfinished ON entries (url) WHERE state <> 'done';"
        "PRAGMA writable_schema = ON;"
        "UPDATE sqlite_master SET sql = replace(sql, '(url)', '(key)') "
        "WHERE name = 'unfinished'";
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);
    struct adl_record record = {0};
    uint8_t key[ADL_JOURNAL_KEY];
    char why[200] = "";
    sqlite3 *db = NULL;

    put_records(journal, 3); /* keys 0 to 2 */
    adl_journal_close(journal);
    assert_int_equal(
        sqlite3_open(scratch_path(*state, ASIDE "/journal.db"), &db),
        SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    journal = open_journal(aside_fd);
    make_key(key, 2);
    assert_int_equal(adl_journal_match_unfinished(journal, key, NULL, &record),
                     ASYNCDL_EJOURNAL);
    adl_journal_copy_why(journal, why, sizeof(why));
    assert_non_null(strstr(why, "a row makes no sense"));
    adl_journal_close(journal);
    close(aside_fd);
}

static void test_what_was_put_before_the_index_is_kept(void **state)
{
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);

    put_records(journal, 10);
    adl_journal_close(journal);
    journal = open_journal(aside_fd);
    struct adl_record record = make_record(adl_journal_take_id(journal), 77);
    assert_int_equal(adl_journal_put(journal, &record), 0);
    assert_int_equal(match(journal, 5), 6); /* makes the index */
    record = make_record(adl_journal_take_id(journal), 78);
    assert_int_equal(adl_journal_put(journal, &record), 0);
    assert_int_equal(adl_journal_commit(journal), 0);
    adl_journal_close(journal);
    journal = open_journal(aside_fd);
    assert_int_equal(match(journal, 77), 11);
    assert_int_equal(match(journal, 78), 12);
    adl_journal_close(journal);
    close(aside_fd);
}

static void test_a_row_larger_than_the_arena_is_read(void **state)
{
    static char path[1000000];
    int aside_fd = open_aside(*state);
    struct adl_journal *journal = open_journal(aside_fd);
    struct adl_record found;
    uint8_t key[ADL_JOURNAL_KEY];

    memset(path, 'p', sizeof(path) - 1);
    for (uint64_t i = 0; i < 4; i++) {
        struct adl_record record = make_record(i + 1, i);

        record.path = i % 2 == 1 ? path : "short";
        assert_int_equal(adl_journal_put(journal, &record), 0);
    }
    adl_journal_close(journal);
    journal = open_journal(aside_fd);
    for (uint64_t i = 0; i < 4; i++) {
        make_key(key, i);
        assert_int_equal(adl_journal_match(journal, key, &found), 1);
        assert_string_equal(found.path, i % 2 == 1 ? path : "short");
    }
    adl_journal_close(journal);
    close(aside_fd);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

TEST_SUITE(journal_match)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lines_find_their_records_in_any_order),
        TEST(test_any_order_is_answered_as_an_array_would),
        TEST(test_of_twins_the_unfinished_can_be_asked_for),
        TEST(test_unfinished_twins_are_given_out_once),
        TEST(test_many_unfinished_are_all_found),
        TEST(test_an_index_that_misleads_is_damage),
        TEST(test_what_was_put_before_the_index_is_kept),
        TEST(test_a_row_larger_than_the_arena_is_read),
    };

    return cmocka_run_group_tests_name("journal_match", tests, NULL, NULL);
}
