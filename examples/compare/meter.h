/* SPDX-License-Identifier: MIT */
/* What a thread, and what this process with all below it, have used. */
#ifndef COMPARE_METER_H
#define COMPARE_METER_H

#include <stdint.h>

/* A thread at one moment. The difference of two says what it did between. */
struct meter {
    uint64_t now_ns;
    uint64_t cpu_ns;    /* it ran */
    uint64_t queued_ns; /* it could have run, and other threads had the CPU */
};

/* Read the clocks of this thread. */
void meter_read(struct meter *out);

/* Time in which the thread waited for something other than a CPU. */
uint64_t meter_waited_ns(const struct meter *from, const struct meter *to);

/* Time in which it worked, or would have. */
uint64_t meter_worked_ns(const struct meter *from, const struct meter *to);

/* Processes at one moment: this one, and those below it. */
struct meter_tree {
    uint64_t peak_bytes; /* the most each has had in memory, added up */
    unsigned n_processes;
    unsigned n_threads; /* of all of them */
};

void meter_read_tree(struct meter_tree *out);

#endif
