/* SPDX-License-Identifier: MIT */
/*
 * The memory of a folder: what became of each entry of the list, in
 * DIR/.asyncdl/journal.db. One run at a time writes it; anybody may read it
 * meanwhile (asyncdl/journal.h).
 *
 *     open
 *     for each line, in order: match, or take_id for one that is new
 *     whenever something became of it: put, and now and then commit
 *     end_run, close
 *
 * All but open and close may be called by several threads at once; match gives
 * out what the next match takes back, so it belongs to one at a time. They
 * block: a commit may wait for the disk.
 *
 * Where a function answers a negative code, the file is as good as before; but
 * all that was put since the last commit may be lost. If it was, match, put and
 * commit fail from then on: whoever else put something is not told it lasts.
 */
#ifndef ADL_STORE_JOURNAL_H
#define ADL_STORE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/journal_row.h"

struct adl_journal;

enum adl_journal_mode {
    ADL_JOURNAL_KEEP,
    ADL_JOURNAL_RESTART, /* begin anew; the old one becomes journal.db.old */
    /*
     * Only read, beside a run or not: no lock, no run, and no file is made
     * where the journal is at rest. Nothing may be put.
     */
    ADL_JOURNAL_READ,
};

/*
 * Open the journal in DIR/.asyncdl/, made if missing, and begin a run. sync: it
 * stays whole over a power cut, not only over kill -9. aside_fd is borrowed
 * until close.
 *
 * 0 or, with one line for people in why (at most cap bytes):
 * ASYNCDL_EINUSE       another run works in this folder
 * -ENOENT              with ADL_JOURNAL_READ: there is none
 * ASYNCDL_EINWAY       a link or folder has the journal's name
 * ASYNCDL_EJOURNAL     damaged, or another program's
 * ASYNCDL_EJOURNALNEW  of a newer asyncdl
 * -EBUSY               another program holds the database
 * -ENOMEM, -ENOSPC, -EROFS, -EACCES and other -errno
 * What is there stays as it is then, also with ADL_JOURNAL_RESTART, which
 * minds neither EJOURNAL nor EJOURNALNEW.
 */
int adl_journal_open(struct adl_journal **out, int aside_fd,
                     enum adl_journal_mode mode, bool sync, char *why,
                     size_t cap);

/* Commit, end the run if it is not ended, and close. NULL is allowed. */
void adl_journal_close(struct adl_journal *journal);

/* The id for a line that is new. */
uint64_t adl_journal_take_id(struct adl_journal *journal);

/*
 * A record of that key that was there at open and was not matched since then:
 * the one behind the last that was matched, or else the first. 1, and its
 * strings are borrowed until the next match; 0 where there is none, or
 * negative. Lines in the order of the records are the fast case. Of a finished
 * file url, etag and last_modified are left out: NULL. May commit what was put.
 */
int adl_journal_match(struct adl_journal *journal,
                      const uint8_t key[ADL_JOURNAL_KEY],
                      struct adl_record *out);

/*
 * Likewise, but only one that was not finished at open and has that checksum
 * (NULL: none), wherever it stands. Lines of one key and checksum may have each
 * other's records: what a line shall get that is in the list once more, as it
 * failed the last time.
 */
int adl_journal_match_unfinished(struct adl_journal *journal,
                                 const uint8_t key[ADL_JOURNAL_KEY],
                                 const char *checksum, struct adl_record *out);

/*
 * Insert the record, or replace that of its id, in a transaction that is begun
 * when none is open. 0 or negative.
 */
int adl_journal_put(struct adl_journal *journal,
                    const struct adl_record *record);

/*
 * Give a finished file's record another time, and leave the rest of it as it
 * is. As put.
 */
int adl_journal_renew(struct adl_journal *journal, uint64_t id,
                      int64_t mtime_ns);

/*
 * Make what was put survive kill -9; a syncfs() by the caller makes it survive
 * a power cut. 0 or negative.
 */
int adl_journal_commit(struct adl_journal *journal);

/*
 * Commit, and let no half count for more than what was synced of it, also on
 * this boot. 0 or negative.
 */
int adl_journal_distrust_halves(struct adl_journal *journal);

/*
 * Read all that was there at open: 0, ASYNCDL_EJOURNAL where a row makes no
 * sense or cannot be read, or another negative code.
 */
int adl_journal_check(struct adl_journal *journal);

/*
 * Call cb with the path of each record that was there at open, in order, until
 * it answers other than 0; then answers that. path is borrowed for the call, in
 * which the journal may be used. 0 or negative.
 */
int adl_journal_each_path(struct adl_journal *journal,
                          int (*cb)(const char *path, void *data), void *data);

/*
 * Note that what belongs into a folder of that path goes to path~number. As
 * put.
 */
int adl_journal_put_folder(struct adl_journal *journal, const char *path,
                           uint32_t number);

/*
 * Call cb with each that was noted so until it answers other than 0; then
 * answers that. The journal must not be used in the call. 0 or negative.
 */
int adl_journal_each_folder(struct adl_journal *journal,
                            int (*cb)(const char *path, uint32_t number,
                                      void *data),
                            void *data);

/*
 * Commit, and note that the run ended and with which exit status (negative: it
 * is not known). 0 or negative.
 */
int adl_journal_end_run(struct adl_journal *journal, int status);

/* Say why the last call failed; at most cap bytes, one line. */
void adl_journal_copy_why(struct adl_journal *journal, char *why, size_t cap);

#endif
