/* SPDX-License-Identifier: MIT */
/*
 * DIR/.asyncdl/journal.db: its schema, opening it, and saying what is wrong
 * with it. Who writes it holds the lock beside it (store/lockfile.h).
 */
#ifndef ADL_STORE_JOURNAL_DB_H
#define ADL_STORE_JOURNAL_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "store/folderdb.h"
#include "store/journal_still.h"
#include "store/lockfile.h"

#define ADL_JOURNAL_INDEX "unfinished"

/* More entries than this are no journal, but nonsense. */
#define ADL_JOURNAL_MAX_ID (UINT64_C(1) << 30)

#define ADL_JOURNAL_WHY_MAX 256

struct adl_journal_db {
    struct adl_folderdb folder;
    struct adl_still still; /* is_known: nothing is shared with writers */
    int aside_fd;           /* DIR/.asyncdl/, borrowed */
    char why[ADL_JOURNAL_WHY_MAX]; /* the last failure, in one line */
};

/* Is there a journal? 1, 0, ASYNCDL_EINWAY for what is no file, -errno. */
int adl_journal_db_exists(struct adl_journal_db *db);

/* Lock it for a run, as adl_lockfile_take(). */
int adl_journal_db_lock(int *out_fd, struct adl_journal_db *db);

/* Does a run write it? As adl_lockfile_is_taken(). */
int adl_journal_db_is_locked(struct adl_journal_db *db);

/*
 * Open to be written, made if missing; is_durable: what SQLite needs to stay
 * whole over a power cut. 0 or what is wrong. Close it in any case.
 */
int adl_journal_db_open(struct adl_journal_db *db, bool is_durable);

/*
 * Open to be read. As above, -ENOENT where there is none, or -EBUSY. Where no
 * memory can be shared, as in a folder that we may not write to, and no run is
 * under way, it is read as it is; then ask after each reading whether it is
 * outdated.
 */
int adl_journal_db_open_reading(struct adl_journal_db *db);

/* May what was read be wrong, because it was written meanwhile? Open it
 * anew. */
bool adl_journal_db_is_outdated(struct adl_journal_db *db);

/* Likewise, and where the journal is at rest no file is made beside it. */
int adl_journal_db_open_looking(struct adl_journal_db *db);

void adl_journal_db_close(struct adl_journal_db *db);

/* Open an empty journal of that name, for nobody else. As above. */
int adl_journal_db_make(struct adl_journal_db *db, const char *name);

/* Each answers 0 or what is wrong, and db->why says it. */
int adl_journal_db_exec(struct adl_journal_db *db, const char *sql);
int adl_journal_db_prepare(sqlite3_stmt **out, struct adl_journal_db *db,
                           const char *sql);
int adl_journal_db_get_int(int64_t *out, struct adl_journal_db *db,
                           const char *sql);

/* Step once and reset; for statements without rows. */
int adl_journal_db_run(struct adl_journal_db *db, sqlite3_stmt *stmt);

/* Translate SQLite's result code; sets db->why unless it is a good one. */
int adl_journal_db_judge(struct adl_journal_db *db, int rc);

/* For a row that could not be read: err is -ENOMEM or ASYNCDL_EJOURNAL. */
int adl_journal_db_refuse_row(struct adl_journal_db *db, int err);

/* For a call of the system on that file; answers err. */
int adl_journal_db_refuse_errno(struct adl_journal_db *db, const char *name,
                                int err);

#endif
