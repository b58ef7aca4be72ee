/* SPDX-License-Identifier: MIT */
#include "site/jsontext.h"

#include "util/buf.h"

static int add_latin1(struct adl_buf *text, const char *bytes, size_t len)
{
    int err = 0;

    for (size_t i = 0; err == 0 && i < len; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        const unsigned char pair[] = {(unsigned char)(0xc0 | byte >> 6),
                                      (unsigned char)(0x80 | (byte & 0x3f))};

        err = byte < 0x80 ? adl_buf_add(text, &byte, 1)
                          : adl_buf_add(text, pair, sizeof(pair));
    }
    return err;
}

json_t *adl_jsontext_create(const char *bytes, size_t len)
{
    json_t *string = json_stringn(bytes, len);
    struct adl_buf text = {0};

    if (string == NULL && add_latin1(&text, bytes, len) == 0) {
        string = json_stringn(text.data, text.len);
    }
    adl_buf_finish(&text);
    return string;
}
