/* SPDX-License-Identifier: MIT */
#include "cli/plain.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/loop.h"
#include "support/suite.h"

static void test_finished_urls_are_said_without_secrets(void **state)
{
    static const struct {
        enum asyncdl_event_type type;
        struct asyncdl_result result;
        const char *text;
    } cases[] = {
        {ASYNCDL_EVENT_DONE,
         {.state = ASYNCDL_DONE, .bytes = 278, .url = "http://h/p"},
         "Read 278 from http://h/p\n"},
        {ASYNCDL_EVENT_DONE,
         {.state = ASYNCDL_DONE, .url = "http://u:secret@h/p"},
         "Read 0 from http://h/p\n"},
        {ASYNCDL_EVENT_DONE, {.state = ASYNCDL_SKIPPED, .url = "http://h"}, ""},
        {ASYNCDL_EVENT_DONE, {.state = ASYNCDL_FAILED, .url = "http://h"}, ""},
        {ASYNCDL_EVENT_STARTED, {.url = "http://h"}, ""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct asyncdl_event event = {
            .type = cases[i].type,
            .result = &cases[i].result,
        };
        static struct adl_out out;
        struct adl_plain plain;

        assert_int_equal(adl_out_init(&out, *state, STDOUT_FILENO), 0);
        adl_plain_init(&plain, &out);
        adl_plain_on_event(&event, &plain);
        assert_string_equal(adl_buf_str(&out.text), cases[i].text);
        adl_plain_finish(&plain);
        adl_out_stop(&out);
        adl_out_finish(&out);
        uv_run(*state, UV_RUN_DEFAULT);
    }
}

static void test_the_summary_has_a_shape_to_rely_on(void **state)
{
    static const struct {
        struct adl_tally tally;
        double elapsed_s;
        const char *text;
    } cases[] = {
        {{0},
         0,
         "Downloaded 0 sites in 0.000 seconds\n"
         "Skipped 0, failed 0 (another run can help 0), retried 0\n"
         "Received 0 bytes, 0 B/s, 0 URLs/s\n"},
        {{.n_done = 160, .bytes = 861440},
         0.114,
         "Downloaded 160 sites in 0.11 seconds\n"
         "Skipped 0, failed 0 (another run can help 0), retried 0\n"
         "Received 861440 bytes, 7.2 MiB/s, 1404 URLs/s\n"},
        {{.n_before = 1000},
         0.02,
         "Downloaded 0 sites in 0.020 seconds\n"
         "Skipped 1000 (done before 1000), failed 0 (another run can help 0), "
         "retried 0\n"
         "Received 0 bytes, 0 B/s, 0 URLs/s\n"},
        {{.n_before = 990, .n_in_way = 10},
         0.02,
         "Downloaded 0 sites in 0.020 seconds\n"
         "Skipped 1000 (done before 990, file in the way 10), failed 0 "
         "(another run can help 0), retried 0\n"
         "Received 0 bytes, 0 B/s, 0 URLs/s\n"},
        {{.n_done = 1,
          .n_in_way = 2,
          .n_failed = 3,
          .n_retryable = 4,
          .n_bad = 5,
          .n_dups = 6,
          .n_canceled = 7,
          .n_retries = 8,
          .bytes = 2048},
         2,
         "Downloaded 1 sites in 2.00 seconds\n"
         "Skipped 2 (file in the way 2), failed 7 (another run can help 4), "
         "retried 8, bad "
         "lines 5, duplicates left out 6, stopped 7\n"
         "Received 2048 bytes, 1.0 KiB/s, 0 URLs/s\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_buf text = {0};

        assert_int_equal(
            adl_plain_add_summary(&text, &cases[i].tally, cases[i].elapsed_s),
            0);
        assert_string_equal(adl_buf_str(&text), cases[i].text);
        adl_buf_finish(&text);
    }
}

TEST_SUITE(cli_plain)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_finished_urls_are_said_without_secrets, loop_setup,
            loop_teardown),
        cmocka_unit_test(test_the_summary_has_a_shape_to_rely_on),
    };

    return cmocka_run_group_tests_name("plain", tests, NULL, NULL);
}
