/* SPDX-License-Identifier: MIT */
#include "trace/span.h"

#include <stdlib.h>

static const struct adl_span_words words[ASYNCDL_N_SPAN_KINDS] = {
    [ASYNCDL_SPAN_IO] = {"io", "waiting for I/O", '-'},
    [ASYNCDL_SPAN_QUEUE] = {"queue", "waiting for its turn", '.'},
    [ASYNCDL_SPAN_RETRY] = {"retry", "waiting to try again", 'r'},
    [ASYNCDL_SPAN_DNS] = {"dns", "looking up the name", 'd'},
    [ASYNCDL_SPAN_CONNECT] = {"connect", "connecting", 'c'},
    [ASYNCDL_SPAN_TLS] = {"tls", "TLS handshake", 't'},
    [ASYNCDL_SPAN_WAITING] = {"waiting", "waiting for the answer", 'w'},
    [ASYNCDL_SPAN_BODY] = {"body", "receiving the body", '='},
    [ASYNCDL_SPAN_SAVE] = {"save", "saving", 's'},
    [ASYNCDL_SPAN_LOCK] = {"lock", "waiting for a lock", 'l'},
    [ASYNCDL_SPAN_START] = {"start", "starting", '^'},
    [ASYNCDL_SPAN_COMPUTE] = {"compute", "computing", '#'},
};

const struct adl_span_words *adl_span_get_words(unsigned kind)
{
    return &words[kind < ASYNCDL_N_SPAN_KINDS ? kind : ASYNCDL_SPAN_IO];
}

const char *asyncdl_span_get_name(enum asyncdl_span_kind kind)
{
    return adl_span_get_words(kind)->name;
}

/* What one window holds. */
struct window {
    uint64_t ns[ASYNCDL_N_SPAN_KINDS];
    uint32_t n[ASYNCDL_N_SPAN_KINDS];
    uint32_t order[ASYNCDL_N_SPAN_KINDS]; /* kinds, as they first came */
    size_t n_kinds;
};

static void add(struct window *w, const struct adl_span *span)
{
    if (w->n[span->kind] == 0) {
        w->order[w->n_kinds++] = span->kind;
    }
    w->ns[span->kind] += span->to_ns - span->from_ns;
    w->n[span->kind] += span->n;
}

/* Write the n spans of one window to out, which may be where they are. */
static size_t join(struct adl_span *out, const struct adl_span *spans, size_t n)
{
    struct window w = {.n_kinds = 0};
    uint64_t at = spans[0].from_ns;

    if (n == 1) {
        *out = spans[0];
        return 1;
    }
    for (size_t i = 0; i < n; i++) {
        add(&w, &spans[i]);
    }
    for (size_t i = 0; i < w.n_kinds; i++) {
        uint32_t kind = w.order[i];

        out[i] = (struct adl_span){at, at + w.ns[kind], kind, w.n[kind]};
        at += w.ns[kind];
    }
    return w.n_kinds;
}

size_t adl_span_join(struct adl_span *spans, size_t n, uint64_t window_ns)
{
    size_t n_out = 0;
    size_t i = 0;

    if (window_ns == 0 || n == 0) {
        return n;
    }
    uint64_t start = spans[0].from_ns;
    while (i < n) {
        uint64_t number = (spans[i].from_ns - start) / window_ns;
        size_t end = i + 1;

        while (end < n && (spans[end].from_ns - start) / window_ns == number) {
            end++;
        }
        n_out += join(&spans[n_out], &spans[i], end - i);
        i = end;
    }
    return n_out;
}

static int compare(const void *a, const void *b)
{
    const struct adl_span *x = a;
    const struct adl_span *y = b;

    return (x->from_ns > y->from_ns) - (x->from_ns < y->from_ns);
}

void adl_span_sort(struct adl_span *spans, size_t n)
{
    bool is_sorted = true;

    for (size_t i = 1; i < n && is_sorted; i++) {
        is_sorted = spans[i - 1].from_ns <= spans[i].from_ns;
    }
    if (!is_sorted) {
        qsort(spans, n, sizeof(*spans), compare);
    }
}
