/* SPDX-License-Identifier: MIT */
#include "cli/tally.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/suite.h"

static void test_exit_status_says_how_it_went(void **state)
{
    static const struct {
        struct adl_tally tally;
        int status;
    } cases[] = {
        {{0}, 0},
        {{.n_done = 3}, 0},
        {{.n_done = 3,
          .n_before = 2,
          .n_in_way = 1,
          .n_dups = 1,
          .n_retries = 9},
         0},
        {{.n_done = 3, .n_failed = 1}, 1},
        {{.n_bad = 1}, 1},
        {{.n_done = 3, .n_retryable = 1}, 3},
        {{.n_failed = 5, .n_bad = 5, .n_retryable = 1}, 3},
        {{.n_failed = 1, .n_retryable = 1, .local_fault = -ENOSPC}, 4},
        {{.n_retryable = 1, .local_fault = ASYNCDL_EINUSE}, 2},
        {{.n_canceled = 9, .signal = 2}, 130},
        {{.n_canceled = 9, .signal = 15}, 143},
        {{.n_failed = 1, .local_fault = -EIO, .signal = 15}, 143},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(adl_tally_get_exit_status(&cases[i].tally),
                         cases[i].status);
    }
}

static void test_errno_is_a_local_fault_and_a_journal_ends_the_run(void **state)
{
    static const struct {
        int err;
        bool is_local;
        bool is_for_all;
    } cases[] = {
        {0, false, false},
        {-ENOSPC, true, true},
        {-EACCES, true, true},
        {-EROFS, true, true},
        {-EDQUOT, true, true},
        {-EIO, true, true},
        {-EPERM, true, true},
        {-ECANCELED, false, false},
        {-ENOMEM, false, false},
        {-ENETDOWN, false, false},
        {ASYNCDL_EJOURNAL, false, true},
        {ASYNCDL_EINUSE, false, true},
        {ASYNCDL_EINWAY, false, false},
        {ASYNCDL_EHTTP, false, false},
        {ASYNCDL_ECHECKSUM, false, false},
        {ASYNCDL_ENOTBUILT, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(adl_tally_is_local_fault(cases[i].err),
                         cases[i].is_local);
        assert_int_equal(adl_tally_is_fault_for_all(cases[i].err),
                         cases[i].is_for_all);
    }
}

static void add(struct adl_tally *tally, enum asyncdl_state result_state,
                int err, bool is_retryable)
{
    const struct asyncdl_result result = {
        .state = result_state,
        .err = err,
        .retryable = is_retryable,
        .bytes = 10,
        .bytes_resumed = result_state == ASYNCDL_DONE ? 4 : 0,
    };
    const struct asyncdl_event event = {
        .type = ASYNCDL_EVENT_DONE,
        .result = &result,
    };

    adl_tally_on_event(&event, tally);
}

static void test_every_result_is_counted_in_one_place(void **state)
{
    const struct asyncdl_event retry = {.type = ASYNCDL_EVENT_RETRY};
    struct adl_tally tally = {0};

    (void)state;
    add(&tally, ASYNCDL_DONE, 0, false);
    add(&tally, ASYNCDL_DONE, 0, false);
    add(&tally, ASYNCDL_SKIPPED, ASYNCDL_EEXISTS, false);
    add(&tally, ASYNCDL_SKIPPED, ASYNCDL_ECHANGED, false);
    add(&tally, ASYNCDL_SKIPPED, 0, false);
    add(&tally, ASYNCDL_FAILED, ASYNCDL_EHTTP, false);
    add(&tally, ASYNCDL_FAILED, ASYNCDL_ESTALL, true);
    add(&tally, ASYNCDL_FAILED, -ECANCELED, true);
    adl_tally_on_event(&retry, &tally);

    assert_int_equal(tally.n_done, 2);
    assert_int_equal(tally.bytes, 2 * 6 + 3 * 10); /* of this run */
    assert_int_equal(tally.n_in_way, 2);
    assert_int_equal(tally.n_before, 1);
    assert_int_equal(tally.n_failed, 1);
    assert_int_equal(tally.n_retryable, 1);
    assert_int_equal(tally.n_canceled, 1);
    assert_int_equal(tally.n_retries, 1);
    assert_int_equal(tally.local_fault, 0);
}

static void test_the_first_local_fault_is_kept(void **state)
{
    struct adl_tally tally = {0};

    (void)state;
    add(&tally, ASYNCDL_FAILED, -ENOSPC, true);
    add(&tally, ASYNCDL_FAILED, -EIO, true);

    assert_int_equal(tally.local_fault, -ENOSPC);
}

TEST_SUITE(cli_tally)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit_status_says_how_it_went),
        cmocka_unit_test(
            test_errno_is_a_local_fault_and_a_journal_ends_the_run),
        cmocka_unit_test(test_every_result_is_counted_in_one_place),
        cmocka_unit_test(test_the_first_local_fault_is_kept),
    };

    return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
