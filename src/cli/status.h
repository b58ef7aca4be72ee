/* SPDX-License-Identifier: MIT */
/* Where the downloads of a folder stand, by its journal: --status. */
#ifndef ADL_CLI_STATUS_H
#define ADL_CLI_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "asyncdl/journal.h"
#include "cli/failures.h"
#include "cli/msg.h"
#include "util/buf.h"

struct adl_status {
    uint64_t n_done;
    uint64_t bytes_done;
    uint64_t n_half;
    uint64_t bytes_half;
    uint64_t total_half; /* of those whose size is known */
    uint64_t n_unsized;  /* halves whose size is not known */
    uint64_t n_retryable;
    uint64_t n_failed; /* for good */
    struct asyncdl_journal_run run;
    bool has_run;
    struct adl_failures failures;
};

/* Read the journal of DIR and print it on stdout. An exit status. */
int adl_status_print(const char *dir, const struct adl_msg *msg);

/* The rest is what it is made of. */

void adl_status_add(struct adl_status *status,
                    const struct asyncdl_journal_entry *entry);

/* Append it in words; dir is the folder's name. 0 or -ENOMEM. */
int adl_status_add_text(struct adl_buf *buf, const struct adl_status *status,
                        const char *dir);

/* What a script may go by: 0 only when some is done, and no more to do. */
int adl_status_get_exit(const struct adl_status *status);

void adl_status_finish(struct adl_status *status);

#endif
