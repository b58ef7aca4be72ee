/* SPDX-License-Identifier: MIT */
/* The paths of a journal's rows, some at a time. */
#ifndef ADL_STORE_JOURNAL_PATHS_H
#define ADL_STORE_JOURNAL_PATHS_H

#include <stdint.h>

#include <sqlite3.h>

#include "store/journal_db.h"
#include "util/buf.h"

#define ADL_PATHS_QUERY                                             \
    "SELECT id, path FROM main.entries WHERE id > ?1 AND id <= ?2 " \
    "ORDER BY id LIMIT 1000"

struct adl_paths {
    struct adl_buf text; /* each ended by NUL; finished by the owner */
    uint64_t read;       /* ids up to it are in */
    uint64_t last;       /* the last id that is wanted */
};

/*
 * Read the next rows with a statement of ADL_PATHS_QUERY. 0 or negative, with
 * the reason in db; at the end read stays what it was.
 */
int adl_paths_read(struct adl_paths *paths, struct adl_journal_db *db,
                   sqlite3_stmt *stmt);

/* Call cb with each path that was read last, until it answers anything but 0,
 * and answer that. */
int adl_paths_lend(const struct adl_paths *paths,
                   int (*cb)(const char *path, void *data), void *data);

#endif
