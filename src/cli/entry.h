/* SPDX-License-Identifier: MIT */
/* One download as a list asks for it. */
#ifndef ADL_CLI_ENTRY_H
#define ADL_CLI_ENTRY_H

#include <stdint.h>

#include "cli/strlist.h"
#include "util/buf.h"

struct adl_entry {
    struct adl_strlist urls; /* the first, then its mirrors */
    struct adl_strlist headers;
    char *out; /* owned, NULL where not set: this and all below */
    char *dir;
    char *checksum;
    char *referer;
    char *user_agent;
    uint64_t line;  /* of its first line in the list */
    uint64_t index; /* among all entries, from 1 */
};

void adl_entry_finish(struct adl_entry *entry);

/* Empty it and keep some allocations. */
void adl_entry_reset(struct adl_entry *entry);

/*
 * Add URLs parted by TABs. protocols as for adl_url_check(). 0; -EINVAL with
 * what is wrong in why; -ENOMEM.
 */
int adl_entry_add_urls(struct adl_entry *entry, const char *text, size_t len,
                       const char *protocols, struct adl_buf *why);

/*
 * Set an option by aria2's name. 0; -ENOENT for one that nothing is done
 * about; -EINVAL with what is wrong in why; -ENOMEM.
 */
int adl_entry_set(struct adl_entry *entry, const char *name, const char *value,
                  struct adl_buf *why);

#endif
