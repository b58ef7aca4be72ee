/* SPDX-License-Identifier: MIT */
/*
 * Parts a stream of bytes into lines, in bounded memory:
 *
 *     adl_lines_init(&lines);
 *     adl_lines_add(&lines, chunk, len);        (when next has no more)
 *     while (adl_lines_next(&line, &lines)) ... (line lives until the next)
 *     adl_lines_end(&lines);                    (then next gives the last)
 */
#ifndef ADL_CLI_LINES_H
#define ADL_CLI_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/* Of a longer line the beginning is given, and that it is too long; neither its
 * end nor a byte order mark counts. */
#define ADL_LINES_MAX_LEN 65536

struct adl_line {
    const char *text; /* not terminated; without line end */
    size_t len;
    uint64_t number; /* from 1 */
    bool is_too_long;
};

struct adl_lines {
    const char *chunk; /* borrowed until next has no more */
    size_t len;
    size_t pos;
    struct adl_buf partial; /* a line that began in an earlier chunk */
    uint64_t number;
    bool is_too_long; /* the line in partial */
    bool is_given;    /* the line in partial was given out */
    bool is_over;
};

/* 0 or -ENOMEM. After this nothing needs memory. */
int adl_lines_init(struct adl_lines *lines);
void adl_lines_finish(struct adl_lines *lines);

/* Begin another stream. */
void adl_lines_reset(struct adl_lines *lines);

void adl_lines_add(struct adl_lines *lines, const char *chunk, size_t len);
void adl_lines_end(struct adl_lines *lines);

/* The next line, without a byte order mark at the start of the stream. */
bool adl_lines_next(struct adl_line *out, struct adl_lines *lines);

#endif
