/* SPDX-License-Identifier: MIT */
/* Dates as HTTP writes them: all three forms of RFC 9110, 5.6.7, in GMT. */
#ifndef ADL_UTIL_HTTPDATE_H
#define ADL_UTIL_HTTPDATE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Read a date into seconds since 1970. Surrounding blanks are ignored; a day
 * of week that does not fit the date is too. now_s tells which century a
 * two-digit year means. 0 or -EINVAL.
 */
int adl_httpdate_parse(int64_t *out_s, const char *text, size_t len,
                       int64_t now_s);

#endif
