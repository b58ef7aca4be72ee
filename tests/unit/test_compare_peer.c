/* SPDX-License-Identifier: MIT */
#include "compare/peer.h"

#include "support/loop.h"
#include "support/suite.h"

static void test_what_a_program_prints_is_read(void **state)
{
    struct outcome outcome = {0};

    (void)state;
    assert_int_equal(peer_read(&outcome, "seconds 1.5\nitems 160\n"
                                         "bytes 861440\npeak_bytes 1048576\n"
                                         "threads 6\nprocesses 3\n"),
                     0);

    assert_int_equal(outcome.wall_ns, 1500000000);
    assert_int_equal(outcome.n_items, 160);
    assert_int_equal(outcome.n_bytes, 861440);
    assert_int_equal(outcome.peak_bytes, 1048576);
    assert_int_equal(outcome.n_threads, 6);
    assert_int_equal(outcome.n_processes, 3);
}

static void test_sums_are_checked_and_counted(void **state)
{
    struct outcome outcome = {0};

    (void)state;
    assert_int_equal(peer_read(&outcome, "seconds 1\n"
                                         "sum 5000000 41666654166667500000\n"
                                         "sum 4 14\n"),
                     0);
    assert_int_equal(outcome.n_items, 2);

    assert_true(peer_read(&outcome, "seconds 1\nsum 4 15\n") < 0);
    assert_string_equal(outcome.error, "wrong sum");
}

static void test_output_without_a_time_is_refused(void **state)
{
    static const char *const cases[] = {
        "", "\n", "items 3\n", "seconds\n", "seconds -1\n", "sum\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct outcome outcome = {0};

        assert_true(peer_read(&outcome, cases[i]) < 0);
        assert_true(outcome.err < 0);
    }
}

TEST_SUITE(compare_peer)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_program_prints_is_read),
        cmocka_unit_test(test_sums_are_checked_and_counted),
        cmocka_unit_test(test_output_without_a_time_is_refused),
    };

    return cmocka_run_group_tests_name("compare peer", tests, NULL, NULL);
}
