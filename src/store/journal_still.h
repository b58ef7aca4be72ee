/* SPDX-License-Identifier: MIT */
/*
 * Whether the journal's files are as they were: where nothing can be shared
 * with who writes them, that has to do.
 */
#ifndef ADL_STORE_JOURNAL_STILL_H
#define ADL_STORE_JOURNAL_STILL_H

#include <stdbool.h>

#include <sys/stat.h>

#define ADL_STILL_FILES 2 /* the database, and its WAL */

/* Zero knows of no files. */
struct adl_still {
    struct stat files[ADL_STILL_FILES]; /* st_nlink 0: it is not there */
    bool is_known;
};

/* See how they are now. */
void adl_still_look(struct adl_still *out, int aside_fd);

/* Is there something in the WAL? */
bool adl_still_has_wal(const struct adl_still *still);

/* Are they now as they were? */
bool adl_still_holds(const struct adl_still *still, int aside_fd);

#endif
