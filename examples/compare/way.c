/* SPDX-License-Identifier: MIT */
#include "way.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "both.h"
#include "cpu.h"
#include "hold.h"
#include "io.h"
#include "meter.h"

const struct way *way_get_all(enum topic topic, size_t *n)
{
    switch (topic) {
    case TOPIC_IO:
        return io_get_ways(n);
    case TOPIC_CPU:
        return cpu_get_ways(n);
    case TOPIC_BOTH:
        return both_get_ways(n);
    case TOPIC_HOLD:
        return hold_get_ways(n);
    default:
        *n = 0; /* the others are programs, or runs of these */
        return NULL;
    }
}

const struct way *way_find(enum topic topic, const char *key)
{
    size_t n;
    const struct way *ways = way_get_all(topic, &n);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(ways[i].key, key) == 0) {
            return &ways[i];
        }
    }
    return NULL;
}

static uint64_t read_cpu_ns(void)
{
    struct timespec cpu;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu); /* always there */
    return (uint64_t)cpu.tv_sec * 1000000000 + (uint64_t)cpu.tv_nsec;
}

void way_begin(struct run *run)
{
    run->outcome->cpu_ns = read_cpu_ns();
    run->began_ns = asyncdl_trace_get_now_ns();
}

void way_end(struct run *run)
{
    struct meter_tree tree;
    struct outcome *out = run->outcome;

    out->wall_ns = asyncdl_trace_get_now_ns() - run->began_ns;
    meter_read_tree(&tree);
    out->peak_bytes = tree.peak_bytes;
    out->n_processes = tree.n_processes;
    out->n_threads = tree.n_threads;
}

int way_fail(struct run *run, int err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(run->outcome->error, ERROR_BYTES, format, args);
    va_end(args);
    return err;
}
