/* SPDX-License-Identifier: MIT */
/* Requests that share a connection, and its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/client.h"
#include "support/h2d.h"
#include "support/suite.h"

#define N_REQUESTS 8

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

TEST_SUITE(client_http2)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_requests_of_a_broken_connection_do_not_wait_for_the_stall),
    };

    return cmocka_run_group_tests(tests, servers_setup, servers_teardown);
}
