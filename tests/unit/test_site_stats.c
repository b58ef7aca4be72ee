/* SPDX-License-Identifier: MIT */
#include "site/stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "support/suite.h"

struct pair {
    struct adl_stats_entry *url;
    struct adl_stats_entry *host;
};

static struct pair begin(struct adl_stats *stats, const char *url,
                         const char *host)
{
    struct pair p = {0};

    assert_int_equal(adl_stats_begin(stats, &p.url, &p.host, url, host), 0);
    return p;
}

static void end(struct adl_stats *stats, struct pair p)
{
    adl_stats_end(stats, p.url, p.host);
}

static void test_most_at_once_is_kept_for_each_host(void **state)
{
    struct adl_stats *stats = NULL;

    (void)state;
    assert_int_equal(adl_stats_create(&stats), 0);
    struct pair a = begin(stats, "/1", "a");
    struct pair b = begin(stats, "/2", "a");
    struct pair c = begin(stats, "/1", "b");

    end(stats, a);
    end(stats, b);
    end(stats, begin(stats, "/1", "a"));
    assert_ptr_equal(a.url, c.url);
    assert_int_equal(a.host->n_requests, 3);
    assert_int_equal(a.host->n_active, 0);
    assert_int_equal(a.host->max_active, 2);
    assert_int_equal(c.host->max_active, 1);
    assert_int_equal(c.url->n_requests, 3);
    end(stats, c);
    adl_stats_destroy(stats);
}

static void test_reset_keeps_what_is_in_flight(void **state)
{
    struct adl_stats *stats = NULL;

    (void)state;
    assert_int_equal(adl_stats_create(&stats), 0);
    struct pair a = begin(stats, "/1", "a");

    end(stats, begin(stats, "/1", "a"));
    adl_stats_reset(stats);
    assert_int_equal(a.host->n_requests, 0);
    assert_int_equal(a.host->n_active, 1);
    assert_int_equal(a.host->max_active, 1);
    end(stats, a);
    assert_int_equal(a.host->n_active, 0);
    adl_stats_destroy(stats);
}

static void test_names_without_end_share_one_entry(void **state)
{
    struct adl_stats *stats = NULL;
    struct adl_stats_entry *last = NULL;
    char url[32];

    (void)state;
    assert_int_equal(adl_stats_create(&stats), 0);
    for (unsigned i = 0; i < 65536 + 2; i++) {
        (void)snprintf(url, sizeof(url), "/%u", i);
        struct pair p = begin(stats, url, "a");

        end(stats, p);
        last = p.url;
    }
    assert_int_equal(last->n_requests, 2);
    adl_stats_destroy(stats);
}

static void test_dump_holds_names_of_any_bytes(void **state)
{
    struct adl_stats *stats = NULL;

    (void)state;
    assert_int_equal(adl_stats_create(&stats), 0);
    adl_stats_count_connection(stats);
    end(stats, begin(stats, "/\xff\"", "a"));
    char *text = adl_stats_dump(stats);
    json_t *json = json_loads(text, 0, NULL);
    json_int_t n = 0;
    json_int_t n_connections = 0;

    assert_int_equal(json_unpack(json, "{s:I, s:{s:{s:I}}}", "connections",
                                 &n_connections, "urls", "/\xc3\xbf\"",
                                 "requests", &n),
                     0);
    assert_int_equal(n, 1);
    assert_int_equal(n_connections, 1);
    json_decref(json);
    free(text);
    adl_stats_destroy(stats);
}

TEST_SUITE(site_stats)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_most_at_once_is_kept_for_each_host),
        cmocka_unit_test(test_reset_keeps_what_is_in_flight),
        cmocka_unit_test(test_names_without_end_share_one_entry),
        cmocka_unit_test(test_dump_holds_names_of_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
