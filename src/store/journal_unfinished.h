/* SPDX-License-Identifier: MIT */
/*
 * The rows that were not finished when the journal was opened, by key. Lines
 * that are equal may have each other's rows, so one that asks for its row again
 * shall get one that still needs it. A list of which all is finished costs
 * nothing here; of others a filter of 8 KiB knows nearly every key that no
 * unfinished row has.
 */
#ifndef ADL_STORE_JOURNAL_UNFINISHED_H
#define ADL_STORE_JOURNAL_UNFINISHED_H

#include "store/journal_db.h"
#include "store/journal_row.h"

#define ADL_UNFINISHED_BITS 65536 /* two bytes of a key */

struct adl_unfinished {
    struct adl_journal_db *db; /* borrowed; NULL: there are none */
    sqlite3_stmt *ask;
    uint8_t filter[ADL_UNFINISHED_BITS / 8];
};

/* See which there are. 0 or what db says. */
int adl_unfinished_init(struct adl_unfinished *u, struct adl_journal_db *db);

/* Before db is closed. Zero is allowed. */
void adl_unfinished_finish(struct adl_unfinished *u);

/* What is looked for. */
struct adl_unfinished_query {
    const uint8_t *key;
    const char *checksum; /* that the row has; NULL: none */
    uint64_t after;       /* ids greater than this */
    uint64_t last;        /* and not greater than this */
};

/* The first such row that is not finished. 1, 0 where there is none, or what db
 * says. */
int adl_unfinished_find(uint64_t *out_id, const struct adl_unfinished *u,
                        const struct adl_unfinished_query *query);

#endif
