/* SPDX-License-Identifier: MIT */
#include "site/options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

#define MAX_ARGS 8

/* Parse up to MAX_ARGS - 1 arguments. */
static int parse(struct adl_site_options *out, const char *const *args)
{
    char *argv[MAX_ARGS] = {(char *)(uintptr_t) "asyncdl-site"};
    char text[128] = "";
    int argc = 1;

    while (*args != NULL) {
        argv[argc++] = (char *)(uintptr_t)*args++;
    }
    int err = adl_site_options_parse(out, argc, argv, text, sizeof(text));

    assert_int_equal(err == 0, text[0] == '\0');
    return err;
}

static void test_defaults_are_loopback_free_ports_and_50_ms(void **state)
{
    const char *args[] = {NULL};
    struct adl_site_options o;

    (void)state;
    assert_int_equal(parse(&o, args), 0);
    assert_string_equal(o.bind, "127.0.0.1");
    assert_int_equal(o.port, 0);
    assert_int_equal(o.tls_port, 0);
    assert_int_equal(o.latency_ms, 50);
    assert_null(o.cert_dir);
    assert_false(o.exits_with_parent);
    adl_site_options_finish(&o);
}

static void test_values_follow_as_an_argument_or_after_equals(void **state)
{
    const char *args[] = {"--port",    "80", "--tls-port=443",     "--bind=::1",
                          "--latency", "0",  "--exit-with-parent", NULL};
    struct adl_site_options o;

    (void)state;
    assert_int_equal(parse(&o, args), 0);
    assert_int_equal(o.port, 80);
    assert_int_equal(o.tls_port, 443);
    assert_string_equal(o.bind, "::1");
    assert_int_equal(o.latency_ms, 0);
    assert_true(o.exits_with_parent);
    adl_site_options_finish(&o);
}

static void test_hosts_add_up(void **state)
{
    const char *args[] = {"--host=a.test", "--host", "*.b.test",
                          "--host=10.0.0.1", NULL};
    struct adl_site_options o;

    (void)state;
    assert_int_equal(parse(&o, args), 0);
    assert_int_equal(o.n_hosts, 3);
    assert_string_equal(o.hosts[0], "a.test");
    assert_string_equal(o.hosts[1], "*.b.test");
    assert_string_equal(o.hosts[2], "10.0.0.1");
    adl_site_options_finish(&o);
}

static void test_bad_arguments_are_refused(void **state)
{
    static const char *const bad[] = {
        "--port=65536",
        "--port=",
        "--port",
        "--latency=1s",
        "--bind=here",
        "--host=",
        "--host=a/b",
        "--host=*",
        "--host=*.",
        "--cert-dir=",
        "--make-certs=",
        "--no-such",
        "--help=1",
        "--por=1",
        "word",
        "-p",
        "--",
        "",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *args[] = {"--host=a.test", bad[i], NULL};
        struct adl_site_options o;

        assert_int_equal(parse(&o, args), -EINVAL);
    }
}

static void test_help_names_every_option(void **state)
{
    static const char *const names[] = {
        "--port ",       "--tls-port ",        "--bind ",
        "--latency ",    "--cert-dir ",        "--host ",
        "--make-certs ", "--exit-with-parent", "--help",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_non_null(strstr(adl_site_options_get_help(), names[i]));
    }
}

TEST_SUITE(site_options)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_are_loopback_free_ports_and_50_ms),
        cmocka_unit_test(test_values_follow_as_an_argument_or_after_equals),
        cmocka_unit_test(test_hosts_add_up),
        cmocka_unit_test(test_bad_arguments_are_refused),
        cmocka_unit_test(test_help_names_every_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
