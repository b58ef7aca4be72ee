/* SPDX-License-Identifier: MIT */
/*
 * Top down: title, legend, names of the ticks, rows, names of the ticks again,
 * notes. Whatever scripts need to zoom stands in attributes of the bars.
 */
#include "trace/svg.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "trace/layout.h"
#include "trace/page.h"
#include "trace/pattern.h"
#include "trace/store.h"
#include "trace/ticks.h"
#include "trace/words.h"

#define DEFAULT_WIDTH 1000
#define LEAST_WIDTH   320
#define MOST_WIDTH    20000
#define DEFAULT_ROWS  200
#define MARGIN        12.0
#define LINE          18.0 /* of the legend, and of notes */
#define LETTER        6.3  /* of text in proportional letters, about */
#define SWATCH        24.0
#define TICK_ROOM     92.0 /* pixels from tick to tick, at least */
#define MANY_ROWS     12   /* ticks stand above and below */
#define MANY_SPANS    6000
#define FINE          8192 /* windows in which spans are joined */
#define COARSE        512
#define EDGED         2.5 /* bars have an edge from this width on */

/* All that drawing needs to know. */
struct drawing {
    struct adl_stream *s;
    const struct asyncdl_diagram_options *options;
    struct adl_picture picture;
    struct adl_choice choice;
    struct adl_layout layout;
    unsigned number;
    double height;
    double legend_top;
    double rows_top;
    double rows_end;
    uint64_t span_ns; /* of the axis, at least 1 */
};

int adl_svg_read_options(struct asyncdl_diagram_options *out,
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

static double get_x(const struct drawing *d, uint64_t ns)
{
    const struct adl_layout *l = &d->layout;

    return l->left + (double)(ns - d->picture.start_ns) * (l->right - l->left) /
                         (double)d->span_ns;
}

static size_t count_spans(const struct drawing *d)
{
    size_t n = 0;

    for (size_t i = 0; i < d->choice.n; i++) {
        n += d->picture.rows[d->choice.rows[i]].n_spans;
    }
    return n;
}

/* Join what nobody could tell apart, so that a page stays light. */
static void join_spans(struct drawing *d)
{
    for (unsigned n = FINE; n >= COARSE; n /= 2) {
        for (size_t i = 0; i < d->choice.n; i++) {
            struct adl_row *row = &d->picture.rows[d->choice.rows[i]];

            row->n_spans =
                adl_span_join(row->spans, row->n_spans, d->span_ns / n);
        }
        if (count_spans(d) <= MANY_SPANS) {
            return;
        }
    }
}

static double measure_legend_item(const struct drawing *d, unsigned kind)
{
    char time[ADL_TICKS_CAP];

    adl_ticks_say(time, d->picture.totals.ns[kind]);
    size_t n = adl_words_get_width(adl_span_get_words(kind)->label) +
               adl_words_get_width(time) + 2;
    return SWATCH + 6 + (double)n * LETTER + 14;
}

static void write_legend_item(struct drawing *d, unsigned kind, double x,
                              double y)
{
    char time[ADL_TICKS_CAP];

    adl_ticks_say(time, d->picture.totals.ns[kind]);
    adl_stream_addf(d->s,
                    "<rect class=\"swatch\" x=\"%.1f\" y=\"%.1f\" "
                    "width=\"%.0f\" height=\"12\"",
                    x, y, SWATCH);
    adl_pattern_use(d->s, d->number, kind);
    adl_stream_addf(d->s, "/><text x=\"%.1f\" y=\"%.1f\">%s, %s</text>\n",
                    x + SWATCH + 6, y + 10, adl_span_get_words(kind)->label,
                    time);
}

/* Write it, or only see how high it is; below its last line. */
static double lay_legend(struct drawing *d, bool is_written)
{
    double x = MARGIN;
    double y = d->legend_top;

    for (unsigned kind = 0; kind < ASYNCDL_N_SPAN_KINDS; kind++) {
        if (d->picture.totals.ns[kind] == 0) {
            continue;
        }
        double width = measure_legend_item(d, kind);

        if (x > MARGIN && x + width > d->options->width - MARGIN + 14) {
            x = MARGIN;
            y += LINE;
        }
        if (is_written) {
            write_legend_item(d, kind, x, y);
        }
        x += width;
    }
    return y + LINE;
}

static bool has_note(const struct drawing *d)
{
    const struct asyncdl_trace_totals *t = &d->picture.totals;

    return t->n_rows > d->choice.n ||
           (t->n_rows == t->n_rows_kept && t->n_spans > t->n_spans_kept);
}

static const struct adl_row *get_row(const struct drawing *d, size_t i)
{
    return &d->picture.rows[d->choice.rows[i]];
}

static double get_pitch(const struct drawing *d, size_t i)
{
    return get_row(d, i)->kind == ASYNCDL_ROW_TASK ? d->layout.pitch
                                                   : d->layout.lead_pitch;
}

static void lay_out(struct drawing *d)
{
    bool has_title = d->number == 0 && d->options->title != NULL;
    size_t longest = 0;
    size_t n_leads = 0;

    for (size_t i = 0; i < d->choice.n; i++) {
        size_t width = adl_words_get_width(get_row(d, i)->name);

        longest = width > longest ? width : longest;
        n_leads += get_row(d, i)->kind != ASYNCDL_ROW_TASK;
    }
    adl_layout_choose(&d->layout, d->options->width, d->choice.n, n_leads,
                      longest);
    d->legend_top = has_title ? MARGIN + 28 : MARGIN - 4;
    d->rows_top = lay_legend(d, false) + (d->choice.n > MANY_ROWS ? 22 : 8);
    d->rows_end = d->rows_top +
                  d->layout.pitch * (double)(d->choice.n - n_leads) +
                  d->layout.lead_pitch * (double)n_leads;
    d->height = d->rows_end + 28 + (has_note(d) ? LINE : 0);
}

static void write_tick(struct drawing *d, uint64_t at_ns, uint64_t step_ns)
{
    char name[ADL_TICKS_CAP];
    double x = get_x(d, d->picture.start_ns + at_ns);

    adl_ticks_name(name, at_ns, step_ns, d->span_ns);
    adl_stream_addf(d->s,
                    "<line class=\"grid\" x1=\"%.2f\" x2=\"%.2f\" y1=\"%.1f\" "
                    "y2=\"%.1f\"/>",
                    x, x, d->rows_top - 4, d->rows_end + 4);
    adl_stream_addf(d->s,
                    "<text class=\"tick\" text-anchor=\"middle\" x=\"%.2f\" "
                    "y=\"%.1f\">%s</text>",
                    x, d->rows_end + 17, name);
    if (d->choice.n > MANY_ROWS) {
        adl_stream_addf(d->s,
                        "<text class=\"tick\" text-anchor=\"middle\" "
                        "x=\"%.2f\" y=\"%.1f\">%s</text>",
                        x, d->rows_top - 8, name);
    }
    adl_stream_str(d->s, "\n");
}

static void write_axis(struct drawing *d)
{
    double plot = d->layout.right - d->layout.left;
    unsigned most = plot > TICK_ROOM ? (unsigned)(plot / TICK_ROOM) : 1;
    uint64_t step_ns = adl_ticks_choose(d->span_ns, most);

    adl_stream_str(d->s, "<g class=\"axis\">\n");
    for (uint64_t at_ns = 0; at_ns <= d->span_ns; at_ns += step_ns) {
        write_tick(d, at_ns, step_ns);
        if (at_ns > UINT64_MAX - step_ns) {
            break;
        }
    }
    adl_stream_addf(d->s,
                    "<line class=\"base\" x1=\"%.2f\" x2=\"%.2f\" y1=\"%.1f\" "
                    "y2=\"%.1f\"/>\n</g>\n",
                    d->layout.left, d->layout.right, d->rows_end + 4,
                    d->rows_end + 4);
}

static void write_us(struct adl_stream *s, uint64_t ns)
{
    adl_stream_addf(s, "%" PRIu64 ".%03" PRIu64, ns / 1000, ns % 1000);
}

/* "NAME: connecting, 1.2 ms, from 3.4 ms to 4.6 ms" */
static void write_bar_title(struct drawing *d, const struct adl_row *row,
                            const struct adl_span *span)
{
    char length[ADL_TICKS_CAP];
    char from[ADL_TICKS_CAP];
    char to[ADL_TICKS_CAP];

    adl_ticks_say(length, span->to_ns - span->from_ns);
    adl_ticks_say(from, span->from_ns - d->picture.start_ns);
    adl_ticks_say(to, span->to_ns - d->picture.start_ns);
    adl_stream_str(d->s, "<title>");
    adl_stream_xml(d->s, row->name);
    adl_stream_addf(d->s, ": %s, %s, from %s to %s</title>",
                    adl_span_get_words(span->kind)->label, length, from, to);
}

static void write_bar(struct drawing *d, size_t i, double y,
                      const struct adl_span *span)
{
    double x = get_x(d, span->from_ns);
    double width = get_x(d, span->to_ns) - x;

    adl_stream_addf(d->s,
                    "<rect%s x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
                    "height=\"%.1f\"",
                    width < EDGED ? "" : " class=\"e\"", x, y,
                    width > 0.6 ? width : 0.6,
                    adl_layout_get_bar(get_pitch(d, i)));
    adl_pattern_use(d->s, d->number, span->kind);
    if (d->number > 0) { /* a script will tell, and zoom */
        adl_stream_addf(d->s, " data-k=\"%s\" data-f=\"",
                        adl_span_get_words(span->kind)->label);
        write_us(d->s, span->from_ns - d->picture.start_ns);
        adl_stream_str(d->s, "\" data-t=\"");
        write_us(d->s, span->to_ns - d->picture.start_ns);
        if (span->n > 1) {
            adl_stream_addf(d->s, "\" data-n=\"%" PRIu32, span->n);
        }
        adl_stream_str(d->s, "\"/>\n");
        return;
    }
    adl_stream_str(d->s, ">");
    write_bar_title(d, get_row(d, i), span);
    adl_stream_str(d->s, "</rect>\n");
}

static void write_row(struct drawing *d, size_t i, double y)
{
    const struct adl_row *row = get_row(d, i);

    adl_stream_str(d->s, "<g");
    if (d->number > 0) {
        adl_stream_str(d->s, " data-who=\"");
        adl_stream_xml(d->s, row->name);
        adl_stream_str(d->s, "\" data-note=\"");
        adl_stream_xml(d->s, row->note);
        adl_stream_str(d->s, "\"");
    }
    adl_stream_str(d->s, ">\n");
    for (size_t j = 0; j < row->n_spans; j++) {
        write_bar(d, i, y, &row->spans[j]);
    }
    adl_stream_str(d->s, "</g>\n");
}

static void write_name(struct drawing *d, size_t i, double y)
{
    char name[ADL_WORDS_CAP];

    adl_words_fit(name, get_row(d, i)->name,
                  d->layout.name_width > 4 ? d->layout.name_width : 4);
    adl_stream_addf(d->s,
                    "<text class=\"name\" text-anchor=\"end\" x=\"%.1f\" "
                    "y=\"%.1f\">",
                    d->layout.left - 8, y + 4);
    adl_stream_xml(d->s, name);
    adl_stream_str(d->s, "</text>\n");
}

/* Those for which there is room. */
static void write_names(struct drawing *d)
{
    double top = d->rows_top;
    double free_y = 0; /* from here on nothing is written yet */

    adl_stream_str(d->s, "<g class=\"names\">\n");
    for (size_t i = 0; i < d->choice.n; i++) {
        double pitch = get_pitch(d, i);
        double y = top + adl_layout_get_bar(pitch) / 2;

        if (y >= free_y) {
            write_name(d, i, y);
            free_y = y + ADL_LAYOUT_NAME;
        }
        top += pitch;
    }
    adl_stream_str(d->s, "</g>\n");
}

static void write_rows(struct drawing *d)
{
    double top = d->rows_top;

    adl_stream_addf(d->s, "<g class=\"bars\" clip-path=\"url(#d%u-clip)\">\n",
                    d->number);
    for (size_t i = 0; i < d->choice.n; i++) {
        write_row(d, i, top);
        top += get_pitch(d, i);
    }
    adl_stream_str(d->s, "</g>\n");
}

static void write_defs(struct drawing *d)
{
    adl_stream_str(d->s, "<defs>\n");
    for (unsigned kind = 0; kind < ASYNCDL_N_SPAN_KINDS; kind++) {
        if (d->picture.totals.ns[kind] > 0) {
            adl_pattern_define(d->s, d->number, kind);
        }
    }
    adl_stream_addf(d->s,
                    "<clipPath id=\"d%u-clip\"><rect x=\"%.1f\" y=\"%.1f\" "
                    "width=\"%.1f\" height=\"%.1f\"/></clipPath>\n</defs>\n",
                    d->number, d->layout.left, d->rows_top - 1,
                    d->layout.right - d->layout.left + 1,
                    d->rows_end - d->rows_top + 2);
}

static void write_summary(struct drawing *d)
{
    char time[ADL_TICKS_CAP];

    adl_ticks_say(time, d->span_ns);
    adl_stream_addf(d->s, "<title>%s",
                    d->options->title != NULL ? "" : "Timing");
    if (d->options->title != NULL) {
        adl_stream_xml(d->s, d->options->title);
    }
    adl_stream_addf(d->s,
                    "</title>\n<desc>%zu rows against time, over %s. Waiting "
                    "is hatched and red, computing is plain and blue.</desc>\n",
                    d->choice.n, time);
}

static void write_head(struct drawing *d)
{
    const struct adl_layout *l = &d->layout;

    adl_stream_addf(d->s,
                    "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"adl\" "
                    "role=\"img\" viewBox=\"0 0 %u %.0f\" width=\"%u\" "
                    "height=\"%.0f\"",
                    d->options->width, d->height, d->options->width, d->height);
    if (d->number > 0) {
        adl_stream_addf(d->s,
                        " data-left=\"%.1f\" data-right=\"%.1f\" "
                        "data-top=\"%.1f\" data-end=\"%.1f\" data-us=\"",
                        l->left, l->right, d->rows_top, d->rows_end);
        write_us(d->s, d->span_ns);
        adl_stream_str(d->s, "\"");
    }
    adl_stream_str(d->s, ">\n");
}

static void write_note(struct drawing *d)
{
    if (has_note(d)) {
        adl_stream_addf(d->s, "<text class=\"note\" x=\"%.0f\" y=\"%.1f\">",
                        MARGIN, d->height - 8);
        adl_words_add_left_out(d->s, adl_stream_xml, &d->picture.totals,
                               d->choice.n);
        adl_stream_str(d->s, "</text>\n");
    }
}

static void write_title(struct drawing *d)
{
    char title[ADL_WORDS_CAP];

    if (d->options->title == NULL) {
        return;
    }
    adl_words_fit(title, d->options->title,
                  (size_t)((d->options->width - 2 * MARGIN) / 9.2));
    adl_stream_addf(d->s, "<text class=\"head\" x=\"%.0f\" y=\"28\">", MARGIN);
    adl_stream_xml(d->s, title);
    adl_stream_str(d->s, "</text>\n");
}

static void write_all(struct drawing *d)
{
    write_head(d);
    write_summary(d);
    if (d->number == 0) {
        adl_stream_str(d->s, "<style>\n");
        adl_stream_add(d->s, adl_page_diagram_css, adl_page_diagram_css_len);
        adl_stream_str(d->s, "</style>\n");
    }
    write_defs(d);
    if (d->number == 0) {
        adl_stream_str(
            d->s, "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n");
        write_title(d);
    }
    (void)lay_legend(d, true);
    write_axis(d);
    write_rows(d);
    write_names(d);
    write_note(d);
    adl_stream_str(d->s, "</svg>\n");
}

int adl_svg_draw(struct adl_stream *s, struct asyncdl_trace *trace,
                 const struct asyncdl_diagram_options *options, unsigned number)
{
    struct drawing d = {.s = s, .options = options, .number = number};
    int err = adl_picture_take(&d.picture, trace);

    if (err == 0) {
        err = adl_choice_make(&d.choice, &d.picture, options->max_rows,
                              options->flags & ASYNCDL_DIAGRAM_BY_START);
    }
    if (err == 0) {
        d.span_ns = d.picture.end_ns - d.picture.start_ns;
        d.span_ns = d.span_ns > 0 ? d.span_ns : 1;
        join_spans(&d);
        lay_out(&d);
        write_all(&d);
    }
    adl_choice_finish(&d.choice);
    adl_picture_finish(&d.picture);
    return err;
}

int asyncdl_trace_write_svg(struct asyncdl_trace *trace,
                            const struct asyncdl_diagram_options *options,
                            asyncdl_write_cb write, void *data)
{
    struct asyncdl_diagram_options o;
    struct adl_stream s;
    int err = adl_svg_read_options(&o, options);

    if (err < 0) {
        return err;
    }
    adl_stream_init(&s, write, data);
    adl_stream_fail(&s, adl_svg_draw(&s, trace, &o, 0));
    return adl_stream_flush(&s);
}
