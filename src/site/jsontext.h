/* SPDX-License-Identifier: MIT */
/* Bytes off the wire as JSON strings. */
#ifndef ADL_SITE_JSONTEXT_H
#define ADL_SITE_JSONTEXT_H

#include <stddef.h>

#include <jansson.h>

/* UTF-8 stays as it is; other bytes are read as Latin-1. NULL without memory.
 */
json_t *adl_jsontext_create(const char *bytes, size_t len);

#endif
