/* SPDX-License-Identifier: MIT */
#include "store/journal.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>
#include <uv.h>

#include "asyncdl/error.h"
#include "store/journal_db.h"
#include "store/journal_folders.h"
#include "store/journal_match.h"
#include "store/journal_paths.h"
#include "store/journal_replace.h"
#include "store/journal_window.h"
#include "store/journal_writer.h"
#include "util/clock.h"

struct adl_journal {
    uv_mutex_t lock; /* guards all the rest */
    struct adl_journal_db db;
    struct adl_match match;
    struct adl_writer writer;
    uint64_t last_id; /* the highest that was taken or put */
    uint64_t n_done;  /* put in this run */
    uint64_t n_failed;
    int lock_fd; /* -1: none */
    bool is_ended;
    bool is_read_only;
};

static void tell(const struct adl_journal *journal, char *why, size_t cap)
{
    (void)snprintf(why, cap, "%s", journal->db.why); /* none where cap is 0 */
}

static int begin_run(struct adl_journal *journal)
{
    char sql[128];

    (void)snprintf(sql, sizeof(sql),
                   "INSERT INTO main.runs (started, done, failed) "
                   "VALUES (%" PRId64 ", 0, 0)",
                   adl_clock_wall_s());
    return adl_journal_db_exec(&journal->db, sql);
}

/* See what is there. */
static int look(struct adl_journal *journal)
{
    struct adl_journal_db *db = &journal->db;
    int64_t last = 0;
    int err = adl_journal_db_get_int(
        &last, db, "SELECT coalesce(max(id), 0) FROM main.entries");

    if (err < 0) {
        return err;
    }
    if (last < 0 || (uint64_t)last > ADL_JOURNAL_MAX_ID) {
        return adl_journal_db_refuse_row(db, ASYNCDL_EJOURNAL);
    }
    journal->last_id = (uint64_t)last;
    err = adl_match_init(&journal->match, db, journal->last_id);
    return err == -ENOMEM ? adl_journal_db_refuse_row(db, err) : err;
}

static int open_to_write(struct adl_journal *journal,
                         enum adl_journal_mode mode, bool sync)
{
    struct adl_journal_db *db = &journal->db;
    int err = adl_journal_db_lock(&journal->lock_fd, db);

    if (err == 0 && mode == ADL_JOURNAL_RESTART) {
        err = adl_journal_replace(db);
    }
    if (err == 0) {
        err = adl_journal_db_exists(db);
    }
    if (err >= 0) {
        err = adl_journal_db_open(db, sync);
    }
    if (err == 0) {
        err = adl_writer_prepare(&journal->writer);
    }
    if (err == 0) {
        err = look(journal);
    }
    return err < 0 ? err : begin_run(journal);
}

static int open_all(struct adl_journal *journal, enum adl_journal_mode mode,
                    bool sync)
{
    if (mode != ADL_JOURNAL_READ) {
        return open_to_write(journal, mode, sync);
    }
    journal->is_read_only = true;
    int err = adl_journal_db_open_looking(&journal->db);
    return err < 0 ? err : look(journal);
}

/* Everything, in whatever state it is. */
static void destroy(struct adl_journal *journal)
{
    adl_match_finish(&journal->match);
    adl_writer_finish(&journal->writer);
    adl_journal_db_close(&journal->db);
    if (journal->lock_fd >= 0) {
        (void)close(journal->lock_fd); /* nothing was written to it */
    }
    uv_mutex_destroy(&journal->lock);
    free(journal);
}

int adl_journal_open(struct adl_journal **out, int aside_fd,
                     enum adl_journal_mode mode, bool sync, char *why,
                     size_t cap)
{
    struct adl_journal *journal = calloc(1, sizeof(*journal));
    int err = journal == NULL ? -ENOMEM : uv_mutex_init(&journal->lock);

    if (err < 0) {
        if (cap > 0) {
            (void)snprintf(why, cap, "%s", asyncdl_strerror(err));
        }
        free(journal);
        return err;
    }
    journal->lock_fd = -1;
    journal->db.aside_fd = aside_fd;
    adl_writer_init(&journal->writer, &journal->db);
    err = open_all(journal, mode, sync);
    if (err < 0) {
        tell(journal, why, cap);
        destroy(journal);
        return err;
    }
    *out = journal;
    return 0;
}

static int end_run(struct adl_journal *journal, int status)
{
    char sql[256];
    char number[16] = "NULL";

    if (status >= 0) {
        (void)snprintf(number, sizeof(number), "%d", status);
    }
    (void)snprintf(sql, sizeof(sql),
                   "UPDATE main.runs SET ended = %" PRId64 ", status = %s, "
                   "done = %" PRIu64 ", failed = %" PRIu64
                   " WHERE id = (SELECT max(id) FROM main.runs)",
                   adl_clock_wall_s(), number, journal->n_done,
                   journal->n_failed);
    int err = adl_writer_commit(&journal->writer);
    if (err == 0) {
        err = adl_journal_db_exec(&journal->db, sql);
    }
    journal->is_ended = journal->is_ended || err == 0;
    return err;
}

void adl_journal_close(struct adl_journal *journal)
{
    if (journal == NULL) {
        return;
    }
    (void)adl_writer_commit(
        &journal->writer); /* who wants to know has called it before */
    if (!journal->is_ended && !journal->is_read_only) {
        (void)end_run(journal, -1); /* likewise */
    }
    destroy(journal); /* the last to close the database checkpoints it */
}

uint64_t adl_journal_take_id(struct adl_journal *journal)
{
    uv_mutex_lock(&journal->lock);
    uint64_t id = ++journal->last_id;
    uv_mutex_unlock(&journal->lock);
    return id;
}

int adl_journal_match(struct adl_journal *journal,
                      const uint8_t key[ADL_JOURNAL_KEY],
                      struct adl_record *out)
{
    const struct adl_record *found = NULL;

    uv_mutex_lock(&journal->lock);
    int answer = adl_writer_judge(&journal->writer, 0);
    if (answer == 0 && journal->match.n_left > 0) { /* it may commit */
        answer = adl_writer_flush(&journal->writer);
    }
    if (answer == 0) {
        answer = adl_match_find(&found, &journal->match, key);
        if (answer >= 0) {
            adl_writer_note_commit(&journal->writer);
        } else {
            answer = adl_writer_judge(&journal->writer, answer);
        }
    }
    if (answer > 0) {
        *out = *found;
    }
    uv_mutex_unlock(&journal->lock);
    return answer;
}

int adl_journal_match_unfinished(struct adl_journal *journal,
                                 const uint8_t key[ADL_JOURNAL_KEY],
                                 const char *checksum, struct adl_record *out)
{
    const struct adl_record *found = NULL;

    uv_mutex_lock(&journal->lock);
    int answer =
        adl_match_find_unfinished(&found, &journal->match, key, checksum);
    if (answer > 0) {
        *out = *found;
    }
    uv_mutex_unlock(&journal->lock);
    return answer;
}

int adl_journal_renew(struct adl_journal *journal, uint64_t id,
                      int64_t mtime_ns)
{
    assert(id > 0 && !journal->is_read_only);
    uv_mutex_lock(&journal->lock);
    int err = adl_writer_renew(&journal->writer, id, mtime_ns);
    journal->n_done += err == 0;
    uv_mutex_unlock(&journal->lock);
    return err;
}

int adl_journal_put(struct adl_journal *journal,
                    const struct adl_record *record)
{
    assert(record->id > 0 && !journal->is_read_only);
    uv_mutex_lock(&journal->lock);
    int err = adl_writer_put(&journal->writer, record);
    if (err == 0) {
        journal->n_done += record->state == ADL_RECORD_DONE;
        journal->n_failed += record->state == ADL_RECORD_FAILED;
        if (record->id > journal->last_id) {
            journal->last_id = record->id;
        }
    }
    uv_mutex_unlock(&journal->lock);
    return err;
}

int adl_journal_put_folder(struct adl_journal *journal, const char *path,
                           uint32_t number)
{
    assert(!journal->is_read_only);
    uv_mutex_lock(&journal->lock);
    int err = adl_writer_put_folder(&journal->writer, path, number);
    uv_mutex_unlock(&journal->lock);
    return err;
}

int adl_journal_each_folder(struct adl_journal *journal,
                            int (*cb)(const char *path, uint32_t number,
                                      void *data),
                            void *data)
{
    uv_mutex_lock(&journal->lock);
    int answer = adl_folders_each(&journal->db, cb, data);
    uv_mutex_unlock(&journal->lock);
    return answer;
}

int adl_journal_commit(struct adl_journal *journal)
{
    uv_mutex_lock(&journal->lock);
    int err = adl_writer_commit(&journal->writer);
    uv_mutex_unlock(&journal->lock);
    return err;
}

int adl_journal_distrust_halves(struct adl_journal *journal)
{
    uv_mutex_lock(&journal->lock);
    int err = adl_writer_commit(&journal->writer);
    if (err == 0) {
        err = adl_journal_db_exec(
            &journal->db,
            "UPDATE main.entries SET boot = NULL WHERE state = 'half'");
    }
    uv_mutex_unlock(&journal->lock);
    return err;
}

int adl_journal_end_run(struct adl_journal *journal, int status)
{
    uv_mutex_lock(&journal->lock);
    int err = end_run(journal, status);
    uv_mutex_unlock(&journal->lock);
    return err;
}

void adl_journal_copy_why(struct adl_journal *journal, char *why, size_t cap)
{
    uv_mutex_lock(&journal->lock);
    tell(journal, why, cap);
    uv_mutex_unlock(&journal->lock);
}

/* The lock is held. */
static int check_rows(struct adl_journal *journal, struct adl_window *window,
                      sqlite3_stmt *stmt)
{
    struct adl_window_range range = {
        .last = journal->match.last,
        .n_max = ADL_WINDOW_MAX,
    };
    int err;

    do {
        int rc = SQLITE_OK;

        err = adl_window_fill(window, stmt, &range, &rc);
        if (err == -EIO) {
            return adl_journal_db_judge(&journal->db, rc);
        }
        if (err < 0) {
            return adl_journal_db_refuse_row(&journal->db, err);
        }
        if (window->n > 0) {
            range.after = window->records[window->n - 1].id;
        }
    } while (window->n > 0);
    return 0;
}

static int pass(const char *path, uint32_t number, void *data)
{
    (void)path;
    (void)number;
    (void)data;
    return 0;
}

int adl_journal_check(struct adl_journal *journal)
{
    struct adl_window *window = calloc(1, sizeof(*window));
    sqlite3_stmt *stmt = NULL;

    if (window == NULL) {
        return -ENOMEM;
    }
    uv_mutex_lock(&journal->lock);
    int err = adl_journal_db_prepare(&stmt, &journal->db, ADL_WINDOW_QUERY);
    if (err == 0) {
        err = check_rows(journal, window, stmt);
    }
    if (err == 0) {
        err = adl_folders_each(&journal->db, pass, NULL);
    }
    (void)sqlite3_finalize(stmt); /* repeats what was told */
    uv_mutex_unlock(&journal->lock);
    adl_window_finish(window);
    free(window);
    return err;
}

int adl_journal_each_path(struct adl_journal *journal,
                          int (*cb)(const char *path, void *data), void *data)
{
    struct adl_paths paths = {.last = journal->match.last};
    sqlite3_stmt *stmt = NULL;
    uint64_t before = 0;

    uv_mutex_lock(&journal->lock);
    int answer = adl_journal_db_prepare(&stmt, &journal->db, ADL_PATHS_QUERY);
    do {
        before = paths.read;
        if (answer == 0) {
            answer = adl_paths_read(&paths, &journal->db, stmt);
        }
        uv_mutex_unlock(&journal->lock); /* never held over a callback */
        if (answer == 0) {
            answer = adl_paths_lend(&paths, cb, data);
        }
        uv_mutex_lock(&journal->lock);
    } while (answer == 0 && paths.read > before);
    (void)sqlite3_finalize(stmt); /* repeats what was told */
    uv_mutex_unlock(&journal->lock);
    adl_buf_finish(&paths.text);
    return answer;
}
