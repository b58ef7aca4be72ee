/* SPDX-License-Identifier: MIT */
#include "cli/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/suite.h"

static void test_lines_say_what_would_be(void **state)
{
    static const struct {
        struct asyncdl_result result;
        uint64_t total;
        bool is_there;
        const char *text;
    } cases[] = {
        {{.state = ASYNCDL_DONE, .path = "a/b"}, 0, false, "U -> a/b\n"},
        {{.state = ASYNCDL_DONE, .path = "a"},
         0,
         true,
         "U -> a (replaces the file that is there)\n"},
        {{.state = ASYNCDL_DONE, .path = "a", .bytes = 10},
         30,
         false,
         "U -> a (half done: 10 of 30 bytes)\n"},
        {{.state = ASYNCDL_DONE, .path = "a", .bytes = 10},
         0,
         true,
         "U -> a (half done: 10 bytes) (replaces the file that is there)\n"},
        {{.state = ASYNCDL_DONE, .path = "a", .is_name_open = true},
         0,
         true,
         "U -> a (or as the server names it)\n"},
        {{.state = ASYNCDL_DONE}, 0, false, "U -> nothing (--discard)\n"},
        {{.state = ASYNCDL_SKIPPED, .path = "a", .bytes = 9},
         0,
         true,
         "U -> a (skip: done before)\n"},
        {{.state = ASYNCDL_SKIPPED, .path = "a", .err = ASYNCDL_EEXISTS},
         0,
         true,
         "U -> a (skip: a file of that name is there; --overwrite replaces "
         "it)\n"},
        {{.state = ASYNCDL_SKIPPED, .path = "a", .err = ASYNCDL_ECHANGED},
         0,
         true,
         "U -> a (skip: the file was changed since it was saved; --overwrite "
         "replaces it)\n"},
        {{.state = ASYNCDL_SKIPPED,
          .path = "a",
          .err = ASYNCDL_EINWAY,
          .error = "why"},
         0,
         true,
         "U -> a (skip: why)\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_buf text = {0};

        assert_int_equal(adl_plan_add_line(&text, "U", &cases[i].result,
                                           cases[i].total, cases[i].is_there),
                         0);
        assert_string_equal(adl_buf_str(&text), cases[i].text);
        adl_buf_finish(&text);
    }
}

static void test_summary_counts_what_would_be(void **state)
{
    static const struct {
        struct adl_tally tally;
        uint64_t n_half;
        const char *text;
    } cases[] = {
        {{0}, 0, "Would download 0, skip 0\n"},
        {{.n_done = 5, .n_before = 3, .n_in_way = 1},
         2,
         "Would download 5 (half done 2), skip 4 (done before 3, file in the "
         "way 1)\n"},
        {{.n_done = 5, .n_failed = 1, .n_bad = 2, .n_dups = 3},
         0,
         "Would download 5, skip 0, fail 1, bad lines 2, duplicates left out "
         "3\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct adl_plan plan = {.n_half = cases[i].n_half};
        struct adl_buf text = {0};

        assert_int_equal(adl_plan_add_summary(&text, &plan, &cases[i].tally),
                         0);
        assert_string_equal(adl_buf_str(&text), cases[i].text);
        adl_buf_finish(&text);
    }
}

TEST_SUITE(cli_plan)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_say_what_would_be),
        cmocka_unit_test(test_summary_counts_what_would_be),
    };

    return cmocka_run_group_tests_name("cli-plan", tests, NULL, NULL);
}
