/* SPDX-License-Identifier: MIT */
#include "util/percent.h"

static int read_hex(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    return -1;
}

static bool is_encoded(const char *bytes, size_t len)
{
    return len >= 3 && bytes[0] == '%' && read_hex(bytes[1]) >= 0 &&
           read_hex(bytes[2]) >= 0;
}

int adl_percent_decode(struct adl_buf *buf, const char *bytes, size_t len)
{
    size_t start = buf->len;
    int err = adl_buf_add(buf, bytes, len); /* room for all it can become */

    if (err < 0) {
        return err;
    }
    size_t end = start;
    for (size_t i = 0; i < len; i++) {
        char byte = bytes[i];

        if (is_encoded(bytes + i, len - i)) {
            byte = (char)(read_hex(bytes[i + 1]) << 4 | read_hex(bytes[i + 2]));
            i += 2;
        }
        buf->data[end++] = byte;
    }
    buf->data[end] = '\0';
    buf->len = end;
    return 0;
}

bool adl_percent_is_valid(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '%' && !is_encoded(bytes + i, len - i)) {
            return false;
        }
    }
    return true;
}
