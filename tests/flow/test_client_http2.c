/* SPDX-License-Identifier: MIT */
/* Requests that share a connection, and its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "site/pattern.h"
#include "support/client.h"
#include "support/h2d.h"
#include "support/suite.h"

#define N_REQUESTS 8
#define N_BODIES   32
#define BODY_BYTES 200000

static void on_event(const struct asyncdl_event *event, void *data)
{
    int *n_retries = data;

    if (event->type == ASYNCDL_EVENT_RETRY) {
        assert_int_not_equal(event->err, ASYNCDL_ESTALL);
        ++*n_retries;
    }
}

static void test_requests_of_a_broken_connection_do_not_wait_for_the_stall(
    void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct outcome outcomes[N_REQUESTS] = {0};
    struct h2d h2d = {0};
    struct rig rig;
    int n_retries = 0;

    (void)state;
    assert_int_equal(h2d_start(&h2d, N_REQUESTS), 0);
    options.flags = ASYNCDL_CLIENT_INSECURE;
    options.http.version = ASYNCDL_HTTP_2;
    options.retry_delay_ms = 1;
    rig_open(&rig, &options);
    assert_int_equal(asyncdl_client_observe(rig.client, on_event, &n_retries),
                     0);
    for (int i = 0; i < N_REQUESTS; i++) {
        char url[64];

        (void)snprintf(url, sizeof(url), "https://127.0.0.1:%u/%d", h2d.port,
                       i);
        rig_fetch(&rig, &outcomes[i], rig_memory(url));
    }
    rig_run(&rig);

    for (int i = 0; i < N_REQUESTS; i++) {
        assert_int_equal(outcomes[i].err, 0);
        assert_int_equal(outcomes[i].bytes, 5);
    }
    assert_in_range(n_retries, N_REQUESTS, 2 * N_REQUESTS);
    rig_close(&rig);
    h2d_stop(&h2d);
}

/* Bodies of the site's pattern, of seeds 1 to N_BODIES. */
struct mixing {
    int n_done;
    int n_whole;
    int n_retries;
};

static void on_body_done(const struct asyncdl_result *result, void *data)
{
    struct mixing *m = data;
    uint8_t expected[BODY_BYTES];

    m->n_done++;
    if (result->err != 0) {
        assert_int_equal(result->err, ASYNCDL_EMAXTIME);
        return;
    }
    m->n_whole++;
    assert_int_equal(result->bytes, BODY_BYTES);
    adl_pattern_fill(expected, BODY_BYTES, result->index, 0);
    assert_memory_equal(result->body, expected, BODY_BYTES);
}

static void count_retry(const struct asyncdl_event *event, void *data)
{
    struct mixing *m = data;

    m->n_retries += event->type == ASYNCDL_EVENT_RETRY;
}

/* libcurl holds bytes of an attempt that is paused when its time is up: no
 * other may get them. */
static void test_bytes_that_were_held_back_reach_no_other_body(void **state)
{
    struct servers *servers = *state;
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct mixing m = {0};
    struct server proxy;
    struct rig rig;

    server_need(&proxy, server_start_nghttpx(&proxy, servers->site.port));
    options.flags = ASYNCDL_CLIENT_INSECURE;
    options.http.version = ASYNCDL_HTTP_2;
    options.max_active = N_BODIES;
    options.max_per_host = N_BODIES;
    options.rate_bps = UINT64_C(4) * 1024 * 1024;
    options.max_time_ms = 700;
    options.n_retries = 20;
    options.retry_delay_ms = 20;
    rig_open(&rig, &options);
    assert_int_equal(asyncdl_client_observe(rig.client, count_retry, &m), 0);
    for (unsigned i = 1; i <= N_BODIES; i++) {
        struct asyncdl_request request = ASYNCDL_REQUEST_INIT;
        char url[96];

        (void)snprintf(url, sizeof(url),
                       "https://127.0.0.1:%u/bytes/%d?seed=%u", proxy.tls_port,
                       BODY_BYTES, i);
        request.url = url;
        request.index = i;
        request.body = ASYNCDL_BODY_MEMORY;
        assert_int_equal(
            asyncdl_fetch(NULL, rig.client, &request, on_body_done, &m), 0);
    }
    rig_run(&rig);

    assert_int_equal(m.n_done, N_BODIES);
    assert_true(m.n_whole > 0);
    assert_true(m.n_retries > 0); /* some were stopped in their middle */
    rig_close(&rig);
    server_stop(&proxy);
}

TEST_SUITE(client_http2)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_requests_of_a_broken_connection_do_not_wait_for_the_stall),
        cmocka_unit_test(test_bytes_that_were_held_back_reach_no_other_body),
    };

    return cmocka_run_group_tests(tests, servers_setup, servers_teardown);
}
