/* SPDX-License-Identifier: MIT */
/*
 * An observer: what transfers waited for, as rows of a trace and as numbers by
 * host, by cause of failure and of the slowest, in bounded memory. URLs in it
 * are as they may be shown.
 */
#ifndef ADL_CLI_TIMING_H
#define ADL_CLI_TIMING_H

#include <stddef.h>
#include <stdint.h>

#include "asyncdl/event.h"
#include "asyncdl/trace.h"
#include "cli/quantile.h"

#define ADL_TIMING_HOSTS   64 /* those that come later are counted as one */
#define ADL_TIMING_CAUSES  32
#define ADL_TIMING_SLOWEST 10

struct adl_timing_host {
    char name[128]; /* with its port */
    uint64_t n_files;
    uint64_t n_failed;
    uint64_t bytes;
    struct adl_quantile phases[ASYNCDL_N_SPAN_KINDS];
};

struct adl_timing_cause {
    char words[100];
    char example[300]; /* a URL */
    uint64_t n;
    uint64_t n_retryable;
};

struct adl_timing_slow {
    char url[300];
    uint64_t ns; /* from its first attempt to its end */
    uint64_t queue_ns;
    uint64_t bytes;
    unsigned attempts;
};

struct adl_timing_item;

/* Zero is the beginning, but for the trace. */
struct adl_timing {
    struct asyncdl_trace *trace;   /* borrowed */
    struct adl_timing_item *items; /* transfers under way, by id */
    struct adl_timing_host *hosts; /* one more than HOSTS, or NULL */
    size_t n_hosts;
    struct adl_timing_cause causes[ADL_TIMING_CAUSES + 1];
    size_t n_causes;
    struct adl_timing_slow slowest[ADL_TIMING_SLOWEST]; /* slowest first */
    size_t n_slowest;
};

/* data is the struct adl_timing. */
void adl_timing_on_event(const struct asyncdl_event *event, void *data);

void adl_timing_finish(struct adl_timing *timing);

#endif
