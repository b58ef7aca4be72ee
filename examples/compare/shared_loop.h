/* SPDX-License-Identifier: MIT */
/*
 * A loop with a probe on it, downloads that share it, and the work itself: what
 * the topics cpu, both and hold have in common.
 */
#ifndef COMPARE_SHARED_LOOP_H
#define COMPARE_SHARED_LOOP_H

#include <uv.h>

#include "downloads.h"
#include "way.h"

struct shared_loop {
    struct run *run;
    uv_loop_t loop;
    struct asyncdl_lag *lag;
    struct asyncdl_loop_watch *watch;
    struct downloads downloads;
};

/* Make the loop, its probe, and its row in the diagram. 0 or negative. */
int shared_loop_open(struct shared_loop *shared, struct run *run);

/* Note what the probe has seen, and the time that the loop waited. */
void shared_loop_note(struct shared_loop *shared);

/* Close all, and run the loop until it is. Zero is allowed. */
void shared_loop_close(struct shared_loop *shared);

#endif
