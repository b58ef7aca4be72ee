/* SPDX-License-Identifier: MIT */
/* Percent-encoding (RFC 3986, 2.1). */
#ifndef ADL_UTIL_PERCENT_H
#define ADL_UTIL_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

/*
 * Append bytes, decoded once. A '%' without two hex digits behind it stays as
 * it is. 0 or -ENOMEM; on failure the buffer is as it was.
 */
int adl_percent_decode(struct adl_buf *buf, const char *bytes, size_t len);

/* Do two hex digits follow every '%'? */
bool adl_percent_is_valid(const char *bytes, size_t len);

#endif
