/* SPDX-License-Identifier: MIT */
/*
 * The timing diagram in letters: a line for each row, a column for each piece
 * of time, in it the letter of what took most of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/layout.h"
#include "trace/store.h"
#include "trace/stream.h"
#include "trace/ticks.h"
#include "trace/words.h"

#define DEFAULT_WIDTH 80
#define LEAST_WIDTH   40
#define MOST_WIDTH    1000
#define DEFAULT_ROWS  24
#define LEGEND_ITEM   3 /* columns around a word of the legend */

struct text {
    struct adl_stream *s;
    const struct asyncdl_diagram_options *options;
    struct adl_picture picture;
    struct adl_choice choice;
    size_t name_width;
    size_t plot; /* columns */
    uint64_t span_ns;
    uint64_t *cells; /* plot times ASYNCDL_N_SPAN_KINDS */
};

static int read_options(struct asyncdl_diagram_options *out,
                        const struct asyncdl_diagram_options *options)
{
    struct asyncdl_diagram_options o = ASYNCDL_DIAGRAM_OPTIONS_INIT;

    if (options != NULL) {
        if (options->struct_size != sizeof(o)) {
            return -EINVAL;
        }
        o = *options;
    }
    o.width = o.width != 0 ? o.width : DEFAULT_WIDTH;
    o.max_rows = o.max_rows != 0 ? o.max_rows : DEFAULT_ROWS;
    if (o.width < LEAST_WIDTH || o.width > MOST_WIDTH || o.reserved != 0) {
        return -EINVAL;
    }
    *out = o;
    return 0;
}

static void lay_out(struct text *t)
{
    size_t longest = 1;

    for (size_t i = 0; i < t->choice.n; i++) {
        size_t width =
            adl_words_get_width(t->picture.rows[t->choice.rows[i]].name);

        longest = width > longest ? width : longest;
    }
    size_t most = t->options->width / 3;
    t->name_width = longest < most ? longest : most;
    t->plot = t->options->width - t->name_width - 3; /* " |" and "|" */
}

/* Where a column begins, since the start. */
static uint64_t get_time(const struct text *t, size_t column)
{
    return (uint64_t)((double)t->span_ns * (double)column / (double)t->plot);
}

static size_t get_column(const struct text *t, uint64_t ns)
{
    size_t column = (size_t)((double)ns * (double)t->plot / (double)t->span_ns);

    return column < t->plot ? column : t->plot - 1;
}

static void fill_cells(struct text *t, const struct adl_row *row)
{
    for (size_t i = 0; i < t->plot * ASYNCDL_N_SPAN_KINDS; i++) {
        t->cells[i] = 0;
    }
    for (size_t i = 0; i < row->n_spans; i++) {
        uint64_t from_ns = row->spans[i].from_ns - t->picture.start_ns;
        uint64_t to_ns = row->spans[i].to_ns - t->picture.start_ns;
        size_t last = get_column(t, to_ns - 1);

        for (size_t c = get_column(t, from_ns); c <= last; c++) {
            uint64_t begin = get_time(t, c);
            uint64_t end = get_time(t, c + 1);
            uint64_t low = from_ns > begin ? from_ns : begin;
            uint64_t high = to_ns < end ? to_ns : end;

            /* also what is too short for the arithmetic is there */
            t->cells[c * ASYNCDL_N_SPAN_KINDS + row->spans[i].kind] +=
                high > low ? high - low : 1;
        }
    }
}

/* The kind that took most of a column, or ASYNCDL_N_SPAN_KINDS. */
static unsigned find_kind(const struct text *t, size_t column)
{
    const uint64_t *cell = &t->cells[column * ASYNCDL_N_SPAN_KINDS];
    unsigned best = ASYNCDL_N_SPAN_KINDS;

    for (unsigned kind = 0; kind < ASYNCDL_N_SPAN_KINDS; kind++) {
        if (cell[kind] > 0 &&
            (best == ASYNCDL_N_SPAN_KINDS || cell[kind] > cell[best])) {
            best = kind;
        }
    }
    return best;
}

static const char *get_color(const struct text *t, unsigned kind)
{
    if ((t->options->flags & ASYNCDL_DIAGRAM_COLOR) == 0) {
        return "";
    }
    if (kind == ASYNCDL_N_SPAN_KINDS || kind == ASYNCDL_SPAN_QUEUE) {
        return "\033[0m";
    }
    return adl_span_is_computing(kind) ? "\033[1;34m" : "\033[31m";
}

static void write_reset(struct text *t)
{
    adl_stream_str(t->s, get_color(t, ASYNCDL_N_SPAN_KINDS));
}

static void write_blanks(struct text *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        adl_stream_str(t->s, " ");
    }
}

static void write_row(struct text *t, const struct adl_row *row)
{
    char name[ADL_WORDS_CAP];
    const char *color = get_color(t, ASYNCDL_N_SPAN_KINDS);

    adl_words_fit(name, row->name, t->name_width > 4 ? t->name_width : 4);
    size_t width = adl_words_get_width(name);
    adl_stream_str(t->s, name);
    write_blanks(t, width < t->name_width ? t->name_width - width : 0);
    adl_stream_str(t->s, " |");
    fill_cells(t, row);
    for (size_t c = 0; c < t->plot; c++) {
        unsigned kind = find_kind(t, c);
        const char *next = get_color(t, kind);

        if (strcmp(next, color) != 0) {
            adl_stream_str(t->s, next);
            color = next;
        }
        char letter = kind < ASYNCDL_N_SPAN_KINDS
                          ? adl_span_get_words(kind)->letter
                          : ' ';
        adl_stream_add(t->s, &letter, 1);
    }
    write_reset(t);
    adl_stream_str(t->s, "|\n");
}

/* The names of the ticks, each beginning below its '+'. */
static void write_axis(struct text *t)
{
    uint64_t step_ns =
        adl_ticks_choose(t->span_ns, t->plot > 12 ? (unsigned)t->plot / 12 : 1);
    size_t column = 0;

    write_blanks(t, t->name_width + 1);
    adl_stream_str(t->s, "+");
    for (size_t c = 0; c < t->plot; c++) {
        uint64_t at_ns = (get_time(t, c) + step_ns - 1) / step_ns * step_ns;
        bool is_tick = at_ns < t->span_ns && get_column(t, at_ns) == c;

        adl_stream_str(t->s, is_tick ? "+" : "-");
    }
    adl_stream_str(t->s, "+\n");
    write_blanks(t, t->name_width + 2);
    for (uint64_t at_ns = 0; at_ns <= t->span_ns; at_ns += step_ns) {
        char name[ADL_TICKS_CAP];
        size_t at = get_column(t, at_ns);

        adl_ticks_name(name, at_ns, step_ns, t->span_ns);
        if (at < column || at + adl_words_get_width(name) > t->plot + 1) {
            continue;
        }
        write_blanks(t, at - column);
        adl_stream_str(t->s, name);
        column = at + adl_words_get_width(name);
    }
    adl_stream_str(t->s, "\n");
}

static void write_legend(struct text *t)
{
    size_t column = 0;

    for (unsigned kind = 0; kind < ASYNCDL_N_SPAN_KINDS; kind++) {
        const struct adl_span_words *words = adl_span_get_words(kind);
        size_t width = strlen(words->label) + LEGEND_ITEM + 2;

        if (t->picture.totals.ns[kind] == 0) {
            continue;
        }
        if (column > 0 && column + width > t->options->width) {
            adl_stream_str(t->s, "\n");
            column = 0;
        }
        adl_stream_str(t->s, column > 0 ? "   " : "");
        adl_stream_str(t->s, get_color(t, kind));
        adl_stream_add(t->s, &words->letter, 1);
        write_reset(t);
        adl_stream_addf(t->s, " %s", words->label);
        column += width;
    }
    adl_stream_str(t->s, "\n");
}

static int write_title(struct text *t)
{
    if (t->options->title == NULL) {
        return 0;
    }
    char *title = adl_store_copy_text(t->options->title);
    if (title == NULL) {
        return -ENOMEM;
    }
    adl_stream_addf(t->s, "%s\n", title);
    free(title);
    return 0;
}

static int draw(struct text *t)
{
    int err = write_title(t);

    if (err < 0) {
        return err;
    }
    t->span_ns = t->picture.end_ns - t->picture.start_ns;
    t->span_ns = t->span_ns > 0 ? t->span_ns : 1;
    lay_out(t);
    t->cells = calloc(t->plot * ASYNCDL_N_SPAN_KINDS, sizeof(*t->cells));
    if (t->cells == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < t->choice.n; i++) {
        write_row(t, &t->picture.rows[t->choice.rows[i]]);
    }
    write_axis(t);
    write_legend(t);
    if (t->picture.totals.n_rows > t->choice.n) {
        adl_words_add_left_out(t->s, adl_stream_str, &t->picture.totals,
                               t->choice.n);
        adl_stream_str(t->s, "\n");
    }
    free(t->cells);
    return 0;
}

int asyncdl_trace_write_text(struct asyncdl_trace *trace,
                             const struct asyncdl_diagram_options *options,
                             asyncdl_write_cb write, void *data)
{
    struct asyncdl_diagram_options o;
    struct adl_stream s;
    struct text t = {.s = &s, .options = &o};
    int err = read_options(&o, options);

    if (err < 0) {
        return err;
    }
    adl_stream_init(&s, write, data);
    err = adl_picture_take(&t.picture, trace);
    if (err == 0) {
        err = adl_choice_make(&t.choice, &t.picture, o.max_rows,
                              o.flags & ASYNCDL_DIAGRAM_BY_START);
    }
    adl_stream_fail(&s, err == 0 ? draw(&t) : err);
    adl_choice_finish(&t.choice);
    adl_picture_finish(&t.picture);
    return adl_stream_flush(&s);
}
