/* SPDX-License-Identifier: MIT */
/* Can what is named be opened later, when nobody can be told any more? All
 * answer 0 or -errno. */
#ifndef ADL_FETCH_FILECHECK_H
#define ADL_FETCH_FILECHECK_H

#include <stdbool.h>

#include <sys/stat.h>

/* A file to read; folders are none. A pipe can be read once: that is enough for
 * some. */
int adl_filecheck_read(const char *path, bool may_be_pipe, mode_t *out_mode);

/* Folders to read, parted by colons, of which one at least is there; NULL is
 * none at all. */
int adl_filecheck_folders(const char *paths);

/* A file to write, which need not be there yet; "-" is standard output, and
 * NULL none at all. */
int adl_filecheck_write(const char *path);

/* A socket to connect to; NULL is none at all. */
int adl_filecheck_socket(const char *path);

#endif
