/* SPDX-License-Identifier: MIT */
/*
 * Runs of one list in one folder (support/download.h), one after the other:
 * what each asks the site for, and what it leaves in out/.asyncdl/.
 */
#ifndef SUPPORT_RERUN_H
#define SUPPORT_RERUN_H

#include <stdint.h>

#include "support/download.h"

/* download_run(), and how many requests the site got from it. */
uint64_t rerun_count(struct download *d, const char *list, const char *options,
                     int status);

/* Fail the test unless it is that many. */
void rerun_need(struct download *d, const char *list, const char *options,
                int status, uint64_t n_requests);

/* The path of the only part, valid until the download's end; NULL: there are
 * none or several. */
const char *rerun_find_part(struct download *d);

/* How large that is, 0 for none. */
uint64_t rerun_get_part_size(struct download *d);

/* Wait until the part has that many bytes; the test fails where none ever
 * has. */
void rerun_wait_for_part(struct download *d, uint64_t bytes);

/* Start a run, wait until its part has that many bytes, and kill it. */
void rerun_kill_in_part(struct download *d, const char *list,
                        const char *options, uint64_t bytes);

/* Fail the test unless a file below out/ is so long and of the site's pattern
 * of seed 0, or else is not there. True where it is there. */
bool rerun_check_whole(struct download *d, const char *name, uint64_t size);

#endif
