/* SPDX-License-Identifier: MIT */
/*
 * What a broken server answers, by path. Anything may follow the name of a
 * fault after a '/' or '?', and each full target counts its own requests.
 */
#ifndef SUPPORT_FAULTS_H
#define SUPPORT_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"

/* The body of every fault that has one: adl_pattern_fill() with seed 0. */
#define FAULT_BODY_BYTES 10000

struct fault_request {
    uint64_t nth;      /* 1 for the first request of this target */
    const char *range; /* NULL: not asked for */
};

enum fault_ending {
    FAULT_KEEP,  /* the connection stays, ready for another request */
    FAULT_CLOSE, /* a proper end */
    FAULT_RESET, /* RST */
    FAULT_HANG,  /* open and silent */
    FAULT_LOOP,  /* what stands from loop_from on, again and again */
};

struct fault_reply {
    struct adl_buf bytes;
    enum fault_ending ending;
    size_t loop_from;
    bool is_dripped; /* byte by byte */
};

struct fault {
    const char *path;
    /* Fill a zeroed reply. 0 or -ENOMEM. */
    int (*make)(struct fault_reply *reply, const struct fault_request *request,
                const struct fault *fault);
    const char *text; /* for make, as are the next two */
    size_t text_len;
    enum fault_ending ending;
    bool is_early; /* answers before the request is complete */
};

/* The fault that target names, or NULL. */
const struct fault *faults_find(const char *target);

/* The i-th of all, or NULL past the last. */
const struct fault *faults_get(size_t i);

#endif
