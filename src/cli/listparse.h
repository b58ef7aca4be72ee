/* SPDX-License-Identifier: MIT */
/*
 * Reads lists: bytes in, entries out. Pure, and in bounded memory.
 *
 *     adl_listparse_init(&parse, protocols, &callbacks, data);
 *     adl_listparse_begin(&parse, "sites.txt", 0);     (for each list)
 *     adl_listparse_add(&parse, chunk, len);           (when next answers 0)
 *     while (adl_listparse_next(&entry, &parse) > 0) ...
 *     adl_listparse_end(&parse);                       (then next again)
 *
 * An entry is given out when the line behind its last option was seen. Where
 * that may take long, adl_listparse_flush() gives it out before; options that
 * come later are bad lines then.
 */
#ifndef ADL_CLI_LISTPARSE_H
#define ADL_CLI_LISTPARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/entry.h"
#include "cli/lines.h"

/* Where something in a list is. */
struct adl_place {
    const char *file;
    uint64_t line;
};

struct adl_listparse_callbacks {
    /* A line is wrong. */
    void (*on_bad)(const struct adl_place *place, const char *why, void *data);
    /* An option or key is known to no part of this program. */
    void (*on_unknown)(const struct adl_place *place, const char *name,
                       void *data);
    /* An entry was read: for adl_precheck(); may be NULL. */
    void (*on_entry)(const struct adl_entry *entry,
                     const struct adl_place *place, void *data);
};

/* What an option in the next line would belong to. */
enum adl_listparse_state {
    ADL_LISTPARSE_NOTHING, /* no URL came yet */
    ADL_LISTPARSE_PENDING, /* the URL that is waiting for it */
    ADL_LISTPARSE_BAD,     /* a line that was wrong */
    ADL_LISTPARSE_FLUSHED, /* a URL that did not wait */
};

struct adl_listparse {
    struct adl_lines lines;
    struct adl_place place;
    const char *protocols; /* borrowed */
    struct adl_entry entries[2];
    unsigned current; /* of entries, the one being filled */
    enum adl_listparse_state state;
    uint64_t n_entries;
    struct adl_strlist unknown;
    struct adl_buf why;
    struct adl_buf word;
    const struct adl_listparse_callbacks *callbacks;
    void *data;
};

/* protocols as for adl_url_check(). 0 or -ENOMEM. */
int adl_listparse_init(struct adl_listparse *parse, const char *protocols,
                       const struct adl_listparse_callbacks *callbacks,
                       void *data);
void adl_listparse_finish(struct adl_listparse *parse);

/* Begin a list whose first line is the one behind line. */
void adl_listparse_begin(struct adl_listparse *parse, const char *file,
                         uint64_t line);

/* chunk is borrowed until next answers 0. */
void adl_listparse_add(struct adl_listparse *parse, const char *chunk,
                       size_t len);
void adl_listparse_end(struct adl_listparse *parse);

/*
 * 1 with an entry, borrowed until the next call; 0 when there is nothing more
 * to be had before add, begin or end; -ENOMEM.
 */
int adl_listparse_next(struct adl_entry **out, struct adl_listparse *parse);

/* Is there an entry that waits for options? */
bool adl_listparse_is_waiting(const struct adl_listparse *parse);

/* Give it out now. 1 or 0 as for next. */
int adl_listparse_flush(struct adl_entry **out, struct adl_listparse *parse);

#endif
