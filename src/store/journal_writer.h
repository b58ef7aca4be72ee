/* SPDX-License-Identifier: MIT */
/*
 * Rows on their way into the journal. Plain ones are held back until there is a
 * group of them, which one statement inserts for less work than several. They
 * are written in the order in which they came, in the transaction that is open
 * when they come.
 *
 * After any failure what was put since the last commit may be lost. If it was,
 * all calls fail with that error from then on, so that nobody is told that what
 * he put is committed.
 */
#ifndef ADL_STORE_JOURNAL_WRITER_H
#define ADL_STORE_JOURNAL_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/journal_db.h"
#include "store/journal_row.h"

#define ADL_WRITER_TEXT_MAX 1024 /* strings of a row that is held back */

enum adl_writer_statement {
    ADL_WRITER_BEGIN,
    ADL_WRITER_PUT,
    ADL_WRITER_PUT_FIRST,
    ADL_WRITER_PUT_GROUP,
    ADL_WRITER_RENEW,
    ADL_WRITER_COMMIT,
    ADL_WRITER_N,
};

struct adl_writer {
    struct adl_journal_db *db; /* borrowed */
    sqlite3_stmt *statements[ADL_WRITER_N];
    int lost_err; /* what was put and not committed is lost; 0: nothing is */
    bool has_put; /* in the transaction that is open */
    size_t n_held;
    struct {
        struct adl_record record;
        char text[ADL_WRITER_TEXT_MAX];
        char hex[ADL_ROW_HEX];
    } held[ADL_ROW_GROUP];
};

/* Where db is only read, nothing but judge, note_commit and commit, which has
 * nothing to do, may be called. */
void adl_writer_init(struct adl_writer *writer, struct adl_journal_db *db);

/* Once it is open to be written. 0 or negative, as of all here. */
int adl_writer_prepare(struct adl_writer *writer);

/* What is not committed is dropped. */
void adl_writer_finish(struct adl_writer *writer);

/* Pass on what another call on the database came to, where it may have ended
 * the transaction: a failure, or 0. */
int adl_writer_judge(struct adl_writer *writer, int err);

/* Somebody else has committed the transaction. */
void adl_writer_note_commit(struct adl_writer *writer);

int adl_writer_put(struct adl_writer *writer, const struct adl_record *record);

int adl_writer_renew(struct adl_writer *writer, uint64_t id, int64_t mtime_ns);

int adl_writer_put_folder(struct adl_writer *writer, const char *path,
                          uint32_t number);

/* Write what is held back, as before somebody else commits. */
int adl_writer_flush(struct adl_writer *writer);

int adl_writer_commit(struct adl_writer *writer);

#endif
