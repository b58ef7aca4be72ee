/* SPDX-License-Identifier: MIT */
/* Timing diagrams of the runs: text, SVG, Chrome trace. */
#ifndef COMPARE_PICTURES_H
#define COMPARE_PICTURES_H

#include <stdio.h>

#include "results.h"

/* Draw each row of a result that has a trace as text. 0 or negative. */
int pictures_draw(FILE *out, const struct result *result);

/*
 * Write NAME-TOPIC-WAY.svg for each run that has a trace, where file is NAME or
 * NAME.svg. 0, or negative with why in text; so does the next.
 */
int pictures_write_svg(const char *file, const struct results *results,
                       char *text, size_t cap);

/* Write all traces as one in Chrome's format. */
int pictures_write_trace(const char *file, const struct results *results,
                         char *text, size_t cap);

#endif
