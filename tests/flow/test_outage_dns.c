/* SPDX-License-Identifier: MIT */
/* Name servers that go away, and come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/dnsd.h"
#include "support/live.h"
#include "support/port.h"
#include "support/server.h"
#include "support/suite.h"

/* Names are known to nobody else. They are held back until the network is
 * taken for down. */
static void test_name_servers_that_fall_silent_are_waited_for(void **state)
{
    static const struct dnsd_entry table[] = {
        {.name = "*.z.test", .way = DNSD_HELD, .a = {"127.0.0.1"}, .ttl_s = 60},
        {.name = NULL},
    };
    const char *args[] = {"--latency", "0", NULL};
    struct dnsd dnsd = {.port = 0};
    struct server site;
    struct live live;

    (void)state;
    assert_int_equal(dnsd_start(&dnsd, table), 0);
    server_need(&site, server_start_site(&site, args));
    live_init(&live);
    for (int i = 0; i < 60; i++) {
        char host[20];

        (void)snprintf(host, sizeof(host), "h%d.z.test", i % 20);
        live_add_url(&live, host, site.port, i);
    }
    cmd_add(&live.cmd, "--dns-servers", dnsd.servers, "--connect-timeout", "1s",
            "--retry", "2", "--retry-delay", "5ms", NULL);
    live_start(&live);
    live_wait_for(&live, "asyncdl: network is down: not connected in time: h");
    dnsd_release(&dnsd);
    const char *said = live_wait(&live, 0);

    cmd_need_text(said, "Downloaded 60 sites in ");
    cmd_need_text(said, "asyncdl: network is back: going on\n");
    live_finish(&live);
    server_stop(&site);
    dnsd_stop(&dnsd);
}

static void test_dead_name_servers_end_the_run_with_the_cause(void **state)
{
    struct live live;

    (void)state;
    live_init(&live);
    for (int i = 0; i < 1000; i++) {
        char host[20];

        (void)snprintf(host, sizeof(host), "h%d.test", i);
        live_add_url(&live, host, 80, i);
    }
    cmd_add(&live.cmd, "--dns-servers",
            cmd_text(&live.cmd, "127.0.0.1:%u", port_find_free()),
            "--connect-timeout", "500ms", "--retry-delay", "5ms",
            "--retry-max-time", "500ms", NULL);
    live_start(&live);
    const char *said = live_wait(&live, 3);

    assert_int_equal(cmd_count_text(said, "asyncdl: network is down: "), 1);
    cmd_need_text(said, "failed 1000 (another run can help 1000)");
    cmd_need_text(said, ": network is down: not connected in time: h");
    assert_true(cmd_count_text(said, " (not tried; ") >= 700);
    live_finish(&live);
}

TEST_SUITE(outage_dns)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_name_servers_that_fall_silent_are_waited_for),
        cmocka_unit_test(test_dead_name_servers_end_the_run_with_the_cause),
    };

    return cmocka_run_group_tests_name("outage_dns", tests, NULL, NULL);
}
