/* SPDX-License-Identifier: MIT */
#include "site/byterange.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const struct adl_byterange all = {.kind = ADL_BYTERANGE_ALL};
static const struct adl_byterange none = {.kind = ADL_BYTERANGE_NONE};

/* Read digits up to the next other byte; more than fits becomes the most. */
static bool read_number(const char **text, uint64_t *out)
{
    const char *p = *text;
    uint64_t n = 0;

    for (; *p >= '0' && *p <= '9'; p++) {
        uint64_t digit = (uint64_t)(*p - '0');

        n = n > (UINT64_MAX - digit) / 10 ? UINT64_MAX : n * 10 + digit;
    }
    bool found = p != *text;
    *text = p;
    *out = n;
    return found;
}

static struct adl_byterange make_part(uint64_t first, uint64_t last,
                                      uint64_t size)
{
    return (struct adl_byterange){
        .kind = ADL_BYTERANGE_PART,
        .first = first,
        .last = last < size ? last : size - 1,
    };
}

struct adl_byterange adl_byterange_parse(const char *header, uint64_t size)
{
    if (header == NULL || strncasecmp(header, "bytes=", 6) != 0) {
        return all;
    }
    const char *p = header + 6;
    uint64_t first;
    uint64_t last;
    bool has_first = read_number(&p, &first);

    if (*p++ != '-') {
        return all;
    }
    bool has_last = read_number(&p, &last);

    if (*p != '\0' || (!has_first && !has_last)) {
        return all;
    }
    if (!has_first) {
        uint64_t skip = last < size ? size - last : 0;

        return last == 0 || size == 0 ? none : make_part(skip, size - 1, size);
    }
    if (has_last && last < first) {
        return all;
    }
    return first >= size ? none
                         : make_part(first, has_last ? last : size - 1, size);
}
