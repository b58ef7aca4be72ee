/* SPDX-License-Identifier: MIT */
#include "support/download.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "support/http.h"
#include "support/port.h"

#define MAX_ARGS   40
#define N_EXPANDED 4

int download_group_setup(void **state)
{
    const char *args[] = {"--latency", "0", NULL};
    struct download_servers *servers = calloc(1, sizeof(*servers));

    if (servers == NULL) {
        return -1;
    }
    *state = servers;
    servers->free_port = port_find_free();
    if (servers->free_port == 0 ||
        server_start_site(&servers->site, args) < 0 ||
        server_start_faultd(&servers->fault) < 0) {
        (void)download_group_teardown(state);
        return -1;
    }
    return 0;
}

int download_group_teardown(void **state)
{
    struct download_servers *servers = *state;

    server_stop(&servers->site);
    server_stop(&servers->fault);
    free(servers);
    *state = NULL;
    return 0;
}

void download_init(struct download *d, struct download_servers *servers)
{
    *d = (struct download){.servers = servers};
    assert_int_equal(tmpdir_init(&d->dir), 0);
}

void download_finish(struct download *d)
{
    proc_result_finish(&d->result);
    tmpdir_finish(&d->dir);
}

static int add_word(struct adl_buf *buf, const struct download *d,
                    const char *word, size_t len)
{
    const struct download_servers *s = d->servers;
    const struct {
        const char *name;
        const char *before;
        unsigned port;
    } words[] = {
        {"@SITE@", "127.0.0.1:", s->site.port},
        {"@PORT@", "", s->site.port},
        {"@FAULT@", "127.0.0.1:", s->fault.port},
        {"@FAULT_PORT@", "", s->fault.port},
        {"@CLOSE@", "127.0.0.1:", s->fault.close_port},
        {"@IGNORE@", "127.0.0.1:", s->fault.ignore_port},
        {"@FREE@", "127.0.0.1:", s->free_port},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strlen(words[i].name) == len &&
            memcmp(words[i].name, word, len) == 0) {
            return adl_buf_addf(buf, "%s%u", words[i].before, words[i].port);
        }
    }
    if (len == 5 && memcmp(word, "@DIR@", 5) == 0) {
        return adl_buf_add_str(buf, d->dir.path);
    }
    return -ENOENT;
}

/* How long the word in capitals between two @ is, or 0. */
static size_t measure_word(const char *text)
{
    size_t len = 1 + strspn(text + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

    return text[0] == '@' && text[len] == '@' ? len + 1 : 0;
}

const char *download_expand(struct download *d, const char *text)
{
    static struct adl_buf expanded[N_EXPANDED];
    static size_t next;
    struct adl_buf *buf = &expanded[next++ % N_EXPANDED];

    adl_buf_reset(buf);
    while (*text != '\0') {
        size_t len = measure_word(text);

        if (len == 0 || add_word(buf, d, text, len) < 0) {
            len = 1;
            assert_int_equal(adl_buf_add(buf, text, 1), 0);
        }
        text += len;
    }
    return adl_buf_str(buf);
}

/* Split what is expanded at blanks, in place. */
static size_t split(const char **argv, size_t n, char *options)
{
    char *rest = NULL;

    for (char *word = strtok_r(options, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        assert_true(n + 1 < MAX_ARGS);
        argv[n++] = word;
    }
    return n;
}

struct proc *download_start(struct download *d, const char *list,
                            const char *options)
{
    const char *argv[MAX_ARGS] = {server_get_program("ASYNCDL"),
                                  "--retry-delay", "2ms", "-d", "out"};
    /* What the machine is set up for is no part of a test. */
    const char *env[] = {"http_proxy=",  "https_proxy=", "all_proxy=",
                         "HTTPS_PROXY=", "ALL_PROXY=",   NULL};
    char *copy = strdup(download_expand(d, options != NULL ? options : ""));
    const char *text = download_expand(d, list);
    struct proc *proc = NULL;

    assert_non_null(copy);
    size_t n = split(argv, 5, copy);
    argv[n] = "list";
    assert_int_equal(tmpdir_write(&d->dir, "list", text, strlen(text)), 0);
    assert_int_equal(
        proc_start(&proc, &(struct proc_options){.argv = argv,
                                                 .env = env,
                                                 .dir = d->dir.path}),
        0);
    free(copy);
    return proc;
}

void download_run(struct download *d, const char *list, const char *options,
                  int status)
{
    struct proc *proc = download_start(d, list, options);

    proc_result_finish(&d->result);
    proc_wait(proc, &d->result);
    if (d->result.status != status) {
        fail_msg("exit status %d, signal %d instead of %d:\n%s%s",
                 d->result.status, d->result.signal, status,
                 adl_buf_str(&d->result.out), adl_buf_str(&d->result.err));
    }
}

static void need(struct download *d, const struct adl_buf *said,
                 const char *text)
{
    const char *expanded = download_expand(d, text);

    if (strstr(adl_buf_str(said), expanded) == NULL) {
        fail_msg("not said: %s\ninstead: %s", expanded, adl_buf_str(said));
    }
}

void download_need_out(struct download *d, const char *text)
{
    need(d, &d->result.out, text);
}

void download_need_err(struct download *d, const char *text)
{
    need(d, &d->result.err, text);
}

size_t download_count_files(struct download *d)
{
    struct tmpdir_files files;

    if (tmpdir_list(&files, &d->dir, "out") < 0) {
        return 0; /* nothing was saved: the folder was not made */
    }
    size_t n = files.n;
    tmpdir_files_finish(&files);
    return n;
}

void download_need_pattern(struct download *d, const char *name, uint64_t size,
                           uint64_t seed)
{
    const char *path = tmpdir_get_path(&d->dir, "out/%s", name);

    if (!tmpdir_is_pattern(&d->dir, path + strlen(d->dir.path) + 1, size,
                           seed)) {
        fail_msg("%s is not %" PRIu64 " bytes of the pattern %" PRIu64, path,
                 size, seed);
    }
}

void download_need_text(struct download *d, const char *name, const char *text)
{
    const char *path = tmpdir_get_path(&d->dir, "out/%s", name);
    struct adl_buf content = {0};

    if (tmpdir_read(&content, &d->dir, path + strlen(d->dir.path) + 1) < 0) {
        fail_msg("there is no %s", path);
    }
    assert_string_equal(adl_buf_str(&content), text);
    adl_buf_finish(&content);
}

uint64_t download_count_requests(struct download *d, const char *target)
{
    json_t *stats = http_need_json(d->servers->site.port, "/stats");
    const json_t *from = target != NULL
                             ? json_object_get(json_object_get(stats, "urls"),
                                               download_expand(d, target))
                             : stats;
    json_int_t n = json_integer_value(json_object_get(from, "requests"));

    json_decref(stats);
    return (uint64_t)n;
}

/* Of a line, the part that messages show: the first URL. */
static void need_error(struct download *d, const struct download_case *c)
{
    struct adl_buf text = {0};

    if (c->error == NULL) {
        assert_string_equal(adl_buf_str(&d->result.err), "");
        return;
    }
    assert_int_equal(adl_buf_addf(&text, "asyncdl: %.*s: %s",
                                  (int)strcspn(c->url, "\t\n"), c->url,
                                  c->error),
                     0);
    download_need_err(d, adl_buf_str(&text));
    adl_buf_finish(&text);
}

void download_check(struct download_servers *servers,
                    const struct download_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct download_case *c = &cases[i];
        struct download d;

        print_message("         %s %s\n", c->url,
                      c->options != NULL ? c->options : "");
        download_init(&d, servers);
        download_run(&d, c->url, c->options, c->status);
        need_error(&d, c);
        assert_int_equal(download_count_files(&d), c->file != NULL ? 1 : 0);
        if (c->file != NULL && c->text != NULL) {
            download_need_text(&d, c->file, c->text);
        } else if (c->file != NULL) {
            download_need_pattern(&d, c->file, c->size, c->seed);
        }
        download_finish(&d);
    }
}
