/* SPDX-License-Identifier: MIT */
/* Where URLs come from: the operands of the command line. */
#ifndef ADL_CLI_SOURCE_H
#define ADL_CLI_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/strlist.h"
#include "util/buf.h"

enum adl_source_kind {
    ADL_SOURCE_URL,
    ADL_SOURCE_FILE,
    ADL_SOURCE_STDIN,
};

struct adl_source {
    enum adl_source_kind kind;
    const char *text; /* the operand, borrowed */
    const char *name; /* for messages */
    size_t position;  /* of the operand, from 1 */
    int fd;           /* what to read instead of opening it, or -1 */
};

struct adl_sources {
    struct adl_source *items;
    size_t n;
};

/*
 * Look at every operand: each list must be readable and no folder, standard
 * input may be named once. Nothing is read. 0; -ENOMEM; or another code with
 * what is wrong in error. operands must outlive out.
 */
int adl_sources_init(struct adl_sources *out,
                     const struct adl_strlist *operands, struct adl_buf *error);

/* Is this file one of the lists? */
bool adl_sources_have(const struct adl_sources *sources, const char *path);

/* Closes what is open. */
void adl_sources_finish(struct adl_sources *sources);

/* Open a list or take its fd: the caller closes it. The fd or -errno. */
int adl_source_take_fd(struct adl_source *source);

#endif
