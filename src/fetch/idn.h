/* SPDX-License-Identifier: MIT */
/* Host names beyond ASCII, as DNS and certificates have them. */
#ifndef ADL_FETCH_IDN_H
#define ADL_FETCH_IDN_H

#include "util/buf.h"

/*
 * Write a URL whose host has bytes beyond ASCII with that host in punycode.
 * The bytes are UTF-8, whatever the locale. 1; 0, and nothing is written, for
 * any other URL; ASYNCDL_EURL where they are no name; -ENOMEM.
 */
int adl_idn_write_url(struct adl_buf *out, const char *url);

#endif
