/* SPDX-License-Identifier: MIT */
/*
 * Every body is hashed many times over, which stands for whatever a program
 * does with what it downloads. The loop hands a body to a worker and goes on.
 */
#include "both.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crew.h"
#include "io.h"
#include "meter.h"
#include "session.h"
#include "shared_loop.h"

#define PASSES 100 /* over a body, for each of the scale */

struct hashed {
    struct stint stint; /* first: crew.h */
    uint64_t hash;
};

struct hashing {
    struct shared_loop shared;
    struct crew crew;
    struct asyncdl_client *client;
    size_t n_left;
    int err; /* the first, with the run failed */
};

/* One download, and the hash of its body. */
struct item {
    struct hashing *hashing;
    size_t i;
    uint64_t row;
    struct answer answer;
};

static unsigned passes(const struct run *run)
{
    return PASSES * run->scale;
}

static void finish(struct item *item, int err)
{
    struct hashing *h = item->hashing;

    if (err == 0) {
        err = io_check(h->shared.run, item->i, &item->answer);
    }
    if (err < 0 && h->err == 0) {
        h->err = err;
    }
    if (--h->n_left == 0) {
        way_end(h->shared.run);
    }
}

static void on_hashed(struct asyncdl_future *future, void *data)
{
    struct item *item = data;
    struct crew *crew = &item->hashing->crew;
    const struct asyncdl_task_result *result;
    const void *borrowed;
    int err = asyncdl_future_result(future, &borrowed);

    result = borrowed;
    const struct hashed *hashed = crew_read(crew, result, sizeof(*hashed));

    if (hashed == NULL) {
        err = err < 0 ? err : -EPROTO;
    } else {
        item->answer.hash = hashed->hash;
        err = asyncdl_trace_add(crew->run->trace,
                                crew_get_row(crew, result->worker),
                                ASYNCDL_SPAN_COMPUTE, hashed->stint.from.now_ns,
                                hashed->stint.to.now_ns);
    }
    asyncdl_future_release(future);
    finish(item, err);
}

/* On a worker: the argument is the number of passes, and then the body. */
static int hash_body(struct asyncdl_task *task, const void *arg, size_t len)
{
    const unsigned *n_passes = arg;
    struct hashed hashed = {.stint.pid = getpid()};

    meter_read(&hashed.stint.from);
    hashed.hash =
        urls_hash(n_passes + 1, len - sizeof(*n_passes), 0, *n_passes);
    meter_read(&hashed.stint.to);
    return asyncdl_task_reply(task, &hashed, sizeof(hashed));
}

/* Hand the body over: it is gone when the callback returns. */
static int submit(struct item *item, const struct asyncdl_result *result)
{
    struct hashing *h = item->hashing;
    struct asyncdl_payload *payload;
    struct asyncdl_task_options options = ASYNCDL_TASK_OPTIONS_INIT;
    struct asyncdl_future *future;
    size_t len = sizeof(unsigned) + result->bytes;
    int err = asyncdl_payload_create(&payload, len);

    if (err < 0) {
        return err;
    }
    unsigned *data = asyncdl_payload_get_data(payload);

    *data = passes(h->shared.run);
    memcpy(data + 1, result->body, result->bytes);
    options.fn = hash_body;
    options.payload = payload;
    err = asyncdl_pool_submit(&future, h->crew.pool, &options);
    asyncdl_payload_release(payload);
    if (err == 0) {
        err = asyncdl_future_then(future, on_hashed, item);
    }
    return err;
}

static void on_done(const struct asyncdl_result *result, void *data)
{
    struct item *item = data;
    struct hashing *h = item->hashing;
    struct run *run = h->shared.run;
    bool is_on_loop = h->crew.pool == NULL;
    struct stay stay = {run->began_ns, asyncdl_trace_get_now_ns()};
    char name[NAME_BYTES];
    int err;

    asyncdl_lag_enter(h->shared.probe.lag, "hash of a body");
    session_read_result(&item->answer, result, &stay,
                        is_on_loop ? passes(run) : 1);
    asyncdl_lag_leave(h->shared.probe.lag);
    (void)snprintf(name, sizeof(name), "download %zu", item->i + 1);
    err = asyncdl_trace_add_row(
        &item->row, run->trace,
        &(struct asyncdl_trace_row){.name = name, .note = result->url});
    if (err == 0) {
        err = session_add_spans(run->trace, item->row, &item->answer.phases);
    }
    if (err == 0 && !is_on_loop && item->answer.err == 0) {
        err = submit(item, result);
        if (err == 0) {
            return; /* on_hashed() goes on */
        }
    }
    finish(item, err);
}

static int download_all(struct hashing *h, struct item *items)
{
    struct run *run = h->shared.run;
    int err = session_open_client(&h->client, &h->shared.loop, &run->work->net,
                                  (unsigned)run->n_urls);

    for (size_t i = 0; err == 0 && i < run->n_urls; i++) {
        struct asyncdl_request request = ASYNCDL_REQUEST_INIT;

        items[i] = (struct item){.hashing = h, .i = i};
        request.url = run->work->urls.items[i].text;
        request.body = ASYNCDL_BODY_MEMORY;
        err = asyncdl_fetch(NULL, h->client, &request, on_done, &items[i]);
        h->n_left += err == 0;
    }
    if (err == 0) {
        (void)uv_run(&h->shared.loop, UV_RUN_DEFAULT); /* until all is done */
        err = h->err;
    }
    return err;
}

static void note_use(struct hashing *h)
{
    struct asyncdl_lag_report report;
    struct outcome *out = h->shared.run->outcome;

    shared_loop_note(&h->shared);
    asyncdl_lag_get(h->shared.probe.lag, &report);
    out->worked_ns += report.busy_ns;
    out->waited_ns = report.idle_ns;
}

/* On the loop where the run has no workers, else with a pool. */
static int run_hashing(struct run *run)
{
    struct hashing h = {0};
    struct item *items = calloc(run->n_urls, sizeof(*items));
    int err = items != NULL ? shared_loop_open(&h.shared, run) : -ENOMEM;

    way_begin(run);
    if (err == 0 && run->n_workers > 0) {
        err = crew_open(&h.crew, run, &h.shared.loop, NULL);
    }
    if (err == 0) {
        err = download_all(&h, items);
        note_use(&h);
    }
    if (h.client != NULL) {
        asyncdl_client_close(h.client, NULL, NULL);
    }
    (void)crew_close(&h.crew); /* err says more */
    shared_loop_close(&h.shared);
    free(items);
    return err;
}

static int run_synchronous(struct run *run)
{
    return io_run_one_by_one(run, passes(run));
}

const struct way *both_get_ways(size_t *n)
{
    static const struct way ways[] = {
        {
            .key = "synchronous",
            .name = "synchronous",
            .run = run_synchronous,
        },
        {
            .key = "loop",
            .name = "async, hash on the loop",
            .run = run_hashing,
        },
        {
            .key = "threads",
            .name = "async, hash in threads",
            .run = run_hashing,
            .backend = ASYNCDL_POOL_THREADS,
        },
        {
            .key = "processes",
            .name = "async, hash in helpers",
            .run = run_hashing,
            .backend = ASYNCDL_POOL_PROCESSES,
        },
    };

    *n = sizeof(ways) / sizeof(ways[0]);
    return ways;
}
