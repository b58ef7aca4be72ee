/* SPDX-License-Identifier: MIT */
/*
 * Do the same work in several ways and compare them:
 *
 *     asyncdl-compare [OPTION]... [TOPIC]...
 *
 * Each topic has a file: io.c, cpu.c, both.c, hold.c, sweep.c, lesson.c. Each
 * run of a way is a process of its own (run.c), in which way.h's run function
 * works. What comes back becomes results.h, which the others show.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <asyncdl/asyncdl.h>

#include "datafile.h"
#include "grid.h"
#include "lesson.h"
#include "options.h"
#include "page.h"
#include "pictures.h"
#include "results.h"
#include "run.h"
#include "site.h"
#include "sweep.h"
#include "topic.h"

#define EXIT_FAILED 1
#define EXIT_USAGE  2

struct program {
    struct options options;
    struct work work;
    struct site site;
    struct results results;
    FILE *data; /* standard output, where a file of data is "-"; or NULL */
};

static int complain(int status, const char *text)
{
    fprintf(stderr, "asyncdl-compare: %s\n", text);
    return status;
}

/* Write data to a file, or to standard output for "-". */
static int write_data(struct program *p, const char *file,
                      void (*write)(FILE *out, struct program *p))
{
    FILE *out = strcmp(file, "-") == 0 ? p->data : fopen(file, "w");
    char text[300];

    bool is_written = out != NULL;
    if (out != NULL) {
        write(out, p);
        is_written = fflush(out) == 0 && ferror(out) == 0;
        is_written = fclose(out) == 0 && is_written;
    }
    if (!is_written) {
        (void)snprintf(text, sizeof(text), "%s: %s", file, strerror(errno));
        return complain(EXIT_FAILED, text);
    }
    return 0;
}

static void write_json(FILE *out, struct program *p)
{
    datafile_write_json(out, &p->results, &p->work);
}

static void write_csv(FILE *out, struct program *p)
{
    datafile_write_csv(out, &p->results);
}

static void write_report(FILE *out, struct program *p)
{
    int err = page_write(out, &p->results, &p->work);

    if (err < 0) {
        (void)complain(0, asyncdl_strerror(err)); /* fclose() fails, too */
    }
}

static int write_files(struct program *p)
{
    const struct options *o = &p->options;
    char text[300];
    int status = 0;

    if (o->json != NULL) {
        status |= write_data(p, o->json, write_json);
    }
    if (o->csv != NULL) {
        status |= write_data(p, o->csv, write_csv);
    }
    if (o->report != NULL) {
        status |= write_data(p, o->report, write_report);
    }
    if (o->trace != NULL &&
        pictures_write_trace(o->trace, &p->results, text, sizeof(text)) < 0) {
        status |= complain(EXIT_FAILED, text);
    }
    if (o->svg != NULL &&
        pictures_write_svg(o->svg, &p->results, text, sizeof(text)) < 0) {
        status |= complain(EXIT_FAILED, text);
    }
    return status;
}

/* Write text in lines of at most 78 columns, all but the first indented. */
static void write_wrapped(const char *first, const char *text)
{
    size_t at = strlen(first);

    printf("%s", first);
    while (*text != '\0') {
        size_t len = strcspn(text, " ");

        if (at + len > 78) {
            printf("\n   ");
            at = 3;
        }
        printf(" %.*s", (int)len, text);
        at += len + 1;
        text += len + (text[len] == ' ');
    }
    printf("\n");
}

/* What a program has printed. */
static void write_listing(const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        printf("  | %.*s\n", (int)len, text);
        text += len + (text[len] == '\n');
    }
}

static void show(const struct result *result, const struct options *options)
{
    struct grid grid;

    printf("\n%s\n", result->title);
    if (grid_init(&grid, result) == 0) {
        grid_write(stdout, &grid);
        grid_finish(&grid);
    }
    if (result->listing != NULL) {
        write_listing(result->listing);
    }
    for (size_t i = 0; i < result->n_notes; i++) {
        write_wrapped("  *", result->notes[i]);
    }
    if (result->verdict[0] != '\0') {
        write_wrapped("  >", result->verdict);
    }
    if (options->has_diagram) {
        (void)pictures_draw(stdout, result); /* shown is what can be */
    }
    (void)fflush(stdout);
}

static int run_topic(struct result *out, enum topic topic,
                     const struct work *work)
{
    switch (topic) {
    case TOPIC_IO:
    case TOPIC_CPU:
    case TOPIC_BOTH:
    case TOPIC_HOLD:
        return topic_run(out, topic, work);
    case TOPIC_SWEEP:
        return sweep_run(out, work);
    default:
        return lesson_run(out, topic, work);
    }
}

static int run_all(struct program *p)
{
    for (int i = 0; i < N_TOPICS; i++) {
        struct result *result = &p->results.items[p->results.n];

        if (!p->options.topics[i]) {
            continue;
        }
        int err = run_topic(result, (enum topic)i, &p->work);

        if (err < 0) {
            return complain(EXIT_FAILED, asyncdl_strerror(err));
        }
        p->results.n++;
        show(result, &p->options);
    }
    int status = write_files(p);

    if (!results_are_good(&p->results)) {
        status |= complain(EXIT_FAILED, "not all of it went well (see above)");
    }
    return status;
}

/* The bundled site, unless the real servers are asked. 0 or an exit status. */
static int reach_servers(struct program *p)
{
    const struct site_options options = {
        .program = p->options.site,
        .urls = &p->work.urls,
        .latency_ms = p->options.latency_ms,
    };
    struct net *net = &p->work.net;
    char text[5000];

    if (p->options.is_online) {
        return 0;
    }
    if (site_start(&p->site, &options, text, sizeof(text)) < 0) {
        return complain(EXIT_FAILED, text);
    }
    net->is_local = true;
    net->http_port = p->site.http_port;
    net->https_port = p->site.https_port;
    memcpy(net->ca_file, p->site.ca_file, sizeof(net->ca_file));
    return 0;
}

/* Can files be made beside that one? */
static int check_folder(const char *file)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(file, '/');
    int len = slash != NULL ? (int)(slash - file) + 1 : 0;

    (void)snprintf(folder, sizeof(folder), "%.*s.", len, file);
    return access(folder, W_OK) < 0 ? -errno : 0;
}

static int check_file(const char *file)
{
    struct stat st;

    if (stat(file, &st) < 0) {
        return check_folder(file);
    }
    return S_ISDIR(st.st_mode) ? -EISDIR
                               : (access(file, W_OK) < 0 ? -errno : 0);
}

/* Nobody should have to wait for the answer to find that it cannot be
 * written. */
static int check_outputs(const struct options *o)
{
    const char *const files[] = {o->json, o->csv, o->report, o->trace, o->svg};
    const char *file = NULL;
    char text[300];
    int err = 0;

    for (size_t i = 0; err == 0 && i < sizeof(files) / sizeof(files[0]); i++) {
        file = files[i];
        if (file != NULL && strcmp(file, "-") != 0) {
            err = file == o->svg ? check_folder(file) : check_file(file);
        }
    }
    if (err < 0) {
        (void)snprintf(text, sizeof(text), "%s: %s", file, strerror(-err));
        return complain(EXIT_USAGE, text);
    }
    return 0;
}

/* Where data goes to standard output, all else goes to standard error. */
static int part_outputs(struct program *p)
{
    const struct options *o = &p->options;
    bool has_data = (o->json != NULL && strcmp(o->json, "-") == 0) ||
                    (o->csv != NULL && strcmp(o->csv, "-") == 0);
    int fd = has_data ? dup(STDOUT_FILENO) : -1;

    if (!has_data) {
        return 0;
    }
    p->data = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (p->data == NULL || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
        return complain(EXIT_FAILED, strerror(errno));
    }
    return 0;
}

static int run(struct program *p)
{
    int status = check_outputs(&p->options);

    if (status == 0) {
        status = part_outputs(p);
    }
    if (status == 0) {
        status = reach_servers(p);
    }
    if (status == 0) {
        status = run_all(p);
    }
    site_stop(&p->site);
    results_finish(&p->results);
    return status;
}

/* Read the list that both this program and its runs work on. */
static int read_list(struct program *p)
{
    char text[300];

    p->work.options = &p->options;
    p->work.n_cpus = asyncdl_cpu_count();
    if (urls_read(&p->work.urls, p->options.list, text, sizeof(text)) < 0) {
        return complain(EXIT_USAGE, text);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct program p = {0};
    char text[300];
    const char *as_run = NULL;

    (void)asyncdl_main_hook(); /* helpers are this program, and end here */
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc > 2 && strcmp(argv[1], RUN_OPTION) == 0) {
        as_run = argv[2];
        argv[2] = argv[0];
        argv += 2;
        argc -= 2;
    }
    if (options_parse(&p.options, argc, argv, text, sizeof(text)) < 0) {
        return complain(EXIT_USAGE, text);
    }
    if (p.options.wants_help) {
        fputs(options_get_help(), stdout);
        return 0;
    }
    int status = read_list(&p);

    if (status == 0) {
        status = as_run != NULL ? run_be_the_way(as_run, &p.work) : run(&p);
    }
    urls_finish(&p.work.urls);
    return status;
}
