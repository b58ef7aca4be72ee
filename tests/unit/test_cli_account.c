/* SPDX-License-Identifier: MIT */
#include "cli/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

#define S UINT64_C(1000000000)

static void test_verdict_judges_by_the_time_on_the_processor(void **state)
{
    static const struct {
        uint64_t idle_ns;
        uint64_t busy_ns;
        uint64_t cpu_ns; /* of busy_ns */
        const char *begin;
        bool is_held_up;
    } cases[] = {
        {9 * S, 1 * S, 1 * S,
         "I/O-bound: of 10.000 s the event loop waited 90.0 % and worked "
         "10.0 %, 10.0 % on the processor, so ",
         false},
        {1 * S, 9 * S, 9 * S, "CPU-bound: of 10.000 s ", false},
        {1 * S, 9 * S, 2 * S, "I/O-bound: of 10.000 s ", true},
        {1 * S, 9 * S, 5 * S, "bound by both: of 10.000 s ", true},
        {0, 0, 0, "", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct asyncdl_lag_report loop = {
            .wall_ns = cases[i].idle_ns + cases[i].busy_ns,
            .idle_ns = cases[i].idle_ns,
            .busy_ns = cases[i].busy_ns,
            .cpu_ns = cases[i].cpu_ns,
        };
        struct adl_buf text = {0};

        assert_int_equal(adl_account_add_verdict(&text, &loop), 0);
        assert_memory_equal(adl_buf_str(&text), cases[i].begin,
                            strlen(cases[i].begin));
        assert_int_equal(strstr(adl_buf_str(&text), "held up") != NULL,
                         cases[i].is_held_up);
        adl_buf_finish(&text);
    }
}

TEST_SUITE(cli_account)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdict_judges_by_the_time_on_the_processor),
    };

    return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
