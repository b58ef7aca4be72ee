/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"

#define OUT_FD   3 /* where the process writes what it came to */
#define MAX_ARGS 8

/* Topic, way, workers, URLs, scale, verbose, fault, local, ports, CA file. */
#define SETTINGS_FORMAT "%u/%s/%u/%zu/%u/%u/%u/%u/%u/%u/%s"
#define SETTINGS_SCAN   "%u/%31[^/]/%u/%zu/%u/%u/%u/%u/%u/%u/%95s"
#define N_SETTINGS      11

static int write_all(const void *bytes, size_t len, void *data)
{
    const char *at = bytes;

    (void)data;
    while (len > 0) {
        ssize_t n = write(OUT_FD, at, len);

        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        if (n > 0) {
            at += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

/* Read what run_way() has written. 0 or -EINVAL. */
static int read_settings(struct run *run, const struct way **way,
                         struct work *work, const char *text)
{
    unsigned topic;
    unsigned is_verbose;
    unsigned fault;
    unsigned is_local;
    char key[32];
    struct net *net = &work->net;

    if (sscanf(text, SETTINGS_SCAN, &topic, key, &run->n_workers, &run->n_urls,
               &run->scale, &is_verbose, &fault, &is_local, &net->http_port,
               &net->https_port, net->ca_file) != N_SETTINGS ||
        topic >= N_TOPICS || run->n_urls > work->urls.n) {
        return -EINVAL;
    }
    *way = way_find((enum topic)topic, key);
    net->is_local = is_local != 0;
    run->is_verbose = is_verbose != 0;
    run->fault = (enum fault)fault;
    run->work = work;
    return *way != NULL ? 0 : -EINVAL;
}

int run_be_the_way(const char *text, struct work *work)
{
    struct outcome outcome = {0};
    struct run run = {.outcome = &outcome};
    const struct way *way;

    if (fcntl(OUT_FD, F_SETFD, FD_CLOEXEC) < 0 ||
        read_settings(&run, &way, work, text) < 0) {
        fprintf(stderr, "asyncdl-compare: " RUN_OPTION " is for itself only\n");
        return 2;
    }
    int err = asyncdl_trace_create(&run.trace, NULL);

    run.backend = way->backend;
    if (err == 0) {
        err = way->run(&run);
    }
    if (err < 0 && outcome.error[0] == '\0') {
        (void)way_fail(&run, err, "%s", asyncdl_strerror(err));
    }
    outcome.err = err;
    err = write_all(&outcome, sizeof(outcome), NULL);
    if (err == 0 && run.trace != NULL) {
        err = asyncdl_trace_write_bytes(run.trace, write_all, NULL);
    }
    asyncdl_trace_destroy(run.trace);
    return err == 0 ? 0 : 1;
}

static void fail(struct outcome *outcome, int err, const char *why)
{
    *outcome = (struct outcome){.err = err};
    (void)snprintf(outcome->error, sizeof(outcome->error), "its process: %s",
                   why);
}

/* Start the process and read its bytes. 0 or -errno. */
static int run_process(struct captured *out, const struct work *work,
                       const struct run_settings *s)
{
    const struct net *net = &work->net;
    const char *list = work->options->list;
    char text[256];
    const char *argv[MAX_ARGS] = {"/proc/self/exe", RUN_OPTION, text, NULL};

    (void)snprintf(text, sizeof(text), SETTINGS_FORMAT, (unsigned)s->topic,
                   s->way->key, s->n_workers, s->n_urls, s->scale,
                   s->is_verbose ? 1u : 0u, (unsigned)s->fault,
                   net->is_local ? 1u : 0u, net->http_port, net->https_port,
                   net->ca_file[0] != '\0' ? net->ca_file : "-");
    if (list != NULL) {
        argv[3] = "--list";
        argv[4] = list;
        argv[5] = NULL;
    }
    return capture_run(out, argv, OUT_FD, NULL);
}

void run_way(struct outcome *outcome, struct run_bytes *trace,
             const struct work *work, const struct run_settings *settings)
{
    struct captured said = {0};
    char why[64];
    int err = run_process(&said, work, settings);

    if (err < 0) {
        fail(outcome, err, strerror(-err));
        return;
    }
    if (said.len < sizeof(*outcome)) {
        const char *what = capture_complain(why, sizeof(why), said.status);

        fail(outcome, -EIO, what != NULL ? what : "said nothing");
        free(said.data);
        return;
    }
    memcpy(outcome, said.data, sizeof(*outcome));
    outcome->error[ERROR_BYTES - 1] = '\0';
    /* What it had used when it began is no part of the work. */
    outcome->cpu_ns =
        said.cpu_ns > outcome->cpu_ns ? said.cpu_ns - outcome->cpu_ns : 0;
    if (outcome->err == 0 &&
        capture_complain(why, sizeof(why), said.status) != NULL) {
        fail(outcome, -EIO, why);
    }
    if (trace != NULL) {
        trace->len = said.len - sizeof(*outcome);
        memmove(said.data, said.data + sizeof(*outcome), trace->len);
        trace->data = said.data;
    } else {
        free(said.data);
    }
}
