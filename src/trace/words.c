/* SPDX-License-Identifier: MIT */
#include "trace/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/utf8.h"

#define ELLIPSIS     "\xE2\x80\xA6" /* U+2026 */
#define ELLIPSIS_LEN (sizeof(ELLIPSIS) - 1)

/* East Asian letters and emoji are about twice as wide. */
static size_t get_columns(uint32_t code)
{
    return (code >= 0x1100 && code <= 0x115F) ||
                   (code >= 0x2E80 && code <= 0xA4CF) ||
                   (code >= 0xAC00 && code <= 0xD7A3) ||
                   (code >= 0xF900 && code <= 0xFAFF) ||
                   (code >= 0xFE30 && code <= 0xFE6F) ||
                   (code >= 0xFF00 && code <= 0xFF60) || code >= 0x1F300
               ? 2
               : 1;
}

/* The next character, or a byte that is none. */
static size_t step(const char *text, size_t *columns)
{
    uint32_t code = 0;
    size_t n = adl_utf8_decode(&code, text, strlen(text));

    *columns = n > 0 ? get_columns(code) : 1;
    return n > 0 ? n : 1;
}

size_t adl_words_get_width(const char *text)
{
    size_t width = 0;

    while (*text != '\0') {
        size_t columns = 0;

        text += step(text, &columns);
        width += columns;
    }
    return width;
}

/* Bytes of text that take at most so many columns. */
static size_t measure(const char *text, size_t max_columns)
{
    size_t len = 0;
    size_t width = 0;

    while (text[len] != '\0') {
        size_t columns = 0;
        size_t n = step(text + len, &columns);

        if (width + columns > max_columns) {
            break;
        }
        width += columns;
        len += n;
    }
    return len;
}

/* Where the last so many columns of a text begin. */
static const char *find_end(const char *text, size_t max_columns)
{
    size_t width = adl_words_get_width(text);

    while (width > max_columns) {
        size_t columns = 0;

        text += step(text, &columns);
        width -= columns;
    }
    return text;
}

void adl_words_fit(char *out, const char *text, size_t max_columns)
{
    size_t most = ADL_WORDS_CAP / 8; /* 4 bytes a character, twice */

    if (adl_words_get_width(text) <= max_columns &&
        strlen(text) < ADL_WORDS_CAP) {
        (void)snprintf(out, ADL_WORDS_CAP, "%s", text);
        return;
    }
    size_t columns = max_columns - 1 < most * 2 ? max_columns - 1 : most * 2;
    size_t n_end = columns / 2;
    size_t len = measure(text, columns - n_end);
    const char *end = find_end(text, n_end);
    (void)snprintf(out, ADL_WORDS_CAP, "%.*s" ELLIPSIS "%s", (int)len, text,
                   end);
}

void adl_words_add_left_out(struct adl_stream *s, adl_words_add add,
                            const struct asyncdl_trace_totals *totals,
                            size_t n_shown)
{
    char text[160];

    if (totals->n_rows > n_shown) {
        (void)snprintf(text, sizeof(text),
                       "%zu of %" PRIu64
                       " rows are shown, evenly chosen; totals count all.",
                       n_shown, totals->n_rows);
        add(s, text);
    }
    if (totals->n_rows == totals->n_rows_kept &&
        totals->n_spans > totals->n_spans_kept) {
        (void)snprintf(text, sizeof(text),
                       "%sShort spans were joined: %" PRIu64
                       " stand for %" PRIu64 ".",
                       totals->n_rows > n_shown ? " " : "",
                       totals->n_spans_kept, totals->n_spans);
        add(s, text);
    }
}
