/* SPDX-License-Identifier: MIT */
/*
 * The client asks for work, the reader gives entries out, each becomes a
 * request. The run is over when the reader is at its end and no request is
 * open, or when something stops it: a signal or a local fault. Then stop()
 * closes everything once, and the loop runs dry.
 */
#include "cli/run.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <uv.h>

#include "asyncdl/client.h"
#include "asyncdl/error.h"
#include "cli/blame.h"
#include "cli/manifest.h"
#include "cli/plain.h"
#include "cli/reader.h"
#include "cli/request.h"
#include "cli/seen.h"
#include "cli/tally.h"

#define N_SIGNALS 2

struct run {
    const struct adl_options *options;
    struct adl_complain *complain;
    const struct adl_msg *msg;
    uv_loop_t loop;
    uv_signal_t signals[N_SIGNALS];
    struct asyncdl_client *client;
    struct adl_reader reader;
    struct adl_out out;
    struct adl_plain plain;
    struct adl_manifest manifest;
    struct adl_seen seen;
    struct adl_tally tally;
    uint64_t n_open; /* requests accepted and not over */
    bool is_read;    /* no more entries follow */
    bool is_stopped;
};

static void on_reader_closed(void *data)
{
    (void)data;
}

/* Close everything, once. What is under way completes as canceled. */
static void stop(struct run *run)
{
    if (run->is_stopped) {
        return;
    }
    run->is_stopped = true;
    asyncdl_client_end_run(run->client, adl_tally_get_exit_status(&run->tally));
    asyncdl_client_on_want(run->client, NULL, NULL);
    adl_reader_close(&run->reader, on_reader_closed);
    asyncdl_client_close(run->client, NULL, NULL);
    run->client = NULL;
    adl_out_stop(&run->out);
    for (int i = 0; i < N_SIGNALS; i++) {
        /* A second signal must still find somebody: stay, hold nothing up. */
        uv_unref((uv_handle_t *)&run->signals[i]);
    }
}

static void stop_when_over(struct run *run)
{
    if (run->is_read && run->n_open == 0) {
        stop(run);
    }
}

/* Something of this machine is broken: nothing more can be done. */
static void stop_for_fault(struct run *run, int err)
{
    if (run->tally.local_fault == 0) {
        run->tally.local_fault = err;
    }
    stop(run);
}

static void on_signal(uv_signal_t *handle, int signal_number)
{
    struct run *run = handle->data;

    if (run->tally.signal != 0) {
        _exit(ADL_EXIT_SIGNAL + signal_number);
    }
    run->tally.signal = signal_number;
    stop(run);
}

/* The last observer: the others have seen the result when this ends the run. */
static void on_event(const struct asyncdl_event *event, void *data)
{
    struct run *run = data;

    if (event->type != ASYNCDL_EVENT_DONE) {
        return;
    }
    run->n_open--;
    bool is_deaf = run->out.err < 0 && run->out.err != -EPIPE;
    if (run->tally.local_fault != 0 || is_deaf) {
        stop(run);
    }
    stop_when_over(run);
}

static void on_want(size_t n_wanted, void *data)
{
    struct run *run = data;

    adl_reader_want(&run->reader, n_wanted);
}

/* Is it one that --dups once leaves out? 1, 0 or -ENOMEM. */
static int is_duplicate(struct run *run, const struct adl_entry *entry)
{
    if (run->options->dups != ADL_DUPS_ONCE) {
        return 0;
    }
    int is_new = adl_seen_add(&run->seen, entry->urls.items[0]);
    return is_new < 0 ? is_new : !is_new;
}

static bool on_entry(const struct adl_entry *entry,
                     const struct adl_place *place, void *data)
{
    struct run *run = data;
    int err = is_duplicate(run, entry);

    if (err > 0) {
        run->tally.n_dups++;
        return false;
    }
    if (err == 0) {
        struct asyncdl_request request = adl_request_make(entry, run->options);

        err = asyncdl_fetch(NULL, run->client, &request, NULL, NULL);
    }
    if (err == 0) {
        run->n_open++;
        return true;
    }
    if (err == -ENOMEM) {
        run->tally.n_retryable++; /* another run may have more */
    } else {
        run->tally.n_bad++;
    }
    adl_complain_of_url(run->complain, place, entry->urls.items[0], err);
    return false;
}

static void on_end(int err, const char *source, void *data)
{
    struct run *run = data;

    run->is_read = true;
    if (err < 0) {
        adl_msg_error(run->msg, "cannot read on in %s: %s", source,
                      strerror(-err));
        stop_for_fault(run, err);
    }
    stop_when_over(run);
}

static void on_bad(const struct adl_place *place, const char *why, void *data)
{
    struct run *run = data;

    run->tally.n_bad++;
    adl_complain_of_line(run->complain, place, why);
}

static void on_unknown(const struct adl_place *place, const char *name,
                       void *data)
{
    struct run *run = data;

    adl_complain_of_option(run->complain, place, name);
}

/* Each transfer may take a socket and a file: ask for as many as allowed. */
static void raise_descriptor_limit(const struct adl_options *options)
{
    rlim_t n_jobs =
        options->client.max_active > 0 ? options->client.max_active : 128;
    rlim_t wanted = 4 * n_jobs + 64;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted) {
        return;
    }
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* fewer descriptors will do */
}

static int observe(struct run *run)
{
    int err =
        asyncdl_client_observe(run->client, adl_tally_on_event, &run->tally);

    if (err == 0 && !run->options->is_quiet) {
        err = asyncdl_client_observe(run->client, adl_plain_on_event,
                                     &run->plain);
    }
    if (err == 0 && run->options->manifest != NULL) {
        err = asyncdl_client_observe(run->client, adl_manifest_on_event,
                                     &run->manifest);
    }
    if (err == 0) {
        err = asyncdl_client_observe(run->client, adl_complain_on_event,
                                     run->complain);
    }
    return err < 0 ? err : asyncdl_client_observe(run->client, on_event, run);
}

static int watch_signals(struct run *run)
{
    static const int numbers[N_SIGNALS] = {SIGINT, SIGTERM};
    int err = 0;

    for (int i = 0; err == 0 && i < N_SIGNALS; i++) {
        err = uv_signal_init(&run->loop, &run->signals[i]);
        run->signals[i].data = run;
        if (err == 0) {
            err = uv_signal_start(&run->signals[i], on_signal, numbers[i]);
        }
    }
    return err;
}

/* Open the client, and say what was wrong if it cannot be. An exit status. */
static int open_client(struct run *run)
{
    bool is_local = false;
    struct asyncdl_client_options options;
    struct adl_buf text = {0};

    adl_options_get_client(&options, run->options);
    int err = asyncdl_client_open(&run->client, &run->loop, &options);
    if (err < 0) {
        int full = adl_blame(&text, &is_local, &run->loop, run->options, err);

        adl_msg_error(run->msg, "%s",
                      full == 0 ? adl_buf_str(&text) : strerror(ENOMEM));
        adl_buf_finish(&text);
        return is_local ? ADL_EXIT_LOCAL : ADL_EXIT_USAGE;
    }
    return ADL_EXIT_DONE;
}

static int start(struct run *run, struct adl_sources *sources)
{
    const struct adl_reader_options reading = {
        .sources = sources,
        .protocols = run->options->client.http.protocols,
        .on_entry = on_entry,
        .on_end = on_end,
        .list = {.on_bad = on_bad, .on_unknown = on_unknown},
        .data = run,
    };
    uint64_t key[2];
    int err = uv_random(NULL, NULL, key, sizeof(key), 0, NULL);

    if (err < 0) {
        return err;
    }
    adl_seen_init(&run->seen, key);
    adl_plain_init(&run->plain, &run->out);
    err = adl_out_init(&run->out, &run->loop, STDOUT_FILENO);
    if (err == 0) {
        err = adl_reader_init(&run->reader, &run->loop, &reading);
    }
    if (err == 0) {
        err = watch_signals(run);
    }
    return err < 0 ? err : observe(run);
}

static void add_summary(struct run *run, uint64_t start_ns)
{
    double elapsed_s = (double)(uv_hrtime() - start_ns) / 1e9;

    if (!run->options->is_quiet && run->out.err == 0) {
        /* without memory there is no summary */
        (void)adl_plain_add_summary(&run->out.text, &run->tally, elapsed_s);
    }
}

/* Before anything is downloaded that it could not tell of. */
static int open_manifest(struct run *run)
{
    const char *path = run->options->manifest;
    int err = path != NULL ? adl_manifest_open(&run->manifest, path) : 0;

    if (err < 0) {
        adl_msg_error(run->msg, "cannot write --manifest %s: %s", path,
                      strerror(-err));
    }
    return err;
}

static void commit_manifest(struct run *run)
{
    int err = adl_manifest_commit(&run->manifest);

    if (err < 0) {
        adl_msg_error(run->msg, "cannot write --manifest %s: %s",
                      run->options->manifest, strerror(-err));
        run->tally.local_fault = err;
    }
}

/* The end of what could be said, and of what is said on stdout. */
static int finish(struct run *run, uint64_t start_ns)
{
    add_summary(run, start_ns);
    int err = adl_out_flush(&run->out);
    if (err < 0 && err != -EPIPE) {
        adl_msg_error(run->msg, "cannot write to standard output: %s",
                      strerror(-err));
        run->tally.local_fault = err;
    }
    commit_manifest(run);
    adl_complain_end(run->complain);
    for (int i = 0; i < N_SIGNALS; i++) {
        uv_close((uv_handle_t *)&run->signals[i], NULL);
    }
    (void)uv_run(&run->loop, UV_RUN_DEFAULT); /* nothing but closing */
    adl_plain_finish(&run->plain);
    adl_seen_finish(&run->seen);
    adl_out_finish(&run->out);
    return adl_tally_get_exit_status(&run->tally);
}

int adl_run(const struct adl_options *options, struct adl_sources *sources,
            struct adl_complain *complain, const struct adl_msg *msg)
{
    struct run run = {.options = options, .complain = complain, .msg = msg};
    uint64_t start_ns = uv_hrtime();
    int err = uv_loop_init(&run.loop);

    if (err < 0) {
        adl_msg_error(msg, "cannot start: %s", strerror(-err));
        return ADL_EXIT_USAGE;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* fails for no real signal */
    (void)signal(SIGXFSZ, SIG_IGN); /* likewise; the write says EFBIG */
    raise_descriptor_limit(options);
    int status = open_manifest(&run) < 0 ? ADL_EXIT_USAGE : open_client(&run);
    if (status != ADL_EXIT_DONE) {
        adl_manifest_abort(&run.manifest);
        (void)uv_loop_close(&run.loop); /* the program ends */
        return status;
    }
    err = start(&run, sources);
    if (err < 0) {
        adl_msg_error(msg, "cannot start: %s", strerror(-err));
        adl_manifest_abort(&run.manifest);
        return ADL_EXIT_USAGE;
    }
    asyncdl_client_on_want(run.client, on_want, &run);
    (void)uv_run(&run.loop, UV_RUN_DEFAULT);
    status = finish(&run, start_ns);
    (void)uv_loop_close(&run.loop); /* the program ends */
    return status;
}
