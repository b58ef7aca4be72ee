/* SPDX-License-Identifier: MIT */
/* Failures grouped by cause and place, in bounded memory. */
#ifndef ADL_CLI_FAILURES_H
#define ADL_CLI_FAILURES_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/* More groups than this are counted together. */
#define ADL_FAILURES_MAX_GROUPS 500

/* At most so many groups are printed. */
#define ADL_FAILURES_MAX_LINES 20

struct adl_failure_group;

struct adl_failures {
    struct adl_failure_group *groups; /* by key; zero is empty */
    size_t n_groups;
    uint64_t n;
    uint64_t n_others; /* in no group */
};

void adl_failures_finish(struct adl_failures *failures);

/*
 * Count a failure. place is a host or a list; example is shown for the first
 * of its group. All are copied, up to a sane length. Without memory it is
 * counted among the others.
 */
void adl_failures_add(struct adl_failures *failures, const char *cause,
                      const char *place, const char *example);

/*
 * Append a line a group, most frequent first, then how many more there are.
 * Nothing without failures. 0 or -ENOMEM.
 */
int adl_failures_print(struct adl_buf *buf,
                       const struct adl_failures *failures);

#endif
