/* SPDX-License-Identifier: MIT */
#include "topic.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "peer.h"
#include "sums.h"
#include "verdict.h"

#define N_BOTH     40  /* downloads whose bodies are hashed */
#define N_BESIDE   20  /* downloads beside other work */
#define LONG_RUN_S 1.5 /* is not repeated, unless rounds were asked for */

void topic_say(const char *what)
{
    if (!isatty(STDERR_FILENO)) {
        return;
    }
    fprintf(stderr, "\r\033[K%s%s", what != NULL ? what : "",
            what != NULL ? "..." : "");
}

bool topic_wants_round(const struct options *options, const struct row *row)
{
    if (row->error[0] != '\0' || row->n_rounds >= options->n_rounds) {
        return false;
    }
    return options->has_rounds || row->n_rounds == 0 ||
           row->seconds[0] <= LONG_RUN_S;
}

static size_t at_most(size_t n, size_t max)
{
    return n < max ? n : max;
}

static struct run_settings settle(enum topic topic, const struct way *way,
                                  const struct work *work)
{
    bool has_workers = way->backend == ASYNCDL_POOL_PROCESSES ||
                       strcmp(way->key, "threads") == 0;
    struct run_settings s = {
        .topic = topic,
        .way = way,
        .n_workers = has_workers ? work->n_cpus : 0,
        .n_urls = work->urls.n,
        .scale = work->options->scale,
    };

    switch (topic) {
    case TOPIC_IO:
        if (way->backend == ASYNCDL_POOL_THREADS && has_workers) {
            s.n_workers = work->options->n_threads;
        }
        break;
    case TOPIC_BOTH:
        s.n_urls = at_most(s.n_urls, N_BOTH);
        break;
    case TOPIC_HOLD:
        s.n_workers = strcmp(way->key, "thread") == 0;
        /* fall through */
    default:
        s.n_urls = at_most(s.n_urls, N_BESIDE);
    }
    return s;
}

static void write_title(struct result *result, const struct work *work)
{
    const struct options *o = work->options;
    char wait[48] = "from the network";

    if (work->net.is_local) {
        (void)snprintf(wait, sizeof(wait), "each answered after %u ms",
                       o->latency_ms);
    }
    switch (result->topic) {
    case TOPIC_IO:
        (void)snprintf(result->title, TITLE_BYTES, "I/O: %zu downloads, %s",
                       work->urls.n, wait);
        break;
    case TOPIC_CPU:
        (void)snprintf(result->title, TITLE_BYTES,
                       "CPU: %d sums of squares up to 5,000,000, each made "
                       "%u time%s",
                       SUMS_N, o->scale, o->scale == 1 ? "" : "s");
        break;
    case TOPIC_BOTH:
        (void)snprintf(result->title, TITLE_BYTES,
                       "Both at once: %zu downloads, %s, and their bodies "
                       "hashed",
                       at_most(work->urls.n, N_BOTH), wait);
        break;
    default:
        (void)snprintf(result->title, TITLE_BYTES,
                       "Not cooperating: long work beside %zu downloads",
                       at_most(work->urls.n, N_BESIDE));
    }
}

static void name_row(struct row *row, const struct run_settings *s)
{
    (void)snprintf(row->key, sizeof(row->key), "%s", s->way->key);
    if ((s->topic == TOPIC_IO || s->topic == TOPIC_CPU) && s->n_workers > 1) {
        (void)snprintf(row->name, sizeof(row->name), "%u %s", s->n_workers,
                       s->way->name);
    } else {
        (void)snprintf(row->name, sizeof(row->name), "%s", s->way->name);
    }
    row->author = s->way->author;
    row->n_workers = s->n_workers;
}

/* What the bodies, or sums, of the first row have come to, all must. */
static void compare_work(struct result *result, struct row *row,
                         struct outcome *outcome, const struct work *work)
{
    const struct row *first = &result->rows[0];
    const struct outcome *wanted = &first->outcome;

    if (outcome->err < 0 || row == first || first->n_rounds == 0 ||
        !work->net.is_local || result->topic == TOPIC_HOLD) {
        return;
    }
    bool is_equal = outcome->n_items == wanted->n_items &&
                    outcome->n_bytes == wanted->n_bytes &&
                    (row->is_peer || outcome->hash == wanted->hash);

    if (!is_equal) {
        outcome->err = -1;
        (void)snprintf(outcome->error, ERROR_BYTES,
                       "wrong bytes: %" PRIu64 " in %" PRIu64
                       " bodies (hash %016" PRIx64 "), not %" PRIu64
                       " in %" PRIu64 " (%016" PRIx64 ")",
                       outcome->n_bytes, outcome->n_items, outcome->hash,
                       wanted->n_bytes, wanted->n_items, wanted->hash);
    }
}

static void run_round(struct result *result, size_t i, const struct work *work)
{
    struct row *row = &result->rows[i];
    size_t n;
    const struct way *ways = way_get_all(result->topic, &n);
    struct run_bytes trace = {0};
    struct outcome outcome;
    char what[128];

    (void)snprintf(what, sizeof(what), "%s: %s, round %u",
                   options_topic(result->topic), row->name, row->n_rounds + 1);
    topic_say(what);
    if (i >= n) {
        peer_run(&outcome, result->topic, i - n, work);
    } else {
        struct run_settings s = settle(result->topic, &ways[i], work);

        s.is_verbose = work->options->is_verbose && row->n_rounds == 0;
        /* The last way gets the fault, to be compared with the others. */
        s.fault = i + 1 == n ? work->options->fault : FAULT_NONE;
        run_way(&outcome, &trace, work, &s);
    }
    compare_work(result, row, &outcome, work);
    row_add(row, &outcome, &trace);
}

static void note_rounds(struct result *result, const struct options *options)
{
    char names[TEXT_BYTES / 2] = "";
    size_t len = 0;

    for (size_t i = 0; i < result->n_rows; i++) {
        const struct row *row = &result->rows[i];

        if (row->n_rounds > 0 && row->n_rounds < options->n_rounds &&
            row->error[0] == '\0' && len < sizeof(names)) {
            len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s",
                                    len > 0 ? ", " : "", row->name);
        }
    }
    if (len > 0) {
        result_note(result, "times are medians of %u rounds; run once: %s",
                    options->n_rounds, names);
    } else {
        result_note(result, "times are medians of %u round%s",
                    options->n_rounds, options->n_rounds == 1 ? "" : "s");
    }
}

static void note_start(struct result *result)
{
    for (size_t i = 0; i < result->n_rows; i++) {
        const struct row *row = &result->rows[i];

        if (row->outcome.ready_ns > 0 && strcmp(row->key, "processes") == 0) {
            result_note(result,
                        "processes: their start took %.1f ms of that time; "
                        "beside the %u helpers there are the program and its "
                        "forkserver",
                        (double)row->outcome.ready_ns / 1e6, row->n_workers);
        }
    }
}

static void note_missing(struct result *result)
{
    for (size_t i = 0; i < result->n_rows; i++) {
        if (result->rows[i].error[0] != '\0') {
            result_note(result, "%s: %s", result->rows[i].name,
                        result->rows[i].error);
        }
    }
}

int topic_run(struct result *out, enum topic topic, const struct work *work)
{
    size_t n_ways;
    const struct way *ways = way_get_all(topic, &n_ways);
    size_t n_peers = work->options->has_python ? peer_count(topic) : 0;
    int err = result_init(out, topic, n_ways + n_peers);

    if (err < 0) {
        return err;
    }
    out->has_beside = topic == TOPIC_CPU || topic == TOPIC_HOLD;
    write_title(out, work);
    for (size_t i = 0; i < n_ways; i++) {
        struct run_settings s = settle(topic, &ways[i], work);

        name_row(&out->rows[i], &s);
    }
    for (size_t i = 0; i < n_peers; i++) {
        peer_name(&out->rows[n_ways + i], topic, i, work);
    }
    for (unsigned round = 0; round < work->options->n_rounds; round++) {
        for (size_t i = 0; i < out->n_rows; i++) {
            if (topic_wants_round(work->options, &out->rows[i])) {
                run_round(out, i, work);
            }
        }
    }
    topic_say(NULL);
    result_settle(out);
    verdict_write(out, work->n_cpus);
    note_rounds(out, work->options);
    note_start(out);
    note_missing(out);
    return 0;
}
