/* SPDX-License-Identifier: MIT */
#include "trace/ticks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

#define US UINT64_C(1000)
#define MS (1000 * US)
#define S  (1000 * MS)
#define M  (60 * S)
#define H  (60 * M)

static void test_steps_are_round_and_few(void **state)
{
    static const struct {
        uint64_t span_ns;
        unsigned max_ticks;
        uint64_t step_ns;
    } cases[] = {
        {0, 8, 1},
        {1, 8, 1},
        {9, 8, 2},
        {100, 10, 10},
        {950 * US, 8, 200 * US},
        {1 * MS, 10, 100 * US},
        {999 * MS, 5, 200 * MS},
        {1 * S, 5, 200 * MS},
        {1800 * MS, 7, 500 * MS},
        {7 * S, 7, 1 * S},
        {40 * S, 8, 5 * S},
        {61 * S, 8, 10 * S},
        {5 * M, 8, 1 * M},
        {90 * M, 7, 15 * M},
        {3 * H, 7, 30 * M},
        {26 * H, 7, 6 * H},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t step = adl_ticks_choose(cases[i].span_ns, cases[i].max_ticks);

        if (step != cases[i].step_ns) {
            fail_msg("%zu: %ju", i, (uintmax_t)step);
        }
    }
    /* whatever comes, there are at most so many, and it ends */
    for (uint64_t span = 1; span < UINT64_MAX / 7; span = span * 7 / 2 + 1) {
        assert_true(span / adl_ticks_choose(span, 3) <= 3);
    }
}

static void test_all_ticks_of_an_axis_have_one_unit(void **state)
{
    static const struct {
        uint64_t at_ns;
        uint64_t step_ns;
        uint64_t end_ns;
        const char *name;
    } cases[] = {
        {0, 5, 50, "0"},
        {5, 5, 50, "5 ns"},
        {200 * MS, 200 * MS, 900 * MS, "200 ms"},
        {200 * MS, 200 * MS, 1200 * MS, "0.2 s"},
        {1200 * MS, 200 * MS, 1200 * MS, "1.2 s"},
        {500 * US, 500 * US, 1500 * US, "0.5 ms"},
        {20 * US, 20 * US, 120 * US, "20 \xC2\xB5s"},
        {7 * S, 1 * S, 9 * S, "7 s"},
        {90 * S, 30 * S, 200 * S, "90 s"},
        {4 * M, 2 * M, 9 * M, "4 min"},
        {90 * M, 30 * M, 3 * H, "90 min"},
        {6 * H, 2 * H, 9 * H, "6 h"},
        {48 * H, 24 * H, 90 * H, "2 d"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[ADL_TICKS_CAP];

        adl_ticks_name(name, cases[i].at_ns, cases[i].step_ns, cases[i].end_ns);
        assert_string_equal(name, cases[i].name);
    }
}

static void test_times_are_said_in_three_digits(void **state)
{
    static const struct {
        uint64_t ns;
        const char *words;
    } cases[] = {
        {0, "0 ns"},
        {7, "7 ns"},
        {999, "999 ns"},
        {1000, "1.00 \xC2\xB5s"},
        {1234, "1.23 \xC2\xB5s"},
        {12345, "12.3 \xC2\xB5s"},
        {999999, "1.00 ms"},
        {123456789, "123 ms"},
        {999 * MS, "999 ms"},
        {1 * S, "1.00 s"},
        {59 * S, "59.0 s"},
        {99 * S, "99.0 s"},
        {125 * S, "2 min 5 s"},
        {2 * M, "2 min"},
        {2 * H + 61 * S, "2 h 1 min"},
        {50 * H, "2 d 2 h"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char words[ADL_TICKS_CAP];

        adl_ticks_say(words, cases[i].ns);
        assert_string_equal(words, cases[i].words);
    }
    char words[ADL_TICKS_CAP];
    adl_ticks_say(words, UINT64_MAX); /* fits */
    assert_string_equal(words, "213503 d 23 h");
}

TEST_SUITE(ticks)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_are_round_and_few),
        cmocka_unit_test(test_all_ticks_of_an_axis_have_one_unit),
        cmocka_unit_test(test_times_are_said_in_three_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
