/* SPDX-License-Identifier: MIT */
/*
 * The files of --trace, --timeline and --report: what the run did is gathered
 * while it goes on, and written at its end, aside, so that they appear whole.
 *
 *     adl_charts_begin(&charts, options, msg);        before anything starts
 *     adl_charts_watch(&charts, &loop);
 *     asyncdl_client_observe(client, adl_timing_on_event, &charts.timing);
 *     adl_charts_write(&charts, tally, elapsed_s);    when all is over, once
 *     adl_charts_settle(&charts, end);                as aside.h has it
 *     adl_charts_finish(&charts, msg, end);
 *     adl_charts_close(&charts);                      then run the loop
 */
#ifndef ADL_CLI_CHARTS_H
#define ADL_CLI_CHARTS_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "asyncdl/lag.h"
#include "asyncdl/trace.h"
#include "cli/aside.h"
#include "cli/msg.h"
#include "cli/options.h"
#include "cli/tally.h"
#include "cli/timing.h"

/* Zero has none. */
struct adl_charts {
    const char *const *paths; /* of the options, by enum adl_chart */
    struct adl_aside asides[ADL_N_CHARTS];
    struct asyncdl_trace *trace; /* NULL: nobody asked for any */
    struct asyncdl_lag *lag;     /* of the loop; or NULL */
    uint64_t loop_row;           /* of the trace */
    struct adl_timing timing;
    bool is_written;
};

/* "--trace" and so on. */
const char *adl_charts_get_option(enum adl_chart chart);

static inline bool adl_charts_are_wanted(const struct adl_charts *charts)
{
    return charts->trace != NULL;
}

/* Open the files. 0 or a negative code, which is told. */
int adl_charts_begin(struct adl_charts *charts,
                     const struct adl_options *options,
                     const struct adl_msg *msg);

/* Would they open? Writes nothing, and tells what is wrong. */
int adl_charts_check(const struct adl_options *options,
                     const struct adl_msg *msg);

/* Probe the loop. 0, -ENOMEM, or what libuv says. */
int adl_charts_watch(struct adl_charts *charts, uv_loop_t *loop);

/* Write what was gathered, once: later calls do nothing. */
void adl_charts_write(struct adl_charts *charts, const struct adl_tally *tally,
                      double elapsed_s);

int adl_charts_settle(struct adl_charts *charts, enum adl_aside_end end);

/* Give the files their names. 0 or the first error; all are told. */
int adl_charts_finish(struct adl_charts *charts, const struct adl_msg *msg,
                      enum adl_aside_end end);

/* That file stays as it was. */
void adl_charts_abort(struct adl_charts *charts, enum adl_chart chart);

/* Forget all; what is not finished stays as it was. The loop is to run once
 * more after it. */
void adl_charts_close(struct adl_charts *charts);

#endif
