/* SPDX-License-Identifier: MIT */
/* The equivalent Python programs, in python/: the same work, the same checks.
 */
#ifndef COMPARE_PEER_H
#define COMPARE_PEER_H

#include "results.h"

/* How many programs there are for a topic. */
size_t peer_count(enum topic topic);

/* Name the row of the i-th of them; where it cannot run, say what to install.
 */
void peer_name(struct row *row, enum topic topic, size_t i,
               const struct work *work);

/* Run it once. */
void peer_run(struct outcome *outcome, enum topic topic, size_t i,
              const struct work *work);

/*
 * Read what a program has printed: "NAME VALUE" lines, and for each sum of
 * squares "sum N VALUE". 0, or -EPROTO with outcome->error set.
 */
int peer_read(struct outcome *outcome, const char *text);

#endif
