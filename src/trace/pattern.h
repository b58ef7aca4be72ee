/* SPDX-License-Identifier: MIT */
/* How the kinds of spans are filled: each its own colour and its own hatching,
 * waiting light and hatched, computing dark and plain. diagram.css has the
 * colours. */
#ifndef ADL_TRACE_PATTERN_H
#define ADL_TRACE_PATTERN_H

#include "trace/stream.h"

/* The <pattern> of a kind, with the id that "dNUMBER-kKIND" is. */
void adl_pattern_define(struct adl_stream *s, unsigned number, unsigned kind);

/* A fill="..." that refers to it. */
void adl_pattern_use(struct adl_stream *s, unsigned number, unsigned kind);

#endif
