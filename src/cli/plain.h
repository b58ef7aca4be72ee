/* SPDX-License-Identifier: MIT */
/* An observer: a line on stdout for each finished URL, and the summary. */
#ifndef ADL_CLI_PLAIN_H
#define ADL_CLI_PLAIN_H

#include "asyncdl/event.h"
#include "cli/out.h"
#include "cli/tally.h"

struct adl_plain {
    struct adl_out *out;
    struct adl_buf url;
};

void adl_plain_init(struct adl_plain *plain, struct adl_out *out);
void adl_plain_finish(struct adl_plain *plain);

/* data is the struct adl_plain. */
void adl_plain_on_event(const struct asyncdl_event *event, void *data);

/* Append what came of the run, which took elapsed_s. 0 or -ENOMEM. */
int adl_plain_add_summary(struct adl_buf *buf, const struct adl_tally *tally,
                          double elapsed_s);

/* Parts of it: "WORD 3 (done before 2, file in the way 1)", and behind a comma
 * each what is rare. 0 or -ENOMEM. */
int adl_plain_add_skipped(struct adl_buf *buf, const char *word,
                          const struct adl_tally *tally);
int adl_plain_add_extras(struct adl_buf *buf, const struct adl_tally *tally);

/* Append a number of bytes with a unit in which it reads well. 0 or -ENOMEM. */
int adl_plain_add_size(struct adl_buf *buf, double bytes);

#endif
