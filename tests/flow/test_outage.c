/* SPDX-License-Identifier: MIT */
/* Hosts and networks that go away, and come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <unistd.h>

#include <cmocka.h>

#include "support/live.h"
#include "support/netns.h"
#include "support/port.h"
#include "support/server.h"
#include "support/suite.h"

static uint16_t dead_port;
static int dead_fd; /* keeps it so */

static int take_dead_port(void **state)
{
    (void)state;
    dead_port = port_take_refusing(&dead_fd);
    return dead_port > 0 ? 0 : -1;
}

static int give_dead_port(void **state)
{
    (void)state;
    return close(dead_fd);
}

static int start_site(struct server *site, uint16_t port)
{
    char text[8];
    const char *args[] = {"--latency", "10", "--port", text, NULL};

    (void)snprintf(text, sizeof(text), "%u", port);
    return server_start_site(site, args);
}

static void test_a_server_that_dies_and_returns_loses_nothing(void **state)
{
    struct server site;
    struct live live;

    (void)state;
    server_need(&site, start_site(&site, 0));
    uint16_t port = site.port;
    live_init(&live);
    live_add_url(&live, "127.0.0.1", port, 0);
    cmd_add(&live.cmd, "-v", "--per-host", "4", "--retry", "15",
            "--retry-delay", "2ms", NULL);
    live_open(&live);
    live_write(&live);
    live_wait_for(&live, "Read 100 from ");
    server_stop(&site);
    for (int i = 1; i < 200; i++) {
        live_add_url(&live, "127.0.0.1", port, i);
    }
    live_write(&live);
    proc_close_input(live.proc);
    live_wait_for(&live, "asyncdl: host is down: ");
    server_need(&site, start_site(&site, port));
    const char *said = live_wait(&live, 0);

    cmd_need_text(said, "Downloaded 200 sites in ");
    cmd_need_text(said, "asyncdl: host is back: going on at http://127.0.0.1:");
    /* Those under way at once, and again after those that broke off, and the
     * probes. */
    size_t n_failed = cmd_count_text(said, "asyncdl: attempt ");
    assert_true(n_failed >= 3 && n_failed <= 4 + 4 + 15);
    assert_int_equal(cmd_count_files(&live.cmd), 200);
    live_finish(&live);
    server_stop(&site);
}

static void test_a_dead_host_sees_few_attempts_and_holds_nobody_up(void **state)
{
    struct server site;
    struct live live;

    (void)state;
    server_need(&site, start_site(&site, 0));
    live_init(&live);
    for (int i = 0; i < 3000; i++) {
        live_add_url(&live, "127.0.0.1", i % 10 == 0 ? site.port : dead_port,
                     i);
    }
    cmd_add(&live.cmd, "--discard", "--retry-delay", "20ms", NULL);
    live_start(&live);
    const char *said = live_wait(&live, 3);

    cmd_need_text(said, "Downloaded 300 sites in ");
    cmd_need_text(said, "failed 2700 (another run can help 2700)");
    cmd_need_text(said,
                  ": host is down: connection refused or host unreachable");
    cmd_need_text(said,
                  "    2700  connection refused or host unreachable from ");
    cmd_need_no_text(said, "network is down");
    /* A window of them at once, a few probes, and one a while from then on:
     * the delays double, so that even hours would not make it 100. */
    size_t n_untried = cmd_count_text(said, " (not tried; another run can");
    assert_true(n_untried >= 2600);
    live_finish(&live);
    server_stop(&site);
}

/* One host alone cannot tell itself from the network. */
static void test_a_single_dead_url_is_tried_as_often_as_ever(void **state)
{
    struct live live;

    (void)state;
    live_init(&live);
    live_add_url(&live, "127.0.0.1", dead_port, 1);
    cmd_add(&live.cmd, "--retry-delay", "2ms", NULL);
    live_start(&live);

    cmd_need_text(live_wait(&live, 3),
                  "(after 5 attempts; another run can help");
    live_finish(&live);
}

static void test_without_retries_nothing_waits_for_a_dead_host(void **state)
{
    struct live live;

    (void)state;
    live_init(&live);
    for (int i = 0; i < 500; i++) {
        live_add_url(&live, "127.0.0.1", dead_port, i);
    }
    cmd_add(&live.cmd, "--retry", "0", "--retry-delay", "1h", NULL);
    live_start(&live);
    const char *said = live_wait(&live, 3);

    cmd_need_text(said, "failed 500 (another run can help 500), retried 0");
    assert_true(cmd_count_text(said, " (not tried; ") >= 400);
    live_finish(&live);
}

static void test_mirrors_take_over_from_a_host_that_is_lost(void **state)
{
    struct server site;
    struct live live;

    (void)state;
    server_need(&site, start_site(&site, 0));
    live_init(&live);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(adl_buf_addf(&live.list,
                                      "http://127.0.0.1:%u/a%d\t"
                                      "http://127.0.0.1:%u/bytes/100/%d\n",
                                      dead_port, i, site.port, i),
                         0);
    }
    cmd_add(&live.cmd, "--discard", "--retry-delay", "2ms", NULL);
    live_start(&live);

    cmd_need_text(live_wait(&live, 0), "Downloaded 100 sites in ");
    live_finish(&live);
    server_stop(&site);
}

static void add_urls(struct live *live, uint16_t port, int from, int to)
{
    static const char *const hosts[] = {"127.0.0.1", "127.0.0.2", "127.0.0.3"};

    for (int i = from; i < to; i++) {
        live_add_url(live, hosts[i % 3], port, i);
    }
}

/* How long it lasts does not matter: what fails meanwhile is not counted. A
 * loopback that is cut drops packets, or there is no route any more. */
static void test_a_cut_network_is_waited_for(void **state)
{
    const char *args[] = {"--bind", "0.0.0.0", "--latency", "0", NULL};
    struct netns ns;
    struct server site;
    struct live live;

    (void)state;
    if (!netns_enter(&ns)) {
        skip();
    }
    netns_set_up(true);
    server_need(&site, server_start_site(&site, args));
    live_init(&live);
    add_urls(&live, site.port, 0, 3);
    cmd_add(&live.cmd, "--retry", "2", "--stall-timeout", "1s",
            "--connect-timeout", "1s", "--retry-delay", "5ms", NULL);
    live_open(&live);
    live_write(&live);
    for (int i = 0; i < 3; i++) {
        live_wait_for(&live, "Read 100 from ");
    }
    netns_set_up(false);
    add_urls(&live, site.port, 3, 300);
    live_write(&live);
    proc_close_input(live.proc);
    live_wait_for(&live, "asyncdl: network is down: ");
    netns_set_up(true);
    live_wait_for(&live, "asyncdl: network is back: ");
    const char *said = live_wait(&live, 0);

    cmd_need_text(said, "Downloaded 300 sites in ");
    assert_int_equal(cmd_count_text(said, "network is down"), 1);
    assert_int_equal(cmd_count_text(said, "network is back"), 1);
    live_finish(&live);
    server_stop(&site);
    netns_leave(&ns);
}

static void test_a_network_that_stays_away_ends_the_run(void **state)
{
    struct netns ns;
    struct live live;

    (void)state;
    if (!netns_enter(&ns)) {
        skip();
    }
    live_init(&live);
    add_urls(&live, 80, 0, 2000);
    cmd_add(&live.cmd, "--retry-max-time", "500ms", "--retry-delay", "5ms",
            NULL);
    live_start(&live);
    const char *said = live_wait(&live, 3);

    assert_int_equal(cmd_count_text(said, "asyncdl: network is down: "), 1);
    cmd_need_text(said, "failed 2000 (another run can help 2000)");
    cmd_need_text(said,
                  ": network is down: connection refused or host unreachable");
    cmd_need_text(
        said, " network is down, such as http://"); /* what the others met */
    assert_true(cmd_count_text(said, " (not tried; ") >= 1700);
    cmd_need_no_text(said, "host is down");
    live_finish(&live);
    netns_leave(&ns);
}

TEST_SUITE(outage)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_server_that_dies_and_returns_loses_nothing),
        cmocka_unit_test(
            test_a_dead_host_sees_few_attempts_and_holds_nobody_up),
        cmocka_unit_test(test_a_single_dead_url_is_tried_as_often_as_ever),
        cmocka_unit_test(test_without_retries_nothing_waits_for_a_dead_host),
        cmocka_unit_test(test_mirrors_take_over_from_a_host_that_is_lost),
        cmocka_unit_test(test_a_cut_network_is_waited_for),
        cmocka_unit_test(test_a_network_that_stays_away_ends_the_run),
    };

    return cmocka_run_group_tests_name("outage", tests, take_dead_port,
                                       give_dead_port);
}
