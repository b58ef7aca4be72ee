/* SPDX-License-Identifier: MIT */
#include "store/journal_match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "asyncdl/error.h"

/* Ids that are passed in one call: lists that are reversed stay fast. */
#define MAX_SKIPPED 1024
#define WORD_IDS    64
#define ALL_MATCHED UINT64_MAX /* of a word */

static const char make_index[] =
    "CREATE TEMP TABLE keys (key BLOB, id INTEGER, PRIMARY KEY (key, id)) "
    "WITHOUT ROWID";
static const char drop_index[] = "DROP TABLE IF EXISTS temp.keys";
static const char fill_index[] =
    "INSERT INTO temp.keys SELECT key, id FROM main.entries "
    "WHERE id >= ?1 AND id <= ?2 ORDER BY key, id";
static const char ask_index[] =
    "SELECT id FROM temp.keys WHERE key = ?1 ORDER BY id";

int adl_match_init(struct adl_match *match, struct adl_journal_db *db,
                   uint64_t last)
{
    *match = (struct adl_match){.db = db, .last = last, .n_left = last};
    match->n_next = 1;
    match->matched = calloc(last / WORD_IDS + 1, sizeof(*match->matched));
    if (match->matched == NULL) {
        return -ENOMEM;
    }
    int err =
        adl_journal_db_prepare(&match->in_order, db, ADL_WINDOW_KNOWN_QUERY);
    if (err == 0) {
        err = adl_journal_db_prepare(&match->by_id, db, ADL_WINDOW_QUERY);
    }
    return err < 0 ? err : adl_unfinished_init(&match->unfinished, db);
}

void adl_match_finish(struct adl_match *match)
{
    (void)sqlite3_finalize(match->in_order); /* repeats what was told */
    (void)sqlite3_finalize(match->by_id);    /* likewise */
    (void)sqlite3_finalize(match->by_key);   /* likewise */
    adl_unfinished_finish(&match->unfinished);
    adl_window_finish(&match->window);
    adl_window_finish(&match->one);
    free(match->matched);
    *match = (struct adl_match){0};
}

static bool is_matched(const struct adl_match *match, uint64_t id)
{
    return (match->matched[id / WORD_IDS] >> (id % WORD_IDS) & 1) != 0;
}

static void set_matched(struct adl_match *match, uint64_t id)
{
    if (!is_matched(match, id)) {
        match->matched[id / WORD_IDS] |= UINT64_C(1) << (id % WORD_IDS);
        match->n_left--;
    }
}

/* Rows were read in order from first: ids that did not come have none. Anybody
 * may leave a gap of a billion: many at once. */
static void settle_gap(struct adl_match *match, uint64_t first, uint64_t end)
{
    uint64_t id = first;

    while (id < end) {
        uint64_t *word = &match->matched[id / WORD_IDS];
        bool is_whole = id % WORD_IDS == 0 && end - id >= WORD_IDS;

        if (is_whole && *word == 0) {
            *word = ALL_MATCHED;
            match->n_left -= WORD_IDS;
        } else if (!is_whole || *word != ALL_MATCHED) {
            set_matched(match, id);
            id++;
            continue;
        }
        id += WORD_IDS;
    }
}

/* Replace the window by the rows behind match->read. */
static int read_on(struct adl_match *match)
{
    struct adl_window *window = &match->window;
    const struct adl_window_range range = {
        .after = match->read,
        .last = match->last,
        .n_max = match->n_next,
    };
    int rc = SQLITE_OK;
    int err = adl_window_fill(window, match->in_order, &range, &rc);

    match->at = 0;
    if (err < 0) {
        return err == -EIO ? adl_journal_db_judge(match->db, rc)
                           : adl_journal_db_refuse_row(match->db, err);
    }
    for (size_t i = 0; i < window->n; i++) {
        settle_gap(match, match->read + 1, window->records[i].id);
        match->read = window->records[i].id;
    }
    if (window->n == 0) {
        settle_gap(match, match->read + 1, match->last + 1);
        match->read = match->last;
    }
    /* Who was found by the index may be alone: begin small after a jump. */
    match->n_next =
        2 * match->n_next < ADL_WINDOW_MAX ? 2 * match->n_next : ADL_WINDOW_MAX;
    return 0;
}

/* Go past ids that are matched, without reading them. True: not all of them. */
static bool skip_matched(struct adl_match *match)
{
    uint64_t end = match->last - match->read > MAX_SKIPPED
                       ? match->read + MAX_SKIPPED
                       : match->last;

    while (match->read < end && is_matched(match, match->read + 1)) {
        match->read++;
    }
    return match->read == end && end < match->last;
}

/* The next row from the cursor on that is not matched. NULL where there is
 * none, or where it is so far away that the index is faster. */
static int get_next(const struct adl_record **out, struct adl_match *match)
{
    struct adl_window *window = &match->window;

    *out = NULL;
    for (;;) {
        for (; match->at < window->n; match->at++) {
            if (!is_matched(match, window->records[match->at].id)) {
                *out = &window->records[match->at];
                return 0;
            }
        }
        if (skip_matched(match) || match->read == match->last) {
            return 0;
        }
        int err = read_on(match);
        if (err < 0) {
            return err;
        }
    }
}

static uint64_t find_first_left(const struct adl_match *match)
{
    uint64_t id = 1;

    while (id <= match->last && is_matched(match, id)) {
        bool is_whole =
            id % WORD_IDS == 0 && match->matched[id / WORD_IDS] == ALL_MATCHED;

        id += is_whole ? WORD_IDS : 1;
    }
    return id;
}

static int fill(struct adl_match *match)
{
    sqlite3_stmt *stmt = NULL;
    int err = adl_journal_db_prepare(&stmt, match->db, fill_index);

    if (err == 0) {
        int rc =
            sqlite3_bind_int64(stmt, 1, (sqlite3_int64)find_first_left(match));

        if (rc == SQLITE_OK) {
            rc = sqlite3_bind_int64(stmt, 2, (sqlite3_int64)match->last);
        }
        err = rc != SQLITE_OK ? adl_journal_db_judge(match->db, rc)
                              : adl_journal_db_run(match->db, stmt);
    }
    (void)sqlite3_finalize(stmt); /* repeats what was told */
    return err;
}

/* Not within a transaction, which may be rolled back. */
static int build_index(struct adl_match *match)
{
    struct adl_journal_db *db = match->db;
    int err = 0;

    if (!sqlite3_get_autocommit(db->folder.db)) {
        err = adl_journal_db_exec(db, "COMMIT");
    }
    if (err == 0) {
        err = adl_journal_db_exec(db, drop_index); /* of one that failed */
    }
    if (err == 0) {
        err = adl_journal_db_exec(db, make_index);
    }
    if (err == 0) {
        err = fill(match);
    }
    return err < 0 ? err
                   : adl_journal_db_prepare(&match->by_key, db, ask_index);
}

/* The lowest id of that key that is left, or 0. */
static int ask(uint64_t *out, struct adl_match *match,
               const uint8_t key[ADL_JOURNAL_KEY])
{
    sqlite3_stmt *stmt = match->by_key;
    int rc = sqlite3_bind_blob(stmt, 1, key, ADL_JOURNAL_KEY, SQLITE_STATIC);

    *out = 0;
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
    }
    while (rc == SQLITE_ROW) {
        uint64_t id = (uint64_t)sqlite3_column_int64(stmt, 0);

        if (!is_matched(match, id)) {
            *out = id;
            break;
        }
        rc = sqlite3_step(stmt);
    }
    int err = adl_journal_db_judge(match->db, rc);
    (void)sqlite3_reset(stmt); /* repeats rc */
    return err;
}

/* The line is out of order: go where its row is, if it has one. */
static int jump(const struct adl_record **out, struct adl_match *match,
                const uint8_t key[ADL_JOURNAL_KEY])
{
    uint64_t id = 0;
    int err = match->by_key == NULL ? build_index(match) : 0;

    if (err == 0) {
        err = ask(&id, match, key);
    }
    if (err < 0 || id == 0) {
        return err;
    }
    match->read = id - 1;
    match->n_next = 1;
    match->window.n = 0;
    match->at = 0;
    return get_next(out, match);
}

/* An index of a damaged file may lead to the row of another. */
static int check_found(struct adl_match *match, const struct adl_record *record,
                       const uint8_t key[ADL_JOURNAL_KEY])
{
    bool is_own =
        record == NULL || memcmp(record->key, key, ADL_JOURNAL_KEY) == 0;

    return is_own ? 0 : adl_journal_db_refuse_row(match->db, ASYNCDL_EJOURNAL);
}

/* Read one row, wherever it is. NULL where it has gone. */
static int read_one(const struct adl_record **out, struct adl_match *match,
                    uint64_t id)
{
    const struct adl_window_range range = {
        .after = id - 1, .last = id, .n_max = 1};
    int rc = SQLITE_OK;
    int err = adl_window_fill(&match->one, match->by_id, &range, &rc);

    if (err < 0) {
        return err == -EIO ? adl_journal_db_judge(match->db, rc)
                           : adl_journal_db_refuse_row(match->db, err);
    }
    *out = match->one.n > 0 ? &match->one.records[0] : NULL;
    return 0;
}

/* One that is finished is lent as it was read, another with all that is known
 * of it. 1, 0 where it has gone, or negative. */
static int lend(const struct adl_record **out, struct adl_match *match,
                const struct adl_record *record)
{
    const struct adl_record *whole = record;
    int err = record->state != ADL_RECORD_DONE
                  ? read_one(&whole, match, record->id)
                  : 0;

    if (err < 0 || whole == NULL) {
        return err;
    }
    *out = whole;
    return 1;
}

int adl_match_find(const struct adl_record **out, struct adl_match *match,
                   const uint8_t key[ADL_JOURNAL_KEY])
{
    const struct adl_record *record = NULL;

    if (match->n_left == 0) {
        return 0;
    }
    int err = get_next(&record, match);
    if (err == 0 &&
        (record == NULL || memcmp(record->key, key, ADL_JOURNAL_KEY) != 0)) {
        record = NULL;
        err = match->n_left > 0 ? jump(&record, match, key) : 0;
    }
    err = err < 0 ? err : check_found(match, record, key);
    if (err < 0 || record == NULL) {
        return err;
    }
    set_matched(match, record->id);
    match->at++;
    return lend(out, match, record);
}

int adl_match_find_unfinished(const struct adl_record **out,
                              struct adl_match *match,
                              const uint8_t key[ADL_JOURNAL_KEY],
                              const char *checksum)
{
    struct adl_unfinished_query query = {
        .key = key, .checksum = checksum, .last = match->last};
    const struct adl_record *record = NULL;

    int rc = adl_unfinished_find(&query.after, &match->unfinished, &query);
    while (rc > 0 && is_matched(match, query.after)) {
        rc = adl_unfinished_find(&query.after, &match->unfinished, &query);
    }
    if (rc <= 0) {
        return rc;
    }
    int err = read_one(&record, match, query.after);
    err = err < 0 ? err : check_found(match, record, key);
    if (err < 0 || record == NULL) {
        return err;
    }
    set_matched(match, record->id);
    *out = record;
    return 1;
}
