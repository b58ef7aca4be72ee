/* SPDX-License-Identifier: MIT */
/**
 * @file Pages of tables and timing diagrams, for browsers.
 *
 *     asyncdl_report_open(&report, &options, write, file);
 *     asyncdl_report_add_heading(report, "By host");
 *     asyncdl_report_add_table(report, &table);
 *     asyncdl_report_add_diagram(report, trace, NULL);
 *     err = asyncdl_report_close(report);
 *
 * A report is one HTML file that needs nothing else: no network, no script or
 * font from elsewhere. Its diagrams can be zoomed, and read by mouse and by
 * keyboard. All texts are UTF-8 and may hold anything: what means something to
 * HTML is escaped, and bytes that are no UTF-8 are replaced. What is added is
 * written at once. A report is used by one thread at a time, any thread.
 *
 * All functions answer 0 or a negative code: -ENOMEM, or what the writer
 * returned; after a failure they write nothing more and answer the same again.
 */
#ifndef ASYNCDL_REPORT_H
#define ASYNCDL_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "export.h"
#include "trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A page that is being written. */
struct asyncdl_report;

/** Options for asyncdl_report_open(). */
struct asyncdl_report_options {
    size_t struct_size;  /**< set by ASYNCDL_REPORT_OPTIONS_INIT */
    const char *title;   /**< borrowed until it returns; required */
    const char *summary; /**< the page in a sentence, likewise (none) */
    const char *footer;  /**< who made it, and when; copied (none) */
};

#define ASYNCDL_REPORT_OPTIONS_INIT                          \
    {                                                        \
        .struct_size = sizeof(struct asyncdl_report_options) \
    }

/** How a column of a table is set. */
enum asyncdl_column_kind {
    ASYNCDL_COLUMN_TEXT,   /**< to the left */
    ASYNCDL_COLUMN_NUMBER, /**< to the right, with digits below each other */
    /** A number as well, and a bar for its share of the column's largest. */
    ASYNCDL_COLUMN_BAR,
};

/** A column of a table. */
struct asyncdl_column {
    const char *title; /**< borrowed */
    enum asyncdl_column_kind kind;
    uint32_t reserved; /**< zero */
};

/** A table. Everything in it is borrowed until it is added. */
struct asyncdl_table {
    size_t struct_size;  /**< set by ASYNCDL_TABLE_INIT */
    const char *caption; /**< required */
    const struct asyncdl_column *columns;
    size_t n_columns; /**< at least 1 */
    /** n_rows times n_columns, row by row; NULL is an empty one. The first of a
     * row names it. */
    const char *const *cells;
    size_t n_rows;
    /** n_rows times n_columns, for bars: what the cells say, at least 0
     * (default: what they begin with). */
    const double *values;
    const char *const *notes; /**< below it, NULL-terminated (none) */
};

#define ASYNCDL_TABLE_INIT                          \
    {                                               \
        .struct_size = sizeof(struct asyncdl_table) \
    }

/**
 * Begin a page.
 *
 * @param out    set on success only; release with asyncdl_report_close()
 * @param write  takes the page, piece by piece, until the close
 * @return also -EINVAL without a title
 */
ASYNCDL_API int asyncdl_report_open(
    struct asyncdl_report **out, const struct asyncdl_report_options *options,
    asyncdl_write_cb write, void *data);

/** Begin a section. */
ASYNCDL_API int asyncdl_report_add_heading(struct asyncdl_report *report,
                                           const char *text);

/** Add a paragraph. */
ASYNCDL_API int asyncdl_report_add_paragraph(struct asyncdl_report *report,
                                             const char *text);

/** Add a sentence that stands out: a verdict. */
ASYNCDL_API int asyncdl_report_add_verdict(struct asyncdl_report *report,
                                           const char *text);

/** Add text as it is, in a fixed-width font, with its line breaks. */
ASYNCDL_API int asyncdl_report_add_listing(struct asyncdl_report *report,
                                           const char *text);

/** Add a table. @return also -EINVAL for one without columns or caption */
ASYNCDL_API int asyncdl_report_add_table(struct asyncdl_report *report,
                                         const struct asyncdl_table *table);

/**
 * Add a timing diagram.
 *
 * @param trace    read until it returns
 * @param options  as for asyncdl_trace_write_svg()
 * @return also -EINVAL for an option out of range
 */
ASYNCDL_API int asyncdl_report_add_diagram(
    struct asyncdl_report *report, struct asyncdl_trace *trace,
    const struct asyncdl_diagram_options *options);

/** End the page, and free it. NULL is allowed: nothing. */
ASYNCDL_API int asyncdl_report_close(struct asyncdl_report *report);

#ifdef __cplusplus
}
#endif

#endif
