/* SPDX-License-Identifier: MIT */
/*
 * Folders that got a number, as a file has their name ("a" beside "a~2/b"):
 * files that come to them in a later run go there, too, and not to a third.
 */
#ifndef ADL_STORE_JOURNAL_FOLDERS_H
#define ADL_STORE_JOURNAL_FOLDERS_H

#include <stdint.h>

#include "store/journal_db.h"

/* Insert it, or replace that of its path. 0 or negative, as the next. */
int adl_folders_put(struct adl_journal_db *db, const char *path,
                    uint32_t number);

/* Call cb with each until it answers other than 0; then answers that. */
int adl_folders_each(struct adl_journal_db *db,
                     int (*cb)(const char *path, uint32_t number, void *data),
                     void *data);

#endif
