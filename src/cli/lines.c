/* SPDX-License-Identifier: MIT */
#include "cli/lines.h"

#include <string.h>

static const char byte_order_mark[] = "\xef\xbb\xbf";

/* What is cut off a line that arrived in pieces must fit too: the byte order
 * mark, and a carriage return. */
#define PARTIAL_MAX (ADL_LINES_MAX_LEN + 4)

int adl_lines_init(struct adl_lines *lines)
{
    *lines = (struct adl_lines){0};
    return adl_buf_reserve(&lines->partial, PARTIAL_MAX);
}

void adl_lines_finish(struct adl_lines *lines)
{
    adl_buf_finish(&lines->partial);
}

void adl_lines_reset(struct adl_lines *lines)
{
    struct adl_buf partial = lines->partial;

    adl_buf_reset(&partial);
    *lines = (struct adl_lines){.partial = partial};
}

void adl_lines_add(struct adl_lines *lines, const char *chunk, size_t len)
{
    lines->chunk = chunk;
    lines->len = len;
    lines->pos = 0;
}

void adl_lines_end(struct adl_lines *lines)
{
    lines->is_over = true;
}

/* Add what fits to the line that is being put together. */
static void add_part(struct adl_lines *lines, const char *part, size_t len)
{
    size_t room = PARTIAL_MAX - lines->partial.len;

    if (len > room) {
        lines->is_too_long = true;
        len = room;
    }
    /* cannot fail: room for all of it was made at init */
    (void)adl_buf_add(&lines->partial, part, len);
}

static void give(struct adl_line *out, struct adl_lines *lines,
                 const char *text, size_t len)
{
    size_t n_mark = sizeof(byte_order_mark) - 1;

    lines->number++;
    if (lines->number == 1 && len >= n_mark &&
        memcmp(text, byte_order_mark, n_mark) == 0) {
        text += n_mark;
        len -= n_mark;
    }
    if (len > 0 && text[len - 1] == '\r') {
        len--;
    }
    *out = (struct adl_line){
        .text = text,
        .len = len < ADL_LINES_MAX_LEN ? len : ADL_LINES_MAX_LEN,
        .number = lines->number,
        .is_too_long = lines->is_too_long || len > ADL_LINES_MAX_LEN,
    };
}

static void give_partial(struct adl_line *out, struct adl_lines *lines)
{
    give(out, lines, adl_buf_str(&lines->partial), lines->partial.len);
    lines->is_given = true;
}

bool adl_lines_next(struct adl_line *out, struct adl_lines *lines)
{
    size_t n_left = lines->len - lines->pos;
    const char *rest = n_left > 0 ? lines->chunk + lines->pos : "";
    const char *end = memchr(rest, '\n', n_left);

    if (lines->is_given) {
        adl_buf_reset(&lines->partial);
        lines->is_given = false;
        lines->is_too_long = false;
    }
    if (end == NULL) {
        add_part(lines, rest, n_left);
        lines->pos = lines->len;
        if (!lines->is_over || lines->partial.len == 0) {
            return false;
        }
        give_partial(out, lines);
        return true;
    }
    size_t len = (size_t)(end - rest);
    lines->pos += len + 1;
    if (lines->partial.len == 0) {
        give(out, lines, rest, len);
        return true;
    }
    add_part(lines, rest, len);
    give_partial(out, lines);
    return true;
}
