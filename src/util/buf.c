/* SPDX-License-Identifier: MIT */
#include "util/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 64

void adl_buf_finish(struct adl_buf *buf)
{
    free(buf->data);
    *buf = (struct adl_buf){0};
}

void adl_buf_reset(struct adl_buf *buf)
{
    buf->len = 0;
    if (buf->data != NULL) {
        buf->data[0] = '\0';
    }
}

/* The least size that grows by half at least, so that adding is O(1). */
static size_t choose_cap(size_t cap, size_t wanted)
{
    size_t grown = cap <= SIZE_MAX / 2 ? cap + cap / 2 : SIZE_MAX;

    if (grown < FIRST_CAP) {
        grown = FIRST_CAP;
    }
    return grown > wanted ? grown : wanted;
}

static int set_cap(struct adl_buf *buf, size_t cap)
{
    char *data = realloc(buf->data, cap);

    if (data == NULL) {
        return -ENOMEM;
    }
    buf->data = data;
    buf->cap = cap;
    buf->data[buf->len] = '\0';
    return 0;
}

int adl_buf_reserve(struct adl_buf *buf, size_t len)
{
    if (len >= SIZE_MAX) {
        return -ENOMEM;
    }
    return len < buf->cap ? 0 : set_cap(buf, len + 1);
}

int adl_buf_add(struct adl_buf *buf, const void *bytes, size_t len)
{
    if (len >= SIZE_MAX - buf->len) {
        return -ENOMEM;
    }
    if (buf->len + len >= buf->cap) {
        int err = set_cap(buf, choose_cap(buf->cap, buf->len + len + 1));

        if (err < 0) {
            return err;
        }
    }
    if (len > 0) {
        memcpy(buf->data + buf->len, bytes, len);
    }
    buf->len += len;
    buf->data[buf->len] = '\0';
    return 0;
}

int adl_buf_add_str(struct adl_buf *buf, const char *str)
{
    return adl_buf_add(buf, str, strlen(str));
}

int adl_buf_addf(struct adl_buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0) {
        return -ENOMEM;
    }
    int err = 0;
    if (buf->len + (size_t)len >= buf->cap) {
        err = set_cap(buf, choose_cap(buf->cap, buf->len + (size_t)len + 1));
    }
    if (err < 0) {
        return err;
    }
    va_start(args, format);
    (void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
    return 0;
}

const char *adl_buf_str(const struct adl_buf *buf)
{
    return buf->data != NULL ? buf->data : "";
}

char *adl_buf_take(struct adl_buf *buf)
{
    char *data = buf->data;

    *buf = (struct adl_buf){0};
    return data;
}
