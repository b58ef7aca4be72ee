/* SPDX-License-Identifier: MIT */
#include "cli/bar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

#define MIB (1024.0 * 1024)

static const struct adl_bar_state busy = {
    .n_done = 812,
    .n_read = 1500,
    .is_read = true,
    .share = 0.55,
    .bytes = 1234 * MIB,
    .bps = 11.4 * MIB,
    .left_s = 62.6,
    .n_active = 128,
    .n_retrying = 3,
    .n_failed = 2,
};

static const struct adl_bar_state begun = {
    .n_done = 0, .n_read = 256, .share = -1, .left_s = -1, .n_active = 8};

static void test_a_line_has_what_fits(void **state)
{
    static const struct {
        const struct adl_bar_state *state;
        size_t width;
        const char *line;
    } cases[] = {
        {&busy, 120,
         "812/1500 [======================>                 ] 55% 1.2 GiB "
         "11.4 MiB/s 1:03 left 128 active 3 retrying 2 failed"},
        {&busy, 86,
         "812/1500 [======>    ] 55% 1.2 GiB 11.4 MiB/s 1:03 left 128 active "
         "3 retrying 2 failed"},
        {&busy, 85,
         "812/1500 [=====>    ] 55% 1.2 GiB 11.4 MiB/s 1:03 left 128 active "
         "3 retrying 2 failed"},
        {&busy, 84,
         "812/1500 55% 1.2 GiB 11.4 MiB/s 1:03 left 128 active 3 retrying 2 "
         "failed"},
        {&busy, 61,
         "812/1500 55% 1.2 GiB 11.4 MiB/s 1:03 left 3 retrying "
         "2 failed"},
        {&busy, 50, "812/1500 55% 1.2 GiB 11.4 MiB/s 1:03 left 2 failed"},
        {&busy, 47, "812/1500 55% 11.4 MiB/s 1:03 left 2 failed"},
        {&busy, 40, "812/1500 55% 11.4 MiB/s 2 failed"},
        {&busy, 22, "812/1500 55% 2 failed"},
        {&busy, 17, "812/1500 2 failed"},
        {&busy, 16, "812/1500"},
        {&busy, 5, "812/1"},
        {&busy, 0, ""},
        {&begun, 80, "0/256+ 0 B 0 B/s -:-- left 8 active"},
    };
    struct adl_buf line = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        adl_buf_reset(&line);
        assert_int_equal(
            adl_bar_add_line(&line, cases[i].state, cases[i].width), 0);
        assert_string_equal(adl_buf_str(&line), cases[i].line);
        assert_true(line.len <= cases[i].width);
    }
    adl_buf_finish(&line);
}

static void test_brackets_fill_up(void **state)
{
    static const struct {
        double share;
        const char *line;
    } cases[] = {
        {0, "1/2 [>          ] 0% 0 B 0 B/s 0:00 left"},
        {0.099, "1/2 [=>         ] 9% 0 B 0 B/s 0:00 left"},
        {0.5, "1/2 [=====>     ] 50% 0 B 0 B/s 0:00 left"},
        {0.999, "1/2 [==========>] 99% 0 B 0 B/s 0:00 left"},
        {1, "1/2 [==========] 100% 0 B 0 B/s 0:00 left"},
    };
    struct adl_buf line = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct adl_bar_state s = {
            .n_done = 1, .n_read = 2, .is_read = true, .share = cases[i].share};
        size_t width = strlen(cases[i].line);

        adl_buf_reset(&line);
        assert_int_equal(adl_bar_add_line(&line, &s, width), 0);
        assert_string_equal(adl_buf_str(&line), cases[i].line);
    }
    adl_buf_finish(&line);
}

static void test_time_left_is_told_as_clocks_do(void **state)
{
    static const struct {
        double left_s;
        const char *words;
    } cases[] = {
        {-1, "-:-- left"},        {0, "0:00 left"},
        {59.4, "0:59 left"},      {59.5, "1:00 left"},
        {3599, "59:59 left"},     {3600, "1:00:00 left"},
        {86399, "23:59:59 left"}, {359999, "99:59:59 left"},
        {360000, "-:-- left"},    {1e300, "-:-- left"},
    };
    struct adl_buf line = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct adl_bar_state s = {.share = -1, .left_s = cases[i].left_s};

        adl_buf_reset(&line);
        assert_int_equal(adl_bar_add_line(&line, &s, 80), 0);
        assert_non_null(strstr(adl_buf_str(&line), cases[i].words));
    }
    adl_buf_finish(&line);
}

static void test_state_is_reckoned(void **state)
{
    static const struct {
        struct adl_tally tally;
        uint64_t n_read;
        bool is_read;
        double share;
        double left_s; /* of a run of 10 s */
    } cases[] = {
        {{0}, 0, false, -1, -1},
        {{0}, 0, true, -1, -1},
        {{.n_done = 5}, 20, false, -1, -1},
        {{.n_done = 5}, 20, true, 0.25, 30},
        {{.n_done = 1, .n_failed = 2, .n_retryable = 2}, 20, true, 0.25, 30},
        {{.n_before = 10}, 20, true, 0.5, -1}, /* they took no time */
        {{.n_before = 7, .n_in_way = 1, .n_dups = 1, .n_bad = 1, .n_done = 5},
         20,
         true,
         0.75,
         10},
        {{.n_done = 20}, 20, true, 1, 0},
        {{.n_done = 21}, 20, true, 1, 0},
    };
    const struct adl_progress progress = {.n_retrying = 4, .part_bytes = 7};
    const struct adl_bar_rate rate = {.bps = 99};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct adl_progress_facts facts = {.tally = &cases[i].tally,
                                                 .n_read = cases[i].n_read,
                                                 .is_read = cases[i].is_read,
                                                 .n_active = 3,
                                                 .elapsed_s = 10};
        struct adl_bar_state s;

        adl_bar_get_state(&s, &progress, &facts, &rate);
        assert_float_equal(s.share, cases[i].share, 1e-9);
        assert_float_equal(s.left_s, cases[i].left_s, 1e-9);
        assert_int_equal(s.n_active, 3);
        assert_int_equal(s.n_retrying, 4);
        assert_float_equal(s.bytes, 7, 0);
        assert_float_equal(s.bps, 99, 0);
    }
}

/* What is under way counts by what has come of it: all of that for what is
 * over, what this run got for the time that is left. */
static void test_parts_count(void **state)
{
    const struct asyncdl_event events[] = {
        {.type = ASYNCDL_EVENT_PROGRESS, .id = 1, .bytes = 25, .total = 100},
        {.type = ASYNCDL_EVENT_PROGRESS,
         .id = 2,
         .bytes = 150,
         .bytes_resumed = 100,
         .total = 200},
        {.type = ASYNCDL_EVENT_PROGRESS, .id = 3, .bytes = 9}, /* of unknown */
        {.type = ASYNCDL_EVENT_PROGRESS, .id = 4, .bytes = 9, .total = 8},
    };
    static const struct adl_tally tally = {.n_done = 1};
    const struct adl_progress_facts facts = {
        .tally = &tally, .n_read = 8, .is_read = true, .elapsed_s = 9};
    struct adl_bar_rate rate = {.bps = 0};
    struct adl_progress progress = {0};
    struct adl_progress_sums sums;
    struct adl_bar_state s;

    (void)state;
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        adl_progress_on_event(&events[i], &progress);
    }
    assert_int_equal(progress.part_bytes, 25 + 50 + 9 + 9);
    adl_progress_sum(&sums, &progress);
    assert_float_equal(sums.n_there, 1, 1e-9);
    assert_float_equal(sums.n_got, 0.5, 1e-9);
    assert_float_equal(sums.bytes_left, 125, 1e-9);
    adl_bar_get_state(&s, &progress, &facts, &rate);
    assert_float_equal(s.share, 0.25, 1e-9);
    assert_float_equal(s.left_s, 36, 1e-9);
    rate.bps = 1; /* the parts take longer than what is to begin */
    adl_bar_get_state(&s, &progress, &facts, &rate);
    assert_float_equal(s.left_s, 125, 1e-9);
    adl_progress_finish(&progress);
}

static void test_rate_is_that_of_the_last_seconds(void **state)
{
    struct adl_bar_rate rate = {.bps = 0};

    (void)state;
    adl_bar_note_rate(&rate, 0, 0);
    assert_float_equal(rate.bps, 0, 0);
    adl_bar_note_rate(&rate, 1000, 1); /* all there was */
    assert_float_equal(rate.bps, 1000, 1e-9);
    adl_bar_note_rate(&rate, 2000, 2);
    assert_float_equal(rate.bps, 1000, 1e-9);
    adl_bar_note_rate(&rate, 2000, 2); /* no time has passed */
    assert_float_equal(rate.bps, 1000, 1e-9);
    adl_bar_note_rate(&rate, 0, 3); /* one begins anew */
    assert_in_range((uint64_t)rate.bps, 600, 700);
    for (int s = 4; s < 60; s++) {
        adl_bar_note_rate(&rate, 0, s);
    }
    assert_in_range((uint64_t)rate.bps, 0, 1);
}

TEST_SUITE(cli_bar)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_has_what_fits),
        cmocka_unit_test(test_brackets_fill_up),
        cmocka_unit_test(test_time_left_is_told_as_clocks_do),
        cmocka_unit_test(test_state_is_reckoned),
        cmocka_unit_test(test_parts_count),
        cmocka_unit_test(test_rate_is_that_of_the_last_seconds),
    };

    return cmocka_run_group_tests_name("cli_bar", tests, NULL, NULL);
}
