/* SPDX-License-Identifier: MIT */
#include "cli/nearest.h"

#include <string.h>

#include "cli/options.h"

/* Longer words are like no option. */
#define MAX_LEN 32

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* How many bytes to add, drop or change to make a into b (Levenshtein). */
static size_t get_distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    size_t row[MAX_LEN + 1];

    for (size_t j = 0; j <= n_b; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= n_a; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            size_t above = row[j];
            size_t changed = diagonal + (a[i - 1] != b[j - 1]);

            row[j] = min3(above + 1, row[j - 1] + 1, changed);
            diagonal = above;
        }
    }
    return row[n_b];
}

const char *adl_nearest_option(const char *name, size_t len)
{
    const char *nearest = NULL;
    size_t least = len > 6 ? 4 : len / 2 + 1;

    if (len < 2 || len > MAX_LEN) {
        return NULL;
    }
    for (const struct adl_option *o = adl_option_table; o->name != NULL; o++) {
        size_t n = strlen(o->name);

        if (n > MAX_LEN) {
            continue;
        }
        /* A beginning is as good as one wrong letter. */
        size_t distance = strncmp(o->name, name, len) == 0
                              ? 1
                              : get_distance(name, len, o->name, n);
        if (distance < least) {
            least = distance;
            nearest = o->name;
        }
    }
    return nearest;
}
