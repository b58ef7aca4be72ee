/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "beside.h"
#include "capture.h"
#include "sums.h"

#define MAX_ARGS 12
#define PATH_CAP 4096

/* Debian's, which its packages of modules belong to. */
#define PYTHON "/usr/bin/python3"

#ifndef COMPARE_PYTHON_DIR
#define COMPARE_PYTHON_DIR ""
#endif

struct peer {
    enum topic topic;
    const char *key;
    const char *name;
    const char *program;
    const char *module; /* it needs, and what to install for it */
    const char *package;
};

static const struct peer peers[] = {
    {TOPIC_IO, "python-synchronous", "Python: requests", "io_synchronous.py",
     "requests", "python3-requests"},
    {TOPIC_IO, "python-threads", "Python: requests, threads", "io_threads.py",
     "requests", "python3-requests"},
    {TOPIC_IO, "python-async", "Python: aiohttp", "io_async.py", "aiohttp",
     "python3-aiohttp"},
    {TOPIC_IO, "python-processes", "Python: requests, Pool", "io_processes.py",
     "requests", "python3-requests"},
    {TOPIC_CPU, "python-plain", "Python: plain", "cpu_plain.py", NULL, NULL},
    {TOPIC_CPU, "python-threads", "Python: threads", "cpu_threads.py", NULL,
     NULL},
    {TOPIC_CPU, "python-processes", "Python: Pool", "cpu_processes.py", NULL,
     NULL},
};

#define N_PEERS (sizeof(peers) / sizeof(peers[0]))

static const struct peer *find(enum topic topic, size_t i)
{
    for (size_t k = 0; k < N_PEERS; k++) {
        if (peers[k].topic == topic && i-- == 0) {
            return &peers[k];
        }
    }
    return NULL;
}

size_t peer_count(enum topic topic)
{
    size_t n = 0;

    for (size_t k = 0; k < N_PEERS; k++) {
        n += peers[k].topic == topic;
    }
    return n;
}

static const char *find_python(void)
{
    return access(PYTHON, X_OK) == 0 ? PYTHON : "python3";
}

/* The folder of the programs: the option's, the build's, or beside us. */
static int find_folder(char *out, size_t cap, const struct options *options)
{
    const char *wish =
        options->python_dir != NULL ? options->python_dir : COMPARE_PYTHON_DIR;

    if (wish[0] != '\0' && access(wish, F_OK) == 0) {
        (void)snprintf(out, cap, "%s", wish);
        return 0;
    }
    return options->python_dir != NULL ? -ENOENT
                                       : beside_find(out, cap, "python");
}

static bool has_module(const char *module)
{
    char code[128] = "pass";
    const char *argv[] = {find_python(), "-c", code, NULL};
    struct captured said;

    if (module != NULL) {
        (void)snprintf(code, sizeof(code),
                       "import importlib.util as u, sys; "
                       "sys.exit(not u.find_spec('%s'))",
                       module);
    }
    if (capture_run(&said, argv, STDOUT_FILENO, NULL) < 0) {
        return false;
    }
    free(said.data);
    return said.status == 0;
}

void peer_name(struct row *row, enum topic topic, size_t i,
               const struct work *work)
{
    const struct peer *peer = find(topic, i);
    char folder[PATH_CAP];

    row->is_peer = true;
    (void)snprintf(row->key, sizeof(row->key), "%s", peer->key);
    (void)snprintf(row->name, sizeof(row->name), "%s", peer->name);
    if (find_folder(folder, sizeof(folder), work->options) < 0) {
        row->is_missing = true;
        (void)snprintf(row->error, sizeof(row->error),
                       "its program is not here: --python-dir says where");
    } else if (!has_module(NULL)) {
        row->is_missing = true;
        (void)snprintf(row->error, sizeof(row->error),
                       "there is no Python: apt-get install python3");
    } else if (peer->module != NULL && !has_module(peer->module)) {
        row->is_missing = true;
        (void)snprintf(row->error, sizeof(row->error),
                       "%s is not installed: apt-get install %s", peer->module,
                       peer->package);
    }
}

static int fail(struct outcome *outcome, int err, const char *why)
{
    outcome->err = err;
    (void)snprintf(outcome->error, sizeof(outcome->error), "%s", why);
    return err;
}

static int check_sum(struct outcome *outcome, const char *line)
{
    char wanted[SUM_BYTES];
    char got[SUM_BYTES];
    uint64_t n;

    if (sscanf(line, "sum %" SCNu64 " %39s", &n, got) != 2) {
        return fail(outcome, -EPROTO, "a sum cannot be read");
    }
    sums_write(wanted, sums_closed_form(n));
    if (strcmp(got, wanted) != 0) {
        return fail(outcome, -EBADMSG, "wrong sum");
    }
    outcome->n_items++;
    return 0;
}

static void read_line(struct outcome *outcome, const char *line)
{
    double value;
    char name[24];

    if (sscanf(line, "%23s %lf", name, &value) != 2 || value < 0) {
        return;
    }
    if (strcmp(name, "seconds") == 0) {
        outcome->wall_ns = (uint64_t)(value * 1e9);
    } else if (strcmp(name, "cpu_before") == 0) {
        outcome->cpu_ns = (uint64_t)(value * 1e9);
    } else if (strcmp(name, "items") == 0) {
        outcome->n_items = (uint64_t)value;
    } else if (strcmp(name, "bytes") == 0) {
        outcome->n_bytes = (uint64_t)value;
    } else if (strcmp(name, "peak_bytes") == 0) {
        outcome->peak_bytes = (uint64_t)value;
    } else if (strcmp(name, "processes") == 0) {
        outcome->n_processes = (uint32_t)value;
    } else if (strcmp(name, "threads") == 0) {
        outcome->n_threads = (uint32_t)value;
    }
}

int peer_read(struct outcome *outcome, const char *text)
{
    int err = 0;

    while (err == 0 && *text != '\0') {
        if (strncmp(text, "sum ", 4) == 0) {
            err = check_sum(outcome, text);
        } else {
            read_line(outcome, text);
        }
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    if (err == 0 && outcome->wall_ns == 0) {
        err = fail(outcome, -EPROTO, "it printed no time");
    }
    return err;
}

/* The list with URLs that Python can ask for. 0, or -errno. */
static int write_list(char *path, size_t cap, const struct work *work)
{
    const char *tmp = getenv("TMPDIR");
    char text[URL_BYTES];

    (void)snprintf(path, cap, "%s/asyncdl-compare-list.XXXXXX",
                   tmp != NULL ? tmp : "/tmp");
    int fd = mkstemp(path);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;

    if (out == NULL) {
        return -errno;
    }
    int err = 0;

    for (size_t i = 0; err == 0 && i < work->urls.n; i++) {
        const struct url *url = &work->urls.items[i];

        err = work->net.is_local ? urls_on_site(text, url, work->net.http_port,
                                                work->net.https_port)
                                 : 0;
        fprintf(out, "%s\n", work->net.is_local ? text : url->text);
    }
    return fclose(out) == 0 ? err : -EIO;
}

static void take(struct outcome *outcome, const struct captured *said,
                 const struct peer *peer)
{
    char why[64];
    const char *what = capture_complain(why, sizeof(why), said->status);

    if (what != NULL) {
        (void)fail(outcome, -EIO, what);
    } else if (peer_read(outcome, said->data) == 0 &&
               peer->topic == TOPIC_CPU && outcome->n_items != SUMS_N) {
        (void)fail(outcome, -EBADMSG, "sums are missing");
    }
    /* As of our own ways, the start of the program does not count. */
    outcome->cpu_ns =
        said->cpu_ns > outcome->cpu_ns ? said->cpu_ns - outcome->cpu_ns : 0;
}

void peer_run(struct outcome *outcome, enum topic topic, size_t i,
              const struct work *work)
{
    const struct peer *peer = find(topic, i);
    char program[PATH_CAP];
    char folder[PATH_CAP - 64];
    char list[128];
    char scale[16];
    char threads[16];
    struct captured said;
    const char *argv[MAX_ARGS] = {
        find_python(), program, list, work->net.ca_file, threads, scale, NULL};

    *outcome = (struct outcome){0};
    int err = find_folder(folder, sizeof(folder), work->options);

    if (err == 0) {
        err = write_list(list, sizeof(list), work);
    }
    if (err < 0) {
        (void)fail(outcome, err, strerror(-err));
        return;
    }
    (void)snprintf(program, sizeof(program), "%s/%s", folder, peer->program);
    (void)snprintf(scale, sizeof(scale), "%u", work->options->scale);
    (void)snprintf(threads, sizeof(threads), "%u", work->options->n_threads);
    err = capture_run(&said, argv, STDOUT_FILENO, NULL);
    (void)unlink(list);
    if (err < 0) {
        (void)fail(outcome, err, strerror(-err));
        return;
    }
    take(outcome, &said, peer);
    free(said.data);
}
