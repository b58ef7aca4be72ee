/* SPDX-License-Identifier: MIT */
/* What the server sees of a client's limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "support/client.h"
#include "support/http.h"

#define N_REQUESTS 60

static struct servers *servers;

static json_int_t get_most_at_once(void)
{
    json_t *stats = http_need_json(servers->site.port, "/stats");
    json_int_t n = json_integer_value(json_object_get(stats, "max_concurrent"));

    json_decref(stats);
    return n;
}

/* Returns the time that it took by the loop's clock, in ms. */
static uint64_t fetch_all(const struct asyncdl_client_options *options,
                          const char *target, int n)
{
    struct outcome outcomes[N_REQUESTS] = {0};
    struct http_answer reset =
        http_need(servers->site.port, "/reset-stats", "");
    struct rig rig;

    http_answer_finish(&reset);
    rig_open(&rig, options);
    uint64_t start_ms = uv_now(&rig.loop);
    for (int i = 0; i < n; i++) {
        rig_fetch(&rig, &outcomes[i],
                  rig_memory(rig_url(&servers->site, "%s", target)));
    }
    rig_run(&rig);
    uint64_t took_ms = uv_now(&rig.loop) - start_ms;
    for (int i = 0; i < n; i++) {
        assert_int_equal(outcomes[i].err, 0);
    }
    rig_close(&rig);
    return took_ms;
}

static void test_no_more_than_max_active_are_under_way(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;

    (void)state;
    options.max_active = 5;
    options.max_per_host = 5;
    fetch_all(&options, "/bytes/2000?rate=40000", N_REQUESTS);

    assert_int_equal(get_most_at_once(), 5);
}

static void test_no_more_than_max_per_host_are_under_way(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;

    (void)state;
    options.max_per_host = 3;
    fetch_all(&options, "/bytes/1000?rate=40000", N_REQUESTS);

    assert_int_equal(get_most_at_once(), 3);
}

/* A machine may be slower than a limit, never faster. */
static void test_rate_is_not_exceeded(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;

    (void)state;
    options.rate_bps = 1000000;
    uint64_t took_ms = fetch_all(&options, "/bytes/500000", 1);

    /* A tenth of a second's worth may come at once, and a last piece. */
    assert_true(took_ms >= 300);
}

static void test_host_is_asked_no_more_often_than_allowed(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;

    (void)state;
    options.host_rate_n = 10;
    options.host_rate_ms = 100;
    uint64_t took_ms = fetch_all(&options, "/bytes/10", 30);

    assert_true(took_ms >= 150);
}

static int setup(void **state)
{
    int err = servers_setup(state);

    servers = *state;
    return err;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_more_than_max_active_are_under_way),
        cmocka_unit_test(test_no_more_than_max_per_host_are_under_way),
        cmocka_unit_test(test_rate_is_not_exceeded),
        cmocka_unit_test(test_host_is_asked_no_more_often_than_allowed),
    };

    return cmocka_run_group_tests(tests, setup, servers_teardown);
}
