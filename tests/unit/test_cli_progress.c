/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/suite.h"

static void test_events_are_added_up(void **state)
{
    static const struct {
        enum asyncdl_event_type type;
        uint64_t id;
        uint64_t bytes;
        uint64_t n_retrying; /* after it */
        uint64_t part_bytes;
    } steps[] = {
        {ASYNCDL_EVENT_QUEUED, 1, 0, 0, 0},
        {ASYNCDL_EVENT_STARTED, 1, 0, 0, 0},
        {ASYNCDL_EVENT_FIRST_BYTE, 1, 50, 0, 0}, /* may be over at once */
        {ASYNCDL_EVENT_PROGRESS, 1, 100, 0, 100},
        {ASYNCDL_EVENT_PROGRESS, 2, 10, 0, 110},
        {ASYNCDL_EVENT_RETRY, 1, 120, 1, 130},
        {ASYNCDL_EVENT_RETRY, 3, 0, 2, 130},
        {ASYNCDL_EVENT_STARTED, 1, 120, 1, 130},
        {ASYNCDL_EVENT_REDIRECT, 1, 120, 1, 130},
        {ASYNCDL_EVENT_FIRST_BYTE, 1, 0, 1, 10}, /* from its start */
        {ASYNCDL_EVENT_DONE, 3, 0, 0, 10},       /* canceled while waiting */
        {ASYNCDL_EVENT_DONE, 1, 200, 0, 10},     /* the tally has its bytes */
        {ASYNCDL_EVENT_DONE, 4, 200, 0, 10},
        {ASYNCDL_EVENT_DONE, 2, 0, 0, 0},
    };
    struct adl_progress progress = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        const struct asyncdl_event event = {
            .type = steps[i].type,
            .id = steps[i].id,
            .bytes = steps[i].bytes,
        };

        adl_progress_on_event(&event, &progress);
        assert_int_equal(progress.n_retrying, steps[i].n_retrying);
        assert_int_equal(progress.part_bytes, steps[i].part_bytes);
    }
    assert_null(progress.items);
    adl_progress_finish(&progress);
}

static void test_line_says_where_the_run_stands(void **state)
{
    const struct adl_tally tally = {
        .n_done = 5,
        .n_before = 1,
        .n_in_way = 1,
        .n_failed = 1,
        .n_retryable = 1,
        .n_bad = 1,
        .bytes = 1024,
    };
    const struct adl_progress progress = {.n_retrying = 3, .part_bytes = 1024};
    struct adl_progress_facts facts = {
        .tally = &tally,
        .n_read = 20,
        .n_active = 7,
        .elapsed_s = 2,
    };
    struct adl_buf line = {0};

    (void)state;
    assert_int_equal(adl_progress_add_line(&line, &progress, &facts), 0);
    assert_string_equal(line.data,
                        "7 done of 20 read so far, 2.0 KiB, 1.0 KiB/s, "
                        "active 7, retrying 3, failed 3");

    facts.is_read = true;
    facts.elapsed_s = 0; /* divides nothing by it */
    adl_buf_reset(&line);
    assert_int_equal(adl_progress_add_line(&line, &progress, &facts), 0);
    assert_string_equal(line.data, "7 done of 20 read, 2.0 KiB, 2.0 MiB/s, "
                                   "active 7, retrying 3, failed 3");
    adl_buf_finish(&line);
}

static void test_finish_forgets_what_is_under_way(void **state)
{
    const struct asyncdl_event event = {
        .type = ASYNCDL_EVENT_PROGRESS,
        .id = 1,
        .bytes = 5,
    };
    struct adl_progress progress = {0};

    (void)state;
    adl_progress_on_event(&event, &progress);
    adl_progress_finish(&progress);
    assert_null(progress.items);
}

TEST_SUITE(cli_progress)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_are_added_up),
        cmocka_unit_test(test_line_says_where_the_run_stands),
        cmocka_unit_test(test_finish_forgets_what_is_under_way),
    };

    return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
