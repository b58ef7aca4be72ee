/* SPDX-License-Identifier: MIT */
/*
 * What a trace holds. Writers work on a picture of it: a copy that nobody
 * changes, since what they write may take long.
 */
#ifndef ADL_TRACE_STORE_H
#define ADL_TRACE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "asyncdl/trace.h"
#include "trace/sample.h"
#include "trace/span.h"

/* A row that is kept. */
struct adl_row {
    uint64_t id; /* number, from 0 */
    char *name;  /* valid UTF-8, as is note */
    char *note;
    uint32_t kind; /* enum asyncdl_row_kind */
    int32_t pid;
    struct adl_span *spans;
    size_t n_spans;
    size_t cap;
    uint64_t window_ns; /* in which spans were joined, or 0 */
};

struct asyncdl_trace {
    uv_mutex_t lock;      /* of all that follows */
    struct adl_row *rows; /* by id */
    size_t n_rows;
    size_t cap;
    size_t max_rows;
    size_t max_spans;
    uint64_t n_ids;       /* rows that were added here */
    uint64_t n_elsewhere; /* and elsewhere, where they were not kept */
    struct adl_sample sample;
    struct asyncdl_trace_totals totals; /* n_rows apart */
};

/* Copies, ordered as they are added. */
struct adl_picture {
    struct adl_row *rows;
    size_t n_rows;
    struct asyncdl_trace_totals totals;
    uint64_t
        start_ns; /* the first and the last moment of any span; 0 if none */
    uint64_t end_ns;
};

/* 0 or -ENOMEM, with nothing to finish. */
int adl_picture_take(struct adl_picture *out, struct asyncdl_trace *trace);
void adl_picture_finish(struct adl_picture *picture);

/* Count what another trace has seen and not kept. */
void adl_trace_count(struct asyncdl_trace *trace,
                     const struct asyncdl_trace_totals *totals);

/* A copy of a text as it may be shown: valid UTF-8 without controls, and not
 * endless. NULL is "". NULL without memory; to be freed. */
char *adl_store_copy_text(const char *text);

#endif
