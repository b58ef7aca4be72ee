/* SPDX-License-Identifier: MIT */
#include "results.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"

int result_init(struct result *result, enum topic topic, size_t n_rows)
{
    *result = (struct result){.topic = topic, .n_rows = n_rows};
    result->rows = calloc(n_rows, sizeof(*result->rows));
    return result->rows != NULL ? 0 : -ENOMEM;
}

void result_finish(struct result *result)
{
    for (size_t i = 0; result->rows != NULL && i < result->n_rows; i++) {
        free(result->rows[i].trace.data);
    }
    free(result->rows);
    free(result->listing);
    *result = (struct result){0};
}

static double seconds(uint64_t ns)
{
    return (double)ns / 1e9;
}

static double median_of(const struct row *row)
{
    double sorted[ROUNDS_MAX];

    memcpy(sorted, row->seconds, row->n_rounds * sizeof(*sorted));
    return figures_median(sorted, row->n_rounds);
}

void row_add(struct row *row, const struct outcome *outcome,
             struct run_bytes *trace)
{
    double s = seconds(outcome->wall_ns);
    void *unused = trace != NULL ? trace->data : NULL;

    if (outcome->err < 0) {
        if (row->error[0] == '\0') {
            (void)snprintf(row->error, sizeof(row->error), "%s",
                           outcome->error);
        }
    } else if (row->n_rounds < ROUNDS_MAX) {
        row->seconds[row->n_rounds++] = s;
        double median = median_of(row);

        /* The round that is shown is the one closest to the median. */
        if (row->n_rounds == 1 ||
            fabs(s - median) <= fabs(seconds(row->outcome.wall_ns) - median)) {
            unused = row->trace.data;
            row->outcome = *outcome;
            row->trace = trace != NULL ? *trace : (struct run_bytes){0};
        }
    }
    free(unused);
}

void result_settle(struct result *result)
{
    for (size_t i = 0; i < result->n_rows; i++) {
        struct row *row = &result->rows[i];

        row->median_s = row->n_rounds > 0 ? median_of(row) : 0;
        row->faster = row->median_s > 0 && result->rows[0].n_rounds > 0
                          ? result->rows[0].median_s / row->median_s
                          : 0;
    }
}

void result_note(struct result *result, const char *format, ...)
{
    va_list args;

    if (result->n_notes == NOTES_MAX) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(result->notes[result->n_notes++], TEXT_BYTES, format, args);
    va_end(args);
}

const struct row *result_find(const struct result *result, const char *key)
{
    for (size_t i = 0; i < result->n_rows; i++) {
        if (strcmp(result->rows[i].key, key) == 0) {
            return &result->rows[i];
        }
    }
    return NULL;
}

bool results_are_good(const struct results *results)
{
    for (size_t i = 0; i < results->n; i++) {
        const struct result *r = &results->items[i];

        for (size_t k = 0; k < r->n_rows; k++) {
            if (r->rows[k].error[0] != '\0' && !r->rows[k].is_missing) {
                return false;
            }
        }
    }
    return true;
}

void results_finish(struct results *results)
{
    for (size_t i = 0; i < results->n; i++) {
        result_finish(&results->items[i]);
    }
    results->n = 0;
}
