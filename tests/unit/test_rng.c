/* SPDX-License-Identifier: MIT */
#include "util/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/suite.h"

/* The published sequence of splitmix64 for this seed. */
static void test_sequence_is_that_of_splitmix64(void **state)
{
    struct adl_rng rng = {.state = 1234567};

    (void)state;
    assert_true(adl_rng_next(&rng) == UINT64_C(6457827717110365317));
    assert_true(adl_rng_next(&rng) == UINT64_C(3203168211198807973));
    assert_true(adl_rng_next(&rng) == UINT64_C(9817491932198370423));
}

TEST_SUITE(rng)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sequence_is_that_of_splitmix64),
    };

    return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
