/* SPDX-License-Identifier: MIT */
/* The Range header, as a server reads it. */
#ifndef ADL_SITE_BYTERANGE_H
#define ADL_SITE_BYTERANGE_H

#include <stdint.h>

enum adl_byterange_kind {
    ADL_BYTERANGE_ALL,  /* none, several, another unit, or not understood */
    ADL_BYTERANGE_PART, /* first to last, both within the size */
    ADL_BYTERANGE_NONE, /* nothing of it exists: 416 */
};

struct adl_byterange {
    enum adl_byterange_kind kind;
    uint64_t first;
    uint64_t last; /* the byte at last is part of it */
};

/* Decide what a Range header (NULL: none sent) means for a body of size. */
struct adl_byterange adl_byterange_parse(const char *header, uint64_t size);

#endif
