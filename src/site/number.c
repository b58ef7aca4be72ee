/* SPDX-License-Identifier: MIT */
#include "site/number.h"

#include <errno.h>

int adl_number_parse(uint64_t *out, const char *text, uint64_t max)
{
    uint64_t n = 0;

    if (*text == '\0') {
        return -EINVAL;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return -EINVAL;
        }
        uint64_t digit = (uint64_t)(*text - '0');

        if (digit > max || n > (max - digit) / 10) {
            return -EINVAL;
        }
        n = n * 10 + digit;
    }
    *out = n;
    return 0;
}
