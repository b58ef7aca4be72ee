/* SPDX-License-Identifier: MIT */
/*
 * Run a way in a process of its own: this program, started again with an
 * argument that says which. It writes what it came to, and then its trace, to a
 * descriptor that it was given.
 */
#ifndef COMPARE_RUN_H
#define COMPARE_RUN_H

#include "way.h"

/* The option by which the program knows that it is such a process. */
#define RUN_OPTION "--run-way"

/* The trace of a run, as bytes; from malloc(). */
struct run_bytes {
    void *data;
    size_t len;
};

/* A way, and the numbers that it is run with. */
struct run_settings {
    enum topic topic;
    const struct way *way;
    unsigned n_workers;
    size_t n_urls;
    unsigned scale;
    bool is_verbose;
    enum fault fault;
};

/*
 * Run it. What becomes of it, a crash included, is outcome's err. trace may be
 * NULL; else it is set, and trace->data to be freed.
 */
void run_way(struct outcome *outcome, struct run_bytes *trace,
             const struct work *work, const struct run_settings *settings);

/* In that process: what follows RUN_OPTION. Returns the exit status. */
int run_be_the_way(const char *text, struct work *work);

#endif
