/* SPDX-License-Identifier: MIT */
#include "util/nameserver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "support/loop.h"
#include "support/suite.h"

static void test_one_server_in_all_its_forms(void **state)
{
    static const struct {
        const char *text;
        int family;
        const char *address;
        uint16_t port;
    } cases[] = {
        {"192.0.2.1", AF_INET, "192.0.2.1", 53},
        {"127.0.0.1:5353", AF_INET, "127.0.0.1", 5353},
        {"127.0.0.1:65535", AF_INET, "127.0.0.1", 65535},
        {"::1", AF_INET6, "::1", 53},
        {"[::1]", AF_INET6, "::1", 53},
        {"[2001:db8::1]:1", AF_INET6, "2001:db8::1", 1},
        {"2001:db8::1:5353", AF_INET6, "2001:db8::1:5353", 53},
        {"[1234:1234:1234:1234:1234:1234:123.123.123.123]:65535", AF_INET6,
         "1234:1234:1234:1234:1234:1234:7b7b:7b7b", 65535},
    };
    struct adl_nameserver out[ADL_NAMESERVERS_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char address[INET6_ADDRSTRLEN];

        assert_int_equal(adl_nameserver_parse(out, cases[i].text), 1);
        assert_int_equal(out[0].family, cases[i].family);
        assert_int_equal(out[0].port, cases[i].port);
        assert_non_null(
            inet_ntop(out[0].family, out[0].addr, address, sizeof(address)));
        assert_string_equal(address, cases[i].address);
    }
}

static void test_several_servers_keep_their_order(void **state)
{
    struct adl_nameserver out[ADL_NAMESERVERS_MAX];

    (void)state;
    assert_int_equal(
        adl_nameserver_parse(out, "192.0.2.1,[::1]:54,192.0.2.3:55"), 3);
    assert_int_equal(out[0].port, 53);
    assert_int_equal(out[1].port, 54);
    assert_int_equal(out[1].family, AF_INET6);
    assert_int_equal(out[2].port, 55);
    assert_int_equal(out[2].addr[3], 3);
}

static void test_what_is_no_list_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "nonsense",
        ",",
        "127.0.0.1,",
        ",127.0.0.1",
        "127.0.0.1, 127.0.0.2",
        " 127.0.0.1",
        "127.0.0.1 ",
        "127.0.0.1:",
        "127.0.0.1:0",
        "127.0.0.1:65536",
        "127.0.0.1:+53",
        "127.0.0.1:53x",
        "127.0.0.1:000053",
        "127.0.0",
        "127.0.0.256",
        "[127.0.0.1]:53",
        "[::1",
        "[::1]53",
        "[::1]:",
        "[]:53",
        "::1]",
        "[::1]]",
        "dns.example:53",
        "1234:1234:1234:1234:1234:1234:123.123.123.123.123.123.123.123.123.1",
    };
    struct adl_nameserver out[ADL_NAMESERVERS_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (adl_nameserver_parse(out, cases[i]) != -EINVAL) {
            fail_msg("taken: \"%s\"", cases[i]);
        }
    }
}

static void test_number_of_servers_is_bounded(void **state)
{
    struct adl_nameserver out[ADL_NAMESERVERS_MAX];
    char text[(ADL_NAMESERVERS_MAX + 1) * sizeof("192.0.2.1,")] = "";

    (void)state;
    for (int i = 0; i < ADL_NAMESERVERS_MAX; i++) {
        memcpy(text + strlen(text), "192.0.2.1,", sizeof("192.0.2.1,"));
    }
    text[strlen(text) - 1] = '\0';
    assert_int_equal(adl_nameserver_parse(out, text), ADL_NAMESERVERS_MAX);
    memcpy(text + strlen(text), ",::1", sizeof(",::1"));
    assert_int_equal(adl_nameserver_parse(out, text), -EINVAL);
}

TEST_SUITE(nameserver)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_server_in_all_its_forms),
        cmocka_unit_test(test_several_servers_keep_their_order),
        cmocka_unit_test(test_what_is_no_list_is_refused),
        cmocka_unit_test(test_number_of_servers_is_bounded),
    };

    return cmocka_run_group_tests_name("nameserver", tests, NULL, NULL);
}
