/* SPDX-License-Identifier: MIT */
/* A piece of a broken line as it may be shown. */
#ifndef ADL_CLI_SNIPPET_H
#define ADL_CLI_SNIPPET_H

#include "util/buf.h"

/*
 * Append text in double quotes, at most 60 bytes of it: bytes that are not
 * printable ASCII as \xNN, and without what may be secret: all before the
 * last '@', and all behind the first '?' or '#'. 0 or -ENOMEM.
 */
int adl_snippet_add(struct adl_buf *buf, const char *text, size_t len);

#endif
