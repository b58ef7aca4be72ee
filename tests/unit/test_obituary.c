/* SPDX-License-Identifier: MIT */
#include "pool/obituary.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/suite.h"

static void test_it_names_the_cause(void **state)
{
    static const struct {
        int status;
        int signal;
        const char *words;
    } cases[] = {
        {0, SIGKILL, "worker-3 (process 17) was ended by signal 9 (SIGKILL)"},
        {0, SIGSEGV, "worker-3 (process 17) was ended by signal 11 (SIGSEGV)"},
        {0, 63, "worker-3 (process 17) was ended by signal 63 (no name)"},
        {7, 0, "worker-3 (process 17) exited with status 7"},
        {0, 0, "worker-3 (process 17) exited with status 0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *words =
            adl_obituary("worker-3", 17, cases[i].status, cases[i].signal);

        assert_string_equal(words, cases[i].words);
        free(words);
    }
}

TEST_SUITE(obituary)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_names_the_cause),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
