/* SPDX-License-Identifier: MIT */
/* A result as a table of texts, for terminals and for the report. */
#ifndef COMPARE_GRID_H
#define COMPARE_GRID_H

#include <stdio.h>

#include "results.h"

#define GRID_COLUMNS 10

struct grid {
    const char *titles[GRID_COLUMNS];
    enum asyncdl_column_kind kinds[GRID_COLUMNS];
    size_t n_columns;
    char **cells;   /* n_rows times n_columns, row by row */
    double *values; /* likewise, for bars */
    size_t n_rows;
};

/* Make it from a settled result. 0 or -ENOMEM. */
int grid_init(struct grid *grid, const struct result *result);
void grid_finish(struct grid *grid);

/* Write it with columns below each other. */
void grid_write(FILE *out, const struct grid *grid);

#endif
