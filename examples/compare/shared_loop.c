/* SPDX-License-Identifier: MIT */
#include "shared_loop.h"

#include <stdio.h>

int shared_loop_open(struct shared_loop *shared, struct run *run)
{
    *shared = (struct shared_loop){.run = run};
    int err = uv_loop_init(&shared->loop);

    if (err < 0) {
        return err;
    }
    return probe_open(&shared->probe, &shared->loop, run->trace);
}

void shared_loop_note(struct shared_loop *shared)
{
    struct asyncdl_lag_report report;
    struct outcome *out = shared->run->outcome;

    asyncdl_lag_get(shared->probe.lag, &report);
    out->held_ns = report.longest_ns;
    (void)snprintf(out->held_by, sizeof(out->held_by), "%s",
                   report.longest_name != NULL ? report.longest_name
                                               : "no single callback");
}

void shared_loop_close(struct shared_loop *shared)
{
    if (shared->run == NULL) {
        return;
    }
    downloads_close(&shared->downloads);
    probe_close(&shared->probe);
    (void)uv_run(&shared->loop, UV_RUN_DEFAULT); /* until all is closed */
    (void)uv_loop_close(&shared->loop);
}
