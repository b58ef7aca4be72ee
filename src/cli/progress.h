/* SPDX-License-Identifier: MIT */
/* An observer: where the run stands while it runs. */
#ifndef ADL_CLI_PROGRESS_H
#define ADL_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "asyncdl/event.h"
#include "cli/tally.h"
#include "util/buf.h"

struct adl_progress_item;

/* Zero is the beginning. */
struct adl_progress {
    struct adl_progress_item *items; /* of transfers that are worth it, by id */
    uint64_t n_retrying;             /* wait for another attempt */
    /* Of bodies that are not complete: what this run got. */
    uint64_t part_bytes;
};

/* Of those under way whose sizes are known. */
struct adl_progress_sums {
    double n_there;    /* how many transfers their parts would be */
    double n_got;      /* and those parts of them that this run got */
    double bytes_left; /* to come */
};

void adl_progress_sum(struct adl_progress_sums *out,
                      const struct adl_progress *progress);

void adl_progress_finish(struct adl_progress *progress);

/* data is the struct adl_progress. */
void adl_progress_on_event(const struct asyncdl_event *event, void *data);

/* What only the run knows. */
struct adl_progress_facts {
    const struct adl_tally *tally;
    uint64_t n_read;   /* entries and bad lines so far */
    bool is_read;      /* no more follow */
    uint64_t n_active; /* being downloaded or written */
    double elapsed_s;
};

/* Append a line, without its end. 0 or -ENOMEM. */
int adl_progress_add_line(struct adl_buf *buf,
                          const struct adl_progress *progress,
                          const struct adl_progress_facts *facts);

#endif
