/* SPDX-License-Identifier: MIT */
#include "page.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "grid.h"

static const char *const headings[N_TOPICS] = {
    [TOPIC_IO] = "Waiting: I/O-bound",
    [TOPIC_CPU] = "Computing: CPU-bound",
    [TOPIC_BOTH] = "Both at once",
    [TOPIC_HOLD] = "Not cooperating",
    [TOPIC_SWEEP] = "How many workers?",
    [TOPIC_BUSY] = "Busy",
    [TOPIC_PRIMES] = "Primes",
    [TOPIC_SEARCH] = "Search",
    [TOPIC_LOCK] = "Lock",
    [TOPIC_COUNT] = "Count",
};

static const char *const intros[N_TOPICS] = {
    [TOPIC_IO] =
        "The same list, downloaded in each way. Each bar is time: the lighter "
        "kinds are waiting, the dark one is work. A program of this kind "
        "mostly waits, and it matters how many waits go on at once.",
    [TOPIC_CPU] =
        "The same sums, made in each way. Nothing waits here. What helps is "
        "more than one CPU at work, and what hurts is a loop that computes "
        "while downloads wait for it.",
    [TOPIC_BOTH] =
        "Downloads, and work on each body that arrives: what most real "
        "programs are. The loop is best at waiting, workers at computing.",
    [TOPIC_HOLD] =
        "A loop serves everybody in turn. A callback that does not return "
        "keeps all others waiting; the library's lag probe says which one.",
    [TOPIC_SWEEP] =
        "The same work with more and more workers. Where it waits, each "
        "worker helps; where it computes, they help until the CPUs are busy.",
    [TOPIC_BUSY] = "A process a CPU that only counts, and threads that do.",
    [TOPIC_PRIMES] = "Prime factors of 20 numbers, through a map.",
    [TOPIC_SEARCH] = "A text search engine of several processes.",
    [TOPIC_LOCK] = "Processes that print to one console, with and without a "
                   "lock between them.",
    [TOPIC_COUNT] = "Processes that put what they have counted on one queue.",
};

static int add_table(struct asyncdl_report *report, const struct result *result)
{
    struct asyncdl_column columns[GRID_COLUMNS];
    const char *notes[NOTES_MAX + 1] = {NULL};
    struct asyncdl_table table = ASYNCDL_TABLE_INIT;
    struct grid grid;
    int err = grid_init(&grid, result);

    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < grid.n_columns; i++) {
        columns[i] = (struct asyncdl_column){.title = grid.titles[i],
                                             .kind = grid.kinds[i]};
    }
    for (size_t i = 0; i < result->n_notes; i++) {
        notes[i] = result->notes[i];
    }
    table.caption = result->title;
    table.columns = columns;
    table.n_columns = grid.n_columns;
    table.cells = (const char *const *)grid.cells;
    table.values = grid.values;
    table.n_rows = grid.n_rows;
    table.notes = notes;
    err = asyncdl_report_add_table(report, &table);
    grid_finish(&grid);
    return err;
}

static int add_diagram(struct asyncdl_report *report,
                       const struct result *result, const struct row *row)
{
    struct asyncdl_diagram_options options = ASYNCDL_DIAGRAM_OPTIONS_INIT;
    struct asyncdl_trace *trace;
    char title[TITLE_BYTES];
    int err = asyncdl_trace_create(&trace, NULL);

    if (err < 0) {
        return err;
    }
    (void)snprintf(title, sizeof(title), "%s, %s: %.3f s",
                   options_topic(result->topic), row->name, row->median_s);
    options.title = title;
    options.flags = ASYNCDL_DIAGRAM_BY_START;
    err = asyncdl_trace_merge(trace, row->trace.data, row->trace.len);
    if (err == 0) {
        err = asyncdl_report_add_diagram(report, trace, &options);
    }
    asyncdl_trace_destroy(trace);
    return err;
}

static int add_result(struct asyncdl_report *report,
                      const struct result *result)
{
    int err = asyncdl_report_add_heading(report, headings[result->topic]);

    if (err == 0) {
        err = asyncdl_report_add_paragraph(report, intros[result->topic]);
    }
    if (err == 0) {
        err = add_table(report, result);
    }
    if (err == 0 && result->verdict[0] != '\0') {
        err = asyncdl_report_add_verdict(report, result->verdict);
    }
    if (err == 0 && result->listing != NULL) {
        err = asyncdl_report_add_listing(report, result->listing);
    }
    for (size_t i = 0; err == 0 && i < result->n_rows; i++) {
        if (result->rows[i].trace.len > 0) {
            err = add_diagram(report, result, &result->rows[i]);
        }
    }
    return err;
}

static void write_footer(char *out, size_t cap, const struct work *work)
{
    char when[64] = "";
    time_t now = time(NULL);
    struct tm tm;

    if (gmtime_r(&now, &tm) != NULL) {
        (void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M UTC", &tm);
    }
    (void)snprintf(out, cap,
                   "asyncdl-compare of asyncdl %s, with %u CPU%s, %s. Columns "
                   "\"author's own\" quote what programs of that kind took on "
                   "their authors' machines; all else was measured here.",
                   asyncdl_version(), work->n_cpus,
                   work->n_cpus == 1 ? "" : "s", when);
}

static int on_piece(const void *bytes, size_t len, void *data)
{
    return fwrite(bytes, 1, len, data) == len ? 0 : -EIO;
}

int page_write(FILE *out, const struct results *results,
               const struct work *work)
{
    struct asyncdl_report_options options = ASYNCDL_REPORT_OPTIONS_INIT;
    struct asyncdl_report *report;
    char footer[TEXT_BYTES];

    write_footer(footer, sizeof(footer), work);
    options.title = "Ways of doing many things at once, compared";
    options.summary =
        "Each program here was run on this machine, in a process of its own, "
        "and drew its own diagram.";
    options.footer = footer;
    int err = asyncdl_report_open(&report, &options, on_piece, out);

    if (err < 0) {
        return err;
    }
    for (size_t i = 0; err == 0 && i < results->n; i++) {
        err = add_result(report, &results->items[i]);
    }
    int close_err = asyncdl_report_close(report);

    return err < 0 ? err : close_err;
}
