/* SPDX-License-Identifier: MIT */
/*
 * A trace as bytes, for another process of the same machine: numbers as they
 * are in memory, each checked when they are read. Layout: HEAD, the totals,
 * then for each row its kind, pid, lengths and number of spans, the two texts,
 * and the spans.
 */
#include <errno.h>
#include <string.h>

#include "trace/store.h"
#include "trace/stream.h"

static const char head[8] = {'a', 'd', 'l', 't', 'r', 'a', 'c', '1'};

#define MAX_TEXT (4 * 240) /* a byte may have become three */

struct row_head {
    uint32_t kind;
    int32_t pid;
    uint32_t name_len;
    uint32_t note_len;
    uint64_t n_spans;
};

static void write_row(struct adl_stream *s, const struct adl_row *row)
{
    const struct row_head h = {
        .kind = row->kind,
        .pid = row->pid,
        .name_len = (uint32_t)strlen(row->name),
        .note_len = (uint32_t)strlen(row->note),
        .n_spans = row->n_spans,
    };

    adl_stream_add(s, &h, sizeof(h));
    adl_stream_add(s, row->name, h.name_len);
    adl_stream_add(s, row->note, h.note_len);
    adl_stream_add(s, row->spans, row->n_spans * sizeof(*row->spans));
}

int asyncdl_trace_write_bytes(struct asyncdl_trace *trace,
                              asyncdl_write_cb write, void *data)
{
    struct adl_picture picture;
    struct adl_stream s;
    int err = adl_picture_take(&picture, trace);

    if (err < 0) {
        return err;
    }
    adl_stream_init(&s, write, data);
    adl_stream_add(&s, head, sizeof(head));
    adl_stream_add(&s, &picture.totals, sizeof(picture.totals));
    for (size_t i = 0; i < picture.n_rows; i++) {
        write_row(&s, &picture.rows[i]);
    }
    adl_picture_finish(&picture);
    return adl_stream_flush(&s);
}

/* What is left to read. */
struct reader {
    const char *at;
    size_t left;
};

static const char *take(struct reader *r, size_t len)
{
    const char *bytes = r->at;

    if (r->left < len) {
        return NULL;
    }
    r->at += len;
    r->left -= len;
    return bytes;
}

/* A row as it stands in the bytes. */
struct row_bytes {
    struct row_head head;
    const char *name;
    const char *note;
    const char *spans;
};

static int read_row(struct row_bytes *out, struct reader *r)
{
    const char *bytes = take(r, sizeof(out->head));

    if (bytes == NULL) {
        return -EPROTO;
    }
    memcpy(&out->head, bytes, sizeof(out->head));
    if (out->head.kind >= ASYNCDL_N_ROW_KINDS || out->head.pid <= 0 ||
        out->head.name_len > MAX_TEXT || out->head.note_len > MAX_TEXT ||
        out->head.n_spans > r->left / sizeof(struct adl_span)) {
        return -EPROTO;
    }
    out->name = take(r, out->head.name_len);
    out->note = take(r, out->head.note_len);
    out->spans = take(r, (size_t)out->head.n_spans * sizeof(struct adl_span));
    return out->name != NULL && out->note != NULL && out->spans != NULL
               ? 0
               : -EPROTO;
}

static int check_spans(const struct row_bytes *row)
{
    for (uint64_t i = 0; i < row->head.n_spans; i++) {
        struct adl_span span;

        memcpy(&span, row->spans + i * sizeof(span), sizeof(span));
        if (span.kind >= ASYNCDL_N_SPAN_KINDS || span.to_ns <= span.from_ns ||
            span.n == 0) {
            return -EPROTO;
        }
    }
    return 0;
}

static int read_totals(struct asyncdl_trace_totals *out, struct reader *r)
{
    const char *start = take(r, sizeof(head));
    const char *totals = start != NULL && memcmp(start, head, sizeof(head)) == 0
                             ? take(r, sizeof(*out))
                             : NULL;

    if (totals == NULL) {
        return -EPROTO;
    }
    memcpy(out, totals, sizeof(*out));
    return 0;
}

/* Nothing is added before all of it is known to be right. */
static int check(struct reader r, struct asyncdl_trace_totals *totals)
{
    struct row_bytes row;
    uint64_t n_rows = 0;
    uint64_t n_spans = 0;
    int err = read_totals(totals, &r);

    while (err == 0 && r.left > 0) {
        err = read_row(&row, &r);
        err = err < 0 ? err : check_spans(&row);
        n_rows++;
        n_spans += err == 0 ? row.head.n_spans : 0;
    }
    if (err == 0 && (n_rows != totals->n_rows_kept || n_rows > totals->n_rows ||
                     n_spans > totals->n_spans)) {
        err = -EPROTO;
    }
    return err;
}

static int add_row(struct asyncdl_trace *trace, const struct row_bytes *bytes,
                   struct asyncdl_trace_totals *rest)
{
    char name[MAX_TEXT + 1];
    char note[MAX_TEXT + 1];
    uint64_t id = 0;

    memcpy(name, bytes->name, bytes->head.name_len);
    name[bytes->head.name_len] = '\0';
    memcpy(note, bytes->note, bytes->head.note_len);
    note[bytes->head.note_len] = '\0';
    const struct asyncdl_trace_row row = {
        .name = name,
        .note = note,
        .kind = (enum asyncdl_row_kind)bytes->head.kind,
        .pid = bytes->head.pid,
    };
    int err = asyncdl_trace_add_row(&id, trace, &row);
    for (uint64_t i = 0; err == 0 && i < bytes->head.n_spans; i++) {
        struct adl_span span;

        memcpy(&span, bytes->spans + i * sizeof(span), sizeof(span));
        err = asyncdl_trace_add(trace, id, (enum asyncdl_span_kind)span.kind,
                                span.from_ns, span.to_ns);
        rest->n_spans--;
        rest->ns[span.kind] -= span.to_ns - span.from_ns;
    }
    rest->n_rows--;
    return err;
}

int asyncdl_trace_merge(struct asyncdl_trace *trace, const void *bytes,
                        size_t len)
{
    struct reader r = {bytes, len};
    struct asyncdl_trace_totals rest; /* what is counted, and not kept */
    int err = check(r, &rest);

    if (err < 0) {
        return err;
    }
    (void)take(&r, sizeof(head) + sizeof(rest)); /* was checked, as all is */
    while (err == 0 && r.left > 0) {
        struct row_bytes row;

        (void)read_row(&row, &r);
        err = add_row(trace, &row, &rest);
    }
    if (err == 0) {
        adl_trace_count(trace, &rest);
    }
    return err;
}
