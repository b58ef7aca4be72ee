/* SPDX-License-Identifier: MIT */
#include "store/journal_writer.h"

#include <errno.h>

#include "store/journal_folders.h"

static const char *const statements[ADL_WRITER_N] = {
    [ADL_WRITER_BEGIN] = "BEGIN IMMEDIATE",
    [ADL_WRITER_PUT] = ADL_ROW_PUT,
    [ADL_WRITER_PUT_FIRST] = ADL_ROW_PUT_FIRST,
    [ADL_WRITER_PUT_GROUP] = ADL_ROW_PUT_GROUP,
    [ADL_WRITER_RENEW] = ADL_ROW_RENEWAL,
    [ADL_WRITER_COMMIT] = "COMMIT",
};

void adl_writer_init(struct adl_writer *writer, struct adl_journal_db *db)
{
    writer->db = db;
    writer->lost_err = 0;
    writer->has_put = false;
    writer->n_held = 0;
    for (size_t i = 0; i < ADL_WRITER_N; i++) {
        writer->statements[i] = NULL;
    }
}

int adl_writer_prepare(struct adl_writer *writer)
{
    int err = 0;

    for (size_t i = 0; i < ADL_WRITER_N && err == 0; i++) {
        err = adl_journal_db_prepare(&writer->statements[i], writer->db,
                                     statements[i]);
    }
    return err;
}

void adl_writer_finish(struct adl_writer *writer)
{
    for (size_t i = 0; i < ADL_WRITER_N; i++) {
        (void)sqlite3_finalize(writer->statements[i]); /* repeats an error */
        writer->statements[i] = NULL;
    }
    writer->n_held = 0;
}

static bool has_transaction(const struct adl_writer *writer)
{
    return !sqlite3_get_autocommit(writer->db->folder.db);
}

int adl_writer_judge(struct adl_writer *writer, int err)
{
    if (writer->lost_err == 0 && writer->has_put && !has_transaction(writer)) {
        writer->lost_err = err < 0 ? err : -EIO;
    }
    return err < 0 ? err : writer->lost_err;
}

void adl_writer_note_commit(struct adl_writer *writer)
{
    writer->has_put = writer->has_put && has_transaction(writer);
}

static int begin(struct adl_writer *writer)
{
    int err = adl_writer_judge(writer, 0);

    return err == 0 && !has_transaction(writer)
               ? adl_journal_db_run(writer->db,
                                    writer->statements[ADL_WRITER_BEGIN])
               : err;
}

/* rc is what binding stmt came to. */
static int write_bound(struct adl_writer *writer, sqlite3_stmt *stmt, int rc)
{
    int err = adl_journal_db_judge(writer->db, rc);

    if (err == 0) {
        err = adl_journal_db_run(writer->db, stmt);
    }
    writer->has_put = writer->has_put || err == 0;
    return err;
}

static int write_any(struct adl_writer *writer, const struct adl_record *record)
{
    sqlite3_stmt *stmt = writer->statements[ADL_WRITER_PUT];
    char hex[ADL_ROW_HEX];

    return write_bound(writer, stmt, adl_row_bind(stmt, record, hex));
}

/* Write n rows that are held back, from the i-th, with a statement for so many.
 * Where one of their ids has a row already, each is put in place of it. */
static int write_held(struct adl_writer *writer, size_t i, size_t n)
{
    sqlite3_stmt *stmt =
        writer->statements[n > 1 ? ADL_WRITER_PUT_GROUP : ADL_WRITER_PUT_FIRST];
    int rc = SQLITE_OK;

    for (size_t k = 0; k < n && rc == SQLITE_OK; k++) {
        rc = adl_row_bind_plain(stmt, k, &writer->held[i + k].record,
                                writer->held[i + k].hex);
    }
    int err = write_bound(writer, stmt, rc);
    if (err < 0 || sqlite3_changes(writer->db->folder.db) == (int)n) {
        return err;
    }
    for (size_t k = 0; k < n && err == 0; k++) {
        err = write_any(writer, &writer->held[i + k].record);
    }
    return err;
}

/* Nobody puts again what was held back, and was to be written with the rest of
 * the transaction: none of that may last, and the database is others'. */
static void lose(struct adl_writer *writer, int err)
{
    if (writer->lost_err == 0) {
        writer->lost_err = err;
    }
    if (has_transaction(writer)) { /* SQLite does it where this fails */
        (void)sqlite3_exec(writer->db->folder.db, "ROLLBACK", NULL, NULL, NULL);
    }
}

int adl_writer_flush(struct adl_writer *writer)
{
    size_t n = writer->n_held;
    int err = n > 0 ? begin(writer) : 0;

    writer->n_held = 0;
    if (err == 0 && n == ADL_ROW_GROUP) {
        err = write_held(writer, 0, n);
    } else {
        for (size_t i = 0; i < n && err == 0; i++) {
            err = write_held(writer, i, 1);
        }
    }
    if (err < 0) {
        lose(writer, err);
    }
    return err;
}

/* False where it cannot be. */
static bool hold_back(struct adl_writer *writer,
                      const struct adl_record *record)
{
    size_t n = writer->n_held;

    if (!adl_row_is_plain(record) ||
        !adl_record_copy_to(&writer->held[n].record, record,
                            writer->held[n].text, ADL_WRITER_TEXT_MAX)) {
        return false;
    }
    writer->n_held++;
    return true;
}

/* What does not wait for others of its kind comes behind those that do. */
static int begin_behind(struct adl_writer *writer)
{
    int err = adl_writer_flush(writer);

    return err < 0 ? err : begin(writer);
}

int adl_writer_put(struct adl_writer *writer, const struct adl_record *record)
{
    int err = begin(writer); /* where that fails nothing else is lost */

    if (err < 0) {
        return err;
    }
    if (hold_back(writer, record)) {
        err = writer->n_held == ADL_ROW_GROUP ? adl_writer_flush(writer) : 0;
    } else {
        err = begin_behind(writer);
        if (err == 0) {
            err = write_any(writer, record);
        }
    }
    return adl_writer_judge(writer, err);
}

int adl_writer_renew(struct adl_writer *writer, uint64_t id, int64_t mtime_ns)
{
    sqlite3_stmt *stmt = writer->statements[ADL_WRITER_RENEW];
    int err = begin_behind(writer);

    if (err == 0) {
        err =
            write_bound(writer, stmt, adl_row_bind_renewal(stmt, id, mtime_ns));
    }
    return adl_writer_judge(writer, err);
}

int adl_writer_put_folder(struct adl_writer *writer, const char *path,
                          uint32_t number)
{
    int err = begin_behind(writer);

    if (err == 0) {
        err = adl_folders_put(writer->db, path, number);
        writer->has_put = writer->has_put || err == 0;
    }
    return adl_writer_judge(writer, err);
}

int adl_writer_commit(struct adl_writer *writer)
{
    int err = adl_writer_judge(writer, adl_writer_flush(writer));

    if (err < 0 || !has_transaction(writer)) {
        return err;
    }
    err = adl_journal_db_run(writer->db, writer->statements[ADL_WRITER_COMMIT]);
    writer->has_put = writer->has_put && err < 0;
    return adl_writer_judge(writer, err);
}
