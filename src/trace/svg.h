/* SPDX-License-Identifier: MIT */
/* The timing diagram as SVG: a file of its own, or a part of a page. */
#ifndef ADL_TRACE_SVG_H
#define ADL_TRACE_SVG_H

#include <stdbool.h>

#include "asyncdl/trace.h"
#include "trace/stream.h"

/* The options, with their defaults in place. 0 or -EINVAL. */
int adl_svg_read_options(struct asyncdl_diagram_options *out,
                         const struct asyncdl_diagram_options *options);

/*
 * Draw it. number tells the diagrams of a page apart; 0 is a file of its own,
 * with its style and its title. 0 or -ENOMEM; the stream keeps its own errors.
 */
int adl_svg_draw(struct adl_stream *s, struct asyncdl_trace *trace,
                 const struct asyncdl_diagram_options *options,
                 unsigned number);

#endif
