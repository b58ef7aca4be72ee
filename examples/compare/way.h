/* SPDX-License-Identifier: MIT */
/*
 * One way of doing some work. Each run of it is a process of its own, so that
 * what it used is what that way uses (run.h).
 */
#ifndef COMPARE_WAY_H
#define COMPARE_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <asyncdl/asyncdl.h>

#include "options.h"
#include "session.h"
#include "urls.h"

#define NAME_BYTES  48
#define ERROR_BYTES 200

/* What all runs have to work on. */
struct work {
    const struct options *options;
    struct urls urls;
    struct net net;
    unsigned n_cpus;
};

/* What a run came to. Crosses a pipe as it is. */
struct outcome {
    int err;
    char error[ERROR_BYTES]; /* one line, when err is not 0 */
    uint64_t wall_ns;
    uint64_t cpu_ns; /* of all its threads and processes, from its begin */
    uint64_t waited_ns;
    uint64_t worked_ns;
    uint64_t ready_ns;  /* until the last worker began its first task; or 0 */
    uint64_t beside_ns; /* until the downloads beside it were done; or 0 */
    uint64_t held_ns;   /* the longest that the loop was held; or 0 */
    char held_by[NAME_BYTES];
    uint64_t peak_bytes;
    uint32_t n_processes;
    uint32_t n_threads;
    uint64_t n_items;
    uint64_t n_bytes;
    uint64_t hash; /* of all that it read or made, in whatever order */
};

struct run {
    const struct work *work;
    enum asyncdl_pool_backend backend; /* where it has workers */
    unsigned n_workers;
    size_t n_urls; /* of the list, from its beginning */
    unsigned scale;
    bool is_verbose;
    enum fault fault;
    struct asyncdl_trace *trace; /* for its rows */
    struct outcome *outcome;     /* to be filled in */
    uint64_t began_ns;
};

struct way {
    const char *key;    /* "threads" */
    const char *name;   /* "5 threads" */
    const char *author; /* what programs of this kind took elsewhere, or NULL */
    enum asyncdl_pool_backend backend;
    unsigned n_workers;
    /* In a process of its own. 0, or negative with outcome.error set. */
    int (*run)(struct run *run);
    /* Or a program to be run, which prints one line of JSON: python.h. */
    const char *program;
};

/* The ways of a topic, in the order of its table; n is set to how many. */
const struct way *way_get_all(enum topic topic, size_t *n);

/* NULL where the topic has none of that key. */
const struct way *way_find(enum topic topic, const char *key);

/* Note the time at which the work begins. */
void way_begin(struct run *run);

/*
 * The work is done: note how long it took and, while workers are still there,
 * how many, and their memory.
 */
void way_end(struct run *run);

/* Fail with words. Returns err. */
int way_fail(struct run *run, int err, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

#endif
