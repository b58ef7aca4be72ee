/* SPDX-License-Identifier: MIT */
#include "grid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "sweep.h"

#define CELL_BYTES (FIGURE_BYTES > NAME_BYTES ? FIGURE_BYTES : NAME_BYTES)

static void add_column(struct grid *grid, const char *title,
                       enum asyncdl_column_kind kind)
{
    grid->titles[grid->n_columns] = title;
    grid->kinds[grid->n_columns++] = kind;
}

static void add_sweep_columns(struct grid *grid)
{
    add_column(grid, "workers", ASYNCDL_COLUMN_NUMBER);
    for (size_t kind = 0; kind < SWEEP_KINDS; kind++) {
        add_column(grid, sweep_get_title(kind), ASYNCDL_COLUMN_BAR);
    }
}

static void add_columns(struct grid *grid, const struct result *result)
{
    bool has_author = false;

    for (size_t i = 0; i < result->n_rows; i++) {
        has_author = has_author || result->rows[i].author != NULL;
    }
    add_column(grid, "way", ASYNCDL_COLUMN_TEXT);
    add_column(grid, "time", ASYNCDL_COLUMN_BAR);
    add_column(grid, "faster", ASYNCDL_COLUMN_NUMBER);
    add_column(grid, "CPU time", ASYNCDL_COLUMN_NUMBER);
    add_column(grid, "memory", ASYNCDL_COLUMN_NUMBER);
    add_column(grid, "used", ASYNCDL_COLUMN_TEXT);
    if (result->has_beside) {
        add_column(grid, "downloads", ASYNCDL_COLUMN_NUMBER);
        add_column(grid, "loop held", ASYNCDL_COLUMN_NUMBER);
    }
    if (has_author) {
        add_column(grid, "author's own", ASYNCDL_COLUMN_NUMBER);
    }
}

static double to_seconds(uint64_t ns)
{
    return (double)ns / 1e9;
}

static void write_optional_seconds(char *cell, uint64_t ns)
{
    if (ns > 0) {
        figures_seconds(cell, to_seconds(ns));
    } else {
        (void)snprintf(cell, CELL_BYTES, "-");
    }
}

/* What stands in a row that went well. */
static void fill_figures(struct grid *grid, char **cells,
                         const struct result *result, const struct row *row)
{
    const struct outcome *out = &row->outcome;
    size_t at = 1;

    figures_seconds(cells[at++], row->median_s);
    figures_times(cells[at++], row->faster);
    figures_seconds(cells[at++], to_seconds(out->cpu_ns));
    figures_memory(cells[at++], out->peak_bytes);
    figures_used(cells[at++], out->n_processes, out->n_threads);
    if (result->has_beside) {
        write_optional_seconds(cells[at++], out->beside_ns);
        write_optional_seconds(cells[at++], out->held_ns);
    }
    if (at < grid->n_columns) {
        (void)snprintf(cells[at], CELL_BYTES, "%s",
                       row->author != NULL ? row->author : "");
    }
}

static int make_cells(struct grid *grid)
{
    size_t n = grid->n_rows * grid->n_columns;

    grid->cells = calloc(n, sizeof(*grid->cells));
    grid->values = calloc(n, sizeof(*grid->values));
    if (grid->cells == NULL || grid->values == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        grid->cells[i] = calloc(1, CELL_BYTES);
        if (grid->cells[i] == NULL) {
            return -ENOMEM;
        }
    }
    return 0;
}

/* A line for each number of workers, a column for each kind. */
static void fill_sweep(struct grid *grid, const struct result *result)
{
    for (size_t i = 0; i < grid->n_rows; i++) {
        char **cells = &grid->cells[i * grid->n_columns];

        (void)snprintf(cells[0], CELL_BYTES, "%zu", i + 1);
        for (size_t kind = 0; kind < SWEEP_KINDS; kind++) {
            const struct row *row = &result->rows[kind * grid->n_rows + i];

            if (row->n_rounds > 0) {
                figures_seconds(cells[kind + 1], row->median_s);
                grid->values[i * grid->n_columns + kind + 1] = row->median_s;
            } else {
                (void)snprintf(cells[kind + 1], CELL_BYTES, "failed");
            }
        }
    }
}

static void fill(struct grid *grid, const struct result *result)
{
    for (size_t i = 0; i < grid->n_rows; i++) {
        const struct row *row = &result->rows[i];
        char **cells = &grid->cells[i * grid->n_columns];

        (void)snprintf(cells[0], CELL_BYTES, "%s", row->name);
        if (row->n_rounds > 0) {
            grid->values[i * grid->n_columns + 1] = row->median_s;
            fill_figures(grid, cells, result, row);
        } else {
            (void)snprintf(cells[1], CELL_BYTES, "%s",
                           row->is_missing ? "not here" : "failed");
        }
    }
}

int grid_init(struct grid *grid, const struct result *result)
{
    bool is_sweep = result->topic == TOPIC_SWEEP;

    *grid = (struct grid){.n_rows = result->n_rows};
    if (is_sweep) {
        grid->n_rows /= SWEEP_KINDS;
        add_sweep_columns(grid);
    } else {
        add_columns(grid, result);
    }
    if (make_cells(grid) < 0) {
        grid_finish(grid);
        return -ENOMEM;
    }
    if (is_sweep) {
        fill_sweep(grid, result);
    } else {
        fill(grid, result);
    }
    return 0;
}

void grid_finish(struct grid *grid)
{
    for (size_t i = 0;
         grid->cells != NULL && i < grid->n_rows * grid->n_columns; i++) {
        free(grid->cells[i]);
    }
    free(grid->cells);
    free(grid->values);
    *grid = (struct grid){0};
}

static int width_of(const struct grid *grid, size_t column)
{
    size_t width = strlen(grid->titles[column]);

    for (size_t i = 0; i < grid->n_rows; i++) {
        size_t len = strlen(grid->cells[i * grid->n_columns + column]);

        width = len > width ? len : width;
    }
    return (int)width;
}

static void write_line(FILE *out, const struct grid *grid,
                       const char *const *cells)
{
    size_t n = grid->n_columns;

    while (n > 0 && cells[n - 1][0] == '\0') {
        n--; /* no blanks at the end of a line */
    }
    for (size_t i = 0; i < n; i++) {
        int width = width_of(grid, i);

        if (grid->kinds[i] == ASYNCDL_COLUMN_TEXT) {
            fprintf(out, "  %-*s", i + 1 == n ? 0 : width, cells[i]);
        } else {
            fprintf(out, "  %*s", width, cells[i]);
        }
    }
    fputc('\n', out);
}

void grid_write(FILE *out, const struct grid *grid)
{
    write_line(out, grid, grid->titles);
    for (size_t i = 0; i < grid->n_rows; i++) {
        write_line(out, grid,
                   (const char *const *)&grid->cells[i * grid->n_columns]);
    }
}
