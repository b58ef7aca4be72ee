/* SPDX-License-Identifier: MIT */
/* Chrome's trace event format: a track for each row, microseconds since the
 * first moment of all. */
#include <inttypes.h>

#include "trace/store.h"
#include "trace/stream.h"
#include "trace/words.h"

static void write_us(struct adl_stream *s, uint64_t ns)
{
    adl_stream_addf(s, "%" PRIu64 ".%03" PRIu64, ns / 1000, ns % 1000);
}

static void write_meta(struct adl_stream *s, const char *what,
                       const struct adl_row *row, size_t tid)
{
    adl_stream_addf(s,
                    ",\n{\"ph\":\"M\",\"name\":\"%s\",\"pid\":%" PRId32
                    ",\"tid\":%zu,\"args\":{",
                    what, row->pid, tid);
}

static void write_row_names(struct adl_stream *s, const struct adl_row *row,
                            size_t tid)
{
    write_meta(s, "thread_name", row, tid);
    adl_stream_str(s, "\"name\":\"");
    adl_stream_json(s, row->name);
    adl_stream_str(s, "\"}}");
    write_meta(s, "thread_sort_index", row, tid);
    adl_stream_addf(s, "\"sort_index\":%zu}}", tid);
}

static void write_span(struct adl_stream *s, const struct adl_row *row,
                       size_t tid, const struct adl_span *span,
                       uint64_t start_ns)
{
    adl_stream_addf(
        s,
        ",\n{\"ph\":\"X\",\"name\":\"%s\",\"cat\":\"%s\",\"pid\":%" PRId32
        ",\"tid\":%zu,\"ts\":",
        adl_span_get_words(span->kind)->name,
        adl_span_is_computing(span->kind) ? "computing" : "waiting", row->pid,
        tid);
    write_us(s, span->from_ns - start_ns);
    adl_stream_str(s, ",\"dur\":");
    write_us(s, span->to_ns - span->from_ns);
    adl_stream_addf(s, ",\"args\":{\"spans\":%" PRIu32, span->n);
    if (row->note[0] != '\0') {
        adl_stream_str(s, ",\"note\":\"");
        adl_stream_json(s, row->note);
        adl_stream_str(s, "\"");
    }
    adl_stream_str(s, "}}");
}

static void write_row(struct adl_stream *s, const struct adl_row *row,
                      size_t tid, uint64_t start_ns)
{
    write_row_names(s, row, tid);
    for (size_t i = 0; i < row->n_spans; i++) {
        write_span(s, row, tid, &row->spans[i], start_ns);
    }
}

static void write_totals(struct adl_stream *s,
                         const struct asyncdl_trace_totals *t)
{
    adl_stream_addf(s,
                    "\"rows\":%" PRIu64 ",\"rows_kept\":%" PRIu64
                    ",\"spans\":%" PRIu64 ",\"spans_kept\":%" PRIu64
                    ",\"microseconds\":{",
                    t->n_rows, t->n_rows_kept, t->n_spans, t->n_spans_kept);
    for (unsigned i = 0; i < ASYNCDL_N_SPAN_KINDS; i++) {
        adl_stream_addf(s, "%s\"%s\":", i > 0 ? "," : "",
                        adl_span_get_words(i)->name);
        write_us(s, t->ns[i]);
    }
    adl_stream_str(s, "}");
}

int asyncdl_trace_write_chrome(struct asyncdl_trace *trace,
                               asyncdl_write_cb write, void *data)
{
    struct adl_picture picture;
    struct adl_stream s;
    int err = adl_picture_take(&picture, trace);

    if (err < 0) {
        return err;
    }
    adl_stream_init(&s, write, data);
    adl_stream_str(&s, "{\"displayTimeUnit\":\"ms\",\"otherData\":{"
                       "\"generator\":\"asyncdl\",\"note\":\"");
    adl_words_add_left_out(&s, adl_stream_json, &picture.totals,
                           picture.n_rows);
    adl_stream_str(&s, "\",");
    write_totals(&s, &picture.totals);
    /* the first event has no comma in front, and all others have */
    adl_stream_addf(&s,
                    "},\n\"traceEvents\":[\n{\"ph\":\"M\",\"name\":"
                    "\"process_sort_index\",\"pid\":%d,\"tid\":0,\"args\":"
                    "{\"sort_index\":0}}",
                    picture.n_rows > 0 ? (int)picture.rows[0].pid : 1);
    for (size_t i = 0; i < picture.n_rows; i++) {
        write_row(&s, &picture.rows[i], i + 1, picture.start_ns);
    }
    adl_stream_str(&s, "\n]}\n");
    adl_picture_finish(&picture);
    return adl_stream_flush(&s);
}
