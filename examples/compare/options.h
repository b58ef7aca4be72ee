/* SPDX-License-Identifier: MIT */
/* The command line of asyncdl-compare. */
#ifndef COMPARE_OPTIONS_H
#define COMPARE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* What can be run, in the order in which it is. */
enum topic {
    TOPIC_IO,
    TOPIC_CPU,
    TOPIC_BOTH,
    TOPIC_HOLD,
    TOPIC_SWEEP,
    TOPIC_BUSY,
    TOPIC_PRIMES,
    TOPIC_SEARCH,
    TOPIC_LOCK,
    TOPIC_COUNT,
    N_TOPICS,
};

/* A fault to plant, to see that it is found. */
enum fault {
    FAULT_NONE,
    FAULT_BYTES, /* a body comes out a byte short */
    FAULT_SUM,   /* a sum comes out one too large */
    FAULT_HASH,  /* a hash comes out with another bit */
};

struct options {
    bool topics[N_TOPICS];
    unsigned n_rounds;
    bool has_rounds; /* said by the caller: then nothing is run less often */
    unsigned n_threads;
    unsigned scale; /* 0: the default */
    unsigned sweep_max;
    unsigned latency_ms;
    const char *list; /* all strings are argv's */
    bool is_online;
    bool has_python;
    bool has_diagram;
    bool is_verbose;
    bool wants_help;
    const char *json;
    const char *csv;
    const char *trace;
    const char *svg;
    const char *report;
    const char *site;
    const char *python_dir;
    enum fault fault;
};

/* Read argv. 0, or -EINVAL with one line in text. */
int options_parse(struct options *out, int argc, char *const *argv, char *text,
                  size_t cap);

/* The word that names a topic on the command line. */
const char *options_topic(enum topic topic);

/* What --help prints. */
const char *options_get_help(void);

#endif
