/* SPDX-License-Identifier: MIT */
#include "lesson.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "beside.h"
#include "capture.h"
#include "corpus.h"
#include "topic.h"

#define MAX_RUNS 1
#define PATH_CAP 4096
#define N_SHOWN  4 /* lines at the beginning and at the end of an output */

struct lesson_run {
    const char *key;
    const char *name;
    const char *author;
};

struct lesson {
    const char *title;
    const char *verdict;
    struct lesson_run runs[MAX_RUNS];
    size_t n_runs;
};

static const struct lesson *find(enum topic topic)
{
    static const struct lesson lessons[N_TOPICS] = {
        [TOPIC_BUSY] =
            {"Busy: each counts to 200,000,000",
             "In C threads count as fast as processes: there is no lock that "
             "lets only one thread run. Processes cost their start, and pay "
             "where a crash must not take the others along.",
             {{"busy", "busy", "6.98 s (threads 26.7 s)"}},
             1},
        [TOPIC_PRIMES] =
            {"Primes: 20 numbers split into their factors by a map",
             "A map hands out arguments as workers become free, and gives "
             "results in the order of the arguments.",
             {{"primes", "primes", NULL}},
             1},
        [TOPIC_SEARCH] =
            {"Search: a text search engine, a share of the files a process",
             "Each process keeps its share in its own memory and has a queue "
             "of its own for queries; all answer on one queue.",
             {{"search", "search", NULL}},
             1},
        [TOPIC_LOCK] =
            {"Lock: several processes print to one console",
             "A line is whole when one process at a time may print; what that "
             "costs is the wait for the lock.",
             {{"lock", "lock", "0.87 s (locked 1.01 s)"}},
             1},
        [TOPIC_COUNT] =
            {"Count: results of several processes through one queue",
             "Take what is on the queue before you join: a process that still "
             "has to put its result does not end.",
             {{"count", "count", NULL}},
             1},
    };

    return &lessons[topic];
}

/* The example is built beside the folder of this program. */
static int find_program(char *out, size_t cap, enum topic topic)
{
    char relative[NAME_BYTES];
    int err;

    (void)snprintf(relative, sizeof(relative), "../%s", options_topic(topic));
    err = beside_find(out, cap, relative);
    if (err < 0) {
        err = beside_find(out, cap, options_topic(topic));
    }
    return err;
}

static void fail(struct outcome *outcome, int err, const char *why)
{
    outcome->err = err;
    (void)snprintf(outcome->error, sizeof(outcome->error), "%s", why);
}

/* Cut out the middle of a long output. */
static void shorten(char *text)
{
    static const char dots[] = "...\n";
    char *head = text;
    char *tail = text + strlen(text);

    for (int i = 0; i < N_SHOWN && *head != '\0'; i++) {
        head += strcspn(head, "\n");
        head += *head == '\n';
    }
    for (int i = 0; i < N_SHOWN && tail > head; i++) {
        do {
            tail--;
        } while (tail > head && tail[-1] != '\n');
    }
    if (tail > head + strlen(dots)) {
        memcpy(head, dots, strlen(dots));
        memmove(head + strlen(dots), tail, strlen(tail) + 1);
    }
}

static void measure(struct result *result, struct row *row,
                    const char *const *argv, const char *input)
{
    struct captured said;
    struct outcome outcome = {0};
    char why[64];
    int err = capture_run(&said, argv, STDOUT_FILENO, input);

    if (err < 0) {
        fail(&outcome, err, strerror(-err));
        row_add(row, &outcome, NULL);
        return;
    }
    const char *what = capture_complain(why, sizeof(why), said.status);

    if (what != NULL) {
        fail(&outcome, -EIO, what);
    } else if (said.len == 0) {
        fail(&outcome, -ENODATA, "it printed nothing");
    }
    outcome.wall_ns = said.wall_ns;
    outcome.cpu_ns = said.cpu_ns;
    outcome.peak_bytes = said.peak_bytes;
    outcome.worked_ns = said.cpu_ns;
    row_add(row, &outcome, NULL);
    if (result->listing == NULL) {
        shorten(said.data);
        result->listing = said.data; /* shown once */
    } else {
        free(said.data);
    }
}

/* Run the program as often as it is wanted; search gets texts to search in. */
static void run(struct result *result, const char *program,
                const struct options *options)
{
    struct corpus corpus = {.dir = ""};
    const char *argv[3] = {program, NULL, NULL};
    const char *input = NULL;
    struct row *row = &result->rows[0];

    if (result->topic == TOPIC_SEARCH) {
        int err = corpus_init(&corpus);

        if (err < 0) {
            (void)snprintf(row->error, sizeof(row->error), "make texts: %s",
                           strerror(-err));
        }
        argv[1] = corpus.dir;
        input = corpus.queries;
    }
    result_note(result, "memory is that of its largest process");
    topic_say(row->name);
    while (topic_wants_round(options, row)) {
        measure(result, row, argv, input);
    }
    topic_say(NULL);
    corpus_finish(&corpus);
}

int lesson_run(struct result *out, enum topic topic, const struct work *work)
{
    const struct lesson *lesson = find(topic);
    char program[PATH_CAP];
    int err = result_init(out, topic, lesson->n_runs);
    bool is_there = find_program(program, sizeof(program), topic) == 0;

    if (err < 0) {
        return err;
    }
    (void)snprintf(out->title, sizeof(out->title), "%s", lesson->title);
    for (size_t i = 0; i < lesson->n_runs; i++) {
        struct row *row = &out->rows[i];

        (void)snprintf(row->key, sizeof(row->key), "%s", lesson->runs[i].key);
        (void)snprintf(row->name, sizeof(row->name), "%s",
                       lesson->runs[i].name);
        row->author = lesson->runs[i].author;
        if (!is_there) {
            row->is_missing = true;
            (void)snprintf(row->error, sizeof(row->error),
                           "%s is not beside this program",
                           options_topic(topic));
        }
    }
    if (is_there) {
        run(out, program, work->options);
        (void)snprintf(out->verdict, sizeof(out->verdict), "%s",
                       lesson->verdict);
    }
    result_settle(out);
    for (size_t i = 0; i < out->n_rows; i++) {
        if (out->rows[i].error[0] != '\0') {
            result_note(out, "%s: %s", out->rows[i].name, out->rows[i].error);
        }
    }
    return 0;
}
