/* SPDX-License-Identifier: MIT */
#include "cli/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/suite.h"

static void test_exit_status_says_what_another_run_can_do(void **state)
{
    static const struct {
        struct adl_status status;
        int expected;
    } cases[] = {
        {{.n_done = 5, .has_run = true, .run = {.ended = 1}}, 0},
        {{.n_done = 5}, 0},
        {{.n_failed = 1, .has_run = true, .run = {.ended = 1, .status = 1}}, 1},
        {{.n_failed = 1, .n_retryable = 1}, 3},
        /* nothing is known to be done */
        {{.has_run = true, .run = {.ended = 1}}, 1},
        {{.n_half = 1}, 3},
        /* bad lines stand in no journal */
        {{.n_done = 1, .has_run = true, .run = {.ended = 1, .status = 1}}, 1},
        /* not to the end of the list */
        {{.n_done = 1, .has_run = true, .run = {.ended = 1, .status = 4}}, 3},
        {{.n_done = 1, .has_run = true, .run = {.ended = 1, .status = 130}}, 3},
        {{.n_done = 1, .has_run = true, .run = {.ended = 1, .status = -1}}, 3},
        {{.n_done = 1, .has_run = true, .run = {.status = -1}}, 3},
        {{.n_done = 1, .has_run = true, .run = {.under_way = 1, .status = -1}},
         3},
        {{.n_failed = 1, .has_run = true, .run = {.ended = 1, .status = 143}},
         3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int found = adl_status_get_exit(&cases[i].status);

        if (found != cases[i].expected) {
            fail_msg("%zu: %d", i, found);
        }
    }
}

static void add(struct adl_status *status, int entry_state, uint64_t bytes,
                uint64_t total, int err)
{
    const struct asyncdl_journal_entry entry = {
        .state = entry_state,
        .url = "http://h.example/a",
        .path = "a",
        .bytes = bytes,
        .total = total,
        .err = err,
        .status = err == ASYNCDL_EHTTP ? 404 : 0,
        .retryable = err == ASYNCDL_ECONNECT,
    };

    adl_status_add(status, &entry);
}

static void test_text_tells_where_it_stands(void **state)
{
    struct adl_status status = {0};
    struct adl_buf text = {0};

    (void)state;
    add(&status, ASYNCDL_JOURNAL_DONE, 1024, 0, 0);
    add(&status, ASYNCDL_JOURNAL_DONE, 1024, 0, 0);
    add(&status, ASYNCDL_JOURNAL_HALF, 1024, 4096, 0);
    add(&status, ASYNCDL_JOURNAL_FAILED, 0, 0, ASYNCDL_EHTTP);
    add(&status, ASYNCDL_JOURNAL_FAILED, 0, 0, ASYNCDL_ECONNECT);
    add(&status, ASYNCDL_JOURNAL_FAILED, 0, 0, ASYNCDL_ECONNECT);
    status.has_run = true;
    status.run.started = 1714533164;
    status.run.ended = 1714533600;
    status.run.status = 3;
    assert_int_equal(adl_status_add_text(&text, &status, "out"), 0);
    const char *expected =
        "out:\n"
        "         2  done, 2.0 KiB\n"
        "         1  half done, 1.0 KiB of 4.0 KiB\n"
        "         2  failed, and another run can help\n"
        "         1  failed for good\n"
        "The last run began 2024-05-01 03:12:44 and ended 2024-05-01 03:20:00: "
        "some failed, and another run can help.\n"
        "The same command again does what is left.\n"
        "What failed, by cause and host:\n";
    if (strncmp(adl_buf_str(&text), expected, strlen(expected)) != 0) {
        fail_msg("%s", adl_buf_str(&text));
    }
    const char *digest = adl_buf_str(&text) + strlen(expected);
    assert_non_null(strstr(digest, "http://h.example/a -> a"));
    assert_non_null(strstr(digest, "HTTP 404"));
    assert_non_null(strstr(digest, "h.example"));
    adl_buf_finish(&text);
    adl_status_finish(&status);
}

static void test_runs_are_told_in_words(void **state)
{
    static const struct {
        struct asyncdl_journal_run run;
        const char *words;
    } cases[] = {
        {{.started = 1714533164, .under_way = 1, .status = -1},
         "A run is under way since 2024-05-01 03:12:44.\n"},
        {{.started = 1714533164, .status = -1},
         "and was killed, or the machine stopped, or it could not write its "
         "end.\nThe same command again does what is left.\n"},
        {{.started = 1, .ended = 2},
         ": nothing failed.\nNothing is known to be done: files were in the "
         "way of all lines, or there were none.\n"},
        {{.started = 1, .ended = 2, .status = 1},
         ": some failed for good.\nAnother run will not help.\n"},
        {{.started = 1, .ended = 2, .status = 130}, ": stopped by SIGINT.\n"},
        {{.started = 1, .ended = 2, .status = 4},
         ": stopped by a fault of this machine.\n"},
        {{.started = 1, .ended = 2, .status = 99}, ": how is not known.\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_status status = {.has_run = true, .run = cases[i].run};
        struct adl_buf text = {0};

        assert_int_equal(adl_status_add_text(&text, &status, "out"), 0);
        if (strstr(adl_buf_str(&text), cases[i].words) == NULL) {
            fail_msg("%s", adl_buf_str(&text));
        }
        adl_buf_finish(&text);
    }
}

TEST_SUITE(cli_status)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit_status_says_what_another_run_can_do),
        cmocka_unit_test(test_text_tells_where_it_stands),
        cmocka_unit_test(test_runs_are_told_in_words),
    };

    if (setenv("TZ", "UTC", 1) < 0) {
        return 1;
    }
    tzset();
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
