/* SPDX-License-Identifier: MIT */
#include "probe.h"

static void on_stretch(enum asyncdl_lag_kind kind, uint64_t from_ns,
                       uint64_t to_ns, void *data)
{
    struct probe *probe = data;

    /* without memory the row has a gap */
    (void)asyncdl_trace_add(probe->trace, probe->row,
                            kind == ASYNCDL_LAG_IDLE ? ASYNCDL_SPAN_IO
                                                     : ASYNCDL_SPAN_COMPUTE,
                            from_ns, to_ns);
}

int probe_open(struct probe *probe, uv_loop_t *loop,
               struct asyncdl_trace *trace)
{
    const struct asyncdl_trace_row row = {
        .name = "the loop",
        .note = "waiting for anything to happen, or working",
        .kind = ASYNCDL_ROW_THREAD,
    };
    struct asyncdl_lag_options options = ASYNCDL_LAG_OPTIONS_INIT;

    *probe = (struct probe){.trace = trace};
    int err = asyncdl_trace_add_row(&probe->row, trace, &row);
    if (err < 0) {
        return err;
    }
    options.on_stretch = on_stretch;
    options.data = probe;
    return asyncdl_lag_open(&probe->lag, loop, &options);
}

void probe_close(struct probe *probe)
{
    if (probe->lag != NULL) {
        asyncdl_lag_flush(probe->lag);
        asyncdl_lag_close(probe->lag, NULL, NULL);
    }
    *probe = (struct probe){0};
}
