/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fetch/lateness.h"
#include "support/suite.h"

static void test_only_what_is_very_late_is_forgiven(void **state)
{
    static const struct {
        uint64_t due_ms;
        uint64_t now_ms;
        uint64_t late_ms;
    } cases[] = {
        {5000, 4000, 0},       {5000, 5000, 0},    {5000, 5999, 0},
        {5000, 6000, 2000},    {5000, 9000, 5000}, {UINT64_MAX, 9000, 0},
        {0, 3600000, 3601000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(adl_lateness_get_ms(cases[i].due_ms, cases[i].now_ms),
                         cases[i].late_ms);
    }
}

static void test_what_is_forgiven_never_begins_later_than_now(void **state)
{
    static const struct {
        uint64_t since_ms;
        uint64_t late_ms;
        uint64_t now_ms;
        uint64_t begin_ms;
    } cases[] = {
        {1000, 2000, 9000, 3000}, {1000, 8000, 9000, 9000},
        {1000, 9999, 9000, 9000}, {9000, 2000, 9000, 9000},
        {1000, 0, 9000, 1000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(adl_lateness_forgive(cases[i].since_ms,
                                              cases[i].late_ms,
                                              cases[i].now_ms),
                         cases[i].begin_ms);
    }
}

/* The first that was due has a second to show what has come meanwhile. */
static void test_nothing_is_due_right_after(void **state)
{
    const uint64_t timeout_ms = 30000;
    const uint64_t since_ms = 1000;
    const uint64_t now_ms = 3600000;
    uint64_t late_ms = adl_lateness_get_ms(since_ms + timeout_ms, now_ms);

    (void)state;
    assert_int_equal(adl_lateness_forgive(since_ms, late_ms, now_ms) +
                         timeout_ms,
                     now_ms + 1000);
}

TEST_SUITE(lateness)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_what_is_very_late_is_forgiven),
        cmocka_unit_test(test_what_is_forgiven_never_begins_later_than_now),
        cmocka_unit_test(test_nothing_is_due_right_after),
    };

    return cmocka_run_group_tests_name("lateness", tests, NULL, NULL);
}
