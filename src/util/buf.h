/* SPDX-License-Identifier: MIT */
/* Bytes that grow. A NUL always stands behind them once something was added. */
#ifndef ADL_UTIL_BUF_H
#define ADL_UTIL_BUF_H

#include <stddef.h>

struct adl_buf {
    char *data; /* zero is an empty buffer; NULL until something is added */
    size_t len;
    size_t cap;
};

void adl_buf_finish(struct adl_buf *buf);

/* Empty it and keep the allocation. */
void adl_buf_reset(struct adl_buf *buf);

/* Make room for len bytes in all and a NUL. 0 or -ENOMEM. */
int adl_buf_reserve(struct adl_buf *buf, size_t len);

/* 0 or -ENOMEM; on failure the buffer is as it was. */
int adl_buf_add(struct adl_buf *buf, const void *bytes, size_t len);
int adl_buf_add_str(struct adl_buf *buf, const char *str);
int adl_buf_addf(struct adl_buf *buf, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* The bytes as a string: "" for an empty buffer, never NULL. */
const char *adl_buf_str(const struct adl_buf *buf);

/* Give the bytes to the caller, who frees them; the buffer is empty then. */
char *adl_buf_take(struct adl_buf *buf);

#endif
