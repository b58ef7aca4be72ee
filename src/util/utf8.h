/* SPDX-License-Identifier: MIT */
/* UTF-8, as RFC 3629 has it: no overlong forms, no surrogates. */
#ifndef ADL_UTIL_UTF8_H
#define ADL_UTIL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/*
 * Read the character that bytes begin with. How many bytes it takes (1 to 4),
 * or 0 where they begin with none.
 */
size_t adl_utf8_decode(uint32_t *out, const char *bytes, size_t len);

bool adl_utf8_is_valid(const char *bytes, size_t len);

/* Append the text, each byte that is no part of a character as U+FFFD. 0 or
 * -ENOMEM. */
int adl_utf8_repair(struct adl_buf *buf, const char *bytes, size_t len);

/*
 * Would showing it steer a terminal or turn the text around it? True for the
 * controls of ASCII and of ISO 8859 (C1), the marks that set the direction of
 * writing, and the separators of lines and paragraphs.
 */
bool adl_utf8_is_control(uint32_t code);

#endif
