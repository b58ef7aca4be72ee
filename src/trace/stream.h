/* SPDX-License-Identifier: MIT */
/*
 * Text on its way to a writer, gathered in pieces that are worth a call. The
 * first failure stays: nothing is written after it.
 *
 *     struct adl_stream s;
 *     adl_stream_init(&s, write, data);
 *     adl_stream_str(&s, "<title>"); adl_stream_xml(&s, title); ...
 *     err = adl_stream_flush(&s);
 */
#ifndef ADL_TRACE_STREAM_H
#define ADL_TRACE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "asyncdl/trace.h"

#define ADL_STREAM_CAP 4096

struct adl_stream {
    asyncdl_write_cb write;
    void *data;
    int err;
    size_t len;
    char bytes[ADL_STREAM_CAP];
};

void adl_stream_init(struct adl_stream *s, asyncdl_write_cb write, void *data);

/* Write what is left. 0 or the first error. */
int adl_stream_flush(struct adl_stream *s);

/* Note that something is lost, if it is the first. */
void adl_stream_fail(struct adl_stream *s, int err);

void adl_stream_add(struct adl_stream *s, const void *bytes, size_t len);
void adl_stream_str(struct adl_stream *s, const char *str);

/* What is longer than 255 bytes is cut: for numbers and short words. */
void adl_stream_addf(struct adl_stream *s, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/*
 * Any bytes, as text of XML and HTML and in their attributes: what means
 * something there is escaped; what is no UTF-8, and no character of XML,
 * becomes U+FFFD.
 */
void adl_stream_xml(struct adl_stream *s, const char *text);
void adl_stream_xml_n(struct adl_stream *s, const char *text, size_t len);

/* Likewise inside of a string of JSON, without its quotes. */
void adl_stream_json(struct adl_stream *s, const char *text);

#endif
