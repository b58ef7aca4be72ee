/* SPDX-License-Identifier: MIT */
/*
 * Values of options, read strictly: the whole text must be the value. All
 * answer 0, -EINVAL for what is no such value, -ERANGE for one too large or
 * too small.
 */
#ifndef ADL_CLI_VALUE_H
#define ADL_CLI_VALUE_H

#include <stdint.h>

/* The longest time that can be given: a year. */
#define ADL_VALUE_MAX_MS (UINT64_C(365) * 24 * 3600 * 1000)

/* A whole number, decimal. */
int adl_value_parse_count(uint64_t *out, const char *text, uint64_t min,
                          uint64_t max);

/* Bytes: "1000", "500K", "1.5M", "2GiB"; 1024-based, at most INT64_MAX. */
int adl_value_parse_size(uint64_t *out, const char *text);

/* A time: "30" and "1.5" are seconds; "500ms", "2m", "1h". */
int adl_value_parse_duration(uint64_t *out_ms, const char *text);

/* A number of times in a second, minute or hour: "10/s", "5/m", "100/h". */
int adl_value_parse_rate(uint32_t *out_n, uint32_t *out_ms, const char *text);

#endif
