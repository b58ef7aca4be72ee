/* SPDX-License-Identifier: MIT */
/*
 * --dry-run, an observer of a client that only plans: a line on stdout for each
 * URL, with the file that it would become or why it would not, and the summary.
 */
#ifndef ADL_CLI_PLAN_H
#define ADL_CLI_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "asyncdl/event.h"
#include "cli/out.h"
#include "cli/tally.h"

struct adl_plan {
    struct adl_out *out; /* borrowed, as dir */
    const char *dir;     /* where files go */
    struct adl_buf url;
    struct adl_buf path;
    uint64_t n_half; /* that would be gone on with */
};

void adl_plan_init(struct adl_plan *plan, struct adl_out *out, const char *dir);
void adl_plan_finish(struct adl_plan *plan);

/* data is the struct adl_plan. */
void adl_plan_on_event(const struct asyncdl_event *event, void *data);

/*
 * Append the line of a result, shown as url; total is what is expected of the
 * whole, and is_there says whether something has its name. 0 or -ENOMEM.
 */
int adl_plan_add_line(struct adl_buf *buf, const char *url,
                      const struct asyncdl_result *result, uint64_t total,
                      bool is_there);

/* Append what would come of a run. 0 or -ENOMEM. */
int adl_plan_add_summary(struct adl_buf *buf, const struct adl_plan *plan,
                         const struct adl_tally *tally);

#endif
