/* SPDX-License-Identifier: MIT */
#include "fetch/route.h"

#include <stdio.h>
#include <string.h>

#include "support/loop.h"
#include "support/suite.h"

#define MAX_ENTRIES 4

struct route_case {
    const char *origin;
    const char *expected; /* "host port"; NULL: nothing to look up */
    const char *proxy;
    const char *http_proxy;
    const char *https_proxy;
    const char *no_proxy;
    const char *unix_socket;
    const char *resolve[MAX_ENTRIES];
    const char *connect_to[MAX_ENTRIES];
};

static void check(const struct route_case *c)
{
    struct asyncdl_http_options http = {
        .proxy = c->proxy,
        .http_proxy = c->http_proxy,
        .https_proxy = c->https_proxy,
        .no_proxy = c->no_proxy,
        .unix_socket = c->unix_socket,
        .resolve = c->resolve,
        .connect_to = c->connect_to,
    };
    struct adl_route route = {.host = "none"};
    char got[ADL_ROUTE_HOST_MAX + 10];

    if (!adl_route_find(&route, &http, c->origin)) {
        if (c->expected != NULL) {
            fail_msg("%s: nothing, not %s", c->origin, c->expected);
        }
        return;
    }
    (void)snprintf(got, sizeof(got), "%s %s", route.host, route.port);
    if (c->expected == NULL || strcmp(got, c->expected) != 0) {
        fail_msg("%s: %s, not %s", c->origin, got,
                 c->expected != NULL ? c->expected : "nothing");
    }
}

static void check_all(const struct route_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        check(&cases[i]);
    }
}

#define CHECK(cases) check_all(cases, sizeof(cases) / sizeof((cases)[0]))

static void test_names_are_looked_up_and_addresses_are_not(void **state)
{
    static const struct route_case cases[] = {
        {.origin = "http://a.test:80", .expected = "a.test 80"},
        {.origin = "https://a.test:8443", .expected = "a.test 8443"},
        {.origin = "http://a.test.:80", .expected = "a.test. 80"},
        {.origin = "http://1.2.3.4.test:80", .expected = "1.2.3.4.test 80"},
        {.origin = "http://127.0.0.1:80"},
        {.origin = "http://[::1]:80"},
        {.origin = "http://::1:80"},
        {.origin = "http://a.test:80", .unix_socket = "/run/s"},
    };

    (void)state;
    CHECK(cases);
}

static void test_names_over_255_bytes_are_not_looked_up(void **state)
{
    char origin[300] = "http://";
    struct route_case c = {.origin = origin};

    (void)state;
    memset(origin + 7, 'a', 256);
    memcpy(origin + 7 + 256, ":80", 4);
    check(&c);
    char expected[300];
    memcpy(origin + 7 + 255, ":80", 4);
    memset(expected, 'a', 255);
    memcpy(expected + 255, " 80", 4);
    c.expected = expected;
    check(&c);
}

static void test_proxies_find_names_out(void **state)
{
    static const struct route_case cases[] = {
        {.origin = "http://a.test:80", .proxy = "http://p:1"},
        {.origin = "https://a.test:443", .proxy = "http://p:1"},
        {.origin = "http://a.test:80", .proxy = "p:1"},
        {.origin = "http://a.test:80", .proxy = "socks5h://p:1"},
        {.origin = "http://a.test:80", .proxy = "socks4a://p:1"},
        {.origin = "http://a.test:80", .http_proxy = "p:1"},
        {.origin = "https://a.test:443", .https_proxy = "p:1"},
        {.origin = "https://a.test:443",
         .http_proxy = "p:1",
         .expected = "a.test 443"},
        {.origin = "http://a.test:80",
         .https_proxy = "p:1",
         .expected = "a.test 80"},
        {.origin = "http://a.test:80",
         .proxy = "",
         .http_proxy = "p:1",
         .expected = "a.test 80"},
        {.origin = "http://a.test:80",
         .proxy = "socks5://p:1",
         .expected = "a.test 80"},
        {.origin = "http://a.test:80",
         .proxy = "SOCKS4://p:1",
         .expected = "a.test 80"},
    };

    (void)state;
    CHECK(cases);
}

static void test_no_proxy_takes_hosts_out(void **state)
{
    static const struct {
        const char *no_proxy;
        bool is_out;
    } cases[] = {
        {"*", true},
        {"a.test", true},
        {"A.TEST", true},
        {"test", true},
        {".a.test", true},
        {"..test", true},
        {"a.test.", true},
        {"x.test,a.test", true},
        {"x.test a.test", true},
        {"x.test ,  a.test,", true},
        {"", false},
        {",", false},
        {".", false},
        {"b.a.test", false},
        {"est", false},
        {"a.tes", false},
        {"a.test:80", false},
        {"127.0.0.0/8", false},
        {"*,x.test", false},
        {"*.test", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct route_case c = {
            .origin = "http://a.test:80",
            .proxy = "p:1",
            .no_proxy = cases[i].no_proxy,
            .expected = cases[i].is_out ? "a.test 80" : NULL,
        };

        check(&c);
    }
}

static void test_who_goes_through_a_proxy_is_known(void **state)
{
    static const struct {
        const char *origin;
        struct asyncdl_http_options http;
        bool is_proxied;
    } cases[] = {
        {"http://a.test:80", {0}, false},
        {"http://a.test:80", {.proxy = "p:1"}, true},
        {"http://a.test:80", {.proxy = "socks5://p:1"}, true},
        {"http://a.test:80", {.proxy = "", .http_proxy = "p:1"}, false},
        {"http://a.test:80", {.https_proxy = "p:1"}, false},
        {"https://a.test:443", {.https_proxy = "p:1"}, true},
        {"http://a.test:80", {.proxy = "p:1", .unix_socket = "/s"}, false},
        {"http://a.test:80", {.proxy = "p:1", .no_proxy = "b.test"}, true},
        {"http://a.test:80", {.proxy = "p:1", .no_proxy = "test"}, false},
        {"http://1.2.3.4:80", {.proxy = "p:1", .no_proxy = "1.2.3.4"}, false},
        {"http://1.2.3.4:80", {.proxy = "p:1", .no_proxy = "1.0.0.0/8"}, false},
        {"http://[::1]:80", {.proxy = "p:1", .no_proxy = "::1"}, false},
        {"http://[::1]:80", {.proxy = "p:1", .no_proxy = "::2"}, true},
        {"http://[::a]:80", {.proxy = "p:1", .no_proxy = "::A"}, false},
        {"http://[::1]:80", {.proxy = "p:1", .no_proxy = ":1"}, true},
        {"http://1.2.3.4:80", {.proxy = "p:1", .no_proxy = "3.4"}, true},
        {"http://1.2.3.4:80", {.proxy = "p:1", .no_proxy = "1.2.3.4"}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool is = adl_route_is_proxied(&cases[i].http, cases[i].origin);

        if (is != cases[i].is_proxied) {
            fail_msg("case %zu: %s, %d", i, cases[i].origin, is);
        }
    }
}

static void test_addresses_of_the_other_family_are_forbidden(void **state)
{
    static const char *const elsewhere[] = {"::[::1]:", NULL};
    static const char *const again[] = {"1.2.3.4:80:::1", NULL};
    static const struct {
        const char *origin;
        struct asyncdl_http_options http;
        enum adl_route_ban ban;
    } cases[] = {
        {"http://1.2.3.4:80", {.ip_version = ASYNCDL_IP_ANY}, ADL_ROUTE_FREE},
        {"http://1.2.3.4:80", {.ip_version = ASYNCDL_IP_V4}, ADL_ROUTE_FREE},
        {"http://1.2.3.4:80",
         {.ip_version = ASYNCDL_IP_V6},
         ADL_ROUTE_HOST_BANNED},
        {"http://[::1]:80", {.ip_version = ASYNCDL_IP_ANY}, ADL_ROUTE_FREE},
        {"http://[::1]:80",
         {.ip_version = ASYNCDL_IP_V4},
         ADL_ROUTE_HOST_BANNED},
        {"http://[::1]:80", {.ip_version = ASYNCDL_IP_V6}, ADL_ROUTE_FREE},
        {"http://a.test:80", {.ip_version = ASYNCDL_IP_V6}, ADL_ROUTE_FREE},
        {"http://1.2.3.4:80",
         {.ip_version = ASYNCDL_IP_V6, .proxy = "p:1"},
         ADL_ROUTE_FREE},
        {"http://1.2.3.4:80",
         {.ip_version = ASYNCDL_IP_V6, .proxy = "p:1", .no_proxy = "*"},
         ADL_ROUTE_HOST_BANNED},
        {"http://1.2.3.4:80",
         {.ip_version = ASYNCDL_IP_V6, .resolve = again},
         ADL_ROUTE_FREE},
        {"http://1.2.3.4:80",
         {.ip_version = ASYNCDL_IP_V6, .unix_socket = "/s"},
         ADL_ROUTE_FREE},
        {"http://1.2.3.4:80",
         {.ip_version = ASYNCDL_IP_V6, .connect_to = elsewhere},
         ADL_ROUTE_FREE},
        {"http://a.test:80",
         {.ip_version = ASYNCDL_IP_V4, .proxy = "http://[::1]:3128"},
         ADL_ROUTE_PROXY_BANNED},
        {"http://1.2.3.4:80",
         {.ip_version = ASYNCDL_IP_V4, .proxy = "[::1]"},
         ADL_ROUTE_PROXY_BANNED},
        {"http://a.test:80",
         {.ip_version = ASYNCDL_IP_V6, .proxy = "http://u:p@1.2.3.4:1/"},
         ADL_ROUTE_PROXY_BANNED},
        {"http://a.test:80",
         {.ip_version = ASYNCDL_IP_V6, .proxy = "socks5h://1.2.3.4"},
         ADL_ROUTE_PROXY_BANNED},
        {"http://a.test:80",
         {.ip_version = ASYNCDL_IP_V6, .proxy = "http://1.2.3.4:5@p/"},
         ADL_ROUTE_FREE},
        {"http://a.test:80",
         {.ip_version = ASYNCDL_IP_V6, .proxy = "http://p/@1.2.3.4"},
         ADL_ROUTE_FREE},
        {"http://a.test:80",
         {.ip_version = ASYNCDL_IP_V4, .proxy = "1.2.3.4:3128"},
         ADL_ROUTE_FREE},
        {"http://a.test:80",
         {.ip_version = ASYNCDL_IP_V6, .https_proxy = "1.2.3.4:3128"},
         ADL_ROUTE_FREE},
        {"https://a.test:443",
         {.ip_version = ASYNCDL_IP_V6, .https_proxy = "1.2.3.4:3128"},
         ADL_ROUTE_PROXY_BANNED},
        {"http://a.test:80",
         {.ip_version = ASYNCDL_IP_V6, .proxy = "1.2.3.4", .no_proxy = "*"},
         ADL_ROUTE_FREE},
        {"http://a.test:80",
         {.ip_version = ASYNCDL_IP_V6, .proxy = "1.2.3.4", .unix_socket = "/s"},
         ADL_ROUTE_FREE},
        {"http://a.test:80",
         {.ip_version = ASYNCDL_IP_ANY, .proxy = "1.2.3.4"},
         ADL_ROUTE_FREE},
        {"http://a.test:80",
         {.ip_version = ASYNCDL_IP_V6, .proxy = "1.2.3.4", .resolve = again},
         ADL_ROUTE_FREE},
        {"http://[::1]:80",
         {.ip_version = ASYNCDL_IP_V4, .proxy = "p", .no_proxy = "10.0.0.0/8"},
         ADL_ROUTE_FREE},
        {"http://[::1]:80",
         {.ip_version = ASYNCDL_IP_V4, .no_proxy = "10.0.0.0/8"},
         ADL_ROUTE_HOST_BANNED},
        {"http://127.0.0.1:80",
         {.ip_version = ASYNCDL_IP_V6, .proxy = "[::1]", .no_proxy = "0.0.1"},
         ADL_ROUTE_FREE},
        {"http://a.test:80",
         {.ip_version = ASYNCDL_IP_V6, .proxy = "http://[::1]:1?a@1.2.3.4"},
         ADL_ROUTE_FREE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum adl_route_ban ban =
            adl_route_find_ban(&cases[i].http, cases[i].origin);

        if (ban != cases[i].ban) {
            fail_msg("case %zu: %s, %d", i, cases[i].origin, (int)ban);
        }
    }
}

static void test_given_addresses_are_not_looked_up(void **state)
{
    static const struct route_case cases[] = {
        {.origin = "http://a.test:80", .resolve = {"a.test:80:127.0.0.1"}},
        {.origin = "http://a.test:80", .resolve = {"+A.test:80:127.0.0.1"}},
        {.origin = "http://a.test:80", .resolve = {"*:80:127.0.0.1"}},
        {.origin = "http://a.test:80",
         .resolve = {"b.test:80:127.0.0.1", "a.test:80:127.0.0.1"}},
        {.origin = "http://a.test:80",
         .resolve = {"a.test:81:127.0.0.1"},
         .expected = "a.test 80"},
        {.origin = "http://a.test:80",
         .resolve = {"aa.test:80:127.0.0.1", "a.tes:80:127.0.0.1"},
         .expected = "a.test 80"},
        {.origin = "http://a.test:80",
         .resolve = {"a.test:80:127.0.0.1", "-a.test:80"},
         .expected = "a.test 80"},
        {.origin = "http://a.test:80",
         .resolve = {"-a.test:80", "a.test:80:127.0.0.1"}},
    };

    (void)state;
    CHECK(cases);
}

static void test_connect_to_says_what_is_looked_up(void **state)
{
    static const struct route_case cases[] = {
        {.origin = "http://a.test:80",
         .connect_to = {"a.test:80:B.test:81"},
         .expected = "b.test 81"},
        {.origin = "http://a.test:80",
         .connect_to = {"::b.test:"},
         .expected = "b.test 80"},
        {.origin = "http://a.test:80",
         .connect_to = {"a.test:::81"},
         .expected = "a.test 81"},
        {.origin = "http://a.test:80",
         .connect_to = {"a.test:81:b.test:82"},
         .expected = "a.test 80"},
        {.origin = "http://a.test:80",
         .connect_to = {"x.test::y.test:", "A.TEST::b.test:", "::c.test:"},
         .expected = "b.test 80"},
        {.origin = "http://a.test:80", .connect_to = {"a.test::127.0.0.1:81"}},
        {.origin = "http://a.test:80", .connect_to = {"a.test::[::1]:81"}},
        {.origin = "http://a.test:80",
         .connect_to = {"a.test::b.test:81"},
         .resolve = {"b.test:81:127.0.0.1"}},
        {.origin = "http://a.test:80",
         .connect_to = {"a.test::b.test:81"},
         .resolve = {"a.test:80:127.0.0.1"},
         .expected = "b.test 81"},
        {.origin = "http://[::1]:80",
         .connect_to = {"[::1]:80:b.test:81"},
         .expected = "b.test 81"},
    };

    (void)state;
    CHECK(cases);
}

TEST_SUITE(route)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_looked_up_and_addresses_are_not),
        cmocka_unit_test(test_names_over_255_bytes_are_not_looked_up),
        cmocka_unit_test(test_proxies_find_names_out),
        cmocka_unit_test(test_no_proxy_takes_hosts_out),
        cmocka_unit_test(test_who_goes_through_a_proxy_is_known),
        cmocka_unit_test(test_addresses_of_the_other_family_are_forbidden),
        cmocka_unit_test(test_given_addresses_are_not_looked_up),
        cmocka_unit_test(test_connect_to_says_what_is_looked_up),
    };

    return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
