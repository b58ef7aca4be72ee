/* SPDX-License-Identifier: MIT */
/*
 * Failures grouped by cause and place, in bounded memory whatever their
 * number: what is rare among very many groups is kept by cause alone. Each
 * failure is counted in exactly one place.
 */
#ifndef ADL_CLI_FAILURES_H
#define ADL_CLI_FAILURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/* So many groups of one cause and place are told apart at a time. */
#define ADL_FAILURES_MAX_GROUPS 512

/* So many causes; those that come later are counted together. */
#define ADL_FAILURES_MAX_CAUSES 128

/* Of what can be done about them, at most so many groups are printed. */
#define ADL_FAILURES_MAX_LINES 12

/* What another run can do about a failure. */
enum adl_failures_help {
    ADL_FAILURES_AGAIN, /* it may well end well */
    ADL_FAILURES_MEND,  /* the same, once this machine is mended */
    ADL_FAILURES_NEVER, /* nothing */
    ADL_FAILURES_N_HELPS,
};

struct adl_failures_group;
struct adl_failures_rest;

/* Zero is empty. */
struct adl_failures {
    struct adl_failures_group *groups; /* by help, cause and place */
    size_t n_groups;
    struct adl_failures_rest *rests; /* by help and cause */
    size_t n_rests;
    uint64_t n;
    uint64_t n_of[ADL_FAILURES_N_HELPS];
    bool was_pruned; /* groups from then on have lost what came before */
};

/* A download that failed. Strings are copied, up to a sane length. */
struct adl_failure {
    int err;    /* as in struct asyncdl_result */
    int status; /* likewise */
    bool is_retryable;
    /* As they may be shown: */
    const char *asked;   /* the URL whose host answered, or did not */
    const char *example; /* the URL of the request */
};

void adl_failures_finish(struct adl_failures *failures);

/* Without memory it is only counted among all. */
void adl_failures_add(struct adl_failures *failures,
                      const struct adl_failure *failure);

/* A line of a list that asks for nothing that can be done. */
void adl_failures_add_line(struct adl_failures *failures, const char *file,
                           uint64_t line);

/*
 * Append what failed by what another run can do about it, then a line a
 * group, most frequent first, then the rest by cause. Nothing without
 * failures. 0 or -ENOMEM.
 */
int adl_failures_print(struct adl_buf *buf,
                       const struct adl_failures *failures);

#endif
