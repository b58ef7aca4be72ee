/* SPDX-License-Identifier: MIT */
/* Other programs of the same build. */
#ifndef COMPARE_BESIDE_H
#define COMPARE_BESIDE_H

#include <stddef.h>

/*
 * The path of a program or folder, relative to the folder of this program. 0,
 * -ENOENT where there is none, or another -errno.
 */
int beside_find(char *out, size_t cap, const char *relative);

#endif
