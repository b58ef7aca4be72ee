/* SPDX-License-Identifier: MIT */
#include "cli/phases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

#define DNS     ASYNCDL_SPAN_DNS
#define CONNECT ASYNCDL_SPAN_CONNECT
#define TLS     ASYNCDL_SPAN_TLS
#define WAITING ASYNCDL_SPAN_WAITING
#define BODY    ASYNCDL_SPAN_BODY

static void test_attempts_are_split_into_what_they_waited_for(void **state)
{
    static const struct {
        struct asyncdl_times times; /* queue, dns, connect, tls, byte, all */
        bool is_tls;
        size_t n;
        struct adl_phase phases[ADL_PHASES_MAX];
    } cases[] = {
        {{9, 1, 2, 3, 4, 5},
         true,
         5,
         {{DNS, 1}, {CONNECT, 1}, {TLS, 1}, {WAITING, 1}, {BODY, 1}}},
        {{0, 1, 2, 0, 4, 5},
         false,
         4,
         {{DNS, 1}, {CONNECT, 1}, {WAITING, 2}, {BODY, 1}}},
        {{0, 1, 1, 0, 4, 4}, true, 2, {{DNS, 1}, {WAITING, 3}}}, /* kept */
        {{0, 0, 0, 0, 4, 5}, true, 2, {{WAITING, 4}, {BODY, 1}}},
        {{0, 0, 0, 0, 0, 7}, true, 1, {{DNS, 7}}},
        {{0, 1, 0, 0, 0, 7}, false, 2, {{DNS, 1}, {CONNECT, 6}}},
        {{0, 1, 2, 0, 0, 7}, true, 3, {{DNS, 1}, {CONNECT, 1}, {TLS, 5}}},
        {{0, 1, 2, 0, 0, 7}, false, 3, {{DNS, 1}, {CONNECT, 1}, {WAITING, 5}}},
        {{0, 1, 2, 3, 9, 5},
         true,
         4,
         {{DNS, 1}, {CONNECT, 1}, {TLS, 1}, {WAITING, 2}}},
        {{0, 0, 0, 0, 0, 0}, false, 0, {{DNS, 0}}},
        {{0, -1, 2, 0, 3, 3}, false, 2, {{CONNECT, 2}, {WAITING, 1}}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_phase phases[ADL_PHASES_MAX];
        size_t n = adl_phases_split(phases, &cases[i].times, cases[i].is_tls);

        assert_int_equal(n, cases[i].n);
        for (size_t j = 0; j < n; j++) {
            assert_int_equal(phases[j].kind, cases[i].phases[j].kind);
            assert_int_equal(phases[j].ns, cases[i].phases[j].ns * 1000000000);
        }
    }
}

TEST_SUITE(cli_phases)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attempts_are_split_into_what_they_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
