/* SPDX-License-Identifier: MIT */
#include "support/download.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "support/http.h"
#include "support/port.h"

#define N_EXPANDED 4
#define WAIT_MS    10
#define N_WAITS    3000

int download_group_setup(void **state)
{
    const char *args[] = {"--latency", "0", NULL};
    struct download_servers *servers = calloc(1, sizeof(*servers));

    if (servers == NULL) {
        return -1;
    }
    *state = servers;
    servers->refusing_port = port_take_refusing(&servers->refusing_fd);
    if (servers->refusing_port == 0 ||
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
    if (servers->refusing_fd >= 0) {
        (void)close(servers->refusing_fd);
    }
    free(servers);
    *state = NULL;
    return 0;
}

void download_init(struct download *d, struct download_servers *servers)
{
    *d = (struct download){.servers = servers};
    cmd_init(&d->cmd);
}

void download_finish(struct download *d)
{
    cmd_finish(&d->cmd);
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
        {"@REFUSES@", "127.0.0.1:", s->refusing_port},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strlen(words[i].name) == len &&
            memcmp(words[i].name, word, len) == 0) {
            return adl_buf_addf(buf, "%s%u", words[i].before, words[i].port);
        }
    }
    if (len == 5 && memcmp(word, "@DIR@", 5) == 0) {
        return adl_buf_add_str(buf, d->cmd.dir.path);
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

struct proc *download_start(struct download *d, const char *list,
                            const char *options)
{
    struct cmd *cmd = &d->cmd;
    char *words = strdup(download_expand(d, options != NULL ? options : ""));
    char *rest = NULL;

    assert_non_null(words);
    cmd_add(cmd, "--retry-delay", "2ms", NULL);
    for (char *word = strtok_r(words, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        cmd_add(cmd, word, NULL);
    }
    cmd_add(cmd, "list", NULL);
    cmd_write(cmd, "list", download_expand(d, list));
    struct proc *proc = cmd_start(cmd);
    cmd_reset(cmd); /* its arguments point into words */
    free(words);
    return proc;
}

void download_run(struct download *d, const char *list, const char *options,
                  int status)
{
    cmd_wait(&d->cmd, download_start(d, list, options), status);
}

void download_wait_for_request(struct download *d, const char *target)
{
    for (int i = 0; download_count_requests(d, target) == 0; i++) {
        assert_true(i < N_WAITS);
        (void)poll(NULL, 0, WAIT_MS);
    }
}

void download_need_out(struct download *d, const char *text)
{
    cmd_need_text(d->cmd.out, download_expand(d, text));
}

void download_need_err(struct download *d, const char *text)
{
    cmd_need_text(d->cmd.err, download_expand(d, text));
}

void download_need_pattern(struct download *d, const char *name, uint64_t size,
                           uint64_t seed)
{
    const char *path = cmd_text(&d->cmd, "out/%s", name);

    if (!tmpdir_is_pattern(&d->cmd.dir, path, size, seed)) {
        fail_msg("%s is not %" PRIu64 " bytes of the pattern %" PRIu64, path,
                 size, seed);
    }
}

void download_need_text(struct download *d, const char *name, const char *text)
{
    const char *path = cmd_text(&d->cmd, "out/%s", name);

    assert_string_equal(cmd_read(&d->cmd, path), text);
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
        assert_string_equal(d->cmd.err, "");
        return;
    }
    assert_int_equal(adl_buf_addf(&text, "asyncdl: %.*s: %s",
                                  (int)strcspn(c->url, "\t\n"), c->url,
                                  c->error),
                     0);
    download_need_err(d, adl_buf_str(&text));
    if (c->cause != NULL) {
        download_need_err(d, c->cause);
    }
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
        assert_int_equal(cmd_count_files(&d.cmd), c->file != NULL ? 1 : 0);
        if (c->file != NULL && c->text != NULL) {
            download_need_text(&d, c->file, c->text);
        } else if (c->file != NULL) {
            download_need_pattern(&d, c->file, c->size, c->seed);
        }
        download_finish(&d);
    }
}
