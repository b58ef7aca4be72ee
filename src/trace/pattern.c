/* SPDX-License-Identifier: MIT */
#include "trace/pattern.h"

#include <stddef.h>

/* A tile, size pixels wide and high, with lines on it. */
struct tile {
    unsigned size;
    const char *path; /* NULL: plain */
};

static const struct tile tiles[ASYNCDL_N_SPAN_KINDS] = {
    [ASYNCDL_SPAN_IO] = {6, "M-1 1L1-1M0 6L6 0M5 7L7 5"},
    [ASYNCDL_SPAN_QUEUE] = {6, "M1 2h1.2M4 5h1.2"},
    [ASYNCDL_SPAN_RETRY] = {10, "M-1 1L1-1M0 10L10 0M9 11L11 9"},
    [ASYNCDL_SPAN_DNS] = {5, "M2.5 0v5"},
    [ASYNCDL_SPAN_CONNECT] = {5, "M0 2.5h5"},
    [ASYNCDL_SPAN_TLS] = {6, "M0 3h6M3 0v6"},
    [ASYNCDL_SPAN_WAITING] = {6, "M-1 1L1-1M0 6L6 0M5 7L7 5"},
    [ASYNCDL_SPAN_BODY] = {4, "M-1 3L1 5M0 0L4 4M3-1L5 1"},
    [ASYNCDL_SPAN_SAVE] = {6, "M2 0v3M5 3v3"},
    [ASYNCDL_SPAN_LOCK] = {6, "M0 0L6 6M6 0L0 6"},
    [ASYNCDL_SPAN_START] = {8, "M0 2h4M4 6h4"},
    [ASYNCDL_SPAN_COMPUTE] = {8, NULL},
};

void adl_pattern_define(struct adl_stream *s, unsigned number, unsigned kind)
{
    const struct tile *tile = &tiles[kind];

    adl_stream_addf(s,
                    "<pattern id=\"d%u-k%u\" patternUnits=\"userSpaceOnUse\" "
                    "width=\"%u\" height=\"%u\"><rect class=\"b%u\" "
                    "width=\"%u\" height=\"%u\"/>",
                    number, kind, tile->size, tile->size, kind, tile->size,
                    tile->size);
    if (tile->path != NULL) {
        adl_stream_addf(s, "<path class=\"l%u\" d=\"%s\"/>", kind, tile->path);
    }
    adl_stream_str(s, "</pattern>\n");
}

void adl_pattern_use(struct adl_stream *s, unsigned number, unsigned kind)
{
    adl_stream_addf(s, " fill=\"url(#d%u-k%u)\"", number, kind);
}
