/* SPDX-License-Identifier: MIT */
#include "fetch/httpcheck.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "support/scratch.h"
#include "support/suite.h"

#define N(cases) (sizeof(cases) / sizeof((cases)[0]))

struct form {
    const char *text;
    int err;
};

static void test_proxy_speaks_a_scheme_that_proxies_speak(void **state)
{
    static const struct form cases[] = {
        {"", 0},
        {"proxy:3128", 0},
        {"u:p@proxy", 0},
        {"http://u:p@proxy:1", 0},
        {"HTTPS://proxy", 0},
        {"socks5h://proxy", 0},
        {"10.0.0.1", 0},
        {"4", -EINVAL},
        {"socks://proxy", 0}, /* socks4 */
        {"socks6://proxy", -EINVAL},
        {"http://", -EINVAL},
        {"://proxy", -EINVAL},
        {"[::1]:3128", 0},
        {":::", -EINVAL},
        {"proxy:port", -EINVAL},
        {"proxy:99999", -EINVAL},
        {"http://:3128", -EINVAL},
        {"socks5://a b", -EINVAL},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        struct asyncdl_http_options any = {.proxy = cases[i].text};
        struct asyncdl_http_options plain = {.http_proxy = cases[i].text};
        struct asyncdl_http_options tls = {.https_proxy = cases[i].text};

        assert_int_equal(adl_httpcheck(&any), cases[i].err);
        assert_int_equal(adl_httpcheck(&plain), cases[i].err);
        assert_int_equal(adl_httpcheck(&tls), cases[i].err);
    }
}

static void test_jar_needs_a_folder_to_stand_in(void **state)
{
    const struct scratch *scratch = *state;
    const struct form cases[] = {
        {scratch_path(scratch, "jar"), 0},
        {scratch->path, -EISDIR},
        {scratch_path(scratch, "absent/jar"), -ENOENT},
        {"jar", 0},
        {"-", 0},
    };

    for (size_t i = 0; i < N(cases); i++) {
        struct asyncdl_http_options http = {.cookie_jar = cases[i].text};

        assert_int_equal(adl_httpcheck(&http), cases[i].err);
    }
}

static void test_files_to_read_must_be_there(void **state)
{
    static const char absent[] = "/no/such/file";
    const struct asyncdl_http_options cases[] = {
        {.netrc_file = absent},  {.ca_file = absent},  {.ca_path = absent},
        {.cert_file = absent},   {.key_file = absent}, {.cookie_file = absent},
        {.unix_socket = absent},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        assert_int_equal(adl_httpcheck(&cases[i]), -ENOENT);
    }
}

static void test_files_are_no_folders_and_folders_no_files(void **state)
{
    static const struct {
        struct asyncdl_http_options http;
        int err;
    } cases[] = {
        {{.netrc_file = "/"}, -EISDIR}, {{.cookie_file = "/"}, -EISDIR},
        {{.cookie_file = ""}, 0}, /* turns cookies on */
        {{.ca_file = "/"}, -EISDIR},    {{.cert_file = "/"}, -EISDIR},
        {{.key_file = "/"}, -EISDIR},   {{.pinned_key = "/"}, -EISDIR},
        {{.ca_path = "/"}, 0},          {{.ca_path = "/dev/null"}, -ENOTDIR},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        assert_int_equal(adl_httpcheck(&cases[i].http), cases[i].err);
    }
}

static void test_a_pipe_is_read_once(void **state)
{
    const char *pipe_path = scratch_path(*state, "pipe");
    const struct {
        struct asyncdl_http_options http;
        int err;
    } cases[] = {
        {{.cookie_file = pipe_path}, 0},
        {{.netrc_file = pipe_path}, -EINVAL},
        {{.cookie_file = "/dev/null"}, 0},
        {{.netrc_file = "/dev/null"}, 0},
    };

    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    for (size_t i = 0; i < N(cases); i++) {
        assert_int_equal(adl_httpcheck(&cases[i].http), cases[i].err);
    }
}

TEST_SUITE(httpcheck)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proxy_speaks_a_scheme_that_proxies_speak),
        cmocka_unit_test_setup_teardown(test_jar_needs_a_folder_to_stand_in,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test(test_files_to_read_must_be_there),
        cmocka_unit_test(test_files_are_no_folders_and_folders_no_files),
        cmocka_unit_test_setup_teardown(test_a_pipe_is_read_once, scratch_setup,
                                        scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
