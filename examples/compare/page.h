/* SPDX-License-Identifier: MIT */
/* The report: tables, verdicts and diagrams as one HTML page. */
#ifndef COMPARE_PAGE_H
#define COMPARE_PAGE_H

#include <stdio.h>

#include "results.h"

/* 0 or negative. */
int page_write(FILE *out, const struct results *results,
               const struct work *work);

#endif
