/* SPDX-License-Identifier: MIT */
/* asyncdl --dns-servers. */
#include <stdio.h>
#include <string.h>

#include "support/dnsd.h"
#include "support/loop.h"
#include "support/proc.h"
#include "support/server.h"
#include "support/suite.h"

static const struct dnsd_entry table[] = {
    {.name = "some.test", .a = {"127.0.0.1"}, .ttl_s = 60},
    {.name = "mute.test", .way = DNSD_SILENCE},
    {.name = NULL},
};

struct bench {
    struct dnsd dnsd;
    struct server site;
    struct proc_result result;
};

static int bench_setup(void **state)
{
    static struct bench bench;
    const char *args[] = {"--latency", "0", NULL};

    bench = (struct bench){.dnsd = {.port = 0}};
    *state = &bench;
    return dnsd_start(&bench.dnsd, table) < 0
               ? -1
               : server_start_site(&bench.site, args);
}

static int bench_teardown(void **state)
{
    struct bench *b = *state;

    proc_result_finish(&b->result);
    server_stop(&b->site);
    dnsd_stop(&b->dnsd);
    return 0;
}

/* Run it on a host's list of n URLs. */
static void run(struct bench *b, const char *servers, const char *host, int n)
{
    const char *argv[] = {server_get_program("ASYNCDL"),
                          "--discard",
                          "--retry",
                          "0",
                          "--connect-timeout",
                          "500ms",
                          "--dns-servers",
                          servers,
                          "-",
                          NULL};
    struct adl_buf list = {0};

    for (int i = 0; i < n; i++) {
        assert_int_equal(adl_buf_addf(&list, "http://%s:%u/bytes/100?%d\n",
                                      host, b->site.port, i),
                         0);
    }
    assert_int_equal(proc_run(&b->result,
                              &(struct proc_options){
                                  .argv = argv, .input = adl_buf_str(&list)}),
                     0);
    adl_buf_finish(&list);
}

static void test_download_from_a_name_only_that_server_knows(void **state)
{
    struct bench *b = *state;

    run(b, b->dnsd.servers, "some.test", 1);

    assert_int_equal(b->result.status, 0);
    assert_non_null(strstr(adl_buf_str(&b->result.out), "Read 100 from "));
    assert_int_equal(dnsd_count(&b->dnsd, "some.test").n_a, 1);
}

static void test_200_urls_of_a_host_ask_once(void **state)
{
    struct bench *b = *state;

    run(b, b->dnsd.servers, "some.test", 200);

    assert_int_equal(b->result.status, 0);
    assert_non_null(
        strstr(adl_buf_str(&b->result.out), "Downloaded 200 sites in "));
    assert_int_equal(dnsd_count(&b->dnsd, "some.test").n_a, 1);
}

static void test_unknown_name_exits_3_and_names_host_and_server(void **state)
{
    struct bench *b = *state;

    run(b, b->dnsd.servers, "nowhere.test", 1);

    const char *said = adl_buf_str(&b->result.err);
    assert_int_equal(b->result.status, 3);
    assert_non_null(strstr(said, "host name not found: nowhere.test: "));
    assert_non_null(strstr(said, b->dnsd.servers));
}

static void test_silent_server_exits_3_by_the_connect_timeout(void **state)
{
    struct bench *b = *state;

    run(b, b->dnsd.servers, "mute.test", 1);

    assert_int_equal(b->result.status, 3);
    assert_non_null(strstr(adl_buf_str(&b->result.err),
                           "mute.test while resolving the name"));
}

static void test_nonsense_is_refused_and_told_what_is_allowed(void **state)
{
    struct bench *b = *state;

    run(b, "nonsense", "some.test", 1);

    assert_int_equal(b->result.status, 2);
    assert_non_null(strstr(adl_buf_str(&b->result.err),
                           "--dns-servers nonsense: must be addresses parted "
                           "by commas"));
    assert_int_equal(b->result.out.len, 0);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

TEST_SUITE(dns_servers)
{
    const struct CMUnitTest tests[] = {
        TEST(test_download_from_a_name_only_that_server_knows),
        TEST(test_200_urls_of_a_host_ask_once),
        TEST(test_unknown_name_exits_3_and_names_host_and_server),
        TEST(test_silent_server_exits_3_by_the_connect_timeout),
        TEST(test_nonsense_is_refused_and_told_what_is_allowed),
    };

    return cmocka_run_group_tests_name("dns_servers", tests, NULL, NULL);
}
