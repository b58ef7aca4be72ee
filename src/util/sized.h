/* SPDX-License-Identifier: MIT */
/* Option structs that begin with their own size, as their user knew it. */
#ifndef ADL_UTIL_SIZED_H
#define ADL_UTIL_SIZED_H

#include <stddef.h>

/*
 * Copy given, of which only as many bytes are there as its struct_size says,
 * over *out, which has size of them and the defaults of the others. NULL copies
 * nothing. 0, or -EINVAL for a struct of a newer library or of no size at all.
 */
int adl_sized_copy(void *out, size_t size, const void *given);

#endif
