/* SPDX-License-Identifier: MIT */
/*
 * Search the files of a folder for texts. One process for each CPU loads its
 * share of the files; each has a queue of queries, and all share one of
 * results. Queries are lines of the input; the names of files that hold one
 * come out sorted by nobody, as "QUERY: NAME".
 *
 *     search DIR
 */
#define _GNU_SOURCE /* memmem() */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <asyncdl/asyncdl.h>

#define N_MAX 16

struct share {
    unsigned i, n; /* every n-th file, beginning with the i-th */
    char dir[1024];
};

struct file {
    char name[256];
    char *text;
    size_t len;
};

static int compare(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void load(struct file *file, const char *dir, const char *name)
{
    char path[1400];
    long len;

    snprintf(file->name, sizeof(file->name), "%s", name);
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        return;
    }
    if (fseek(in, 0, SEEK_END) == 0 && (len = ftell(in)) > 0) {
        file->text = malloc((size_t)len);
        rewind(in);
        file->len =
            file->text != NULL ? fread(file->text, 1, (size_t)len, in) : 0;
    }
    fclose(in);
}

/* A result is a name; the empty one says that this process has searched all. */
static int answer(struct asyncdl_queue *results, const struct file *files,
                  int n_files, const struct asyncdl_bytes *query)
{
    int err = 0;

    for (int i = 0; i < n_files && err == 0; i++) {
        if (files[i].text != NULL &&
            memmem(files[i].text, files[i].len, query->data, query->len)) {
            err = asyncdl_queue_put(results, files[i].name,
                                    strlen(files[i].name), ASYNCDL_FOREVER);
        }
    }
    return err < 0 ? err : asyncdl_queue_put(results, "", 0, ASYNCDL_FOREVER);
}

/* Runs in a process of its own, until the empty query. */
static int search(struct asyncdl_self *self, const void *arg, size_t len)
{
    struct asyncdl_queue *queries = asyncdl_self_get_queue(self, 0);
    struct asyncdl_queue *results = asyncdl_self_get_queue(self, 1);
    const struct share *share = arg;
    struct asyncdl_bytes query;
    struct dirent **entries;
    int n_files = 0;

    (void)len;
    int n = scandir(share->dir, &entries, is_visible, compare);
    struct file *files = calloc(n > 0 ? (size_t)n : 1, sizeof(*files));
    for (int i = (int)share->i; i < n && files != NULL; i += (int)share->n) {
        load(&files[n_files++], share->dir, entries[i]->d_name);
    }
    while (asyncdl_queue_get(queries, &query, ASYNCDL_FOREVER) == 0 &&
           query.len > 0) {
        if (answer(results, files, n_files, &query) < 0) {
            return 1;
        }
        asyncdl_bytes_free(&query);
    }
    return n < 0 || files == NULL; /* its end frees the memory */
}

struct engine {
    struct asyncdl_process *processes[N_MAX];
    struct asyncdl_queue *queries[N_MAX];
    struct asyncdl_queue *results;
    unsigned n;
};

static unsigned count_alive(const struct engine *engine)
{
    unsigned n_alive = 0;

    for (unsigned i = 0; i < engine->n; i++) {
        n_alive += asyncdl_process_is_alive(engine->processes[i]);
    }
    return n_alive;
}

/* Send a query to all, and print what comes, until all have answered. One that
 * has died never does: after a second of silence, count those that live. */
static int ask(struct engine *engine, const char *text, size_t len)
{
    unsigned n_answers = 0;
    struct asyncdl_bytes name;

    for (unsigned i = 0; i < engine->n; i++) {
        asyncdl_queue_put(engine->queries[i], text, len, 0);
    }
    while (n_answers < engine->n) {
        int err = asyncdl_queue_get(engine->results, &name, 1000);

        if (err < 0 && count_alive(engine) < engine->n) {
            fprintf(stderr, "search: a searcher has died\n");
            return 1;
        }
        if (err == 0 && name.len > 0) {
            printf("%s: %.*s\n", text, (int)name.len, (const char *)name.data);
        }
        if (err == 0) {
            n_answers += name.len == 0;
            asyncdl_bytes_free(&name);
        }
    }
    return 0;
}

static int start(struct engine *engine, const char *dir)
{
    struct asyncdl_process_options options = ASYNCDL_PROCESS_OPTIONS_INIT;
    struct share share = {.n = asyncdl_cpu_count()};
    int err = asyncdl_queue_create(&engine->results, NULL);

    share.n = share.n < N_MAX ? share.n : N_MAX;
    snprintf(share.dir, sizeof(share.dir), "%s", dir);
    for (; err == 0 && share.i < share.n; share.i++) {
        struct asyncdl_queue *queues[2] = {NULL, engine->results};

        err = asyncdl_queue_create(&queues[0], NULL);
        if (err == 0) {
            engine->queries[engine->n] = queues[0];
            options.fn = search;
            options.arg = &share;
            options.len = sizeof(share);
            options.queues = queues;
            options.n_queues = 2;
            err = asyncdl_process_start(&engine->processes[engine->n++],
                                        &options);
        }
    }
    return err;
}

/* The empty query ends a process that is still there. */
static void stop(struct engine *engine)
{
    for (unsigned i = 0; i < engine->n; i++) {
        asyncdl_queue_put(engine->queries[i], "", 0, 0);
    }
    for (unsigned i = 0; i < engine->n; i++) {
        if (engine->processes[i] != NULL &&
            asyncdl_process_join(engine->processes[i], 10000) < 0) {
            asyncdl_process_kill(engine->processes[i]);
        }
        asyncdl_process_release(engine->processes[i]);
        asyncdl_queue_release(engine->queries[i]);
    }
    asyncdl_queue_release(engine->results);
}

int main(int argc, char **argv)
{
    struct engine engine = {.n = 0};
    char line[1024];

    asyncdl_main_hook(); /* first: processes begin here */
    if (argc != 2) {
        fprintf(stderr, "usage: search DIR\n");
        return 2;
    }
    DIR *dir = opendir(argv[1]);
    if (dir == NULL) {
        perror(argv[1]);
        return 1;
    }
    closedir(dir);
    int err = start(&engine, argv[1]);
    int failed = err < 0;
    if (failed) {
        fprintf(stderr, "search: %s\n", asyncdl_strerror(err));
    }
    for (unsigned i = 0; !failed && i < engine.n; i++) {
        printf("searcher %lld\n",
               (long long)asyncdl_process_get_pid(engine.processes[i]));
    }
    fflush(stdout);
    while (!failed && fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        failed = line[0] != '\0' && ask(&engine, line, strlen(line));
        printf("end of %s\n", line);
        fflush(stdout);
    }
    stop(&engine);
    return failed;
}
