/* SPDX-License-Identifier: MIT */
/* Numbers as options and queries write them: digits and nothing else. */
#ifndef ADL_SITE_NUMBER_H
#define ADL_SITE_NUMBER_H

#include <stdint.h>

/* Read a decimal number from 0 to max. 0 or -EINVAL. */
int adl_number_parse(uint64_t *out, const char *text, uint64_t max);

#endif
