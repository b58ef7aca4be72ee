/* SPDX-License-Identifier: MIT */
#include "cli/charts.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "cli/account.h"

static const struct adl_aside_options aside_options = {.mode = 0666,
                                                       .takes_devices = true};

const char *adl_charts_get_option(enum adl_chart chart)
{
    static const char *const names[ADL_N_CHARTS] = {
        [ADL_CHART_TRACE] = "--trace",
        [ADL_CHART_TIMELINE] = "--timeline",
        [ADL_CHART_REPORT] = "--report",
    };

    return names[chart];
}

static int tell(const struct adl_msg *msg, const char *const *paths, size_t i,
                int err)
{
    if (err < 0) {
        adl_msg_error(msg, "cannot write %s %s: %s",
                      adl_charts_get_option((enum adl_chart)i), paths[i],
                      err == -ENXIO ? "nobody reads it: start its reader first"
                                    : strerror(-err));
    }
    return err;
}

int adl_charts_check(const struct adl_options *options,
                     const struct adl_msg *msg)
{
    int err = 0;

    for (size_t i = 0; err == 0 && i < ADL_N_CHARTS; i++) {
        const char *path = options->charts[i];

        if (path != NULL) {
            err = tell(
                msg, options->charts, i,
                adl_aside_check(path, options->client.dir, &aside_options));
        }
    }
    return err;
}

int adl_charts_begin(struct adl_charts *charts,
                     const struct adl_options *options,
                     const struct adl_msg *msg)
{
    bool is_wanted = false;
    int err = 0;

    charts->paths = options->charts;
    for (size_t i = 0; err == 0 && i < ADL_N_CHARTS; i++) {
        if (options->charts[i] != NULL) {
            is_wanted = true;
            err = adl_aside_open(&charts->asides[i], options->charts[i],
                                 &aside_options);
            (void)tell(msg, charts->paths, i, err);
        }
    }
    if (err == 0 && is_wanted) {
        err = asyncdl_trace_create(&charts->trace, NULL);
        charts->timing.trace = charts->trace;
    }
    return err;
}

static void on_stretch(enum asyncdl_lag_kind kind, uint64_t from_ns,
                       uint64_t to_ns, void *data)
{
    struct adl_charts *charts = data;

    /* without memory the row has a gap */
    (void)asyncdl_trace_add(charts->trace, charts->loop_row,
                            kind == ASYNCDL_LAG_IDLE ? ASYNCDL_SPAN_IO
                                                     : ASYNCDL_SPAN_COMPUTE,
                            from_ns, to_ns);
}

int adl_charts_watch(struct adl_charts *charts, uv_loop_t *loop)
{
    const struct asyncdl_trace_row row = {
        .name = "event loop",
        .note = "waiting for anything to happen, or working",
        .kind = ASYNCDL_ROW_THREAD,
    };
    struct asyncdl_lag_options options = ASYNCDL_LAG_OPTIONS_INIT;

    if (!adl_charts_are_wanted(charts)) {
        return 0;
    }
    int err = asyncdl_trace_add_row(&charts->loop_row, charts->trace, &row);
    if (err < 0) {
        return err;
    }
    options.on_stretch = on_stretch;
    options.data = charts;
    return asyncdl_lag_open(&charts->lag, loop, &options);
}

/* data is the struct adl_aside. */
static int write_aside(const void *bytes, size_t len, void *data)
{
    struct adl_aside *aside = data;
    int err = adl_buf_add(&aside->text, bytes, len);

    adl_aside_note(aside, err);
    adl_aside_added(aside);
    return aside->err;
}

/* Seconds of the processor, of all threads; -1: not known. */
static double get_cpu_s(void)
{
    struct rusage use;

    if (getrusage(RUSAGE_SELF, &use) < 0) {
        return -1;
    }
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static int write_timeline(struct adl_charts *charts, struct adl_aside *aside)
{
    struct asyncdl_diagram_options options = ASYNCDL_DIAGRAM_OPTIONS_INIT;

    options.title = "asyncdl: what each transfer waited for";
    options.flags = ASYNCDL_DIAGRAM_BY_START;
    return asyncdl_trace_write_svg(charts->trace, &options, write_aside, aside);
}

static int write_report(struct adl_charts *charts, struct adl_aside *aside,
                        const struct adl_tally *tally, double elapsed_s)
{
    struct asyncdl_lag_report loop = {0};

    if (charts->lag != NULL) {
        asyncdl_lag_get(charts->lag, &loop);
    }
    const struct adl_account account = {
        .tally = tally,
        .timing = &charts->timing,
        .loop = &loop,
        .elapsed_s = elapsed_s,
        .cpu_s = get_cpu_s(),
    };
    return adl_account_write(&account, write_aside, aside);
}

void adl_charts_write(struct adl_charts *charts, const struct adl_tally *tally,
                      double elapsed_s)
{
    struct adl_aside *a = charts->asides;

    if (!adl_charts_are_wanted(charts) || charts->is_written) {
        return;
    }
    charts->is_written = true;
    if (charts->lag != NULL) {
        asyncdl_lag_flush(charts->lag);
    }
    if (adl_aside_is_open(&a[ADL_CHART_REPORT])) {
        adl_aside_note(
            &a[ADL_CHART_REPORT],
            write_report(charts, &a[ADL_CHART_REPORT], tally, elapsed_s));
    }
    if (adl_aside_is_open(&a[ADL_CHART_TRACE])) {
        adl_aside_note(&a[ADL_CHART_TRACE],
                       asyncdl_trace_write_chrome(charts->trace, write_aside,
                                                  &a[ADL_CHART_TRACE]));
    }
    if (adl_aside_is_open(&a[ADL_CHART_TIMELINE])) {
        adl_aside_note(&a[ADL_CHART_TIMELINE],
                       write_timeline(charts, &a[ADL_CHART_TIMELINE]));
    }
}

int adl_charts_settle(struct adl_charts *charts, enum adl_aside_end end)
{
    int first = 0;

    for (size_t i = 0; i < ADL_N_CHARTS; i++) {
        int err = adl_aside_settle(&charts->asides[i], end);

        first = first < 0 ? first : err;
    }
    return first;
}

int adl_charts_finish(struct adl_charts *charts, const struct adl_msg *msg,
                      enum adl_aside_end end)
{
    int first = 0;

    for (size_t i = 0; i < ADL_N_CHARTS; i++) {
        int err = tell(msg, charts->paths, i,
                       adl_aside_commit(&charts->asides[i], end));

        first = first < 0 ? first : err;
    }
    return first;
}

void adl_charts_abort(struct adl_charts *charts, enum adl_chart chart)
{
    adl_aside_abort(&charts->asides[chart]);
}

void adl_charts_close(struct adl_charts *charts)
{
    for (size_t i = 0; i < ADL_N_CHARTS; i++) {
        adl_aside_abort(&charts->asides[i]);
    }
    if (charts->lag != NULL) {
        asyncdl_lag_close(charts->lag, NULL, NULL);
    }
    adl_timing_finish(&charts->timing);
    asyncdl_trace_destroy(charts->trace);
    *charts = (struct adl_charts){0};
}
