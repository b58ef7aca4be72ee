/* SPDX-License-Identifier: MIT */
#include "sweep.h"

#include <stdio.h>

#include "topic.h"
#include "verdict.h"

#define N_URLS    16 /* enough for the most workers that are tried */
#define SHARE     5  /* of the scale, since there are many runs */
#define MAX_SWEEP 64

static const struct {
    enum topic topic;
    const char *key;
    const char *title;
} kinds[] = {
    {TOPIC_IO, "threads", "I/O, threads"},
    {TOPIC_IO, "processes", "I/O, processes"},
    {TOPIC_CPU, "threads", "CPU, threads"},
    {TOPIC_CPU, "processes", "CPU, processes"},
};

_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == SWEEP_KINDS, "all kinds");

const char *sweep_get_title(size_t kind)
{
    return kinds[kind].title;
}

static void measure(struct row *row, size_t kind, unsigned n_workers,
                    const struct work *work)
{
    bool is_io = kinds[kind].topic == TOPIC_IO;
    unsigned scale = work->options->scale / SHARE;
    /* Many runs: one of each shows the curve. */
    unsigned n_rounds = work->options->has_rounds ? work->options->n_rounds : 1;
    struct run_settings s = {
        .topic = kinds[kind].topic,
        .way = way_find(kinds[kind].topic, kinds[kind].key),
        .n_workers = n_workers,
        .n_urls = !is_io                  ? 0
                  : work->urls.n < N_URLS ? work->urls.n
                                          : N_URLS,
        .scale = scale > 0 ? scale : 1,
    };

    (void)snprintf(row->key, sizeof(row->key), "%s-%s-%u",
                   options_topic(s.topic), kinds[kind].key, n_workers);
    (void)snprintf(row->name, sizeof(row->name), "%s, %u", kinds[kind].title,
                   n_workers);
    row->n_workers = n_workers;
    topic_say(row->name);
    for (unsigned i = 0; i < n_rounds && row->error[0] == '\0'; i++) {
        struct outcome outcome;

        run_way(&outcome, NULL, work, &s);
        row_add(row, &outcome, NULL);
    }
}

static unsigned best_of(const struct result *result, size_t kind, unsigned max)
{
    double seconds[MAX_SWEEP];

    for (unsigned i = 0; i < max; i++) {
        seconds[i] = result->rows[kind * max + i].median_s;
    }
    return verdict_best_count(seconds, max);
}

static void write_verdict(struct result *result, const struct work *work)
{
    unsigned max = work->options->sweep_max;
    unsigned io_threads = best_of(result, 0, max);
    unsigned io_processes = best_of(result, 1, max);
    unsigned cpu_threads = best_of(result, 2, max);
    unsigned cpu_processes = best_of(result, 3, max);

    if (cpu_threads == 0 || io_threads == 0) {
        (void)snprintf(
            result->verdict, TEXT_BYTES,
            "None: runs failed, and so there is nothing to compare.");
        return;
    }
    (void)snprintf(
        result->verdict, TEXT_BYTES,
        "CPU: threads: %u, processes: %u is enough, and this machine has %u "
        "CPU%s: take one worker a CPU, more only get in each other's way. I/O: "
        "threads: %u, processes: %u is best of %u tried, since those that "
        "wait need no CPU: there the server, memory and the start of each "
        "worker set the limit.",
        cpu_threads, cpu_processes, work->n_cpus, work->n_cpus == 1 ? "" : "s",
        io_threads, io_processes, max);
}

int sweep_run(struct result *out, const struct work *work)
{
    unsigned max = work->options->sweep_max;
    int err = result_init(out, TOPIC_SWEEP, SWEEP_KINDS * max);

    if (err < 0) {
        return err;
    }
    (void)snprintf(out->title, sizeof(out->title),
                   "Sweep: 1 to %u workers, %u downloads and 20 sums", max,
                   N_URLS);
    for (size_t kind = 0; kind < SWEEP_KINDS; kind++) {
        for (unsigned n = 1; n <= max; n++) {
            measure(&out->rows[kind * max + n - 1], kind, n, work);
        }
    }
    topic_say(NULL);
    result_settle(out);
    /* Each is compared with one worker of its kind. */
    for (size_t i = 0; i < out->n_rows; i++) {
        const struct row *one = &out->rows[i / max * max];
        struct row *row = &out->rows[i];

        row->faster = row->median_s > 0 ? one->median_s / row->median_s : 0;
        if (row->error[0] != '\0') {
            result_note(out, "%s: %s", row->name, row->error);
        }
    }
    write_verdict(out, work);
    return 0;
}
