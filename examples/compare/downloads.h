/* SPDX-License-Identifier: MIT */
/* Downloads that share a loop with other work, and suffer from it or not. */
#ifndef COMPARE_DOWNLOADS_H
#define COMPARE_DOWNLOADS_H

#include <uv.h>

#include "way.h"

#define DOWNLOADS_N 20 /* at once */

struct downloads {
    struct run *run;
    struct asyncdl_client *client;
    size_t n_left;
    uint64_t began_ns;
    uint64_t done_ns; /* the last of them; 0: not yet */
    int err;          /* of the first that failed, with the run failed */
};

/* Start DOWNLOADS_N of the run's URLs, or all if they are fewer. */
int downloads_start(struct downloads *downloads, struct run *run,
                    uv_loop_t *loop);

/* Begin to close; the loop must run on. Note how long they took. */
void downloads_close(struct downloads *downloads);

#endif
