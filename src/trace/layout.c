/* SPDX-License-Identifier: MIT */
#include "trace/layout.h"

#include <errno.h>
#include <stdlib.h>

#define MARGIN     12.0
#define GAP        8.0   /* between a name and the plot */
#define PLOT_SHARE 0.66  /* of the width, at least */
#define TALL       20.0  /* pitch of a row in a diagram of few */
#define FLAT       3.5   /* and of very many */
#define BODY       760.0 /* height of the rows, where there are many */

void adl_layout_choose(struct adl_layout *out, uint32_t width, size_t n_rows,
                       size_t n_leads, size_t longest_name)
{
    double pitch = n_rows > 0 ? BODY / (double)n_rows : TALL;
    double lead = n_leads > 0 ? BODY / (double)n_leads : TALL;
    double names = (double)longest_name * ADL_LAYOUT_LETTER;
    double room = (double)width * (1 - PLOT_SHARE) - MARGIN - GAP;

    pitch = pitch > TALL ? TALL : pitch < FLAT ? FLAT : pitch;
    lead = lead > TALL ? TALL : lead;
    names = names < room ? names : room;
    *out = (struct adl_layout){
        .left = MARGIN + names + GAP,
        .right = (double)width - MARGIN - 20, /* the last tick's name */
        .pitch = pitch,
        .lead_pitch = lead > pitch ? lead : pitch,
        .name_width = (size_t)(names / ADL_LAYOUT_LETTER),
    };
}

double adl_layout_get_bar(double pitch)
{
    return pitch >= 12 ? pitch - 5 : pitch >= 6 ? pitch - 2 : pitch - 0.5;
}

void adl_choice_finish(struct adl_choice *choice)
{
    free(choice->rows);
    *choice = (struct adl_choice){0};
}

/* What rows are sorted by. */
struct key {
    size_t row;
    bool is_task;
    uint64_t start_ns;
};

/* When it began with anything but queueing. */
static uint64_t find_start(const struct adl_row *row)
{
    for (size_t i = 0; i < row->n_spans; i++) {
        if (row->spans[i].kind != ASYNCDL_SPAN_QUEUE) {
            return row->spans[i].from_ns;
        }
    }
    return row->n_spans > 0 ? row->spans[row->n_spans - 1].to_ns : UINT64_MAX;
}

static int compare(const void *a, const void *b)
{
    const struct key *x = a;
    const struct key *y = b;

    if (x->is_task != y->is_task) {
        return x->is_task ? 1 : -1;
    }
    if (x->start_ns != y->start_ns) {
        return x->start_ns > y->start_ns ? 1 : -1;
    }
    return (x->row > y->row) - (x->row < y->row);
}

static void fill_keys(struct key *keys, const struct adl_picture *picture,
                      bool is_by_start)
{
    for (size_t i = 0; i < picture->n_rows; i++) {
        const struct adl_row *row = &picture->rows[i];

        keys[i] = (struct key){
            .row = i,
            .is_task = is_by_start && row->kind == ASYNCDL_ROW_TASK,
            .start_ns = is_by_start && row->kind == ASYNCDL_ROW_TASK
                            ? find_start(row)
                            : 0,
        };
    }
    qsort(keys, picture->n_rows, sizeof(*keys), compare);
}

/* Those in front that are never left out, unless they alone are too many. */
static size_t count_fixed(const struct key *keys, size_t n, size_t max_rows)
{
    size_t n_fixed = 0;

    while (n_fixed < n && !keys[n_fixed].is_task) {
        n_fixed++;
    }
    return n_fixed <= max_rows / 2 ? n_fixed : 0;
}

int adl_choice_make(struct adl_choice *out, const struct adl_picture *picture,
                    size_t max_rows, bool is_by_start)
{
    size_t n = picture->n_rows;
    struct key *keys = calloc(n > 0 ? n : 1, sizeof(*keys));
    size_t *rows = calloc(n > 0 ? n : 1, sizeof(*rows));

    if (keys == NULL || rows == NULL) {
        free(keys);
        free(rows);
        return -ENOMEM;
    }
    fill_keys(keys, picture, is_by_start);
    size_t n_shown = n < max_rows ? n : max_rows;
    size_t n_fixed = n_shown < n ? count_fixed(keys, n, max_rows) : 0;
    for (size_t i = 0; i < n_shown; i++) {
        size_t at = i < n_fixed
                        ? i
                        : n_fixed + (size_t)adl_sample_pick(i - n_fixed,
                                                            n_shown - n_fixed,
                                                            n - n_fixed);

        rows[i] = keys[at].row;
    }
    free(keys);
    *out = (struct adl_choice){.rows = rows, .n = n_shown};
    return 0;
}
