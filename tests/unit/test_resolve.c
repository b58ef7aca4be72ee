/* SPDX-License-Identifier: MIT */
/* Numeric names, which need no network, show how answers are passed on and
 * kept. tests/flow/test_resolve.c asks a real server. */
#include "fetch/resolve.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "asyncdl/error.h"
#include "support/loop.h"
#include "support/suite.h"

static struct probe {
    struct adl_resolve *resolve;
    struct adl_resolve_lookup lookups[2];
    int n_activities;
    int n_done;
    int n_closed;
    int err;
    char text[128];
} p; /* outlives a failed assert, as the loop does */

static void on_activity(void *data)
{
    (void)data;
    p.n_activities++;
}

static void on_done(struct adl_resolve_lookup *lookup, int err,
                    const char *text)
{
    assert_null(lookup->name);
    p.n_done++;
    p.err = err;
    (void)snprintf(p.text, sizeof(p.text), "%s", text);
}

static void on_closed(void *data)
{
    (void)data;
    p.n_closed++;
}

static void open_probe(uv_loop_t *loop, enum asyncdl_ip_version ip_version)
{
    p = (struct probe){0};
    assert_int_equal(adl_resolve_open(&p.resolve, loop, "127.0.0.1:1",
                                      ip_version, on_activity, NULL),
                     0);
}

static void close_probe(uv_loop_t *loop)
{
    adl_resolve_close(p.resolve, on_closed);
    assert_int_equal(p.n_closed, 0);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(p.n_closed, 1);
}

static void look_up(const char *host)
{
    assert_int_equal(adl_resolve_start(p.resolve, &p.lookups[0], host), 0);
    adl_resolve_deliver(p.resolve, on_done);
}

static void test_answers_come_when_they_are_fetched(void **state)
{
    open_probe(*state, ASYNCDL_IP_V4);
    assert_null(adl_resolve_get(p.resolve, "192.0.2.1"));
    assert_int_equal(adl_resolve_start(p.resolve, &p.lookups[0], "192.0.2.1"),
                     0);
    assert_int_equal(adl_resolve_start(p.resolve, &p.lookups[1], "192.0.2.1"),
                     0);
    assert_int_equal(p.n_done, 0);
    assert_true(p.n_activities > 0);

    adl_resolve_deliver(p.resolve, on_done);
    assert_int_equal(p.n_done, 2);
    assert_int_equal(p.err, 0);
    assert_string_equal(p.text, "192.0.2.1");
    assert_string_equal(adl_resolve_get(p.resolve, "192.0.2.1"), "192.0.2.1");
    close_probe(*state);
}

static void test_ipv6_stands_in_brackets(void **state)
{
    open_probe(*state, ASYNCDL_IP_V6);
    look_up("2001:db8::1");
    assert_string_equal(p.text, "[2001:db8::1]");
    close_probe(*state);
}

static void test_failures_are_not_kept(void **state)
{
    char name[400];

    memset(name, 'a', sizeof(name) - 1); /* a label that no question can hold */
    name[sizeof(name) - 1] = '\0';
    open_probe(*state, ASYNCDL_IP_V4);
    look_up(name);
    assert_int_equal(p.err, ASYNCDL_ERESOLVE);
    assert_true(strlen(p.text) > 0);
    assert_null(adl_resolve_get(p.resolve, name));
    look_up(name);
    assert_int_equal(p.n_done, 2);
    close_probe(*state);
}

static void test_canceled_lookup_is_not_delivered(void **state)
{
    open_probe(*state, ASYNCDL_IP_V4);
    assert_int_equal(adl_resolve_start(p.resolve, &p.lookups[0], "192.0.2.1"),
                     0);
    assert_int_equal(adl_resolve_start(p.resolve, &p.lookups[1], "192.0.2.1"),
                     0);
    adl_resolve_cancel(&p.lookups[0]);
    adl_resolve_cancel(&p.lookups[0]); /* is none any more */
    adl_resolve_deliver(p.resolve, on_done);

    assert_int_equal(p.n_done, 1);
    close_probe(*state);
}

static void test_number_of_kept_names_is_bounded(void **state)
{
    char host[32];

    open_probe(*state, ASYNCDL_IP_V4);
    for (int i = 0; i <= ADL_RESOLVE_KEPT; i++) {
        (void)snprintf(host, sizeof(host), "10.1.%d.%d", i / 256, i % 256);
        look_up(host);
        assert_int_equal(p.n_done, i + 1);
        assert_int_equal(p.err, 0);
    }
    assert_null(adl_resolve_get(p.resolve, "10.1.0.0")); /* the oldest */
    assert_non_null(adl_resolve_get(p.resolve, "10.1.0.1"));
    assert_non_null(adl_resolve_get(p.resolve, host));
    close_probe(*state);
}

static void test_what_is_no_list_of_servers_is_refused(void **state)
{
    p = (struct probe){0};
    assert_int_equal(adl_resolve_open(&p.resolve, *state, "nonsense",
                                      ASYNCDL_IP_ANY, on_activity, NULL),
                     -EINVAL);
    assert_null(p.resolve);
}

static void test_unused_one_closes_at_once(void **state)
{
    open_probe(*state, ASYNCDL_IP_V4);
    adl_resolve_close(p.resolve, on_closed);
    assert_int_equal(p.n_closed, 1);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, loop_setup, loop_teardown)

TEST_SUITE(resolve)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answers_come_when_they_are_fetched),
        TEST(test_ipv6_stands_in_brackets),
        TEST(test_failures_are_not_kept),
        TEST(test_canceled_lookup_is_not_delivered),
        TEST(test_number_of_kept_names_is_bounded),
        TEST(test_what_is_no_list_of_servers_is_refused),
        TEST(test_unused_one_closes_at_once),
    };

    return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
