/* SPDX-License-Identifier: MIT */
/* Bodies with a content coding, made by zlib. */
#ifndef SUPPORT_CODED_H
#define SUPPORT_CODED_H

#include <stddef.h>

/* Forms, as deflateInit2() has them. */
#define CODED_GZIP    31
#define CODED_DEFLATE 15
#define CODED_BARE    (-15)

/* How much room len bytes need at most. */
size_t coded_bound(size_t len);

/* Level 0 stores them as they are. The length, or 0 without memory or room. */
size_t coded_make(void *out, size_t cap, int form, int level, const void *bytes,
                  size_t len);

#endif
