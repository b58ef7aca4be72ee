/* SPDX-License-Identifier: MIT */
#include "cli/snippet.h"

#include <string.h>

#define MAX_SHOWN 60

static int add_byte(struct adl_buf *buf, unsigned char c)
{
    if (c == '"' || c == '\\') {
        return adl_buf_addf(buf, "\\%c", c);
    }
    if (c < ' ' || c > '~') {
        return adl_buf_addf(buf, "\\x%02x", c);
    }
    return adl_buf_add(buf, &c, 1);
}

static int add_bytes(struct adl_buf *buf, const char *text, size_t len)
{
    int err = 0;

    for (size_t i = 0; err == 0 && i < len && i < MAX_SHOWN; i++) {
        err = add_byte(buf, (unsigned char)text[i]);
    }
    return err == 0 && len > MAX_SHOWN ? adl_buf_add_str(buf, "...") : err;
}

/* Where the part that may be shown begins: behind the last '@'. */
static size_t find_start(const char *text, size_t len)
{
    while (len > 0 && text[len - 1] != '@') {
        len--;
    }
    return len;
}

int adl_snippet_add(struct adl_buf *buf, const char *text, size_t len)
{
    size_t start = find_start(text, len);
    size_t end = start;

    while (end < len && text[end] != '?' && text[end] != '#') {
        end++;
    }
    int err = adl_buf_add_str(buf, start > 0 ? "\"***@" : "\"");
    if (err == 0) {
        err = add_bytes(buf, text + start, end - start);
    }
    if (err == 0 && end < len) {
        err = adl_buf_addf(buf, "%c***", text[end]);
    }
    return err < 0 ? err : adl_buf_add_str(buf, "\"");
}
