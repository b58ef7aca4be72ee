/* SPDX-License-Identifier: MIT */
#include "util/sized.h"

#include <errno.h>
#include <string.h>

int adl_sized_copy(void *out, size_t size, const void *given)
{
    size_t given_size;

    if (given == NULL) {
        return 0;
    }
    memcpy(&given_size, given, sizeof(given_size));
    if (given_size > size || given_size < sizeof(size_t) ||
        given_size % sizeof(size_t) != 0) { /* half a field */
        return -EINVAL;
    }
    memcpy(out, given, given_size);
    memcpy(out, &size, sizeof(size));
    return 0;
}
