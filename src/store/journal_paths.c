/* SPDX-License-Identifier: MIT */
#include "store/journal_paths.h"

#include <string.h>

static int add_path(struct adl_paths *paths, sqlite3_stmt *stmt)
{
    const char *path = (const char *)sqlite3_column_text(stmt, 1);

    paths->read = (uint64_t)sqlite3_column_int64(stmt, 0);
    return path == NULL ? 0 : adl_buf_add(&paths->text, path, strlen(path) + 1);
}

int adl_paths_read(struct adl_paths *paths, struct adl_journal_db *db,
                   sqlite3_stmt *stmt)
{
    int err = 0;
    int rc = sqlite3_bind_int64(stmt, 1, (sqlite3_int64)paths->read);

    adl_buf_reset(&paths->text);
    if (rc == SQLITE_OK) {
        rc = sqlite3_bind_int64(stmt, 2, (sqlite3_int64)paths->last);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
    }
    while (err == 0 && rc == SQLITE_ROW) {
        err = add_path(paths, stmt);
        rc = err < 0 ? SQLITE_NOMEM : sqlite3_step(stmt);
    }
    err = adl_journal_db_judge(db, rc);
    (void)sqlite3_reset(stmt); /* repeats rc */
    return err;
}

int adl_paths_lend(const struct adl_paths *paths,
                   int (*cb)(const char *path, void *data), void *data)
{
    size_t at = 0;

    while (at < paths->text.len) {
        const char *path = paths->text.data + at;
        int answer = cb(path, data);

        if (answer != 0) {
            return answer;
        }
        at += strlen(path) + 1;
    }
    return 0;
}
