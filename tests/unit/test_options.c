/* SPDX-License-Identifier: MIT */
#include "fetch/options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

#define INIT .struct_size = sizeof(struct asyncdl_client_options)
#define LIST(...)         \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }

static int try(const struct asyncdl_client_options *given)
{
    struct asyncdl_client_options copy;
    int err = adl_options_copy(&copy, given);

    if (err == 0) {
        adl_options_finish(&copy);
    }
    return err;
}

static void test_defaults_are_filled_in(void **state)
{
    struct asyncdl_client_options o;

    (void)state;
    assert_int_equal(adl_options_copy(&o, NULL), 0);
    assert_string_equal(o.dir, ".");
    assert_string_equal(o.name_template, "{name}");
    assert_string_equal(o.http.protocols, "http,https");
    assert_int_equal(strncmp(o.http.user_agent, "asyncdl/", 8), 0);
    assert_int_equal(o.max_active, 128);
    assert_int_equal(o.n_queue_low, 512);
    assert_int_equal(o.n_retries, 4);
    assert_int_equal(o.retry_delay_ms, 1000);
    assert_int_equal(o.retry_max_ms, 600000);
    assert_int_equal(o.connect_timeout_ms, 30000);
    assert_int_equal(o.stall_timeout_ms, 30000);
    assert_int_equal(o.max_time_ms, 0);
    assert_int_equal(o.max_redirects, 20);
    assert_null(o.http.proxy);
    assert_null(o.http.resolve);
    adl_options_finish(&o);
    assert_null(o.dir);
}

static void test_none_is_zero(void **state)
{
    struct asyncdl_client_options given = {INIT, .n_retries = ASYNCDL_NONE,
                                           .max_redirects = ASYNCDL_NONE};
    struct asyncdl_client_options o;

    (void)state;
    assert_int_equal(adl_options_copy(&o, &given), 0);
    assert_int_equal(o.n_retries, 0);
    assert_int_equal(o.max_redirects, 0);
    adl_options_finish(&o);
}

static void test_strings_and_lists_are_copied(void **state)
{
    char dir[] = "out";
    char header[] = "A: b";
    struct asyncdl_client_options given = {INIT, .dir = dir,
                                           .http = {.headers = LIST(header)}};
    struct asyncdl_client_options o;

    (void)state;
    assert_int_equal(adl_options_copy(&o, &given), 0);
    dir[0] = '\0';
    header[0] = '\0';
    assert_string_equal(o.dir, "out");
    assert_string_equal(o.http.headers[0], "A: b");
    assert_null(o.http.headers[1]);
    adl_options_finish(&o);
}

#define YEAR_MS (UINT64_C(1000) * 60 * 60 * 24 * 365)

static void test_numbers_have_bounds(void **state)
{
    static const struct {
        struct asyncdl_client_options options;
        int err;
    } cases[] = {
        {{INIT, .max_active = 100000}, 0},
        {{INIT, .max_active = 100001}, -EINVAL},
        {{INIT, .n_retries = -2}, -EINVAL},
        {{INIT, .max_redirects = -2}, -EINVAL},
        {{INIT, .rate_bps = INT64_MAX / 2000}, 0},
        {{INIT, .rate_bps = INT64_MAX / 2000 + 1}, -EINVAL},
        {{INIT, .host_rate_n = 1, .host_rate_ms = 1}, 0},
        {{INIT, .host_rate_n = 1}, -EINVAL},
        {{INIT, .host_rate_ms = 1}, -EINVAL},
        {{INIT, .connect_timeout_ms = YEAR_MS}, 0},
        {{INIT, .connect_timeout_ms = YEAR_MS + 1}, -EINVAL},
        {{INIT, .stall_timeout_ms = YEAR_MS + 1}, -EINVAL},
        {{INIT, .max_time_ms = YEAR_MS + 1}, -EINVAL},
        {{INIT, .retry_max_ms = YEAR_MS + 1}, -EINVAL},
        {{INIT, .flags = ASYNCDL_CLIENT_NETRC}, 0},
        {{INIT, .flags = ASYNCDL_CLIENT_SHA256}, 0},
        {{INIT, .flags = ASYNCDL_CLIENT_VERIFY}, 0},
        {{INIT, .flags = ASYNCDL_CLIENT_PLAN}, 0},
        {{INIT, .flags = ASYNCDL_CLIENT_ALONE}, 0},
        {{INIT, .flags = ASYNCDL_CLIENT_ALONE << 1}, -EINVAL},
        {{INIT, .journal = ASYNCDL_JOURNAL_RESTART}, 0},
        {{INIT, .journal = ASYNCDL_JOURNAL_RESTART + 1}, -EINVAL},
        {{INIT, .fsync = ASYNCDL_FSYNC_FILE}, 0},
        {{INIT, .fsync = ASYNCDL_FSYNC_FILE + 1}, -EINVAL},
        {{INIT, .http = {.version = ASYNCDL_HTTP_3 + 1}}, -EINVAL},
        {{INIT, .http = {.ip_version = ASYNCDL_IP_V6 + 1}}, -EINVAL},
        {{INIT, .http = {.tls_min = ASYNCDL_TLS_1_3 + 1}}, -EINVAL},
        {{INIT, .name_template = "{nothing}"}, -EINVAL},
        {{INIT, .name_template = "{index:04}-{name}"}, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (try(&cases[i].options) != cases[i].err) {
            fail_msg("case %zu", i);
        }
    }
}

static void test_struct_sizes_of_other_versions(void **state)
{
    static const struct {
        size_t size;
        int err;
    } cases[] = {
        {0, -EINVAL},
        {sizeof(size_t), 0},
        {sizeof(size_t) + 4, -EINVAL}, /* half a pointer */
        {offsetof(struct asyncdl_client_options, http), 0},
        {sizeof(struct asyncdl_client_options), 0},
        {sizeof(struct asyncdl_client_options) + sizeof(size_t), -EINVAL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct asyncdl_client_options given = {.struct_size = cases[i].size};

        assert_int_equal(try(&given), cases[i].err);
    }
}

static const struct {
    const char *text;
    int err;
} resolves[] = {
    {"a.test:80:127.0.0.1", 0},
    {"a.test:80:127.0.0.1,127.0.0.2", 0},
    {"+a.test:80:127.0.0.1", 0},
    {"-a.test:80", 0},
    {"*:443:[::1]", 0},
    {"[::1]:80:127.0.0.1", -EINVAL},
    {"a.test:80:::1,[::2],1.2.3.4", 0},
    {"a.test:80:fe80::1%eth0", -EINVAL},
    {"a.test:65535:1.2.3.4", 0},
    {"a.test:65536:1.2.3.4", -EINVAL},
    {"a.test:99999999999:1.2.3.4", -EINVAL},
    {"a.test:0:1.2.3.4", -EINVAL},
    {"a.test:80:x", -EINVAL},
    {"a.test:80:1.2.3", -EINVAL},
    {"a.test:80:1.2.3.4,", -EINVAL},
    {"a.test:80:1.2.3.4,b.test", -EINVAL},
    {"a.test:80:[1::", -EINVAL},
    {"a.test:80:11111:22222:33333:44444:55555:66666:77777:88888:9999", -EINVAL},
    {"a.test:80:", -EINVAL},
    {"a.test:80", -EINVAL},
    {"a.test::127.0.0.1", -EINVAL},
    {"a.test:http:127.0.0.1", -EINVAL},
    {":80:127.0.0.1", -EINVAL},
    {"-a.test:80:127.0.0.1", -EINVAL},
    {"a.test", -EINVAL},
    {"[::1:80:1.2.3.4", -EINVAL},
    {"[]:80:1.2.3.4", -EINVAL},
    {"", -EINVAL},
};

static void test_resolve_has_host_port_and_address(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(resolves) / sizeof(resolves[0]); i++) {
        struct asyncdl_client_options given = {
            INIT, .http = {.resolve = LIST("ok:1:1.2.3.4", resolves[i].text)}};

        if (try(&given) != resolves[i].err) {
            fail_msg("%s", resolves[i].text);
        }
    }
}

static const struct {
    const char *text;
    int err;
} connects[] = {
    {"a.test:80:127.0.0.1:8080", 0},
    {":::", 0},
    {"a.test:80::", 0},
    {"::127.0.0.1:8080", 0},
    {"[::1]:80:[::2]:81", 0},
    {"a.test:80:127.0.0.1", -EINVAL},
    {"a.test:80:127.0.0.1:8080:1", -EINVAL},
    {"a.test:x:127.0.0.1:8080", -EINVAL},
    {"a.test:80:127.0.0.1:65536", -EINVAL},
    {"a.test", -EINVAL},
    {"::", -EINVAL},
    {"", -EINVAL},
};

static void test_connect_to_has_four_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(connects) / sizeof(connects[0]); i++) {
        struct asyncdl_client_options given = {
            INIT, .http = {.connect_to = LIST(connects[i].text)}};

        if (try(&given) != connects[i].err) {
            fail_msg("%s", connects[i].text);
        }
    }
}

static void test_strings_that_must_not_be_empty(void **state)
{
    static const struct asyncdl_client_options cases[] = {
        {INIT, .http = {.interface_name = ""}},
        {INIT, .http = {.pinned_key = ""}},
        {INIT, .http = {.dns_servers = ""}},
        {INIT, .http = {.unix_socket = ""}},
        {INIT, .http = {.protocols = ""}},
        {INIT, .http = {.protocols = "http,"}},
        {INIT, .http = {.protocols = ",http"}},
        {INIT, .http = {.protocols = "http, https"}},
        {INIT, .http = {.protocols = "http,gopher"}},
        {INIT, .http = {.protocols = "ftp,https"}},
        {INIT, .http = {.protocols = "httpss"}},
        {INIT, .http = {.protocols = "all"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (try(&cases[i]) != -EINVAL) {
            fail_msg("case %zu", i);
        }
    }
}

TEST_SUITE(options)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_are_filled_in),
        cmocka_unit_test(test_none_is_zero),
        cmocka_unit_test(test_strings_and_lists_are_copied),
        cmocka_unit_test(test_numbers_have_bounds),
        cmocka_unit_test(test_struct_sizes_of_other_versions),
        cmocka_unit_test(test_resolve_has_host_port_and_address),
        cmocka_unit_test(test_connect_to_has_four_parts),
        cmocka_unit_test(test_strings_that_must_not_be_empty),
    };

    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
