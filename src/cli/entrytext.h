/* SPDX-License-Identifier: MIT */
/* Entries written as lists have them: the way back of listparse. Pure. */
#ifndef ADL_CLI_ENTRYTEXT_H
#define ADL_CLI_ENTRYTEXT_H

#include "cli/entry.h"
#include "util/buf.h"

/*
 * Append the lines from which adl_listparse_next() makes this entry again,
 * but for its line and index: aria2's form, or a JSON object where an option
 * has bytes that aria2's form would lose. 0; -ENOMEM; -E2BIG for one that no
 * line can hold (none that was read from a list); on failure text is as it
 * was.
 */
int adl_entrytext_add(struct adl_buf *text, const struct adl_entry *entry);

#endif
