/* SPDX-License-Identifier: MIT */
/* All figures for other programs: JSON and CSV. */
#ifndef COMPARE_DATAFILE_H
#define COMPARE_DATAFILE_H

#include <stdio.h>

#include "results.h"

void datafile_write_json(FILE *out, const struct results *results,
                         const struct work *work);

/* A line for each row of each topic. */
void datafile_write_csv(FILE *out, const struct results *results);

#endif
