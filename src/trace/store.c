/* SPDX-License-Identifier: MIT */
#include "trace/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/utf8.h"

#define MAX_ROWS      1000
#define MAX_SPANS     50000
#define LEAST_ROWS    8
#define LEAST_SPANS   256
#define MAX_TEXT      240
#define FEW_SPANS     32 /* of a row: not worth joining */
#define FIRST_SPANS   8
#define SPANS_A_ROW   4    /* there is room for so many in each, at least */
#define LEAST_WINDOW  1000 /* ns */
#define MAX_JOIN_RUNS 64   /* windows double: 64 bits have no more */

uint64_t asyncdl_trace_get_now_ns(void)
{
    return uv_hrtime();
}

int asyncdl_trace_create(struct asyncdl_trace **out,
                         const struct asyncdl_trace_options *opts)
{
    struct asyncdl_trace_options o = ASYNCDL_TRACE_OPTIONS_INIT;

    if (opts != NULL) {
        if (opts->struct_size != sizeof(o) ||
            (opts->max_rows != 0 && opts->max_rows < LEAST_ROWS) ||
            (opts->max_spans != 0 && opts->max_spans < LEAST_SPANS)) {
            return -EINVAL;
        }
        o = *opts;
    }
    struct asyncdl_trace *trace = calloc(1, sizeof(*trace));
    if (trace == NULL) {
        return -ENOMEM;
    }
    if (uv_mutex_init(&trace->lock) < 0) {
        free(trace);
        return -ENOMEM;
    }
    trace->max_rows = o.max_rows != 0 ? o.max_rows : MAX_ROWS;
    trace->max_spans = o.max_spans != 0 ? o.max_spans : MAX_SPANS;
    if (trace->max_rows > trace->max_spans / SPANS_A_ROW) {
        trace->max_rows = trace->max_spans / SPANS_A_ROW;
    }
    *out = trace;
    return 0;
}

static void finish_row(struct adl_row *row)
{
    free(row->name);
    free(row->note);
    free(row->spans);
    *row = (struct adl_row){0};
}

static void finish_rows(struct adl_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        finish_row(&rows[i]);
    }
    free(rows);
}

void asyncdl_trace_destroy(struct asyncdl_trace *trace)
{
    if (trace == NULL) {
        return;
    }
    finish_rows(trace->rows, trace->n_rows);
    uv_mutex_destroy(&trace->lock);
    free(trace);
}

char *adl_store_copy_text(const char *text)
{
    struct adl_buf buf = {0};
    size_t len = text != NULL ? strnlen(text, MAX_TEXT) : 0;
    size_t i = 0;
    int err = adl_buf_add_str(&buf, "");

    while (err == 0 && i < len) {
        uint32_t code = 0;
        size_t n = adl_utf8_decode(&code, text + i, len - i);

        err = n == 0 || adl_utf8_is_control(code)
                  ? adl_buf_add_str(&buf, "?")
                  : adl_buf_add(&buf, text + i, n);
        i += n > 0 ? n : 1;
    }
    char *copy = err == 0 ? adl_buf_take(&buf) : NULL;
    adl_buf_finish(&buf);
    return copy;
}

/* Half of those behind the first go. */
static void thin_rows(struct asyncdl_trace *trace)
{
    size_t n = 0;

    adl_sample_thin(&trace->sample, trace->max_rows / 2);
    for (size_t i = 0; i < trace->n_rows; i++) {
        struct adl_row *row = &trace->rows[i];

        if (adl_sample_has(&trace->sample, row->id)) {
            trace->rows[n++] = *row;
        } else {
            trace->totals.n_spans_kept -= row->n_spans;
            finish_row(row);
        }
    }
    trace->n_rows = n;
}

static int grow_rows(struct asyncdl_trace *trace)
{
    if (trace->n_rows < trace->cap) {
        return 0;
    }
    size_t cap = trace->cap > 0 ? trace->cap * 2 : FIRST_SPANS;
    struct adl_row *rows = realloc(trace->rows, cap * sizeof(*rows));
    if (rows == NULL) {
        return -ENOMEM;
    }
    trace->rows = rows;
    trace->cap = cap;
    return 0;
}

static int keep_row(struct asyncdl_trace *trace, uint64_t id,
                    const struct asyncdl_trace_row *from)
{
    struct adl_row row = {
        .id = id,
        .name = adl_store_copy_text(from->name),
        .note = adl_store_copy_text(from->note),
        .kind = (uint32_t)from->kind < ASYNCDL_N_ROW_KINDS
                    ? (uint32_t)from->kind
                    : (uint32_t)ASYNCDL_ROW_TASK,
        .pid = from->pid > 0 ? from->pid : (int32_t)getpid(),
    };
    int err = row.name != NULL && row.note != NULL ? 0 : -ENOMEM;

    err = err < 0 ? err : grow_rows(trace);
    if (err < 0) {
        finish_row(&row);
        return err;
    }
    trace->rows[trace->n_rows++] = row;
    return 0;
}

int asyncdl_trace_add_row(uint64_t *out, struct asyncdl_trace *trace,
                          const struct asyncdl_trace_row *row)
{
    int err = 0;

    uv_mutex_lock(&trace->lock);
    uint64_t id = trace->n_ids;
    if (adl_sample_has(&trace->sample, id)) {
        if (trace->n_rows >= trace->max_rows) {
            thin_rows(trace);
        }
        if (adl_sample_has(&trace->sample, id)) {
            err = keep_row(trace, id, row);
        }
    }
    if (err == 0) {
        trace->n_ids++;
        *out = id;
    }
    uv_mutex_unlock(&trace->lock);
    return err;
}

/* NULL: it is not kept. */
static struct adl_row *find_row(const struct asyncdl_trace *trace, uint64_t id)
{
    size_t low = 0;
    size_t high = trace->n_rows;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (trace->rows[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < trace->n_rows && trace->rows[low].id == id ? &trace->rows[low]
                                                            : NULL;
}

/* Join the spans of a row until there are at most half as many. */
static void join_row(struct asyncdl_trace *trace, struct adl_row *row)
{
    size_t n = row->n_spans;
    uint64_t first_ns = row->spans[0].from_ns;
    uint64_t mean_ns = (row->spans[n - 1].from_ns - first_ns) / n;
    uint64_t window_ns =
        row->window_ns > LEAST_WINDOW ? row->window_ns : LEAST_WINDOW;

    window_ns = window_ns > mean_ns ? window_ns : mean_ns;
    for (int i = 0; i < MAX_JOIN_RUNS && row->n_spans > n / 2; i++) {
        window_ns = window_ns <= UINT64_MAX / 2 ? window_ns * 2 : window_ns;
        row->n_spans = adl_span_join(row->spans, row->n_spans, window_ns);
    }
    row->window_ns = window_ns;
    trace->totals.n_spans_kept -= n - row->n_spans;
}

static struct adl_row *find_longest(const struct asyncdl_trace *trace)
{
    struct adl_row *longest = NULL;

    for (size_t i = 0; i < trace->n_rows; i++) {
        if (longest == NULL || trace->rows[i].n_spans > longest->n_spans) {
            longest = &trace->rows[i];
        }
    }
    return longest;
}

/* There are as many spans as may be, and so at least one row: make room,
 * unless all rows have but a span of each kind. */
static void make_room(struct asyncdl_trace *trace)
{
    size_t n_before = trace->n_rows;
    struct adl_row *longest = find_longest(trace);

    if (longest->n_spans < FEW_SPANS && n_before > LEAST_ROWS) {
        thin_rows(trace);
        longest = find_longest(trace);
    }
    if (trace->n_rows == n_before) {
        join_row(trace, longest);
    }
}

static int keep_span(struct asyncdl_trace *trace, struct adl_row *row,
                     const struct adl_span *span)
{
    if (row->n_spans == row->cap) {
        size_t cap = row->cap > 0 ? row->cap * 2 : FIRST_SPANS;
        struct adl_span *spans = realloc(row->spans, cap * sizeof(*spans));

        if (spans == NULL) {
            return -ENOMEM;
        }
        row->spans = spans;
        row->cap = cap;
    }
    row->spans[row->n_spans++] = *span;
    trace->totals.n_spans_kept++;
    return 0;
}

static int add_span(struct asyncdl_trace *trace, uint64_t id,
                    const struct adl_span *span)
{
    struct adl_row *row = find_row(trace, id);
    int err = 0;

    if (row != NULL && trace->totals.n_spans_kept >= trace->max_spans) {
        make_room(trace);
        row = find_row(trace, id); /* rows may have moved */
    }
    if (row != NULL && trace->totals.n_spans_kept < trace->max_spans) {
        err = keep_span(trace, row, span);
    }
    trace->totals.n_spans++;
    trace->totals.ns[span->kind] += span->to_ns - span->from_ns;
    return err;
}

int asyncdl_trace_add(struct asyncdl_trace *trace, uint64_t row,
                      enum asyncdl_span_kind kind, uint64_t from_ns,
                      uint64_t to_ns)
{
    const struct adl_span span = {from_ns, to_ns, (uint32_t)kind, 1};
    int err = 0;

    if ((unsigned)kind >= ASYNCDL_N_SPAN_KINDS) {
        return -EINVAL;
    }
    uv_mutex_lock(&trace->lock);
    if (row >= trace->n_ids) {
        err = -EINVAL;
    } else if (to_ns > from_ns) {
        err = add_span(trace, row, &span);
    }
    uv_mutex_unlock(&trace->lock);
    return err;
}

static void fill_totals(struct asyncdl_trace_totals *out,
                        const struct asyncdl_trace *trace)
{
    *out = trace->totals;
    out->n_rows = trace->n_ids + trace->n_elsewhere;
    out->n_rows_kept = trace->n_rows;
}

void asyncdl_trace_get_totals(struct asyncdl_trace_totals *out,
                              struct asyncdl_trace *trace)
{
    uv_mutex_lock(&trace->lock);
    fill_totals(out, trace);
    uv_mutex_unlock(&trace->lock);
}

void adl_trace_count(struct asyncdl_trace *trace,
                     const struct asyncdl_trace_totals *totals)
{
    uv_mutex_lock(&trace->lock);
    trace->n_elsewhere += totals->n_rows;
    trace->totals.n_spans += totals->n_spans;
    for (size_t i = 0; i < ASYNCDL_N_SPAN_KINDS; i++) {
        trace->totals.ns[i] += totals->ns[i];
    }
    uv_mutex_unlock(&trace->lock);
}

static int copy_row(struct adl_row *out, const struct adl_row *row)
{
    *out = (struct adl_row){
        .id = row->id,
        .name = strdup(row->name),
        .note = strdup(row->note),
        .kind = row->kind,
        .pid = row->pid,
        .window_ns = row->window_ns,
    };
    if (row->n_spans > 0) {
        out->spans = malloc(row->n_spans * sizeof(*row->spans));
    }
    if (out->name == NULL || out->note == NULL ||
        (row->n_spans > 0 && out->spans == NULL)) {
        finish_row(out);
        return -ENOMEM;
    }
    if (row->n_spans > 0) {
        memcpy(out->spans, row->spans, row->n_spans * sizeof(*row->spans));
    }
    out->n_spans = row->n_spans;
    out->cap = row->n_spans;
    adl_span_sort(out->spans, out->n_spans);
    return 0;
}

static int copy_rows(struct adl_picture *out, const struct asyncdl_trace *trace)
{
    if (trace->n_rows == 0) {
        return 0;
    }
    out->rows = calloc(trace->n_rows, sizeof(*out->rows));
    if (out->rows == NULL) {
        return -ENOMEM;
    }
    for (; out->n_rows < trace->n_rows; out->n_rows++) {
        int err = copy_row(&out->rows[out->n_rows], &trace->rows[out->n_rows]);

        if (err < 0) {
            return err;
        }
    }
    return 0;
}

static void find_limits(struct adl_picture *picture)
{
    picture->start_ns = UINT64_MAX;
    for (size_t i = 0; i < picture->n_rows; i++) {
        const struct adl_row *row = &picture->rows[i];

        for (size_t j = 0; j < row->n_spans; j++) {
            const struct adl_span *span = &row->spans[j];

            picture->start_ns = span->from_ns < picture->start_ns
                                    ? span->from_ns
                                    : picture->start_ns;
            picture->end_ns =
                span->to_ns > picture->end_ns ? span->to_ns : picture->end_ns;
        }
    }
    if (picture->start_ns > picture->end_ns) {
        picture->start_ns = 0;
    }
}

int adl_picture_take(struct adl_picture *out, struct asyncdl_trace *trace)
{
    struct adl_picture picture = {0};

    uv_mutex_lock(&trace->lock);
    int err = copy_rows(&picture, trace);
    fill_totals(&picture.totals, trace);
    uv_mutex_unlock(&trace->lock);
    if (err < 0) {
        adl_picture_finish(&picture);
        return err;
    }
    find_limits(&picture);
    *out = picture;
    return 0;
}

void adl_picture_finish(struct adl_picture *picture)
{
    finish_rows(picture->rows, picture->n_rows);
    *picture = (struct adl_picture){0};
}
