/* SPDX-License-Identifier: MIT */
/* The page of --report: how a run went, in tables and a diagram. */
#ifndef ADL_CLI_ACCOUNT_H
#define ADL_CLI_ACCOUNT_H

#include <stdint.h>

#include "asyncdl/lag.h"
#include "asyncdl/report.h"
#include "asyncdl/trace.h"
#include "cli/tally.h"
#include "cli/timing.h"
#include "util/buf.h"

/* All borrowed. */
struct adl_account {
    const struct adl_tally *tally;
    const struct adl_timing *timing;
    const struct asyncdl_lag_report *loop;
    double elapsed_s;
    double cpu_s; /* of the whole process; less than 0: not known */
};

/* How long the loop waited, worked and computed, and what that means, in a
 * sentence: computing alone is what a processor bounds. Pure. 0 or -ENOMEM. */
int adl_account_add_verdict(struct adl_buf *buf,
                            const struct asyncdl_lag_report *loop);

/* 0, -ENOMEM, or what write answered. */
int adl_account_write(const struct adl_account *account, asyncdl_write_cb write,
                      void *data);

#endif
