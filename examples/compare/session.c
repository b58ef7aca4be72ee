/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "urls.h"

#define N_RETRIES      3
#define RETRY_DELAY_MS 100

int session_open_client(struct asyncdl_client **out, uv_loop_t *loop,
                        const struct net *net, unsigned n_at_once)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    char http[64];
    char https[64];
    const char *const connect_to[] = {http, https, NULL};

    options.max_active = n_at_once;
    options.n_retries = N_RETRIES;
    options.retry_delay_ms = RETRY_DELAY_MS;
    if (net->is_local) {
        (void)snprintf(http, sizeof(http), ":80:127.0.0.1:%u", net->http_port);
        (void)snprintf(https, sizeof(https), ":443:127.0.0.1:%u",
                       net->https_port);
        options.http.connect_to = connect_to;
        options.http.ca_file = net->ca_file;
        options.http.no_proxy = "*";
    }
    return asyncdl_client_open(out, loop, &options);
}

int session_open(struct session *session, const struct net *net)
{
    int err = uv_loop_init(&session->loop);

    session->n_passes = 1;
    if (err < 0) {
        return err;
    }
    err = session_open_client(&session->client, &session->loop, net, 1);
    if (err < 0) {
        (void)uv_run(&session->loop, UV_RUN_DEFAULT); /* what it has closed */
        (void)uv_loop_close(&session->loop);
    }
    return err;
}

static uint64_t later(uint64_t from_ns, double seconds)
{
    return seconds > 0 ? from_ns + (uint64_t)(seconds * 1e9) : from_ns;
}

/*
 * Phases that libcurl has not seen take no time: each begins where the last has
 * ended. Where the end was seen they are counted back from there, so that a
 * loop that did not look at the download shows as what it waited for.
 */
static void read_phases(struct phases *out, const struct asyncdl_times *time,
                        const struct stay *stay)
{
    uint64_t sent_ns = later(stay->asked_ns, time->queue_s);
    uint64_t total_ns = later(0, time->total_s);

    if (stay->done_ns > sent_ns + total_ns) {
        sent_ns = stay->done_ns - total_ns;
    }
    *out = (struct phases){.asked_ns = stay->asked_ns, .sent_ns = sent_ns};
    out->connect_ns = later(sent_ns, time->connect_s);
    out->tls_ns = later(sent_ns, time->tls_s);
    out->answer_ns = later(sent_ns, time->first_byte_s);
    out->done_ns = sent_ns + total_ns;
    if (out->tls_ns < out->connect_ns) {
        out->tls_ns = out->connect_ns;
    }
    if (out->answer_ns < out->tls_ns) {
        out->answer_ns = out->tls_ns;
    }
    if (out->done_ns < out->answer_ns) {
        out->done_ns = out->answer_ns;
    }
}

void session_read_result(struct answer *out,
                         const struct asyncdl_result *result,
                         const struct stay *stay, unsigned n_passes)
{
    *out = (struct answer){.err = result->err, .n_bytes = result->bytes};
    if (result->state != ASYNCDL_DONE) {
        out->err = result->err < 0 ? result->err : -EIO;
        (void)snprintf(out->error, sizeof(out->error), "%.150s", result->error);
        return;
    }
    out->hash = urls_hash(result->body, result->bytes, 0, n_passes);
    read_phases(&out->phases, &result->time, stay);
}

static void fail(struct answer *out, int err)
{
    *out = (struct answer){.err = err};
    (void)snprintf(out->error, sizeof(out->error), "%s", asyncdl_strerror(err));
}

void session_get(struct answer *out, struct session *session, const char *url)
{
    struct asyncdl_request request = ASYNCDL_REQUEST_INIT;
    struct asyncdl_future *future = NULL;
    const void *result = NULL;
    struct stay stay = {.asked_ns = asyncdl_trace_get_now_ns()};

    request.url = url;
    request.body = ASYNCDL_BODY_MEMORY;
    int err = asyncdl_fetch_future(&future, session->client, &request);

    if (err == 0) {
        err = asyncdl_future_wait(future, ASYNCDL_FOREVER);
    }
    if (err == 0) {
        (void)asyncdl_future_result(future, &result); /* result says it, too */
    }
    if (result != NULL) {
        stay.done_ns = asyncdl_trace_get_now_ns();
        session_read_result(out, result, &stay, session->n_passes);
    } else {
        fail(out, err < 0 ? err : -ECANCELED);
    }
    asyncdl_future_release(future);
}

void session_close(struct session *session)
{
    asyncdl_client_close(session->client, NULL, NULL);
    (void)uv_run(&session->loop, UV_RUN_DEFAULT); /* until it is closed */
    (void)uv_loop_close(&session->loop); /* nothing is left that could object */
}

int session_add_spans(struct asyncdl_trace *trace, uint64_t row,
                      const struct phases *phases)
{
    const struct {
        enum asyncdl_span_kind kind;
        uint64_t from_ns;
        uint64_t to_ns;
    } spans[] = {
        {ASYNCDL_SPAN_QUEUE, phases->asked_ns, phases->sent_ns},
        {ASYNCDL_SPAN_CONNECT, phases->sent_ns, phases->connect_ns},
        {ASYNCDL_SPAN_TLS, phases->connect_ns, phases->tls_ns},
        {ASYNCDL_SPAN_WAITING, phases->tls_ns, phases->answer_ns},
        {ASYNCDL_SPAN_BODY, phases->answer_ns, phases->done_ns},
    };
    int err = 0;

    for (size_t i = 0; err == 0 && i < sizeof(spans) / sizeof(spans[0]); i++) {
        err = asyncdl_trace_add(trace, row, spans[i].kind, spans[i].from_ns,
                                spans[i].to_ns);
    }
    return err;
}
