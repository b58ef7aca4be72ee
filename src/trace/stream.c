/* SPDX-License-Identifier: MIT */
#include "trace/stream.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/utf8.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */
#define MAX_WORDS   256

void adl_stream_init(struct adl_stream *s, asyncdl_write_cb write, void *data)
{
    s->write = write;
    s->data = data;
    s->err = 0;
    s->len = 0;
}

void adl_stream_fail(struct adl_stream *s, int err)
{
    s->err = s->err < 0 ? s->err : err;
}

int adl_stream_flush(struct adl_stream *s)
{
    if (s->err == 0 && s->len > 0) {
        adl_stream_fail(s, s->write(s->bytes, s->len, s->data));
    }
    s->len = 0;
    return s->err;
}

void adl_stream_add(struct adl_stream *s, const void *bytes, size_t len)
{
    const char *from = bytes;

    while (len > 0 && s->err == 0) {
        size_t n = sizeof(s->bytes) - s->len;

        n = n < len ? n : len;
        memcpy(s->bytes + s->len, from, n);
        s->len += n;
        from += n;
        len -= n;
        if (s->len == sizeof(s->bytes)) {
            (void)adl_stream_flush(s); /* keeps its error */
        }
    }
}

void adl_stream_str(struct adl_stream *s, const char *str)
{
    adl_stream_add(s, str, strlen(str));
}

void adl_stream_addf(struct adl_stream *s, const char *format, ...)
{
    char text[MAX_WORDS];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len > 0) {
        size_t n = (size_t)len;

        adl_stream_add(s, text, n < sizeof(text) ? n : sizeof(text) - 1);
    }
}

/* What XML writes otherwise; NULL: as it is. */
static const char *escape_xml(uint32_t code)
{
    switch (code) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        break;
    }
    if ((code < ' ' && code != '\n' && code != '\t') || code == 0xFFFE ||
        code == 0xFFFF ||
        (code != '\n' && code != '\t' && adl_utf8_is_control(code))) {
        return REPLACEMENT;
    }
    return NULL;
}

void adl_stream_xml_n(struct adl_stream *s, const char *text, size_t len)
{
    size_t i = 0;

    while (i < len) {
        uint32_t code = 0;
        size_t n = adl_utf8_decode(&code, text + i, len - i);
        const char *escaped = n > 0 ? escape_xml(code) : REPLACEMENT;

        if (escaped != NULL) {
            adl_stream_str(s, escaped);
        } else {
            adl_stream_add(s, text + i, n);
        }
        i += n > 0 ? n : 1;
    }
}

void adl_stream_xml(struct adl_stream *s, const char *text)
{
    adl_stream_xml_n(s, text, strlen(text));
}

static bool is_plain_in_json(uint32_t code)
{
    /* < and the separators of lines mean something to scripts around it */
    return code >= ' ' && code != '"' && code != '\\' && code != '<' &&
           code != 0x7F && code != 0x2028 && code != 0x2029;
}

void adl_stream_json(struct adl_stream *s, const char *text)
{
    size_t len = strlen(text);
    size_t i = 0;

    while (i < len) {
        uint32_t code = 0;
        size_t n = adl_utf8_decode(&code, text + i, len - i);

        if (n == 0) {
            adl_stream_str(s, REPLACEMENT);
        } else if (is_plain_in_json(code)) {
            adl_stream_add(s, text + i, n);
        } else {
            adl_stream_addf(s, "\\u%04x", (unsigned)code);
        }
        i += n > 0 ? n : 1;
    }
}
