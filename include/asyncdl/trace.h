/* SPDX-License-Identifier: MIT */
/**
 * @file What waited and what computed, and when: timing diagrams.
 *
 *     asyncdl_trace_create(&trace, NULL);
 *     asyncdl_trace_add_row(&row, trace, &(struct asyncdl_trace_row){...});
 *     from = asyncdl_trace_get_now_ns();
 *     ... work ...
 *     asyncdl_trace_add(trace, row, ASYNCDL_SPAN_COMPUTE, from,
 *                       asyncdl_trace_get_now_ns());
 *     asyncdl_trace_write_svg(trace, NULL, write, file);
 *     asyncdl_trace_destroy(trace);
 *
 * A row is a task, a thread or a process; its spans say what it did. Memory is
 * bounded: of very many rows the first are kept and then every second, fourth,
 * and so on; where a row has very many spans, short ones next to each other are
 * joined kind by kind. Totals count everything all the same, and what is
 * written says what it leaves out.
 *
 * Any thread may call any function of a trace at any time, but
 * asyncdl_trace_destroy() only when no other is under way. When a loop waits
 * and works is told by asyncdl/lag.h, and can be a row.
 */
#ifndef ASYNCDL_TRACE_H
#define ASYNCDL_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Rows and their spans. */
struct asyncdl_trace;

/** What a row was doing. All but ASYNCDL_SPAN_COMPUTE is waiting. */
enum asyncdl_span_kind {
    ASYNCDL_SPAN_IO,      /**< waiting for I/O, of whatever kind */
    ASYNCDL_SPAN_QUEUE,   /**< waiting for its turn */
    ASYNCDL_SPAN_RETRY,   /**< waiting to be tried again */
    ASYNCDL_SPAN_DNS,     /**< a name is looked up */
    ASYNCDL_SPAN_CONNECT, /**< a connection is being made */
    ASYNCDL_SPAN_TLS,     /**< a TLS handshake */
    ASYNCDL_SPAN_WAITING, /**< asked, and no answer yet */
    ASYNCDL_SPAN_BODY,    /**< the answer arrives */
    ASYNCDL_SPAN_SAVE,  /**< being hashed, synced and named by other threads */
    ASYNCDL_SPAN_LOCK,  /**< waiting for a lock */
    ASYNCDL_SPAN_START, /**< a thread or process is being started */
    ASYNCDL_SPAN_COMPUTE, /**< computing */
    ASYNCDL_N_SPAN_KINDS,
};

/** What a row stands for. */
enum asyncdl_row_kind {
    ASYNCDL_ROW_TASK,
    ASYNCDL_ROW_THREAD,
    ASYNCDL_ROW_PROCESS,
    ASYNCDL_N_ROW_KINDS,
};

/** Options for asyncdl_trace_create(). Zero in a field means its default. */
struct asyncdl_trace_options {
    size_t struct_size; /**< set by ASYNCDL_TRACE_OPTIONS_INIT */
    uint32_t max_rows;  /**< kept at a time, at least 8 (1000) */
    uint32_t max_spans; /**< likewise, in all, at least 256 (50000) */
};

#define ASYNCDL_TRACE_OPTIONS_INIT                          \
    {                                                       \
        .struct_size = sizeof(struct asyncdl_trace_options) \
    }

/** A row. */
struct asyncdl_trace_row {
    const char *name; /**< copied, of it at most 240 bytes; NULL is "" */
    const char *note; /**< more about it, likewise */
    enum asyncdl_row_kind kind;
    int32_t pid; /**< of its process; 0: this one */
};

/** What a trace holds, and what it has seen. */
struct asyncdl_trace_totals {
    uint64_t n_rows;       /**< that were added */
    uint64_t n_rows_kept;  /**< of them */
    uint64_t n_spans;      /**< that were added */
    uint64_t n_spans_kept; /**< now, after joining */
    /** Time in each kind, of all spans that were added. */
    uint64_t ns[ASYNCDL_N_SPAN_KINDS];
};

/**
 * Takes what is written, piece by piece.
 *
 * @param bytes  borrowed until it returns
 * @param len    at least 1
 * @return 0 or a negative code, which ends the writing
 */
typedef int (*asyncdl_write_cb)(const void *bytes, size_t len, void *data);

/** @return nanoseconds on CLOCK_MONOTONIC, the same in all processes */
ASYNCDL_API uint64_t asyncdl_trace_get_now_ns(void);

/** @return a word for @p kind, such as "connect"; a constant string */
ASYNCDL_API const char *asyncdl_span_get_name(enum asyncdl_span_kind kind);

/**
 * Make an empty trace.
 *
 * @param out   set on success only; release with asyncdl_trace_destroy()
 * @param opts  copied; NULL means every default
 * @return 0, -EINVAL for an option out of range, or -ENOMEM
 */
ASYNCDL_API int asyncdl_trace_create(struct asyncdl_trace **out,
                                     const struct asyncdl_trace_options *opts);

/** Free it. NULL is allowed. */
ASYNCDL_API void asyncdl_trace_destroy(struct asyncdl_trace *trace);

/**
 * Add a row. It may be one that is not kept: its spans count in totals only.
 *
 * @param out  set on success only; what spans are added to
 * @param row  copied
 * @return 0 or -ENOMEM
 */
ASYNCDL_API int asyncdl_trace_add_row(uint64_t *out,
                                      struct asyncdl_trace *trace,
                                      const struct asyncdl_trace_row *row);

/**
 * Add a span to a row. Those of a row do not overlap, and come in order.
 *
 * @param row      from asyncdl_trace_add_row(); -EINVAL for any other
 * @param from_ns  of asyncdl_trace_get_now_ns(), as is @p to_ns; one that ends
 * before it begins, or as it begins, is nothing, and left out
 * @return 0, -EINVAL or -ENOMEM
 */
ASYNCDL_API int asyncdl_trace_add(struct asyncdl_trace *trace, uint64_t row,
                                  enum asyncdl_span_kind kind, uint64_t from_ns,
                                  uint64_t to_ns);

/** Copy to @p out what it holds. */
ASYNCDL_API void asyncdl_trace_get_totals(struct asyncdl_trace_totals *out,
                                          struct asyncdl_trace *trace);

/**
 * Write a trace as bytes for asyncdl_trace_merge() in another process of this
 * machine, of the same version.
 *
 * @return 0, -ENOMEM, or what @p write returned
 */
ASYNCDL_API int asyncdl_trace_write_bytes(struct asyncdl_trace *trace,
                                          asyncdl_write_cb write, void *data);

/**
 * Add the rows and spans of another trace, from asyncdl_trace_write_bytes().
 *
 * @param bytes  borrowed until it returns
 * @return 0, -EPROTO where they are no whole trace, with nothing added, or
 * -ENOMEM, where some may have been
 */
ASYNCDL_API int asyncdl_trace_merge(struct asyncdl_trace *trace,
                                    const void *bytes, size_t len);

/**
 * Write it in Chrome's trace event format (JSON), for ui.perfetto.dev.
 *
 * @return 0, -ENOMEM, or what @p write returned; so do the next two
 */
ASYNCDL_API int asyncdl_trace_write_chrome(struct asyncdl_trace *trace,
                                           asyncdl_write_cb write, void *data);

/** Flags of a diagram. */
enum asyncdl_diagram_flags {
    /** Rows in the order in which they began something but queueing; those of
     * threads and processes first (default: as added). */
    ASYNCDL_DIAGRAM_BY_START = 1u << 0,
    ASYNCDL_DIAGRAM_COLOR = 1u << 1, /**< text with colours of a terminal */
};

/** Options of a diagram. Zero in a field means its default. */
struct asyncdl_diagram_options {
    size_t struct_size; /**< set by ASYNCDL_DIAGRAM_OPTIONS_INIT */
    const char *title;  /**< borrowed until it is drawn (none) */
    uint32_t width;     /**< SVG: pixels, at least 320 (1000); text: columns, at
                         * least 40 (80) */
    uint32_t max_rows;  /**< to show; others are left out evenly (SVG 200, text
                         * 24) */
    unsigned flags;     /**< of enum asyncdl_diagram_flags (none) */
    uint32_t reserved;  /**< zero */
};

#define ASYNCDL_DIAGRAM_OPTIONS_INIT                          \
    {                                                         \
        .struct_size = sizeof(struct asyncdl_diagram_options) \
    }

/**
 * Draw it as an SVG file: a row per task, thread or process against time.
 *
 * @param options  borrowed; NULL means every default
 * @return also -EINVAL for an option out of range
 */
ASYNCDL_API int asyncdl_trace_write_svg(
    struct asyncdl_trace *trace, const struct asyncdl_diagram_options *options,
    asyncdl_write_cb write, void *data);

/** Draw it as text for a terminal. @return as asyncdl_trace_write_svg() */
ASYNCDL_API int asyncdl_trace_write_text(
    struct asyncdl_trace *trace, const struct asyncdl_diagram_options *options,
    asyncdl_write_cb write, void *data);

/** What a program is bound by. */
enum asyncdl_bound {
    ASYNCDL_BOUND_IO,   /**< it waits at least 70 % of the time */
    ASYNCDL_BOUND_BOTH, /**< in between */
    ASYNCDL_BOUND_CPU,  /**< it works at least 70 % of the time */
};

/** @return what one thread is bound by that waited and worked so long */
ASYNCDL_API enum asyncdl_bound asyncdl_bound_judge(uint64_t waited_ns,
                                                   uint64_t worked_ns);

/** @return "I/O-bound", "CPU-bound", or "bound by both"; a constant string */
ASYNCDL_API const char *asyncdl_bound_get_name(enum asyncdl_bound bound);

#ifdef __cplusplus
}
#endif

#endif
