/* SPDX-License-Identifier: MIT */
/* What is said beside diagrams: names that fit, and what was left out. */
#ifndef ADL_TRACE_WORDS_H
#define ADL_TRACE_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "trace/store.h"
#include "trace/stream.h"

/* How a stream is to write a text: adl_stream_str, adl_stream_xml, ... */
typedef void (*adl_words_add)(struct adl_stream *s, const char *text);

/* How many columns a text takes in a fixed-width font, about. */
size_t adl_words_get_width(const char *text);

/*
 * The text in at most max_columns, at least 4: the middle of what is longer is
 * left out. out takes ADL_WORDS_CAP bytes; longer ones are cut as well.
 */
#define ADL_WORDS_CAP 512
void adl_words_fit(char *out, const char *text, size_t max_columns);

/* A sentence on what a picture of n_shown rows leaves out; nothing where that
 * is nothing. */
void adl_words_add_left_out(struct adl_stream *s, adl_words_add add,
                            const struct asyncdl_trace_totals *totals,
                            size_t n_shown);

#endif
