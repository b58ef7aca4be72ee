/* SPDX-License-Identifier: MIT */
/* A probe on a loop, and its row in the diagram: when it waited and worked. */
#ifndef COMPARE_PROBE_H
#define COMPARE_PROBE_H

#include <stdint.h>

#include <asyncdl/asyncdl.h>
#include <uv.h>

/* Zero is none. Stays where it was opened. */
struct probe {
    struct asyncdl_lag *lag;
    struct asyncdl_trace *trace;
    uint64_t row;
};

/* trace is borrowed. 0 or negative. */
int probe_open(struct probe *probe, uv_loop_t *loop,
               struct asyncdl_trace *trace);

/* The row is complete; the loop is to run once more. Zero is allowed. */
void probe_close(struct probe *probe);

#endif
