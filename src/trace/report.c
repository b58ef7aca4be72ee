/* SPDX-License-Identifier: MIT */
/*
 * The page's policy allows the style and the script that it brings, by their
 * hashes, and nothing else: what slips into it cannot run, and cannot ask
 * anybody for anything.
 */
#include "asyncdl/report.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "trace/page.h"
#include "trace/stream.h"
#include "trace/svg.h"
#include "util/strings.h"

struct asyncdl_report {
    struct adl_stream s;
    char *footer; /* or NULL */
    unsigned n_diagrams;
    bool is_in_section;
};

/* A text in an element. */
static void write_element(struct adl_stream *s, const char *open,
                          const char *text, const char *close)
{
    adl_stream_str(s, open);
    adl_stream_xml(s, text);
    adl_stream_str(s, close);
}

static void write_head(struct adl_stream *s,
                       const struct asyncdl_report_options *options)
{
    adl_stream_str(
        s, "<!DOCTYPE html>\n"
           "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta http-equiv=\"Content-Security-Policy\" content=\""
           "default-src 'none'; img-src data:; base-uri 'none'; form-action "
           "'none'; style-src '");
    adl_stream_str(s, adl_page_css_hash);
    adl_stream_str(s, "'; script-src '");
    adl_stream_str(s, adl_page_js_hash);
    adl_stream_str(s, "'\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width, "
                      "initial-scale=1\">\n"
                      "<meta name=\"color-scheme\" content=\"light dark\">\n"
                      "<meta name=\"referrer\" content=\"no-referrer\">\n"
                      "<link rel=\"icon\" href=\"data:,\">\n");
    write_element(s, "<title>", options->title, "</title>\n<style>");
    adl_stream_add(s, adl_page_css, adl_page_css_len);
    adl_stream_str(s, "</style>\n</head>\n<body>\n<header>\n");
    write_element(s, "<h1>", options->title, "</h1>\n");
    if (options->summary != NULL) {
        write_element(s, "<p class=\"summary\">", options->summary, "</p>\n");
    }
    adl_stream_str(s, "</header>\n<main>\n");
}

int asyncdl_report_open(struct asyncdl_report **out,
                        const struct asyncdl_report_options *options,
                        asyncdl_write_cb write, void *data)
{
    if (options->struct_size != sizeof(*options) || options->title == NULL) {
        return -EINVAL;
    }
    struct asyncdl_report *report = calloc(1, sizeof(*report));
    if (report == NULL ||
        adl_string_copy(&report->footer, options->footer) < 0) {
        free(report);
        return -ENOMEM;
    }
    adl_stream_init(&report->s, write, data);
    write_head(&report->s, options);
    if (report->s.err < 0) {
        int err = report->s.err;

        free(report->footer);
        free(report);
        return err;
    }
    *out = report;
    return 0;
}

static void end_section(struct asyncdl_report *report)
{
    if (report->is_in_section) {
        adl_stream_str(&report->s, "</section>\n");
        report->is_in_section = false;
    }
}

int asyncdl_report_add_heading(struct asyncdl_report *report, const char *text)
{
    end_section(report);
    report->is_in_section = true;
    write_element(&report->s, "<section>\n<h2>", text, "</h2>\n");
    return report->s.err;
}

int asyncdl_report_add_paragraph(struct asyncdl_report *report,
                                 const char *text)
{
    write_element(&report->s, "<p>", text, "</p>\n");
    return report->s.err;
}

int asyncdl_report_add_verdict(struct asyncdl_report *report, const char *text)
{
    write_element(&report->s, "<p class=\"verdict\">", text, "</p>\n");
    return report->s.err;
}

int asyncdl_report_add_listing(struct asyncdl_report *report, const char *text)
{
    write_element(&report->s, "<pre tabindex=\"0\">", text, "</pre>\n");
    return report->s.err;
}

static const char *get_class(const struct asyncdl_column *column)
{
    switch (column->kind) {
    case ASYNCDL_COLUMN_NUMBER:
        return " class=\"n\"";
    case ASYNCDL_COLUMN_BAR:
        return " class=\"n bar\"";
    case ASYNCDL_COLUMN_TEXT:
        break;
    }
    return "";
}

static void write_columns(struct adl_stream *s,
                          const struct asyncdl_table *table)
{
    adl_stream_str(s, "<thead><tr>");
    for (size_t i = 0; i < table->n_columns; i++) {
        adl_stream_addf(s, "<th scope=\"col\"%s>",
                        get_class(&table->columns[i]));
        adl_stream_xml(s, table->columns[i].title);
        adl_stream_str(s, "</th>");
    }
    adl_stream_str(s, "</tr></thead>\n<tbody>\n");
}

static double get_value(const struct asyncdl_table *table, size_t i)
{
    double value = table->values != NULL     ? table->values[i]
                   : table->cells[i] != NULL ? strtod(table->cells[i], NULL)
                                             : 0;

    return isfinite(value) && value > 0 ? value : 0;
}

/* Percent of the largest in its column. */
static double get_share(const struct asyncdl_table *table, size_t row,
                        size_t column)
{
    double most = 0;

    for (size_t i = 0; i < table->n_rows; i++) {
        double value = get_value(table, i * table->n_columns + column);

        most = value > most ? value : most;
    }
    return most > 0
               ? get_value(table, row * table->n_columns + column) / most * 100
               : 0;
}

/* An attribute of SVG needs no style of its own, which the policy forbids. */
static void write_bar(struct adl_stream *s, double percent)
{
    adl_stream_addf(s,
                    "<svg class=\"share\" aria-hidden=\"true\" width=\"100%%\" "
                    "height=\"4\"><rect width=\"%.1f%%\" height=\"4\"/></svg>",
                    percent);
}

static void write_cell(struct adl_stream *s, const struct asyncdl_table *table,
                       size_t row, size_t column)
{
    const char *text = table->cells[row * table->n_columns + column];
    const char *element = column == 0 ? "th" : "td";

    adl_stream_addf(s, "<%s%s%s>", element, column == 0 ? " scope=\"row\"" : "",
                    get_class(&table->columns[column]));
    adl_stream_xml(s, text != NULL ? text : "");
    if (table->columns[column].kind == ASYNCDL_COLUMN_BAR) {
        write_bar(s, get_share(table, row, column));
    }
    adl_stream_addf(s, "</%s>", element);
}

int asyncdl_report_add_table(struct asyncdl_report *report,
                             const struct asyncdl_table *table)
{
    struct adl_stream *s = &report->s;

    if (table->struct_size != sizeof(*table) || table->caption == NULL ||
        table->n_columns == 0) {
        return -EINVAL;
    }
    write_element(s, "<div class=\"table\" tabindex=\"0\">\n<table>\n<caption>",
                  table->caption, "</caption>\n");
    write_columns(s, table);
    for (size_t row = 0; table->cells != NULL && row < table->n_rows; row++) {
        adl_stream_str(s, "<tr>");
        for (size_t column = 0; column < table->n_columns; column++) {
            write_cell(s, table, row, column);
        }
        adl_stream_str(s, "</tr>\n");
    }
    adl_stream_str(s, "</tbody>\n</table>\n</div>\n");
    for (size_t i = 0; table->notes != NULL && table->notes[i] != NULL; i++) {
        write_element(s, "<p class=\"remark\">", table->notes[i], "</p>\n");
    }
    return s->err;
}

int asyncdl_report_add_diagram(struct asyncdl_report *report,
                               struct asyncdl_trace *trace,
                               const struct asyncdl_diagram_options *options)
{
    struct asyncdl_diagram_options o;
    int err = adl_svg_read_options(&o, options);

    if (err < 0) {
        return err;
    }
    write_element(&report->s, "<figure class=\"diagram\">\n<figcaption>",
                  o.title != NULL ? o.title : "Timing", "</figcaption>\n");
    adl_stream_str(&report->s, "<div class=\"canvas\">\n");
    report->n_diagrams++;
    adl_stream_fail(&report->s,
                    adl_svg_draw(&report->s, trace, &o, report->n_diagrams));
    adl_stream_str(&report->s, "</div>\n</figure>\n");
    return report->s.err;
}

int asyncdl_report_close(struct asyncdl_report *report)
{
    if (report == NULL) {
        return 0;
    }
    struct adl_stream *s = &report->s;
    end_section(report);
    adl_stream_str(s, "</main>\n");
    if (report->footer != NULL) {
        write_element(s, "<footer>", report->footer, "</footer>\n");
    }
    adl_stream_str(s, "<script>");
    adl_stream_add(s, adl_page_js, adl_page_js_len);
    adl_stream_str(s, "</script>\n</body>\n</html>\n");
    int err = adl_stream_flush(s);
    free(report->footer);
    free(report);
    return err;
}
