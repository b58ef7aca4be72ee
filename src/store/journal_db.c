/* SPDX-License-Identifier: MIT */
/*
 * In WAL mode readers see a whole state while a run writes, and a commit is one
 * write() without waiting for the disk. That needs memory shared through a
 * file: where a file system cannot, the run takes the database alone.
 */
#include "store/journal_db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include "asyncdl/error.h"
#include "store/lockfile.h"

#define APPLICATION_ID INT64_C(0x4144424a) /* "ADBJ" */
#define VERSION        1
#define BUSY_MS        5000
#define MAX_TEXT_BYTES (16 * 1024 * 1024)

/* What journals that were made without it get when they are next written: the
 * numbers of folders; and rows that are not done by key, which are few, as
 * nearly all get done. */
#define MAKE_FOLDERS                                                 \
    "CREATE TABLE IF NOT EXISTS main.folders (\n"                    \
    "  path TEXT PRIMARY KEY,  -- as it was wanted: a file has it\n" \
    "  number INTEGER NOT NULL -- the folder is path~number\n"       \
    ") WITHOUT ROWID;"
#define MAKE_INDEX                                                           \
    "CREATE INDEX IF NOT EXISTS main." ADL_JOURNAL_INDEX " ON entries (key)" \
    " WHERE state <> 'done';"

/* "sqlite3 journal.db .schema" shows it as it stands here. */
static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE entries (\n"
    "  id INTEGER PRIMARY KEY, -- order in which lines were first met\n"
    "  key BLOB NOT NULL,      -- hash by which a line finds its row\n"
    "  state TEXT NOT NULL,    -- done, half, failed\n"
    "  url TEXT NOT NULL,      -- without passwords and tokens\n"
    "  path TEXT,              -- of the file, below the folder\n"
    "  bytes INTEGER,          -- of the file, or of the half\n"
    "  mtime INTEGER,          -- of the finished file, Unix time\n"
    "  mtime_ns INTEGER,       -- nanoseconds to add to it\n"
    "  sha256 TEXT,            -- of the finished file\n"
    "  etag TEXT,              -- validators as the server sent them\n"
    "  last_modified TEXT,\n"
    "  attempts INTEGER,       -- made for it so far\n"
    "  total INTEGER,          -- half: bytes of the whole, 0 is unknown\n"
    "  checksum TEXT,          -- that the file is checked against\n"
    "  part TEXT,              -- half: the file that holds it\n"
    "  boot TEXT,              -- half: boot of the machine that wrote it\n"
    "  err INTEGER,            -- failed: asyncdl's code\n"
    "  status INTEGER,         -- HTTP status, 0 is none\n"
    "  retryable INTEGER,      -- failed: another run can help\n"
    "  error TEXT,             -- failed: why\n"
    "  earlier_ns INTEGER      -- time of the file it replaces, NULL is none\n"
    ");"
    "CREATE TABLE runs (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  started INTEGER NOT NULL, -- Unix time\n"
    "  ended INTEGER,            -- NULL: under way, or killed\n"
    "  status INTEGER,           -- exit status; NULL: not known\n"
    "  done INTEGER,             -- entries finished by this run\n"
    "  failed INTEGER            -- entries that failed in this run\n"
    ");" MAKE_FOLDERS MAKE_INDEX "PRAGMA application_id = 0x4144424a;"
    "PRAGMA user_version = 1;"
    "COMMIT";

/* Say why, for an error that is not SQLite's; answers err. */
static int refuse(struct adl_journal_db *db, int err, const char *why)
{
    (void)snprintf(db->why, sizeof(db->why), "%s", why);
    return err;
}

int adl_journal_db_refuse_row(struct adl_journal_db *db, int err)
{
    return refuse(db, err,
                  err == ASYNCDL_EJOURNAL ? ADL_JOURNAL_FILE
                      " is damaged: a row makes no sense; "
                      "--restart sets it aside"
                                          : asyncdl_strerror(err));
}

int adl_journal_db_refuse_errno(struct adl_journal_db *db, const char *name,
                                int err)
{
    (void)snprintf(db->why, sizeof(db->why), "%s: %s", name,
                   asyncdl_strerror(err));
    return err;
}

/* SQLite says "readonly", the file system why. */
static int judge_readonly(struct adl_journal_db *db, int err)
{
    if (faccessat(db->aside_fd, ADL_JOURNAL_FILE, W_OK, 0) < 0 ||
        faccessat(db->aside_fd, ".", W_OK, 0) < 0) {
        err = errno == EACCES || errno == EPERM ? -EACCES : -EROFS;
    }
    return err;
}

/* A file is missing: the journal, or one that SQLite would have made. */
static int judge_missing(struct adl_journal_db *db)
{
    return faccessat(db->aside_fd, ADL_JOURNAL_FILE, F_OK, 0) < 0
               ? -ENOENT
               : judge_readonly(db, -EIO);
}

/* Say what err, which rc was translated to, means here; answers it. */
static int explain(struct adl_journal_db *db, int rc, int err)
{
    const char *said = db->folder.db != NULL ? sqlite3_errmsg(db->folder.db)
                                             : sqlite3_errstr(rc);

    if (err == -EROFS) {
        err = judge_readonly(db, err);
    } else if (err == -ENOENT) {
        err = judge_missing(db);
    }
    if (err == ASYNCDL_EJOURNAL) {
        (void)snprintf(db->why, sizeof(db->why),
                       ADL_JOURNAL_FILE " is damaged or no journal: %s", said);
    } else if (err == -EBUSY) {
        (void)snprintf(db->why, sizeof(db->why),
                       ADL_JOURNAL_FILE " is held by another program");
    } else {
        (void)snprintf(db->why, sizeof(db->why), ADL_JOURNAL_FILE ": %s (%s)",
                       asyncdl_strerror(err), said);
    }
    return err;
}

int adl_journal_db_judge(struct adl_journal_db *db, int rc)
{
    int err = adl_folderdb_translate(&db->folder, rc);

    return err < 0 ? explain(db, rc, err) : 0;
}

int adl_journal_db_exec(struct adl_journal_db *db, const char *sql)
{
    return adl_journal_db_judge(
        db, sqlite3_exec(db->folder.db, sql, NULL, NULL, NULL));
}

int adl_journal_db_prepare(sqlite3_stmt **out, struct adl_journal_db *db,
                           const char *sql)
{
    return adl_journal_db_judge(
        db, sqlite3_prepare_v2(db->folder.db, sql, -1, out, NULL));
}

int adl_journal_db_run(struct adl_journal_db *db, sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);
    int err = adl_journal_db_judge(db, rc);

    (void)sqlite3_reset(stmt); /* repeats rc */
    return err;
}

int adl_journal_db_get_int(int64_t *out, struct adl_journal_db *db,
                           const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int err = adl_journal_db_prepare(&stmt, db, sql);

    if (err == 0) {
        int rc = sqlite3_step(stmt);

        err = adl_journal_db_judge(db, rc);
        *out = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    }
    (void)sqlite3_finalize(stmt); /* repeats an error that was told */
    return err;
}

int adl_journal_db_exists(struct adl_journal_db *db)
{
    struct stat info;

    if (fstatat(db->aside_fd, ADL_JOURNAL_FILE, &info, AT_SYMLINK_NOFOLLOW) <
        0) {
        return errno == ENOENT
                   ? 0
                   : adl_journal_db_refuse_errno(db, ADL_JOURNAL_FILE, -errno);
    }
    if (!S_ISREG(info.st_mode)) {
        return refuse(db, ASYNCDL_EINWAY,
                      ADL_JOURNAL_FILE
                      " is a link or a folder, not a file: remove it");
    }
    return 1;
}

static int refuse_lock(struct adl_journal_db *db, int err)
{
    switch (err) {
    case ASYNCDL_EINUSE:
        return refuse(db, err,
                      "another run works in this folder: wait for its end");
    case ASYNCDL_EINWAY:
        return refuse(db, err,
                      ADL_JOURNAL_LOCK " is not a regular file: remove it");
    default:
        return adl_journal_db_refuse_errno(db, ADL_JOURNAL_LOCK, err);
    }
}

int adl_journal_db_lock(int *out_fd, struct adl_journal_db *db)
{
    int err = adl_lockfile_take(out_fd, db->aside_fd, ADL_LOCKFILE_JOURNAL);

    return err < 0 ? refuse_lock(db, err) : 0;
}

int adl_journal_db_is_locked(struct adl_journal_db *db)
{
    int answer = adl_lockfile_is_taken(db->aside_fd, ADL_LOCKFILE_JOURNAL);

    return answer < 0 ? refuse_lock(db, answer) : answer;
}

/* 1 for a journal that we can work with, 0 for an empty file. */
static int check(struct adl_journal_db *db)
{
    int64_t id = 0;
    int64_t version = 0;
    int64_t n_tables = 0;
    int err = adl_journal_db_get_int(&id, db, "PRAGMA main.application_id");

    if (err == 0) {
        err = adl_journal_db_get_int(&version, db, "PRAGMA main.user_version");
    }
    if (err == 0) {
        err = adl_journal_db_get_int(&n_tables, db,
                                     "SELECT count(*) FROM main.sqlite_master");
    }
    if (err < 0) {
        return err;
    }
    if (id == 0 && version == 0 && n_tables == 0) {
        return 0;
    }
    if (id != APPLICATION_ID || version < 1) {
        return refuse(db, ASYNCDL_EJOURNAL,
                      ADL_JOURNAL_FILE
                      " is a database, but no journal of asyncdl");
    }
    if (version > VERSION) {
        (void)snprintf(db->why, sizeof(db->why),
                       ADL_JOURNAL_FILE " has version %lld, this asyncdl knows "
                                        "%d: use a newer asyncdl",
                       (long long)version, VERSION);
        return ASYNCDL_EJOURNALNEW;
    }
    return 1;
}

#define SHARED "PRAGMA locking_mode = NORMAL"
#define ALONE  "PRAGMA locking_mode = EXCLUSIVE"

/* What holds for every connection. Nothing in the file may run code. locking
 * must come before anything that reads the file. */
static int set_up(struct adl_journal_db *db, const char *locking)
{
    sqlite3 *handle = db->folder.db;

    (void)sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, MAX_TEXT_BYTES);
    (void)sqlite3_busy_timeout(handle, BUSY_MS); /* cannot fail */
    /* These cannot fail either. */
    (void)sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    (void)sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    (void)sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    int err = adl_journal_db_exec(db, locking);
    return err < 0 ? err
                   : adl_journal_db_exec(db, "PRAGMA temp_store = FILE;"
                                             "PRAGMA cache_size = -2048;"
                                             "PRAGMA mmap_size = 0");
}

static int open_file(struct adl_journal_db *db, const char *name, int flags,
                     const char *locking)
{
    int err = adl_journal_db_judge(
        db, adl_folderdb_open(&db->folder, db->aside_fd, name, flags));

    return err < 0 ? err : set_up(db, locking);
}

static int set_wal(struct adl_journal_db *db)
{
    sqlite3_stmt *stmt = NULL;
    int err =
        adl_journal_db_prepare(&stmt, db, "PRAGMA main.journal_mode = WAL");

    if (err == 0) {
        int rc = sqlite3_step(stmt);
        const char *mode =
            rc == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : "";

        err = adl_journal_db_judge(db, rc);
        if (err == 0 && (mode == NULL || strcmp(mode, "wal") != 0)) {
            err = refuse(db, -EIO, ADL_JOURNAL_FILE ": no WAL here");
        }
    }
    (void)sqlite3_finalize(stmt); /* repeats an error that was told */
    return err;
}

static int open_writing(struct adl_journal_db *db, bool is_durable,
                        const char *locking)
{
    int err = open_file(db, ADL_JOURNAL_FILE,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, locking);

    if (err == 0 && sqlite3_db_readonly(db->folder.db, "main") == 1) {
        /* not its own to say: it would go on and read */
        err = adl_journal_db_judge(db, SQLITE_READONLY);
    }
    if (err == 0) {
        err = adl_journal_db_exec(db, is_durable ? "PRAGMA synchronous = NORMAL"
                                                 : "PRAGMA synchronous = OFF");
    }
    int is_journal = err < 0 ? err : check(db);
    if (is_journal < 0) {
        return is_journal;
    }
    err = set_wal(db);
    /* With a first write: without shared memory that is what fails. */
    return err < 0
               ? err
               : adl_journal_db_exec(
                     db, is_journal ? "BEGIN IMMEDIATE;" MAKE_FOLDERS MAKE_INDEX
                                      "COMMIT"
                                    : schema);
}

/* May it be the file system that cannot share memory? */
static bool may_be_unshared(int err)
{
    return err != 0 && err != -ENOMEM && err != -ENOSPC && err != -EDQUOT &&
           err != -EACCES && err != -EBUSY && err > ASYNCDL_EHTTP;
}

int adl_journal_db_open(struct adl_journal_db *db, bool is_durable)
{
    int err = open_writing(db, is_durable, SHARED);

    if (may_be_unshared(err)) {
        adl_journal_db_close(db);
        err = open_writing(db, is_durable, ALONE);
    }
    return err;
}

/* One that is open to be read. */
static int check_reading(struct adl_journal_db *db)
{
    (void)sqlite3_db_config(db->folder.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
                            NULL); /* cannot fail */
    int is_journal = check(db);

    if (is_journal == 0) {
        return refuse(db, -ENOENT, ADL_JOURNAL_FILE " has nothing in it yet");
    }
    return is_journal < 0 ? is_journal : 0;
}

static int open_reading(struct adl_journal_db *db, const char *name, int flags)
{
    int err = open_file(db, name, flags | SQLITE_OPEN_READONLY, SHARED);

    return err < 0 ? err : check_reading(db);
}

static int open_unlocked(struct adl_journal_db *db)
{
    int err = adl_journal_db_judge(
        db, adl_folderdb_open_unlocked(&db->folder, db->aside_fd,
                                       ADL_JOURNAL_FILE));

    if (err == 0) {
        err = set_up(db, ALONE);
    }
    return err < 0 ? err : check_reading(db);
}

/* 0, or what is wrong where there is none. */
static int need(struct adl_journal_db *db)
{
    int err = adl_journal_db_exists(db);

    if (err == 0) {
        return refuse(db, -ENOENT, "there is no " ADL_JOURNAL_FILE);
    }
    return err < 0 ? err : 0;
}

/* Is no run under way? Then db->still is how its files are. */
static bool is_still(struct adl_journal_db *db)
{
    adl_still_look(&db->still, db->aside_fd);
    return adl_journal_db_is_locked(db) == 0;
}

/* As db->still has it, without memory to be shared with who writes it. SQLite
 * needs no WAL where nothing is in it, and would make one. */
static int open_still(struct adl_journal_db *db)
{
    return adl_still_has_wal(&db->still)
               ? open_unlocked(db)
               : open_reading(db, ADL_JOURNAL_FILE "?immutable=1",
                              SQLITE_OPEN_URI);
}

/* May it be that nothing can be shared? */
static bool may_be_apart(int err)
{
    return err < 0 && err != -ENOENT && err != -ENOMEM && err > ASYNCDL_EHTTP;
}

int adl_journal_db_open_reading(struct adl_journal_db *db)
{
    int err = need(db);

    db->still = (struct adl_still){.is_known = false};
    if (err == 0) {
        err = open_reading(db, ADL_JOURNAL_FILE, 0);
    }
    if (may_be_apart(err)) {
        if (is_still(db)) {
            adl_journal_db_close(db);
            err = open_still(db);
        } else {
            db->still.is_known = false;
        }
    }
    return err;
}

bool adl_journal_db_is_outdated(struct adl_journal_db *db)
{
    return db->still.is_known && (adl_journal_db_is_locked(db) != 0 ||
                                  !adl_still_holds(&db->still, db->aside_fd));
}

int adl_journal_db_open_looking(struct adl_journal_db *db)
{
    int err = need(db);

    if (err < 0) {
        return err;
    }
    return is_still(db) && !adl_still_has_wal(&db->still)
               ? open_still(db)
               : adl_journal_db_open_reading(db);
}

void adl_journal_db_close(struct adl_journal_db *db)
{
    adl_folderdb_close(&db->folder);
}

int adl_journal_db_make(struct adl_journal_db *db, const char *name)
{
    int err =
        open_file(db, name, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, ALONE);

    return err < 0 ? err : adl_journal_db_exec(db, schema);
}
