/* SPDX-License-Identifier: MIT */
/*
 * Nothing in it has to outlive the process, so it has no rollback journal and
 * is one transaction that never ends: pages go to the file only when the cache
 * is full.
 */
#include "util/spill.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include <sqlite3.h>

struct adl_spill {
    sqlite3 *db;
    sqlite3_stmt *get;
    sqlite3_stmt *put;
};

static const char setup[] =
    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
    "PRAGMA temp_store = FILE; PRAGMA cache_size = -2048;"
    "CREATE TABLE numbers (key INTEGER PRIMARY KEY, value INTEGER NOT NULL);"
    "BEGIN";

static int translate(int rc)
{
    switch (rc & 0xff) { /* the rest says more than anybody here asks */
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_FULL:
        return -ENOSPC;
    default:
        return -EIO;
    }
}

static int prepare(struct adl_spill *spill)
{
    int rc = sqlite3_exec(spill->db, setup, NULL, NULL, NULL);

    if (rc == SQLITE_OK) {
        rc = sqlite3_prepare_v2(spill->db,
                                "SELECT value FROM numbers WHERE key = ?1", -1,
                                &spill->get, NULL);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_prepare_v2(spill->db,
                                "REPLACE INTO numbers VALUES (?1, ?2)", -1,
                                &spill->put, NULL);
    }
    return translate(rc);
}

int adl_spill_open(struct adl_spill **out)
{
    struct adl_spill *spill = calloc(1, sizeof(*spill));

    if (spill == NULL) {
        return -ENOMEM;
    }
    /* No name: a temporary file. One thread at a time, ours. */
    int err = translate(sqlite3_open_v2(
        "", &spill->db,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
        NULL));
    if (err == 0) {
        err = prepare(spill);
    }
    if (err < 0) {
        adl_spill_close(spill);
        return err;
    }
    *out = spill;
    return 0;
}

void adl_spill_close(struct adl_spill *spill)
{
    if (spill == NULL) {
        return;
    }
    (void)sqlite3_finalize(spill->get); /* repeats an error that was told */
    (void)sqlite3_finalize(spill->put); /* likewise */
    (void)sqlite3_close(spill->db);     /* no statement is left in it */
    free(spill);
}

/* Keys use all 64 bits; SQLite's integers have a sign. */
static int bind_key(sqlite3_stmt *stmt, uint64_t key)
{
    return sqlite3_bind_int64(stmt, 1, (sqlite3_int64)key);
}

int adl_spill_get(struct adl_spill *spill, uint64_t key, uint32_t *out)
{
    int rc = bind_key(spill->get, key);

    if (rc == SQLITE_OK) {
        rc = sqlite3_step(spill->get);
    }
    *out = rc == SQLITE_ROW ? (uint32_t)sqlite3_column_int64(spill->get, 0) : 0;
    (void)sqlite3_reset(spill->get); /* repeats rc */
    return translate(rc);
}

int adl_spill_put(struct adl_spill *spill, uint64_t key, uint32_t value)
{
    int rc = bind_key(spill->put, key);

    if (rc == SQLITE_OK) {
        rc = sqlite3_bind_int64(spill->put, 2, value);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(spill->put);
    }
    (void)sqlite3_reset(spill->put); /* repeats rc */
    return translate(rc);
}
