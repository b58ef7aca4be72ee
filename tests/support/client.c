/* SPDX-License-Identifier: MIT */
#include "support/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "site/pattern.h"
#include "support/scratch.h"

#define N_URLS  4
#define URL_MAX 256

int servers_setup(void **state)
{
    const char *args[] = {"--latency", "0", NULL};
    struct servers *servers = calloc(1, sizeof(*servers));
    struct rig rig;
    uv_loop_t first; /* opens what libuv keeps open, which is not to count */

    if (uv_loop_init(&first) < 0 || uv_loop_close(&first) < 0) {
        return -1;
    }
    if (servers == NULL || server_start_site(&servers->site, args) < 0 ||
        server_start_faultd(&servers->faultd) < 0) {
        return -1;
    }
    *state = servers;
    rig_open(&rig, NULL); /* likewise for the other libraries */
    rig_close(&rig);
    return 0;
}

int servers_teardown(void **state)
{
    struct servers *servers = *state;

    server_stop(&servers->faultd);
    server_stop(&servers->site);
    free(servers);
    return 0;
}

const char *rig_url(const struct server *server, const char *format, ...)
{
    static char urls[N_URLS][URL_MAX];
    static unsigned n;
    char *url = urls[n++ % N_URLS];
    int len = snprintf(url, URL_MAX, "http://127.0.0.1:%u", server->port);
    va_list args;

    va_start(args, format);
    len += vsnprintf(url + len, URL_MAX - (size_t)len, format, args);
    va_end(args);
    assert_true(len < URL_MAX);
    return url;
}

void rig_open(struct rig *rig, const struct asyncdl_client_options *options)
{
    *rig = (struct rig){.n_fds = scratch_count_fds()};
    assert_int_equal(uv_loop_init(&rig->loop), 0);
    assert_int_equal(asyncdl_client_open(&rig->client, &rig->loop, options), 0);
}

static void on_closed(void *data)
{
    struct rig *rig = data;

    rig->n_closed++;
}

void rig_shut(struct rig *rig)
{
    asyncdl_client_close(rig->client, on_closed, rig);
    assert_int_equal(rig->n_closed, 0); /* never inside the call */
    rig->client = NULL;
}

void rig_run(struct rig *rig)
{
    assert_int_equal(uv_run(&rig->loop, UV_RUN_DEFAULT), 0);
}

void rig_run_until(struct rig *rig, const int *n, int wanted)
{
    while (*n < wanted) {
        int is_alive = uv_run(&rig->loop, UV_RUN_ONCE);

        assert_true(is_alive != 0 || *n >= wanted);
    }
}

void rig_close(struct rig *rig)
{
    if (rig->client != NULL) {
        rig_shut(rig);
    }
    rig_run(rig);
    assert_int_equal(rig->n_closed, 1);
    assert_int_equal(uv_loop_close(&rig->loop), 0);
    assert_int_equal(scratch_count_fds(), rig->n_fds);
}

struct asyncdl_request rig_memory(const char *url)
{
    struct asyncdl_request request = ASYNCDL_REQUEST_INIT;

    request.url = url;
    request.body = ASYNCDL_BODY_MEMORY;
    return request;
}

struct asyncdl_request rig_stream(const char *url, asyncdl_body_cb on_body)
{
    struct asyncdl_request request = ASYNCDL_REQUEST_INIT;

    request.url = url;
    request.body = ASYNCDL_BODY_STREAM;
    request.on_body = on_body;
    return request;
}

static bool is_pattern(const struct asyncdl_result *result)
{
    if (result->body == NULL) {
        return false;
    }
    size_t len = (size_t)result->bytes;
    uint8_t *bytes = malloc(len + 1);
    assert_non_null(bytes);
    adl_pattern_fill(bytes, len, 0, 0);
    bool is_same = memcmp(bytes, result->body, len) == 0;
    free(bytes);
    return is_same;
}

static void on_done(const struct asyncdl_result *result, void *data)
{
    struct outcome *o = data;

    assert_false(o->rig->is_calling);
    assert_non_null(result->error);
    assert_int_equal(result->err == 0, result->state == ASYNCDL_DONE);
    assert_int_equal(result->err == 0, result->error[0] == '\0');
    o->n_done++;
    o->err = result->err;
    o->state = result->state;
    o->status = result->status;
    o->attempts = result->attempts;
    o->bytes = result->bytes;
    o->retryable = result->retryable;
    o->is_pattern = is_pattern(result);
    (void)snprintf(o->sha256, sizeof(o->sha256), "%s",
                   result->sha256 != NULL ? result->sha256 : "");
    if (o->then != NULL) {
        o->then(o);
    }
    o->transfer = NULL;
}

void rig_fetch(struct rig *rig, struct outcome *outcome,
               struct asyncdl_request request)
{
    bool was_calling = rig->is_calling;

    outcome->rig = rig;
    rig->is_calling = true;
    assert_int_equal(asyncdl_fetch(&outcome->transfer, rig->client, &request,
                                   on_done, outcome),
                     0);
    rig->is_calling = was_calling;
}
