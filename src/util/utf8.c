/* SPDX-License-Identifier: MIT */
#include "util/utf8.h"

/* How many bytes follow a lead byte, and the least code they may spell. */
static size_t read_lead(unsigned char lead, uint32_t *out_bits,
                        uint32_t *out_least)
{
    if (lead >= 0xc2 && lead <= 0xdf) {
        *out_bits = lead & 0x1fU;
        *out_least = 0x80;
        return 1;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        *out_bits = lead & 0x0fU;
        *out_least = 0x800;
        return 2;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        *out_bits = lead & 0x07U;
        *out_least = 0x10000;
        return 3;
    }
    return 0;
}

size_t adl_utf8_decode(uint32_t *out, const char *bytes, size_t len)
{
    uint32_t code = 0;
    uint32_t least = 0;

    if (len == 0) {
        return 0;
    }
    if ((unsigned char)bytes[0] < 0x80) {
        *out = (unsigned char)bytes[0];
        return 1;
    }
    size_t n_more = read_lead((unsigned char)bytes[0], &code, &least);
    if (n_more == 0 || n_more >= len) {
        return 0;
    }
    for (size_t i = 1; i <= n_more; i++) {
        if (((unsigned char)bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | ((unsigned char)bytes[i] & 0x3fU);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
        return 0;
    }
    *out = code;
    return n_more + 1;
}

bool adl_utf8_is_valid(const char *bytes, size_t len)
{
    uint32_t code;

    for (size_t i = 0; i < len;) {
        size_t size = adl_utf8_decode(&code, bytes + i, len - i);

        if (size == 0) {
            return false;
        }
        i += size;
    }
    return true;
}

int adl_utf8_repair(struct adl_buf *buf, const char *bytes, size_t len)
{
    uint32_t code;
    int err = 0;

    for (size_t i = 0; i < len && err == 0;) {
        size_t size = adl_utf8_decode(&code, bytes + i, len - i);

        err = size > 0 ? adl_buf_add(buf, bytes + i, size)
                       : adl_buf_add_str(buf, "\xef\xbf\xbd");
        i += size > 0 ? size : 1;
    }
    return err;
}

bool adl_utf8_is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x61c ||
           code == 0x200e || code == 0x200f ||
           (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}
