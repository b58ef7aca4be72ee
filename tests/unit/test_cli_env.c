/* SPDX-License-Identifier: MIT */
#include "cli/env.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

static char *get_all(const char *name)
{
    static const struct {
        const char *name;
        const char *value;
    } variables[] = {
        {"http_proxy", "http://plain"},
        {"HTTP_PROXY", "http://evil"},
        {"HTTPS_PROXY", "http://tls"},
        {"ALL_PROXY", "http://all"},
        {"NO_PROXY", "a,b"},
        {"no_proxy", ""},
        {"SSL_CERT_FILE", "/ca.pem"},
        {"SSL_CERT_DIR", "/ca"},
        {"NETRC", "/my/netrc"},
        {"HOME", "/home"},
        {"NO_COLOR", "1"},
    };

    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        if (strcmp(variables[i].name, name) == 0) {
            return (char *)variables[i].value;
        }
    }
    return NULL;
}

static char *get_few(const char *name)
{
    static char all[] = "http://all";
    static char home[] = "/home";
    static char evil[] = "http://evil";

    if (strcmp(name, "all_proxy") == 0) {
        return all;
    }
    if (strcmp(name, "HTTP_PROXY") == 0) {
        return evil;
    }
    return strcmp(name, "HOME") == 0 ? home : NULL;
}

static int setup(void **state)
{
    struct adl_options *options = calloc(1, sizeof(*options));

    if (options == NULL) {
        return -1;
    }
    adl_options_init(options);
    *state = options;
    return 0;
}

static int teardown(void **state)
{
    adl_options_finish(*state);
    free(*state);
    return 0;
}

static void test_variables_fill_what_options_leave(void **state)
{
    struct adl_options *options = *state;
    const struct asyncdl_http_options *http = &options->client.http;

    assert_int_equal(adl_env_apply(options, get_all), 0);

    assert_string_equal(http->http_proxy, "http://plain");
    assert_string_equal(http->https_proxy, "http://tls");
    assert_null(http->proxy);
    assert_string_equal(http->no_proxy, "a,b");
    assert_string_equal(http->ca_file, "/ca.pem");
    assert_string_equal(http->ca_path, "/ca");
    assert_null(http->netrc_file); /* not without --netrc */
    assert_int_equal(options->color, ADL_COLOR_NEVER);
}

static void test_all_proxy_serves_both_and_capital_http_proxy_none(void **state)
{
    struct adl_options *options = *state;

    assert_int_equal(adl_env_apply(options, get_few), 0);

    assert_string_equal(options->client.http.http_proxy, "http://all");
    assert_string_equal(options->client.http.https_proxy, "http://all");
}

static void test_options_win_over_variables(void **state)
{
    struct adl_options *options = *state;
    struct asyncdl_http_options *http = &options->client.http;

    http->proxy = "http://mine";
    http->no_proxy = "";
    http->ca_path = "/mine";
    options->color = ADL_COLOR_ALWAYS;
    assert_int_equal(adl_env_apply(options, get_all), 0);

    assert_string_equal(http->proxy, "http://mine");
    assert_null(http->http_proxy);
    assert_null(http->https_proxy);
    assert_string_equal(http->no_proxy, "");
    assert_null(http->ca_file);
    assert_string_equal(http->ca_path, "/mine");
    assert_int_equal(options->color, ADL_COLOR_ALWAYS);
}

static void test_an_empty_proxy_means_none_at_all(void **state)
{
    struct adl_options *options = *state;

    options->client.http.proxy = "";
    assert_int_equal(adl_env_apply(options, get_all), 0);

    assert_null(options->client.http.proxy);
    assert_null(options->client.http.http_proxy);
    assert_null(options->client.http.https_proxy);
}

static void test_netrc_is_the_variable_s_before_home_s(void **state)
{
    struct adl_options *options = *state;

    options->client.flags |= ASYNCDL_CLIENT_NETRC;
    assert_int_equal(adl_env_apply(options, get_all), 0);
    assert_string_equal(options->client.http.netrc_file, "/my/netrc");
    options->client.http.netrc_file = NULL;
    assert_int_equal(adl_env_apply(options, get_few), 0);
    assert_string_equal(options->client.http.netrc_file, "/home/.netrc");
}

TEST_SUITE(cli_env)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_variables_fill_what_options_leave,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_all_proxy_serves_both_and_capital_http_proxy_none, setup,
            teardown),
        cmocka_unit_test_setup_teardown(test_options_win_over_variables, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_an_empty_proxy_means_none_at_all,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_netrc_is_the_variable_s_before_home_s, setup, teardown),
    };

    return cmocka_run_group_tests_name("env", tests, NULL, NULL);
}
