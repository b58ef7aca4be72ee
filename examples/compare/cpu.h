/* SPDX-License-Identifier: MIT */
/* The 20 sums of squares, made in each way. */
#ifndef COMPARE_CPU_H
#define COMPARE_CPU_H

#include "way.h"

const struct way *cpu_get_ways(size_t *n);

#endif
