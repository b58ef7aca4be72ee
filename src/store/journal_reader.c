/* SPDX-License-Identifier: MIT */
/* Rows are read in windows: between two of them the run is alone with its WAL.
 */
#include "asyncdl/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include <unistd.h>

#include "asyncdl/error.h"
#include "store/journal_db.h"
#include "store/journal_window.h"

#define MAX_TRIES 5 /* to read it while it is not written */

struct asyncdl_journal {
    struct adl_journal_db db;
    struct adl_window window;
    size_t at;     /* window.records before it were given out */
    uint64_t read; /* ids up to this were in the window */
    sqlite3_stmt *next;
    int aside_fd; /* -1: none */
};

static int open_aside(int *out, const char *dir)
{
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dir_fd < 0) {
        return -errno;
    }
    int fd = openat(dir_fd, ".asyncdl",
                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int err = fd < 0 ? -errno : 0;
    (void)close(dir_fd); /* only read */
    if (err == -ELOOP || err == -ENOTDIR) {
        return ASYNCDL_EINWAY;
    }
    *out = fd;
    return err;
}

static int open_db(struct asyncdl_journal *journal)
{
    int err = adl_journal_db_open_reading(&journal->db);

    return err < 0 ? err
                   : adl_journal_db_prepare(&journal->next, &journal->db,
                                            ADL_WINDOW_QUERY);
}

static void close_db(struct asyncdl_journal *journal)
{
    (void)sqlite3_finalize(journal->next); /* repeats what was told */
    journal->next = NULL;
    adl_journal_db_close(&journal->db);
}

/*
 * Read something whole. Where nothing is shared with who writes the journal,
 * what was read is good only if nobody did meanwhile.
 */
static int read_still(struct asyncdl_journal *journal,
                      int (*read)(struct asyncdl_journal *journal, void *out),
                      void *out)
{
    for (int i = 0; i < MAX_TRIES; i++) {
        int answer = read(journal, out);

        if (!adl_journal_db_is_outdated(&journal->db)) {
            return answer;
        }
        close_db(journal);
        answer = open_db(journal);
        if (answer < 0) {
            return answer;
        }
    }
    return -EBUSY;
}

int asyncdl_journal_open(struct asyncdl_journal **out, const char *dir)
{
    struct asyncdl_journal *journal = calloc(1, sizeof(*journal));

    if (journal == NULL) {
        return -ENOMEM;
    }
    journal->aside_fd = -1;
    int err = open_aside(&journal->aside_fd, dir);
    if (err == 0) {
        journal->db.aside_fd = journal->aside_fd;
        err = open_db(journal);
    }
    if (err < 0) {
        asyncdl_journal_close(journal);
        return err;
    }
    *out = journal;
    return 0;
}

/* out is not used. */
static int fill(struct asyncdl_journal *journal, void *out)
{
    struct adl_window *window = &journal->window;
    const struct adl_window_range range = {
        .after = journal->read,
        .last = INT64_MAX,
        .n_max = ADL_WINDOW_MAX,
    };
    int rc = SQLITE_OK;
    int err = adl_window_fill(window, journal->next, &range, &rc);

    (void)out;
    return err == -EIO ? adl_journal_db_judge(&journal->db, rc) : err;
}

static int read_on(struct asyncdl_journal *journal)
{
    struct adl_window *window = &journal->window;
    int err = read_still(journal, fill, NULL);

    journal->at = 0;
    if (err < 0) {
        window->n = 0;
    }
    if (window->n > 0) {
        journal->read = window->records[window->n - 1].id;
    }
    return err;
}

int asyncdl_journal_next(struct asyncdl_journal_entry *out,
                         struct asyncdl_journal *journal)
{
    int err = 0;

    if (journal->at == journal->window.n) {
        err = read_on(journal);
    }
    if (err < 0 || journal->window.n == 0) {
        return err;
    }
    const struct adl_record *record = &journal->window.records[journal->at++];
    *out = (struct asyncdl_journal_entry){
        .id = record->id,
        .state = (int)record->state,
        .url = record->url,
        .path = record->path,
        .bytes = record->bytes,
        .total = record->total,
        .attempts = record->attempts,
        .err = record->err,
        .status = record->status,
        .retryable = record->is_retryable,
        .error = record->error,
    };
    return 1;
}

static int step_run(struct asyncdl_journal_run *out, sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);

    if (rc == SQLITE_ROW) {
        bool has_status = sqlite3_column_type(stmt, 2) != SQLITE_NULL;

        *out = (struct asyncdl_journal_run){
            .started = sqlite3_column_int64(stmt, 0),
            .ended = sqlite3_column_int64(stmt, 1), /* 0 for NULL */
            .status = has_status ? sqlite3_column_int(stmt, 2) : -1,
            .n_done = (uint64_t)sqlite3_column_int64(stmt, 3),
            .n_failed = (uint64_t)sqlite3_column_int64(stmt, 4),
        };
    }
    return rc;
}

/* out is a struct asyncdl_journal_run. */
static int read_run(struct asyncdl_journal *journal, void *out)
{
    struct asyncdl_journal_run run = {0};
    sqlite3_stmt *stmt = NULL;
    /* before the row: a run that ends in between has ended then */
    int is_locked = adl_journal_db_is_locked(&journal->db);
    int err = is_locked < 0 ? is_locked
                            : adl_journal_db_prepare(
                                  &stmt, &journal->db,
                                  "SELECT started, ended, status, done, failed "
                                  "FROM main.runs ORDER BY id DESC LIMIT 1");
    int rc = err < 0 ? SQLITE_DONE : step_run(&run, stmt);

    if (err == 0) {
        err = adl_journal_db_judge(&journal->db, rc);
    }
    (void)sqlite3_finalize(stmt); /* repeats what was told */
    if (err < 0 || rc != SQLITE_ROW) {
        return err;
    }
    run.under_way = is_locked && run.ended == 0;
    *(struct asyncdl_journal_run *)out = run;
    return 1;
}

int asyncdl_journal_get_last_run(struct asyncdl_journal_run *out,
                                 struct asyncdl_journal *journal)
{
    struct asyncdl_journal_run run = {0};
    int answer = read_still(journal, read_run, &run);

    if (answer == 1) {
        *out = run;
    }
    return answer;
}

void asyncdl_journal_close(struct asyncdl_journal *journal)
{
    if (journal == NULL) {
        return;
    }
    close_db(journal);
    adl_window_finish(&journal->window);
    if (journal->aside_fd >= 0) {
        (void)close(journal->aside_fd); /* a folder */
    }
    free(journal);
}
