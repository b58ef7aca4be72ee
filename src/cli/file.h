/* SPDX-License-Identifier: MIT */
/* Small files read whole, before anything runs. */
#ifndef ADL_CLI_FILE_H
#define ADL_CLI_FILE_H

#include "util/buf.h"

/* No file that options name for reading whole may be larger. */
#define ADL_FILE_MAX (1024 * 1024)

/*
 * Append a file's bytes to buf; "-" is standard input. Waits for them.
 * 0, -errno, or -EFBIG for more than ADL_FILE_MAX bytes.
 */
int adl_file_read(struct adl_buf *buf, const char *path);

#endif
