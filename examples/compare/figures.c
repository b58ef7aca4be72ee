/* SPDX-License-Identifier: MIT */
#include "figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

double figures_median(double *values, size_t n)
{
    qsort(values, n, sizeof(*values), compare);
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

void figures_seconds(char out[FIGURE_BYTES], double seconds)
{
    (void)snprintf(out, FIGURE_BYTES, "%.3f s", seconds);
}

void figures_times(char out[FIGURE_BYTES], double ratio)
{
    if (!isfinite(ratio) || ratio <= 0) {
        (void)snprintf(out, FIGURE_BYTES, "-");
    } else {
        int n_digits = ratio < 0.095 ? 3 : ratio < 9.95 ? 1 : 0;

        (void)snprintf(out, FIGURE_BYTES, "%.*fx", n_digits, ratio);
    }
}

void figures_memory(char out[FIGURE_BYTES], uint64_t bytes)
{
    if (bytes == 0) {
        (void)snprintf(out, FIGURE_BYTES, "-");
    } else {
        (void)snprintf(out, FIGURE_BYTES, "%.1f MiB", (double)bytes / 1048576);
    }
}

static const char *plural(unsigned n)
{
    return n == 1 ? "" : "s";
}

void figures_used(char out[FIGURE_BYTES], unsigned n_processes,
                  unsigned n_threads)
{
    if (n_processes == 0) {
        (void)snprintf(out, FIGURE_BYTES, "-");
    } else if (n_processes == 1) {
        (void)snprintf(out, FIGURE_BYTES, "%u thread%s", n_threads,
                       plural(n_threads));
    } else if (n_threads <= n_processes) {
        (void)snprintf(out, FIGURE_BYTES, "%u processes", n_processes);
    } else {
        (void)snprintf(out, FIGURE_BYTES, "%u proc, %u threads", n_processes,
                       n_threads);
    }
}

unsigned figures_percent(uint64_t part, uint64_t rest)
{
    double whole = (double)part + (double)rest;

    return whole > 0 ? (unsigned)((double)part * 100 / whole + 0.5) : 0;
}
