/* SPDX-License-Identifier: MIT */
/* Spans, their kinds, and joining those that are too short to be told apart. */
#ifndef ADL_TRACE_SPAN_H
#define ADL_TRACE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "asyncdl/trace.h"

struct adl_span {
    uint64_t from_ns;
    uint64_t to_ns; /* later */
    uint32_t kind;  /* enum asyncdl_span_kind */
    uint32_t n;     /* spans that it stands for, at least 1 */
};

/* How a kind is told: for programs, for people, in a diagram of text. */
struct adl_span_words {
    const char *name;
    const char *label;
    char letter;
};

const struct adl_span_words *adl_span_get_words(unsigned kind);

static inline bool adl_span_is_computing(unsigned kind)
{
    return kind == ASYNCDL_SPAN_COMPUTE;
}

/*
 * Join the spans, which are in order, that begin in the same window of time:
 * those of one kind become one, as long as they were together, and one begins
 * where the other ends. What is alone in its window stays as it is. Windows
 * begin with the first span. How many are left.
 */
size_t adl_span_join(struct adl_span *spans, size_t n, uint64_t window_ns);

/* In order of their beginning. */
void adl_span_sort(struct adl_span *spans, size_t n);

#endif
