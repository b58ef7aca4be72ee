/* SPDX-License-Identifier: MIT */
#ifndef ADL_STORE_PARENTS_H
#define ADL_STORE_PARENTS_H

/*
 * Make a folder and those that it lies in, as mkdir -p. What is there already
 * is not touched, and need not be writable, or a folder: who opens it finds
 * out. 0 or -errno.
 */
int adl_parents_make(const char *path);

#endif
