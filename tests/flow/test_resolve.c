/* SPDX-License-Identifier: MIT */
/* The library with name servers of its user's choice. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asyncdl/asyncdl.h"
#include "support/dnsd.h"
#include "support/loop.h"
#include "support/server.h"
#include "support/suite.h"

#define LOCAL       \
    {               \
        "127.0.0.1" \
    }

static const struct dnsd_entry table[] = {
    {.name = "some.test", .a = LOCAL, .ttl_s = 60},
    {.name = "other.test", .a = LOCAL, .ttl_s = 60},
    {.name = "both.test", .a = LOCAL, .aaaa = {"::1"}, .ttl_s = 60},
    {.name = "short.test", .a = LOCAL, .ttl_s = 0},
    {.name = "alias.test", .cname = "real.test", .a = LOCAL, .ttl_s = 60},
    {.name = "long.test", .way = DNSD_TRUNCATED, .a = LOCAL, .ttl_s = 60},
    {.name = "mute.test", .way = DNSD_SILENCE},
    {.name = "broken.test", .way = DNSD_SERVFAIL},
    {.name = "garbage.test", .way = DNSD_GARBAGE},
    {.name = "empty.test"},
    {.name = "*.held.test", .way = DNSD_HELD, .a = LOCAL, .ttl_s = 60},
    {.name = NULL},
};

/* A name server, a site, a client that asks the one to find the other. */
struct bench {
    uv_loop_t loop;
    struct dnsd dnsd;
    struct server site;
    struct asyncdl_client_options options;
    struct asyncdl_client *client;
    struct asyncdl_transfer *last; /* the transfer fetched last */
    unsigned n_done;
    unsigned n_good;
    unsigned n_canceled;
    struct asyncdl_result result; /* the last; its pointers are dead */
    char error[512];
    char body[16];
};

static int bench_setup(void **state)
{
    static struct bench bench; /* outlives a failed assert, as the loop does */
    const char *args[] = {"--latency", "0", NULL};

    bench = (struct bench){.options = ASYNCDL_CLIENT_OPTIONS_INIT};
    *state = &bench;
    if (uv_loop_init(&bench.loop) < 0 || dnsd_start(&bench.dnsd, table) < 0) {
        return -1;
    }
    bench.options.http.dns_servers = bench.dnsd.servers;
    bench.options.n_retries = ASYNCDL_NONE;
    return server_start_site(&bench.site, args);
}

static int bench_teardown(void **state)
{
    struct bench *b = *state;

    if (b->client != NULL) {
        asyncdl_client_close(b->client, NULL, NULL);
    }
    uv_run(&b->loop, UV_RUN_DEFAULT);
    server_stop(&b->site);
    dnsd_stop(&b->dnsd);
    return uv_loop_close(&b->loop);
}

static void on_done(const struct asyncdl_result *result, void *data)
{
    struct bench *b = data;

    b->n_done++;
    b->n_good += result->state == ASYNCDL_DONE;
    b->n_canceled += result->err == -ECANCELED;
    b->result = *result;
    (void)snprintf(b->error, sizeof(b->error), "%s", result->error);
}

static void fetch_url(struct bench *b, const char *url)
{
    struct asyncdl_request request = ASYNCDL_REQUEST_INIT;

    if (b->client == NULL) {
        assert_int_equal(asyncdl_client_open(&b->client, &b->loop, &b->options),
                         0);
    }
    request.url = url;
    request.body = ASYNCDL_BODY_MEMORY;
    assert_int_equal(asyncdl_fetch(&b->last, b->client, &request, on_done, b),
                     0);
}

static void fetch(struct bench *b, const char *host)
{
    char url[400];

    (void)snprintf(url, sizeof(url), "http://%s:%u/bytes/100", host,
                   b->site.port);
    fetch_url(b, url);
}

/* Fetch from a host and expect it to arrive. */
static void need(struct bench *b, const char *host)
{
    unsigned n_good = b->n_good;

    fetch(b, host);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    if (b->n_good != n_good + 1) {
        fail_msg("%s: %s", host, b->error);
    }
    assert_int_equal(b->result.bytes, 100);
}

static void test_name_is_asked_at_the_given_server(void **state)
{
    struct bench *b = *state;

    need(b, "some.test");

    struct dnsd_counts counts = dnsd_count(&b->dnsd, "some.test");
    assert_int_equal(counts.n_a, 1);
    assert_int_equal(counts.n_aaaa, 1);
    assert_int_equal(counts.n_tcp, 0);
    assert_true(b->result.time.dns_s <= b->result.time.connect_s);
    assert_true(b->result.time.connect_s <= b->result.time.total_s);
}

static void test_names_are_found_in_every_form(void **state)
{
    struct bench *b = *state;

    need(b, "both.test");
    need(b, "alias.test");
    need(b, "long.test");
    assert_true(dnsd_count(&b->dnsd, "long.test").n_tcp > 0);
    need(b, "SOME.Test");
    need(b, "some.test.");
}

static void test_many_urls_of_a_host_ask_once(void **state)
{
    struct bench *b = *state;

    for (int i = 0; i < 200; i++) {
        fetch(b, "some.test");
    }
    uv_run(&b->loop, UV_RUN_DEFAULT);

    assert_int_equal(b->n_good, 200);
    assert_int_equal(dnsd_count(&b->dnsd, NULL).n_a, 1);
    assert_int_equal(dnsd_count(&b->dnsd, NULL).n_aaaa, 1);
}

static void test_ip_version_decides_what_is_asked_for(void **state)
{
    struct bench *b = *state;

    b->options.http.ip_version = ASYNCDL_IP_V4;
    need(b, "both.test");

    assert_int_equal(dnsd_count(&b->dnsd, NULL).n_a, 1);
    assert_int_equal(dnsd_count(&b->dnsd, NULL).n_aaaa, 0);
}

/* Fetch from so many hosts whose answers are held, until all have slots. */
static void fetch_held(struct bench *b, unsigned n)
{
    struct asyncdl_client_stats stats = {0};

    b->options.http.ip_version = ASYNCDL_IP_V4;
    for (unsigned i = 0; i < n; i++) {
        char host[32];

        (void)snprintf(host, sizeof(host), "h%u.held.test", i);
        fetch(b, host);
    }
    while (stats.n_active < n) {
        uv_run(&b->loop, UV_RUN_ONCE);
        asyncdl_client_get_stats(b->client, &stats);
    }
}

static void test_at_most_32_names_are_asked_for_at_once(void **state)
{
    struct bench *b = *state;

    fetch_held(b, 100);
    assert_int_equal(dnsd_count(&b->dnsd, NULL).n_names, 32);

    dnsd_release(&b->dnsd);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(b->n_good, 100);
    assert_int_equal(dnsd_count(&b->dnsd, NULL).n_names, 100);
}

static void test_canceled_lookup_ends_at_once(void **state)
{
    struct bench *b = *state;

    fetch_held(b, 40); /* the last one's name is not even asked for */
    asyncdl_transfer_cancel(b->last);
    fetch(b, "h0.held.test");
    asyncdl_transfer_cancel(b->last);
    while (b->n_done < 2) {
        uv_run(&b->loop, UV_RUN_ONCE);
    }
    assert_int_equal(b->n_canceled, 2);

    dnsd_release(&b->dnsd);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(b->n_done, 41);
    assert_int_equal(b->n_good, 39);
    assert_int_equal(dnsd_count(&b->dnsd, "h39.held.test").n_a, 0);
}

static void test_abandoned_lookup_keeps_no_loop_alive(void **state)
{
    struct bench *b = *state;

    fetch_held(b, 1);
    asyncdl_transfer_cancel(b->last);
    for (int i = 0; i < 3; i++) {
        uv_run(&b->loop, UV_RUN_NOWAIT); /* nothing is answered in here */
    }
    assert_int_equal(b->n_canceled, 1);
    assert_int_equal(uv_loop_alive(&b->loop), 0);
}

static void test_close_while_resolving_leaves_nothing(void **state)
{
    struct bench *b = *state;

    fetch_held(b, 100);
    asyncdl_client_close(b->client, NULL, NULL);
    b->client = NULL;
    uv_run(&b->loop, UV_RUN_DEFAULT);

    assert_int_equal(b->n_canceled, 100);
    assert_int_equal(uv_loop_alive(&b->loop), 0);
}

static void test_failure_names_host_and_servers(void **state)
{
    static const char *const hosts[] = {"nowhere.test", "broken.test",
                                        "empty.test", "garbage.test"};
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        fetch(b, hosts[i]);
        uv_run(&b->loop, UV_RUN_DEFAULT);

        assert_int_equal(b->result.err, ASYNCDL_ERESOLVE);
        assert_true(b->result.retryable);
        assert_int_equal(b->result.attempts, 1);
        assert_non_null(strstr(b->error, hosts[i]));
        assert_non_null(strstr(b->error, b->dnsd.servers));
    }
}

static void test_failure_is_tried_again_and_not_kept(void **state)
{
    struct bench *b = *state;

    b->options.n_retries = 2;
    b->options.retry_delay_ms = 1;
    fetch(b, "nowhere.test");
    uv_run(&b->loop, UV_RUN_DEFAULT);

    assert_int_equal(b->result.err, ASYNCDL_ERESOLVE);
    assert_int_equal(b->result.attempts, 3);
    assert_int_equal(dnsd_count(&b->dnsd, "nowhere.test").n_a, 3);
}

static void test_search_domains_are_not_tried(void **state)
{
    struct bench *b = *state;

    assert_int_equal(setenv("LOCALDOMAIN", "search.test", 1), 0);
    fetch(b, "nowhere.test");
    fetch(b, "nowhere");
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(unsetenv("LOCALDOMAIN"), 0);

    assert_int_equal(b->n_done, 2);
    assert_int_equal(dnsd_count(&b->dnsd, NULL).n_names, 2);
}

static void test_silence_ends_by_the_connect_timeout(void **state)
{
    struct bench *b = *state;

    b->options.connect_timeout_ms = 100;
    fetch(b, "mute.test");
    uv_run(&b->loop, UV_RUN_DEFAULT);

    assert_int_equal(b->result.err, ASYNCDL_ECONNTIMEOUT);
    assert_true(b->result.retryable);
    assert_non_null(strstr(b->error, "mute.test"));
    need(b, "some.test"); /* the other name's question goes on meanwhile */
}

static void test_silence_ends_by_the_time_of_an_attempt(void **state)
{
    struct bench *b = *state;

    b->options.max_time_ms = 100;
    fetch(b, "mute.test");
    uv_run(&b->loop, UV_RUN_DEFAULT);

    assert_int_equal(b->result.err, ASYNCDL_EMAXTIME);
}

static void test_answer_is_asked_for_again_after_its_time(void **state)
{
    struct bench *b = *state;

    need(b, "short.test");
    need(b, "some.test");
    while (dnsd_count(&b->dnsd, "short.test").n_a < 2) {
        need(b, "short.test"); /* for a second: the least that is kept */
    }
    need(b, "some.test");
    assert_int_equal(dnsd_count(&b->dnsd, "some.test").n_a, 1);
    assert_true(b->n_good > 4); /* the answer was of use to more than one */
}

static void test_redirect_to_another_host_is_asked_for(void **state)
{
    struct bench *b = *state;
    char url[200];

    (void)snprintf(url, sizeof(url),
                   "http://some.test:%u/redirect/302?to=http://other.test:%u/"
                   "bytes/100",
                   b->site.port, b->site.port);
    fetch_url(b, url);
    uv_run(&b->loop, UV_RUN_DEFAULT);

    assert_int_equal(b->n_good, 1);
    assert_int_equal(b->result.attempts, 1);
    assert_int_equal(dnsd_count(&b->dnsd, "other.test").n_a, 1);
}

static void test_second_server_stands_in_for_the_first(void **state)
{
    struct bench *b = *state;
    char servers[64];

    (void)snprintf(servers, sizeof(servers), "127.0.0.1:1,%s", b->dnsd.servers);
    b->options.http.dns_servers = servers;
    need(b, "some.test");

    assert_int_equal(dnsd_count(&b->dnsd, "some.test").n_a, 1);
}

static void test_known_addresses_are_not_asked_for(void **state)
{
    struct bench *b = *state;
    char resolve[64], connect_to[64];
    const char *resolves[] = {resolve, NULL};
    const char *connects[] = {connect_to, NULL};

    (void)snprintf(resolve, sizeof(resolve), "given.test:%u:127.0.0.1",
                   b->site.port);
    (void)snprintf(connect_to, sizeof(connect_to), "moved.test::127.0.0.1:");
    b->options.http.resolve = resolves;
    b->options.http.connect_to = connects;
    need(b, "127.0.0.1");
    need(b, "given.test");
    need(b, "moved.test");

    assert_int_equal(dnsd_count(&b->dnsd, NULL).n_names, 0);
    need(b, "some.test"); /* they leave other names alone */
    need(b, "given.test");
}

static void test_name_to_connect_to_is_the_one_asked_for(void **state)
{
    struct bench *b = *state;
    char connect_to[64];
    const char *connects[] = {connect_to, NULL};

    (void)snprintf(connect_to, sizeof(connect_to), "moved.test:80:some.test:%u",
                   b->site.port);
    b->options.http.connect_to = connects;
    fetch_url(b, "http://moved.test/bytes/100");
    uv_run(&b->loop, UV_RUN_DEFAULT);

    assert_int_equal(b->n_good, 1);
    assert_int_equal(dnsd_count(&b->dnsd, "some.test").n_a, 1);
    assert_int_equal(dnsd_count(&b->dnsd, NULL).n_names, 1);
}

/* The site serves as a proxy that answers everything by itself. */
static void test_proxied_names_are_the_proxys_to_find(void **state)
{
    struct bench *b = *state;
    char url[64];

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", b->site.port);
    b->options.http.proxy = url;
    b->options.http.no_proxy = "some.test";
    fetch(b, "other.test");
    uv_run(&b->loop, UV_RUN_DEFAULT);

    assert_int_not_equal(b->result.status, 0);
    assert_int_equal(dnsd_count(&b->dnsd, NULL).n_names, 0);
    need(b, "some.test");
    assert_int_equal(dnsd_count(&b->dnsd, "some.test").n_a, 1);
}

static void test_what_is_no_list_of_servers_is_refused(void **state)
{
    struct bench *b = *state;

    b->options.http.dns_servers = "nonsense";
    assert_int_equal(asyncdl_client_open(&b->client, &b->loop, &b->options),
                     -EINVAL);
    assert_null(b->client);
}

static void test_unused_client_closes(void **state)
{
    struct bench *b = *state;

    assert_int_equal(asyncdl_client_open(&b->client, &b->loop, &b->options), 0);
    asyncdl_client_close(b->client, NULL, NULL);
    b->client = NULL;
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_alive(&b->loop), 0);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

TEST_SUITE(resolve)
{
    const struct CMUnitTest tests[] = {
        TEST(test_name_is_asked_at_the_given_server),
        TEST(test_names_are_found_in_every_form),
        TEST(test_many_urls_of_a_host_ask_once),
        TEST(test_ip_version_decides_what_is_asked_for),
        TEST(test_at_most_32_names_are_asked_for_at_once),
        TEST(test_canceled_lookup_ends_at_once),
        TEST(test_abandoned_lookup_keeps_no_loop_alive),
        TEST(test_close_while_resolving_leaves_nothing),
        TEST(test_failure_names_host_and_servers),
        TEST(test_failure_is_tried_again_and_not_kept),
        TEST(test_search_domains_are_not_tried),
        TEST(test_silence_ends_by_the_connect_timeout),
        TEST(test_silence_ends_by_the_time_of_an_attempt),
        TEST(test_answer_is_asked_for_again_after_its_time),
        TEST(test_redirect_to_another_host_is_asked_for),
        TEST(test_second_server_stands_in_for_the_first),
        TEST(test_known_addresses_are_not_asked_for),
        TEST(test_name_to_connect_to_is_the_one_asked_for),
        TEST(test_proxied_names_are_the_proxys_to_find),
        TEST(test_what_is_no_list_of_servers_is_refused),
        TEST(test_unused_client_closes),
    };

    return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
