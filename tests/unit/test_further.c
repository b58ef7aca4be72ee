/* SPDX-License-Identifier: MIT */
#include "fetch/further.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/suite.h"

#define STEP    ADL_FURTHER_STEP
#define STEP_MS ADL_FURTHER_STEP_MS

static void test_it_grows_while_what_waits_is_slow(void **state)
{
    static const struct {
        size_t n_waiting;
        uint64_t n_gone; /* from one look to the next */
        size_t n_more;   /* after three looks */
    } cases[] = {
        {1, 0, 2 * STEP},     {1, 1, 0},       {1024, 0, 2 * STEP},
        {1024, 51, 2 * STEP}, /* 20 looks are not enough */
        {1024, 52, 0},        {1024, 5000, 0}, {8192, 409, 2 * STEP},
        {8192, 410, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_further further = {.n_more = 0};

        for (uint64_t look = 0; look < 3; look++) {
            adl_further_look(&further, cases[i].n_waiting,
                             100 + look * cases[i].n_gone, 7 + look * STEP_MS);
            assert_int_equal(further.due_ms, 7 + (look + 1) * STEP_MS);
        }
        if (further.n_more != cases[i].n_more) {
            fail_msg("case %zu: %zu", i, further.n_more);
        }
    }
}

static void test_nothing_comes_of_a_look_before_it_is_due(void **state)
{
    struct adl_further further = {.n_more = 0};

    (void)state;
    adl_further_look(&further, 10, 0, 1000);
    const struct adl_further begun = further;
    adl_further_look(&further, 10, 5, 1000 + STEP_MS - 1);
    assert_memory_equal(&further, &begun, sizeof(begun));
    adl_further_look(&further, 10, 0, 1000 + STEP_MS);
    assert_int_equal(further.n_more, STEP);
}

/* Those that failed wait again: fewer are gone than before. */
static void test_what_comes_back_is_no_progress(void **state)
{
    struct adl_further further = {.n_more = 0};

    (void)state;
    adl_further_look(&further, 10, 50, 1);
    adl_further_look(&further, 15, 45, 1 + STEP_MS);
    assert_int_equal(further.n_more, STEP);
}

static void test_there_is_an_end_to_it(void **state)
{
    struct adl_further further = {.n_more = 0};

    (void)state;
    for (uint64_t look = 0; look < 100; look++) {
        adl_further_look(&further, 10, 0, 1 + look * STEP_MS);
    }
    assert_int_equal(further.n_more, ADL_FURTHER_MAX);
    adl_further_end(&further);
    assert_int_equal(further.n_more, 0);
    adl_further_look(&further, 10, 0, 1 + 100 * STEP_MS);
    assert_int_equal(further.n_more, 0); /* it begins anew */
}

TEST_SUITE(further)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_grows_while_what_waits_is_slow),
        cmocka_unit_test(test_nothing_comes_of_a_look_before_it_is_due),
        cmocka_unit_test(test_what_comes_back_is_no_progress),
        cmocka_unit_test(test_there_is_an_end_to_it),
    };

    return cmocka_run_group_tests_name("further", tests, NULL, NULL);
}
