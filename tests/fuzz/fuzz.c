/* SPDX-License-Identifier: MIT */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

int fuzz_plant;

bool fuzz_is_planted(int plant)
{
    return fuzz_plant == plant;
}

size_t fuzz_count_left(const struct fuzz_input *input)
{
    return (size_t)(input->end - input->at);
}

char *fuzz_take_string(struct fuzz_input *input)
{
    size_t left = fuzz_count_left(input);
    size_t len = strnlen(input->at, left);
    char *out = malloc(len + 1);

    if (out == NULL) {
        abort();
    }
    memcpy(out, input->at, len);
    out[len] = '\0';
    input->at += len < left ? len + 1 : len;
    return out;
}

/* The forms of C1, U+061C, U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069
 * in UTF-8: no such bytes are within another character. */
static bool is_control(const unsigned char *b, size_t len)
{
    if (b[0] < 0x20 || b[0] == 0x7f) {
        return true;
    }
    if (len >= 2 && ((b[0] == 0xc2 && b[1] >= 0x80 && b[1] <= 0x9f) ||
                     (b[0] == 0xd8 && b[1] == 0x9c))) {
        return true;
    }
    if (len < 3 || b[0] != 0xe2) {
        return false;
    }
    return (b[1] == 0x80 &&
            (b[2] == 0x8e || b[2] == 0x8f || (b[2] >= 0xa8 && b[2] <= 0xae))) ||
           (b[1] == 0x81 && b[2] >= 0xa6 && b[2] <= 0xa9);
}

bool fuzz_has_controls(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (is_control((const unsigned char *)bytes + i, len - i)) {
            return true;
        }
    }
    return false;
}

static bool is_safe_component(const char *text, size_t len)
{
    return len >= 1 && len <= 255 && text[0] != '.' &&
           memchr(text, '\\', len) == NULL && !fuzz_has_controls(text, len);
}

bool fuzz_is_safe_path(const char *path, size_t len)
{
    const char *end = path + len;

    if (len > 3500) {
        return false;
    }
    for (const char *p = path;; p++) {
        const char *slash = memchr(p, '/', (size_t)(end - p));
        const char *stop = slash != NULL ? slash : end;

        if (!is_safe_component(p, (size_t)(stop - p))) {
            return false;
        }
        if (slash == NULL) {
            return true;
        }
        p = slash;
    }
}

bool fuzz_is_same(const struct adl_buf *a, const struct adl_buf *b)
{
    return a->len == b->len &&
           (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}
