/* SPDX-License-Identifier: MIT */
/* The head of an answer, header line by header line. Pure. */
#ifndef ADL_FETCH_ANSWER_H
#define ADL_FETCH_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fetch/claim.h"
#include "fetch/decode.h"
#include "fetch/range.h"
#include "util/buf.h"

/* A server's imagination ends here: all header lines of an answer, the interim
 * (1xx) ones included. */
#define ADL_ANSWER_MAX_BYTES 262144
#define ADL_ANSWER_MAX_LINES 1000

struct adl_answer {
    struct adl_range_answer range; /* status, validator, Content-Range */
    bool is_complete;              /* the empty line was there */
    const char *wrong;             /* constant: what is, or NULL */
    bool has_length;
    uint64_t length; /* Content-Length, of the encoded body */
    enum adl_coding coding;
    bool has_location;
    bool has_retry_after;
    uint64_t retry_after_ms;
    char retry_after[48]; /* as sent; a date is read by the server's clock */
    bool has_date;
    int64_t date_s; /* Date */
    bool has_mtime;
    int64_t mtime_s;            /* Last-Modified */
    struct adl_claim claim;     /* of the whole resource, still encoded */
    struct adl_buf disposition; /* Content-Disposition, as sent */
    size_t n_bytes;             /* seen since the last reset */
    size_t n_lines;
};

/* Forget all but the allocation. */
void adl_answer_reset(struct adl_answer *answer);
void adl_answer_finish(struct adl_answer *answer);

/*
 * Take a line, the status line and the empty one that ends the head included.
 * A status line starts anew, but for the counts. 0, ASYNCDL_EHEADERS when
 * there are too many, ASYNCDL_EPROTOCOL where nobody can tell how long the
 * body is, or -ENOMEM.
 */
int adl_answer_add(struct adl_answer *answer, const char *line, size_t len,
                   int64_t now_s);

#endif
