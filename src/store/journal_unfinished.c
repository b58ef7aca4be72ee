/* SPDX-License-Identifier: MIT */
#include "store/journal_unfinished.h"

#include <stddef.h>
#include <string.h>

/* With more the filter would let most keys pass. */
#define MAX_KEYS "16384"

/* In the words of the index that holds them, or it is not used. */
#define IS_UNFINISHED "state <> 'done'"

static const char are_many[] =
    "SELECT count(*) = " MAX_KEYS " FROM (SELECT 1 FROM main.entries "
    "WHERE " IS_UNFINISHED " LIMIT " MAX_KEYS ")";
static const char list_keys[] =
    "SELECT key FROM main.entries WHERE " IS_UNFINISHED;
static const char ask[] =
    "SELECT id FROM main.entries WHERE key = ?1 AND " IS_UNFINISHED
    " AND id > ?2 AND id <= ?3 AND checksum IS ?4 ORDER BY id LIMIT 1";
static const char has_index[] =
    "SELECT count(*) FROM main.sqlite_master WHERE type = 'index' AND "
    "name = '" ADL_JOURNAL_INDEX "'";

/* The key's place in the filter: it is a hash already. */
static size_t get_bit(const uint8_t *key)
{
    return (size_t)key[0] << 8 | key[1];
}

static void add_key(struct adl_unfinished *u, sqlite3_stmt *stmt)
{
    const uint8_t *key = sqlite3_column_blob(stmt, 0);

    if (key != NULL && sqlite3_column_bytes(stmt, 0) == ADL_JOURNAL_KEY) {
        size_t bit = get_bit(key);

        u->filter[bit / 8] |= (uint8_t)(1u << (bit % 8));
    }
}

/* The number of unfinished rows, or negative. */
static int fill_filter(struct adl_unfinished *u, struct adl_journal_db *db)
{
    sqlite3_stmt *stmt = NULL;
    int n = 0;
    int err = adl_journal_db_prepare(&stmt, db, list_keys);

    if (err == 0) {
        int rc = sqlite3_step(stmt);

        while (rc == SQLITE_ROW) {
            add_key(u, stmt);
            n++;
            rc = sqlite3_step(stmt);
        }
        err = adl_journal_db_judge(db, rc);
    }
    (void)sqlite3_finalize(stmt); /* repeats what was told */
    return err < 0 ? err : n;
}

int adl_unfinished_init(struct adl_unfinished *u, struct adl_journal_db *db)
{
    int64_t n = 0;

    *u = (struct adl_unfinished){.db = NULL};
    int err = adl_journal_db_get_int(&n, db, has_index);
    if (err < 0 || n == 0) {
        return err; /* one of a journal that is only read: goes without */
    }
    err = adl_journal_db_get_int(&n, db, are_many);
    if (err == 0 && n > 0) {
        memset(u->filter, 0xff, sizeof(u->filter));
    } else if (err == 0) {
        n = err = fill_filter(u, db);
    }
    if (err < 0 || n == 0) {
        return err;
    }
    err = adl_journal_db_prepare(&u->ask, db, ask);
    if (err == 0) {
        u->db = db;
    }
    return err;
}

void adl_unfinished_finish(struct adl_unfinished *u)
{
    (void)sqlite3_finalize(u->ask); /* repeats what was told */
    u->ask = NULL;
    u->db = NULL;
}

static int bind(sqlite3_stmt *stmt, const struct adl_unfinished_query *query)
{
    int rc =
        sqlite3_bind_blob(stmt, 1, query->key, ADL_JOURNAL_KEY, SQLITE_STATIC);

    if (rc == SQLITE_OK) {
        rc = sqlite3_bind_int64(stmt, 2, (sqlite3_int64)query->after);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_bind_int64(stmt, 3, (sqlite3_int64)query->last);
    }
    return rc != SQLITE_OK
               ? rc
               : sqlite3_bind_text(stmt, 4, query->checksum, -1, SQLITE_STATIC);
}

int adl_unfinished_find(uint64_t *out_id, const struct adl_unfinished *u,
                        const struct adl_unfinished_query *query)
{
    size_t bit = get_bit(query->key);

    if (u->db == NULL || (u->filter[bit / 8] >> (bit % 8) & 1) == 0) {
        return 0;
    }
    int rc = bind(u->ask, query);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(u->ask);
    }
    if (rc == SQLITE_ROW) {
        *out_id = (uint64_t)sqlite3_column_int64(u->ask, 0);
    }
    int err = adl_journal_db_judge(u->db, rc);
    (void)sqlite3_reset(u->ask); /* repeats rc */
    return err < 0 ? err : rc == SQLITE_ROW;
}
