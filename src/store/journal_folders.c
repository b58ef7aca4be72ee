/* SPDX-License-Identifier: MIT */
#include "store/journal_folders.h"

#include <stddef.h>

#include "asyncdl/error.h"

#define FIRST_NUMBER 2

int adl_folders_put(struct adl_journal_db *db, const char *path,
                    uint32_t number)
{
    sqlite3_stmt *stmt = NULL;
    int err = adl_journal_db_prepare(
        &stmt, db, "REPLACE INTO main.folders (path, number) VALUES (?1, ?2)");

    if (err == 0) {
        int rc = sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);

        if (rc == SQLITE_OK) {
            rc = sqlite3_bind_int64(stmt, 2, number);
        }
        err = rc != SQLITE_OK ? adl_journal_db_judge(db, rc)
                              : adl_journal_db_run(db, stmt);
    }
    (void)sqlite3_finalize(stmt); /* repeats what was told */
    return err;
}

static int lend(struct adl_journal_db *db, sqlite3_stmt *stmt,
                int (*cb)(const char *path, uint32_t number, void *data),
                void *data)
{
    const char *path = (const char *)sqlite3_column_text(stmt, 0);
    int64_t number = sqlite3_column_int64(stmt, 1);

    if (path == NULL || number < FIRST_NUMBER || number > UINT32_MAX) {
        return adl_journal_db_refuse_row(db, ASYNCDL_EJOURNAL);
    }
    return cb(path, (uint32_t)number, data);
}

int adl_folders_each(struct adl_journal_db *db,
                     int (*cb)(const char *path, uint32_t number, void *data),
                     void *data)
{
    sqlite3_stmt *stmt = NULL;
    int64_t n_tables = 0;
    int rc = SQLITE_DONE;

    int err =
        adl_journal_db_get_int(&n_tables, db,
                               "SELECT count(*) FROM main.sqlite_master "
                               "WHERE type = 'table' AND name = 'folders'");
    if (err < 0 || n_tables == 0) {
        return err;
    }
    err = adl_journal_db_prepare(&stmt, db,
                                 "SELECT path, number FROM main.folders");
    while (err == 0 && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        err = lend(db, stmt, cb, data);
    }
    err = err == 0 ? adl_journal_db_judge(db, rc) : err;
    (void)sqlite3_finalize(stmt); /* repeats what was told */
    return err;
}
