/* SPDX-License-Identifier: MIT */
#include "support/coded.h"

#define ZLIB_CONST /* input is const */
#include <zlib.h>

#define FRAME_BYTES 64 /* of any form, with some to spare */

size_t coded_bound(size_t len)
{
    return len + len / 1000 + FRAME_BYTES;
}

size_t coded_make(void *out, size_t cap, int form, int level, const void *bytes,
                  size_t len)
{
    z_stream z = {0};

    if (deflateInit2(&z, level, Z_DEFLATED, form, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        return 0;
    }
    z.next_in = bytes;
    z.avail_in = (uInt)len;
    z.next_out = out;
    z.avail_out = (uInt)cap;
    int zerr = deflate(&z, Z_FINISH);
    size_t n = cap - z.avail_out;

    (void)deflateEnd(&z);
    return zerr == Z_STREAM_END ? n : 0;
}
