/* SPDX-License-Identifier: MIT */
/*
 * The run is over when the feed is at its end and no request is open: the loop
 * runs dry, what is written aside is written, and stop() closes the client,
 * whose journal then holds the exit status. Or something stops it before, a
 * signal or a local fault: stop() closes everything, and the loop runs dry.
 * After a signal it is given LATE_MS for that: what still waits for a disk then
 * is left to its fate.
 */
#include "cli/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "asyncdl/client.h"
#include "cli/beside.h"
#include "cli/blame.h"
#include "cli/failed.h"
#include "cli/feed.h"
#include "cli/folder.h"
#include "cli/limits.h"
#include "cli/manifest.h"
#include "cli/outputs.h"
#include "cli/show.h"
#include "cli/signals.h"
#include "cli/tally.h"

#define LATE_MS  400 /* from a signal to the end of the loop */
#define FLUSH_MS 300 /* and to whoever reads the last words */

struct run {
    const struct adl_options *options;
    struct adl_complain *complain;
    const struct adl_msg *msg;
    uv_loop_t loop;
    struct adl_signals signals;
    uv_timer_t late;
    struct asyncdl_client *client;
    struct adl_feed feed;
    struct adl_show show;
    struct adl_tally tally;
    struct adl_beside beside;
    uint64_t start_ns;
    uint64_t end_ns; /* it spoke its last words; 0: not yet */
    uint64_t n_over; /* requests that completed */
    bool is_ended;   /* no more requests */
    bool is_stopped;
    bool is_late; /* the loop was left before it was dry */
};

/* So far; from its last words on up to those, so that all tell the same. */
static double get_elapsed_s(const struct run *run)
{
    uint64_t now_ns = run->end_ns != 0 ? run->end_ns : uv_hrtime();

    return (double)(now_ns - run->start_ns) / 1e9;
}

/* Requests accepted and not over. */
static uint64_t count_open(const struct run *run)
{
    return run->feed.n_accepted - run->n_over;
}

/* Take no more requests, once. The loop goes on for those under way alone. */
static void end(struct run *run)
{
    if (run->is_ended) {
        return;
    }
    run->is_ended = true;
    adl_feed_close(&run->feed);
    adl_signals_unref(&run->signals);
}

/* Close everything, once. What is under way completes as canceled. */
static void stop(struct run *run)
{
    if (run->is_stopped) {
        return;
    }
    run->is_stopped = true;
    end(run);
    asyncdl_client_end_run(run->client, adl_tally_get_exit_status(&run->tally));
    asyncdl_client_close(run->client, NULL, NULL);
    run->client = NULL;
    adl_show_stop(&run->show);
}

static void end_when_over(struct run *run)
{
    if (run->feed.is_read && count_open(run) == 0) {
        end(run);
    }
}

/* The first fault of this machine is the one that counts; 0 is none. */
static void note_fault(struct run *run, int err)
{
    if (err < 0 && run->tally.local_fault == 0) {
        run->tally.local_fault = err;
    }
}

/* Something of this machine is broken: nothing more can be done. */
static void on_fault(int err, void *data)
{
    struct run *run = data;

    note_fault(run, err);
    stop(run);
}

static void on_read(void *data)
{
    end_when_over(data);
}

static void on_late(uv_timer_t *timer)
{
    struct run *run = timer->data;

    run->is_late = true;
    uv_stop(&run->loop);
}

static void on_stop_signal(int signal_number, void *data)
{
    struct run *run = data;

    run->tally.signal = signal_number;
    stop(run);
    (void)uv_timer_start(&run->late, on_late, LATE_MS, 0); /* is not closing */
}

static void get_facts(struct adl_progress_facts *out, void *data)
{
    const struct run *run = data;
    struct asyncdl_client_stats stats = {0};

    if (run->client != NULL) {
        asyncdl_client_get_stats(run->client, &stats);
    }
    *out = (struct adl_progress_facts){
        .tally = &run->tally,
        .n_read = run->feed.n_read,
        .is_read = run->feed.is_read,
        .n_active = stats.n_active + stats.n_saving,
        .elapsed_s = get_elapsed_s(run),
    };
}

static void on_status_signal(void *data)
{
    struct run *run = data;
    struct adl_progress_facts facts;

    get_facts(&facts, run);
    adl_show_tell(&run->show, &facts, run->msg);
}

/* The last observer: the others have seen the result when this ends the run. */
static void on_event(const struct asyncdl_event *event, void *data)
{
    struct run *run = data;

    if (event->type != ASYNCDL_EVENT_DONE) {
        return;
    }
    run->n_over++;
    note_fault(run, run->show.out.err != -EPIPE ? run->show.out.err : 0);
    note_fault(run, run->beside.failed.aside.err);
    note_fault(run, run->beside.outputs.err);
    if (run->tally.local_fault != 0) {
        stop(run);
    }
    end_when_over(run);
}

static int observe(struct run *run)
{
    int err =
        asyncdl_client_observe(run->client, adl_tally_on_event, &run->tally);

    if (err == 0) {
        err = adl_show_observe(&run->show, run->client);
    }
    if (err == 0 && run->options->manifest != NULL && !run->options->is_dry) {
        err = asyncdl_client_observe(run->client, adl_manifest_on_event,
                                     &run->beside.manifest);
    }
    if (err == 0 && adl_charts_are_wanted(&run->beside.charts)) {
        err = asyncdl_client_observe(run->client, adl_timing_on_event,
                                     &run->beside.charts.timing);
    }
    if (err == 0) {
        err = asyncdl_client_observe(run->client, adl_complain_on_event,
                                     run->complain);
    }
    if (err == 0 && !run->options->is_discarding && !run->options->is_dry) {
        err = asyncdl_client_observe(run->client, adl_outputs_on_event,
                                     &run->beside.outputs);
    }
    return err < 0 ? err : asyncdl_client_observe(run->client, on_event, run);
}

static int watch_signals(struct run *run)
{
    int err = uv_timer_init(&run->loop, &run->late);

    run->late.data = run;
    run->signals = (struct adl_signals){
        .on_stop = on_stop_signal,
        .on_status = on_status_signal,
        .data = run,
    };
    return err < 0 ? err : adl_signals_open(&run->signals, &run->loop);
}

/* Open the client, and say what was wrong if it cannot be. An exit status. */
static int open_client(struct run *run)
{
    struct asyncdl_client_options options;

    adl_options_get_client(&options, run->options);
    int err = asyncdl_client_open(&run->client, &run->loop, &options);
    if (err < 0) {
        return adl_blame_tell(run->msg, &run->loop, run->options, err);
    }
    return ADL_EXIT_DONE;
}

static int start(struct run *run, struct adl_sources *sources)
{
    run->feed = (struct adl_feed){
        .options = run->options,
        .msg = run->msg,
        .complain = run->complain,
        .tally = &run->tally,
        .failed = &run->beside.failed,
        .client = run->client,
        .on_fault = on_fault,
        .on_end = on_read,
        .data = run,
    };
    int err = adl_show_init(&run->show, &run->loop, run->options, &run->tally,
                            getenv("TERM"));
    if (err == 0) {
        err = adl_feed_init(&run->feed, &run->loop, sources);
    }
    if (err == 0) {
        err = watch_signals(run);
    }
    if (err == 0) {
        err = adl_charts_watch(&run->beside.charts, &run->loop);
    }
    if (err == 0) {
        err = observe(run);
    }
    return err < 0 ? err
                   : adl_show_draw(&run->show, &run->loop, get_facts, run,
                                   run->msg);
}

/* After a signal nothing waits for the disk. */
static enum adl_aside_end get_end(const struct run *run)
{
    return run->tally.signal != 0 ? ADL_ASIDE_FAST : ADL_ASIDE_SYNC;
}

/* The last words on stdout; after a signal only while somebody takes them. */
static void flush_output(struct run *run)
{
    int err;

    do {
        err = adl_out_flush(&run->show.out, FLUSH_MS);
    } while (err == -ETIMEDOUT && adl_signals_get() == 0);
    if (err < 0 && err != -EPIPE && err != -ETIMEDOUT) {
        adl_msg_error(run->msg, "cannot write to standard output: %s",
                      strerror(-err));
        note_fault(run, err);
    }
}

static void speak_last(struct run *run)
{
    if (run->end_ns == 0) {
        run->end_ns = uv_hrtime();
        adl_show_add_summary(&run->show, get_elapsed_s(run));
        flush_output(run);
        adl_show_tell_summary(&run->show, get_elapsed_s(run), run->msg);
    }
}

static void finish_failed(struct run *run)
{
    bool is_whole = run->feed.is_read && run->tally.n_canceled == 0;

    note_fault(run, adl_failed_finish(&run->beside.failed, run->msg, is_whole,
                                      get_end(run)));
}

/*
 * All is over but the journal's word on it: write what may fail before. Files
 * get their places later, when the journal lasts. A signal may come meanwhile.
 */
static void settle_end(struct run *run)
{
    speak_last(run);
    adl_charts_write(&run->beside.charts, &run->tally, get_elapsed_s(run));
    /* what is wrong with them is told by who finishes them */
    note_fault(run, adl_aside_settle(&run->beside.failed.aside, get_end(run)));
    note_fault(run,
               adl_aside_settle(&run->beside.manifest.aside, get_end(run)));
    note_fault(run, adl_charts_settle(&run->beside.charts, get_end(run)));
    run->tally.signal = adl_signals_get();
}

/* Run the loop until it is dry, and everything closed. */
static void run_dry(struct run *run)
{
    (void)uv_run(&run->loop, UV_RUN_DEFAULT);
    if (!run->is_stopped) {
        settle_end(run);
        stop(run);
        (void)uv_run(&run->loop, UV_RUN_DEFAULT);
    }
}

/* What would replace the file of a line stays unwritten: it was told. */
static void drop_outputs(struct run *run)
{
    if (run->beside.outputs.files[ADL_OUTPUT_FAILED].is_taken) {
        adl_failed_abort(&run->beside.failed);
    }
    if (run->beside.outputs.files[ADL_OUTPUT_MANIFEST].is_taken) {
        adl_manifest_abort(&run->beside.manifest);
    }
    for (int i = 0; i < ADL_N_CHARTS; i++) {
        if (run->beside.outputs.files[ADL_OUTPUT_CHARTS + i].is_taken) {
            adl_charts_abort(&run->beside.charts, (enum adl_chart)i);
        }
    }
}

/* The end of what could be said, and of what is said. */
static void tell_end(struct run *run)
{
    if (run->is_late) {
        run->tally.n_canceled += count_open(run);
    }
    drop_outputs(run);
    finish_failed(run);
    speak_last(run);
    note_fault(run, adl_manifest_finish(&run->beside.manifest,
                                        run->options->manifest, run->msg,
                                        get_end(run)));
    adl_charts_write(&run->beside.charts, &run->tally, get_elapsed_s(run));
    note_fault(run,
               adl_charts_finish(&run->beside.charts, run->msg, get_end(run)));
    adl_complain_end(run->complain);
    if (run->tally.signal == 0) {
        run->tally.signal = adl_signals_get(); /* it cut the last words */
    }
}

/* The loop is dry but for what waits for signals. */
static void finish(struct run *run)
{
    adl_signals_close(&run->signals);
    uv_close((uv_handle_t *)&run->late, NULL);
    adl_charts_close(&run->beside.charts);
    (void)uv_run(&run->loop, UV_RUN_DEFAULT); /* nothing but closing */
    adl_feed_finish(&run->feed);
    adl_outputs_finish(&run->beside.outputs);
    adl_folder_finish(&run->beside.folder);
    adl_show_finish(&run->show);
}

/* Open what has to be there before anything starts. An exit status. */
static int open_first(struct run *run, const struct adl_sources *sources)
{
    int status = adl_beside_open(&run->beside, run->options, sources, run->msg);

    return status != ADL_EXIT_DONE ? status : open_client(run);
}

int adl_run(const struct adl_options *options, struct adl_sources *sources,
            struct adl_complain *complain, const struct adl_msg *msg)
{
    struct run run = {.options = options, .complain = complain, .msg = msg};
    int err = uv_loop_init(&run.loop);

    run.start_ns = uv_hrtime();
    if (err < 0) {
        adl_msg_error(msg, "cannot start: %s", strerror(-err));
        return ADL_EXIT_USAGE;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* fails for no real signal */
    (void)signal(SIGXFSZ, SIG_IGN); /* likewise; the write says EFBIG */
    adl_limits_raise(options);
    int status = open_first(&run, sources);
    if (status != ADL_EXIT_DONE) {
        adl_beside_abort(&run.beside);
        (void)uv_loop_close(&run.loop); /* the program ends */
        return status;
    }
    err = start(&run, sources);
    if (err < 0) {
        adl_msg_error(msg, "cannot start: %s", strerror(-err));
        adl_beside_abort(&run.beside);
        return ADL_EXIT_USAGE;
    }
    adl_feed_start(&run.feed);
    run_dry(&run);
    tell_end(&run);
    status = adl_tally_get_exit_status(&run.tally);
    if (run.is_late) {
        (void)fflush(NULL); /* there is nobody to tell */
        _exit(status);      /* an exit() would wait for the disk */
    }
    finish(&run);
    (void)uv_loop_close(&run.loop); /* the program ends */
    return status;
}
