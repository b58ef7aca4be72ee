/* SPDX-License-Identifier: MIT */
/*
 * Threads and processes run the very same code: a pool whose workers open a
 * session when they start and get one URL after the other, as they are handed
 * out. Only the kind of the workers differs.
 */
#include "io.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crew.h"
#include "meter.h"
#include "probe.h"
#include "session.h"

/* What a task is told, and what it replies. */
struct fetch {
    bool is_verbose;
    bool is_named; /* its lines begin with the name of the worker */
    char url[URL_BYTES];
};

struct fetched {
    struct stint stint; /* first: crew.h */
    struct answer answer;
};

/* One write, so that lines of many processes do not mix. */
static void say(const char *who, const char *url, const struct answer *answer)
{
    char line[URL_BYTES + 128];
    int n = snprintf(line, sizeof(line), "%s%sRead %" PRIu64 " from %s\n",
                     who != NULL ? who : "", who != NULL ? ":" : "",
                     answer->n_bytes, url);

    if (n > 0 && (size_t)n < sizeof(line) && answer->err == 0 &&
        write(STDOUT_FILENO, line, (size_t)n) < 0) {
        return; /* nobody reads it */
    }
}

int io_check(struct run *run, size_t i, const struct answer *answer)
{
    const struct url *url = &run->work->urls.items[i];
    uint64_t size = url->size;
    uint64_t n_bytes = answer->n_bytes;
    uint64_t hash = answer->hash;
    struct outcome *out = run->outcome;

    if (answer->err < 0) {
        return way_fail(run, answer->err, "%.80s: %.100s", url->text,
                        answer->error);
    }
    n_bytes -= run->fault == FAULT_BYTES && i == 0;
    hash ^= run->fault == FAULT_HASH && i == 0;
    if (run->work->net.is_local && size > 0 && n_bytes != size) {
        return way_fail(run, -EBADMSG,
                        "wrong bytes: %.80s has %" PRIu64 ", not %" PRIu64,
                        url->text, n_bytes, size);
    }
    out->n_items++;
    out->n_bytes += n_bytes;
    /* Mixed with its place, so that equal bodies do not cancel each other. */
    out->hash ^= urls_hash(&hash, sizeof(hash), i, 1);
    return 0;
}

int io_run_one_by_one(struct run *run, unsigned n_passes)
{
    struct session session;
    struct answer answer;
    struct meter from;
    struct meter to;
    uint64_t row;
    int err =
        asyncdl_trace_add_row(&row, run->trace,
                              &(struct asyncdl_trace_row){
                                  .name = "main", .kind = ASYNCDL_ROW_THREAD});

    way_begin(run);
    meter_read(&from);
    if (err == 0) {
        err = session_open(&session, &run->work->net);
    }
    if (err < 0) {
        return err;
    }
    session.n_passes = n_passes;
    for (size_t i = 0; err == 0 && i < run->n_urls; i++) {
        const char *url = run->work->urls.items[i].text;

        session_get(&answer, &session, url);
        err = io_check(run, i, &answer);
        if (err == 0) {
            err = session_add_spans(run->trace, row, &answer.phases);
        }
        if (err == 0 && n_passes > 1) {
            err = asyncdl_trace_add(run->trace, row, ASYNCDL_SPAN_COMPUTE,
                                    answer.phases.done_ns,
                                    asyncdl_trace_get_now_ns());
        }
        if (run->is_verbose) {
            say(NULL, url, &answer);
        }
    }
    meter_read(&to);
    run->outcome->worked_ns = meter_worked_ns(&from, &to);
    run->outcome->waited_ns = meter_waited_ns(&from, &to);
    way_end(run);
    session_close(&session);
    return err;
}

static int run_synchronous(struct run *run)
{
    return io_run_one_by_one(run, 1);
}

static int open_session(struct asyncdl_worker *worker, const void *arg,
                        size_t len)
{
    struct session *session = malloc(sizeof(*session));
    int err;

    (void)len;
    if (session == NULL) {
        return -ENOMEM;
    }
    err = session_open(session, arg);
    if (err < 0) {
        free(session);
        return err;
    }
    asyncdl_worker_set_data(worker, session);
    return 0;
}

static void close_session(struct asyncdl_worker *worker)
{
    struct session *session = asyncdl_worker_get_data(worker);

    session_close(session);
    free(session);
}

/* On a worker: get one URL. */
static int fetch(struct asyncdl_task *task, const void *arg, size_t len)
{
    const struct fetch *fetch = arg;
    struct asyncdl_worker *worker = asyncdl_task_worker(task);
    struct fetched fetched = {.stint.pid = getpid()};

    (void)len;
    meter_read(&fetched.stint.from);
    session_get(&fetched.answer, asyncdl_worker_get_data(worker), fetch->url);
    meter_read(&fetched.stint.to);
    if (fetch->is_verbose) {
        say(fetch->is_named ? asyncdl_worker_get_name(worker) : NULL,
            fetch->url, &fetched.answer);
    }
    return asyncdl_task_reply(task, &fetched, sizeof(fetched));
}

static int check_fetched(struct run *run, size_t i, const void *reply,
                         uint64_t row)
{
    const struct fetched *fetched = reply;
    int err = io_check(run, i, &fetched->answer);

    return err == 0
               ? session_add_spans(run->trace, row, &fetched->answer.phases)
               : err;
}

/* Hand out the URLs to the crew, and wait for all. */
static int fetch_all(struct run *run, struct crew *crew)
{
    struct asyncdl_map_options options = ASYNCDL_MAP_OPTIONS_INIT;
    struct asyncdl_bytes *args = calloc(run->n_urls, sizeof(*args));
    struct fetch *fetches = calloc(run->n_urls, sizeof(*fetches));
    struct asyncdl_future *future = NULL;
    int err = args != NULL && fetches != NULL ? 0 : -ENOMEM;

    for (size_t i = 0; err == 0 && i < run->n_urls; i++) {
        struct fetch *f = &fetches[i];

        f->is_verbose = run->is_verbose;
        f->is_named = run->backend == ASYNCDL_POOL_PROCESSES;
        (void)snprintf(f->url, sizeof(f->url), "%s",
                       run->work->urls.items[i].text); /* as long as that */
        args[i].data = f;
        args[i].len = offsetof(struct fetch, url) + strlen(f->url) + 1;
    }
    options.fn = fetch;
    options.args = args;
    options.n = run->n_urls;
    options.chunk = 1; /* to whoever is free */
    if (err == 0) {
        err = asyncdl_pool_map(&future, crew->pool, &options);
    }
    way_end(run);
    if (err == 0) {
        err = crew_check(crew, future, sizeof(struct fetched), check_fetched);
    }
    asyncdl_future_release(future);
    free(fetches);
    free(args);
    return err;
}

static int run_pool(struct run *run)
{
    const struct crew_options options = {
        .initializer = open_session,
        .finisher = close_session,
        .init_arg = &run->work->net,
        .init_len = sizeof(run->work->net),
    };
    struct crew crew = {0};
    uv_loop_t loop;
    int err = uv_loop_init(&loop);

    if (err < 0) {
        return err;
    }
    way_begin(run);
    err = crew_open(&crew, run, &loop, &options);
    if (err == 0) {
        err = fetch_all(run, &crew);
        (void)crew_close(&crew); /* err says more */
    }
    (void)uv_loop_close(&loop);
    return err;
}

/* A row for each task of the loop, and what came of it. */
static int check_task(struct run *run, size_t i, struct asyncdl_future *future)
{
    const char *url = run->work->urls.items[i].text;
    char name[NAME_BYTES];
    struct stay stay = {.asked_ns = run->began_ns};
    struct answer answer;
    const void *result;
    uint64_t row;

    (void)asyncdl_future_result(future, &result); /* the result says it, too */
    session_read_result(&answer, result, &stay, 1);
    (void)snprintf(name, sizeof(name), "task %zu", i + 1);
    int err = io_check(run, i, &answer);

    if (err == 0) {
        err = asyncdl_trace_add_row(
            &row, run->trace,
            &(struct asyncdl_trace_row){.name = name, .note = url});
    }
    if (err == 0) {
        err = session_add_spans(run->trace, row, &answer.phases);
    }
    if (run->is_verbose) {
        say(NULL, url, &answer);
    }
    return err;
}

/* One task a URL, all of them gathered. */
static int gather_all(struct run *run, uv_loop_t *loop,
                      struct asyncdl_client *client)
{
    struct asyncdl_future **futures = calloc(run->n_urls, sizeof(*futures));
    struct asyncdl_future *all = NULL;
    int err = futures != NULL ? 0 : -ENOMEM;

    for (size_t i = 0; err == 0 && i < run->n_urls; i++) {
        struct asyncdl_request request = ASYNCDL_REQUEST_INIT;

        request.url = run->work->urls.items[i].text;
        request.body = ASYNCDL_BODY_MEMORY;
        err = asyncdl_fetch_future(&futures[i], client, &request);
    }
    if (err == 0) {
        err = asyncdl_gather(&all, loop, futures, run->n_urls);
    }
    if (err == 0) {
        err = asyncdl_future_wait(all, ASYNCDL_FOREVER);
    }
    way_end(run);
    for (size_t i = 0; err == 0 && i < run->n_urls; i++) {
        err = check_task(run, i, futures[i]);
    }
    asyncdl_future_release(all);
    for (size_t i = 0; futures != NULL && i < run->n_urls; i++) {
        asyncdl_future_release(futures[i]);
    }
    free(futures);
    return err;
}

static int run_async(struct run *run)
{
    struct probe probe = {0};
    struct asyncdl_client *client = NULL;
    struct asyncdl_lag_report report;
    uv_loop_t loop;
    int err = uv_loop_init(&loop);

    if (err < 0) {
        return err;
    }
    way_begin(run);
    err = session_open_client(&client, &loop, &run->work->net,
                              (unsigned)run->n_urls);
    if (err == 0) {
        err = probe_open(&probe, &loop, run->trace);
    }
    if (err == 0) {
        err = gather_all(run, &loop, client);
        asyncdl_lag_get(probe.lag, &report);
        run->outcome->waited_ns = report.idle_ns;
        run->outcome->worked_ns = report.busy_ns;
    }
    probe_close(&probe);
    if (client != NULL) {
        asyncdl_client_close(client, NULL, NULL);
    }
    (void)uv_run(&loop, UV_RUN_DEFAULT); /* until all of it is closed */
    (void)uv_loop_close(&loop);
    return err;
}

const struct way *io_get_ways(size_t *n)
{
    static const struct way ways[] = {
        {
            .key = "synchronous",
            .name = "synchronous",
            .author = "14.29 s",
            .run = run_synchronous,
        },
        {
            .key = "threads",
            .name = "threads",
            .author = "3.72 s",
            .run = run_pool,
            .backend = ASYNCDL_POOL_THREADS,
        },
        {
            .key = "async",
            .name = "async",
            .author = "2.57 s",
            .run = run_async,
        },
        {
            .key = "processes",
            .name = "processes",
            .author = "5.72 s",
            .run = run_pool,
            .backend = ASYNCDL_POOL_PROCESSES,
        },
    };

    *n = sizeof(ways) / sizeof(ways[0]);
    return ways;
}
