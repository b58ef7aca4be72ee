/* SPDX-License-Identifier: MIT */
/*
 * A loop with a probe on it, downloads that share it, and the work itself: what
 * the topics cpu, both and hold have in common.
 */
#ifndef COMPARE_SHARED_LOOP_H
#define COMPARE_SHARED_LOOP_H

#include <uv.h>

#include "downloads.h"
#include "probe.h"
#include "way.h"

struct shared_loop {
    struct run *run;
    uv_loop_t loop;
    struct probe probe;
    struct downloads downloads;
};

/* Make the loop, its probe, and its row in the diagram. 0 or negative. */
int shared_loop_open(struct shared_loop *shared, struct run *run);

/* Note what held the loop up the longest. */
void shared_loop_note(struct shared_loop *shared);

/* Close all, and run the loop until it is. Zero is allowed. */
void shared_loop_close(struct shared_loop *shared);

#endif
