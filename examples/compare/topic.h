/* SPDX-License-Identifier: MIT */
/* All ways of a topic, in rounds: each once, then each again. */
#ifndef COMPARE_TOPIC_H
#define COMPARE_TOPIC_H

#include "results.h"

/* Fill in the result of io, cpu, both or hold. 0 or -ENOMEM. */
int topic_run(struct result *out, enum topic topic, const struct work *work);

/* Whether a row that has so many rounds is run once more. */
bool topic_wants_round(const struct options *options, const struct row *row);

/* On a terminal, say what is being done; NULL wipes it away. */
void topic_say(const char *what);

#endif
