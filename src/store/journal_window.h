/* SPDX-License-Identifier: MIT */
/*
 * Some records of the journal in a row, copied to memory: between two fills no
 * statement is active, so that no reader keeps the WAL from being reset.
 */
#ifndef ADL_STORE_JOURNAL_WINDOW_H
#define ADL_STORE_JOURNAL_WINDOW_H

#include "store/journal_row.h"

#define ADL_WINDOW_MAX 256

/* Gives rows behind the id ?1 up to the id ?2, at most ?3: all of them, or what
 * finished files are known by. */
#define ADL_WINDOW_QUERY       ADL_WINDOW_SELECT(ADL_ROW_COLUMNS)
#define ADL_WINDOW_KNOWN_QUERY ADL_WINDOW_SELECT(ADL_ROW_KNOWN_COLUMNS)
#define ADL_WINDOW_SELECT(columns)                            \
    "SELECT " columns " FROM main.entries WHERE id > ?1 AND " \
    "id <= ?2 ORDER BY id LIMIT ?3"

struct adl_window {
    struct adl_record records[ADL_WINDOW_MAX];
    size_t n;
    struct adl_arena arena;
};

/* What is to be read. */
struct adl_window_range {
    uint64_t after; /* ids greater than this */
    uint64_t last;  /* and not greater than this */
    size_t n_max;   /* at most so many, 1 to ADL_WINDOW_MAX */
};

/* Zero is an empty window. */
void adl_window_finish(struct adl_window *window);

/*
 * Replace what is in it; stmt is of one of these queries. It may hold fewer
 * than asked for, none only where there are none. 0, -ENOMEM, ASYNCDL_EJOURNAL,
 * or, in *out_rc, SQLite's result code and -EIO. Empty after a failure.
 */
int adl_window_fill(struct adl_window *window, sqlite3_stmt *stmt,
                    const struct adl_window_range *range, int *out_rc);

#endif
