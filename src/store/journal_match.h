/* SPDX-License-Identifier: MIT */
/*
 * Finds the rows of lines that come in about the order in which they came when
 * the rows were written: reading on in that order finds most, and an index by
 * key, which is made when the first line is out of order, the others. Memory is
 * a window of rows and a bit a row.
 */
#ifndef ADL_STORE_JOURNAL_MATCH_H
#define ADL_STORE_JOURNAL_MATCH_H

#include "store/journal_db.h"
#include "store/journal_unfinished.h"
#include "store/journal_window.h"

struct adl_match {
    struct adl_journal_db *db; /* borrowed */
    struct adl_window window;
    size_t at;              /* window.records before it are matched */
    uint64_t read;          /* rows up to this id were in the window */
    size_t n_next;          /* rows to read next */
    uint64_t last;          /* ids up to this take part */
    uint64_t n_left;        /* ids among them that are not matched */
    uint64_t *matched;      /* a bit an id; also for ids that have no row */
    sqlite3_stmt *in_order; /* what finished files are known by */
    sqlite3_stmt *by_id;    /* all of a row */
    sqlite3_stmt *by_key;   /* NULL: there is no index yet */
    struct adl_unfinished unfinished;
    struct adl_window one; /* a row that is not finished */
};

/* Find rows with ids up to last. 0, -ENOMEM, or what db says. */
int adl_match_init(struct adl_match *match, struct adl_journal_db *db,
                   uint64_t last);

/* Before db is closed. Zero is allowed. */
void adl_match_finish(struct adl_match *match);

/*
 * A row of that key that was not found before, the next in order or else the
 * first; lends it until the next call. May commit a transaction that is open.
 * 1, 0 where there is none, or what db says.
 */
int adl_match_find(const struct adl_record **out, struct adl_match *match,
                   const uint8_t key[ADL_JOURNAL_KEY]);

/*
 * Likewise, but the first that was not finished at open and has that checksum
 * (NULL: none).
 */
int adl_match_find_unfinished(const struct adl_record **out,
                              struct adl_match *match,
                              const uint8_t key[ADL_JOURNAL_KEY],
                              const char *checksum);

#endif
