/* SPDX-License-Identifier: MIT */
/* A folder of small text files to search in, and a file of queries. */
#ifndef COMPARE_CORPUS_H
#define COMPARE_CORPUS_H

#include <stddef.h>

struct corpus {
    char dir[128];     /* of the texts; "": not made */
    char queries[128]; /* a file, one query a line */
};

/* 0, or -errno. Remove it with corpus_finish(). */
int corpus_init(struct corpus *corpus);
void corpus_finish(struct corpus *corpus);

#endif
