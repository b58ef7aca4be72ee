/* SPDX-License-Identifier: MIT */
/*
 * Where things of a diagram stand: which rows are shown, in which order, how
 * high they are, which have room for their name. Pure, but for its memory.
 */
#ifndef ADL_TRACE_LAYOUT_H
#define ADL_TRACE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/store.h"

/* Sizes in pixels of a drawing that is width wide. */
struct adl_layout {
    double left; /* of the plot */
    double right;
    double top;
    double pitch;      /* from row to row of tasks */
    double lead_pitch; /* of threads and processes, which lead them */
    size_t name_width; /* columns of letters that fit to the left */
};

#define ADL_LAYOUT_LETTER 6.7  /* pixels of a column of names, of 11 px */
#define ADL_LAYOUT_NAME   13.0 /* between two names, at least */

/* n_leads of the rows are of threads and processes. */
void adl_layout_choose(struct adl_layout *out, uint32_t width, size_t n_rows,
                       size_t n_leads, size_t longest_name);

/* The height of the bar in a row of that pitch. */
double adl_layout_get_bar(double pitch);

/* Rows to show, of a picture: indices of rows in their order. */
struct adl_choice {
    size_t *rows;
    size_t n;
};

/* At most max_rows of them, those of threads and processes before all others.
 * 0 or -ENOMEM. */
int adl_choice_make(struct adl_choice *out, const struct adl_picture *picture,
                    size_t max_rows, bool is_by_start);
void adl_choice_finish(struct adl_choice *choice);

#endif
