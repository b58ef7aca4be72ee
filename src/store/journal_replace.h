/* SPDX-License-Identifier: MIT */
/* Beginning a journal anew. */
#ifndef ADL_STORE_JOURNAL_REPLACE_H
#define ADL_STORE_JOURNAL_REPLACE_H

#include "store/journal_db.h"

/*
 * Put an empty journal in the place of the one that is there,
 * which becomes journal.db.old. It must be locked and not open. Where it
 * fails, all is as it was.
 */
int adl_journal_replace(struct adl_journal_db *db);

#endif
