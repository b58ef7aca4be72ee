/* SPDX-License-Identifier: MIT */
/* Downloads whose bodies need CPU: hashed on the loop, and off it. */
#ifndef COMPARE_BOTH_H
#define COMPARE_BOTH_H

#include "way.h"

const struct way *both_get_ways(size_t *n);

#endif
