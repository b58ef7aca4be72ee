/* SPDX-License-Identifier: MIT */
#include "fetch/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/suite.h"

static const struct adl_host_limits automatic = {0};

/* Start as many as may be; how many there were. */
static uint32_t fill(struct adl_host *host,
                     const struct adl_host_limits *limits, uint64_t now_ms)
{
    uint32_t n = 0;

    while (!adl_host_is_full(host, limits)) {
        adl_host_start(host, limits, now_ms);
        n++;
    }
    return n;
}

/* One attempt from start to end. */
static void attempt(struct adl_host *host, const struct adl_host_limits *limits,
                    enum adl_host_sign sign, uint64_t at_ms)
{
    adl_host_start(host, limits, at_ms);
    adl_host_end(host, limits, sign, at_ms, at_ms);
}

static void test_fixed_limit_never_moves(void **state)
{
    const struct adl_host_limits limits = {.max_active = 3};
    struct adl_host host;

    (void)state;
    adl_host_init(&host, &limits);
    for (uint64_t i = 0; i < 100; i++) {
        attempt(&host, &limits, ADL_HOST_TROUBLE, 1000 * i);
        attempt(&host, &limits, ADL_HOST_GOOD, 1000 * i);
    }

    assert_int_equal(fill(&host, &limits, 0), 3);
}

static void test_window_grows_by_one_an_answer_at_first(void **state)
{
    struct adl_host host;

    (void)state;
    adl_host_init(&host, &automatic);
    assert_int_equal(fill(&host, &automatic, 0), ADL_HOST_WINDOW_FIRST);
    for (int i = 0; i < 5; i++) {
        adl_host_end(&host, &automatic, ADL_HOST_GOOD, 0, 10);
    }

    assert_int_equal(fill(&host, &automatic, 10), 5 + 5);
}

static void test_window_stops_at_its_maximum(void **state)
{
    struct adl_host host;

    (void)state;
    adl_host_init(&host, &automatic);
    for (uint64_t i = 0; i < 1000; i++) {
        attempt(&host, &automatic, ADL_HOST_GOOD, i);
    }

    assert_int_equal(fill(&host, &automatic, 0), ADL_HOST_WINDOW_MAX);
}

static void test_trouble_halves_once_for_what_was_under_way(void **state)
{
    struct adl_host host;

    (void)state;
    adl_host_init(&host, &automatic);
    fill(&host, &automatic, 100);
    for (int i = 0; i < ADL_HOST_WINDOW_FIRST; i++) {
        adl_host_end(&host, &automatic, ADL_HOST_TROUBLE, 100, 200);
    }
    assert_int_equal(fill(&host, &automatic, 200), ADL_HOST_WINDOW_FIRST / 2);

    adl_host_end(&host, &automatic, ADL_HOST_TROUBLE, 201, 300);
    assert_int_equal((int)host.window, ADL_HOST_WINDOW_FIRST / 4);
}

static void test_trouble_at_time_zero_counts_once(void **state)
{
    struct adl_host host;

    (void)state;
    adl_host_init(&host, &automatic);
    attempt(&host, &automatic, ADL_HOST_TROUBLE, 0);
    attempt(&host, &automatic, ADL_HOST_TROUBLE, 0);

    assert_int_equal((int)host.window, ADL_HOST_WINDOW_FIRST / 2);
}

static void test_a_start_in_the_tick_of_the_shrinking_is_part_of_it(
    void **state)
{
    struct adl_host host;

    (void)state;
    adl_host_init(&host, &automatic);
    attempt(&host, &automatic, ADL_HOST_TROUBLE, 100);
    attempt(&host, &automatic, ADL_HOST_TROUBLE, 100);
    assert_int_equal((int)host.window, ADL_HOST_WINDOW_FIRST / 2);

    attempt(&host, &automatic, ADL_HOST_TROUBLE, 101);
    assert_int_equal((int)host.window, ADL_HOST_WINDOW_FIRST / 4);
}

static void test_window_never_is_below_one(void **state)
{
    struct adl_host host;

    (void)state;
    adl_host_init(&host, &automatic);
    for (uint64_t i = 1; i < 100; i++) {
        attempt(&host, &automatic, ADL_HOST_TROUBLE, 10 * i);
    }

    assert_int_equal(fill(&host, &automatic, 1000), 1);
}

static void test_after_trouble_a_windowful_of_answers_adds_one(void **state)
{
    struct adl_host host;

    (void)state;
    adl_host_init(&host, &automatic);
    attempt(&host, &automatic, ADL_HOST_TROUBLE, 10);
    for (uint64_t i = 0; i < ADL_HOST_WINDOW_FIRST / 2; i++) {
        attempt(&host, &automatic, ADL_HOST_GOOD, 20 + i);
    }
    assert_int_equal((int)host.window, ADL_HOST_WINDOW_FIRST / 2);

    attempt(&host, &automatic, ADL_HOST_GOOD, 50);
    assert_int_equal((int)host.window, ADL_HOST_WINDOW_FIRST / 2 + 1);
}

static void test_neutral_ends_say_nothing(void **state)
{
    struct adl_host host;

    (void)state;
    adl_host_init(&host, &automatic);
    attempt(&host, &automatic, ADL_HOST_NEUTRAL, 10);

    assert_true(adl_host_is_like_new(&host, &automatic, 10));
    assert_int_equal(host.n_active, 0);
}

static void test_longest_hold_wins(void **state)
{
    struct adl_host host;

    (void)state;
    adl_host_init(&host, &automatic);
    adl_host_hold(&host, 500);
    adl_host_hold(&host, 300);

    assert_int_equal(adl_host_ready_ms(&host, 100), 500);
    assert_int_equal(adl_host_ready_ms(&host, 499), 500);
    assert_int_equal(adl_host_ready_ms(&host, 500), 0);
    assert_false(adl_host_is_like_new(&host, &automatic, 499));
    assert_true(adl_host_is_like_new(&host, &automatic, 500));
}

/* Start whatever may start, each step_ms, and count. */
static uint64_t count_starts(const struct adl_host_limits *limits,
                             uint64_t from_ms, uint64_t to_ms, uint64_t step_ms)
{
    struct adl_host host;
    uint64_t n = 0;

    adl_host_init(&host, limits);
    for (uint64_t now_ms = from_ms; now_ms < to_ms; now_ms += step_ms) {
        while (adl_host_ready_ms(&host, now_ms) == 0) {
            attempt(&host, limits, ADL_HOST_NEUTRAL, now_ms);
            n++;
        }
    }
    return n;
}

static void test_rate_is_reached_exactly(void **state)
{
    static const struct {
        uint32_t rate_n;
        uint32_t rate_ms;
        uint64_t n_periods;
    } cases[] = {
        {7, 1000, 1000},  {3, 1000, 1000},   {1, 1000, 100},
        {1, 60000, 20},   {1000, 1000, 100}, {5000, 1000, 100},
        {1001, 1000, 50}, {6999, 7001, 20},  {4000000, 1000, 1},
        {7, 3600000, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct adl_host_limits limits = {
            .rate_n = cases[i].rate_n,
            .rate_ms = cases[i].rate_ms,
        };
        uint64_t from_ms = 12345;
        uint64_t to_ms = from_ms + cases[i].n_periods * cases[i].rate_ms;
        uint64_t n = count_starts(&limits, from_ms, to_ms, 1);

        if (n != cases[i].n_periods * cases[i].rate_n) {
            fail_msg("%u in %u ms: %llu starts", cases[i].rate_n,
                     cases[i].rate_ms, (unsigned long long)n);
        }
    }
}

static void test_a_clock_that_skips_a_tick_keeps_the_rate(void **state)
{
    const struct adl_host_limits limits = {.rate_n = 1000, .rate_ms = 1000};

    (void)state;
    /* The first tick has nothing before it to catch up with. */
    assert_int_equal(count_starts(&limits, 1000, 3000, 2), 2 * 1000 - 1);
}

static void test_starts_keep_their_distance(void **state)
{
    const struct adl_host_limits limits = {.rate_n = 2, .rate_ms = 1000};
    struct adl_host host;

    (void)state;
    adl_host_init(&host, &limits);
    assert_int_equal(adl_host_ready_ms(&host, 100), 0);
    adl_host_start(&host, &limits, 100);
    assert_int_equal(adl_host_ready_ms(&host, 100), 600);
    assert_int_equal(adl_host_ready_ms(&host, 599), 600);
    assert_int_equal(adl_host_ready_ms(&host, 600), 0);
}

static void test_quiet_times_save_nothing_up(void **state)
{
    const struct adl_host_limits limits = {.rate_n = 100, .rate_ms = 1000};
    struct adl_host host;

    (void)state;
    adl_host_init(&host, &limits);
    adl_host_start(&host, &limits, 100);
    adl_host_start(&host, &limits, 9000);

    assert_int_equal(adl_host_ready_ms(&host, 9000), 9010);
}

static void test_hold_and_rate_both_bind(void **state)
{
    const struct adl_host_limits limits = {.rate_n = 1, .rate_ms = 1000};
    struct adl_host host;

    (void)state;
    adl_host_init(&host, &limits);
    adl_host_start(&host, &limits, 100);
    adl_host_hold(&host, 700);
    assert_int_equal(adl_host_ready_ms(&host, 650), 1100);
    adl_host_hold(&host, 1500);
    assert_int_equal(adl_host_ready_ms(&host, 650), 1500);
}

static void test_what_moved_is_not_like_new(void **state)
{
    const struct adl_host_limits limits = {.rate_n = 1, .rate_ms = 1000};
    struct adl_host host;

    (void)state;
    adl_host_init(&host, &automatic);
    assert_true(adl_host_is_like_new(&host, &automatic, 0));
    attempt(&host, &automatic, ADL_HOST_GOOD, 5);
    assert_false(adl_host_is_like_new(&host, &automatic, 10));

    adl_host_init(&host, &limits);
    attempt(&host, &limits, ADL_HOST_NEUTRAL, 5);
    assert_false(adl_host_is_like_new(&host, &limits, 1004));
    assert_true(adl_host_is_like_new(&host, &limits, 1005));
}

static void fail_to_reach(struct adl_host *host, uint64_t started_ms,
                          uint64_t now_ms)
{
    const struct adl_outage_net net = {.was_reached = false};
    const struct adl_outage_policy policy = {
        .n_probes = 4, .delay_ms = 1000, .max_ms = 600000};
    const struct adl_outage_end end = {
        .reach = ADL_REACH_NO, .started_ms = started_ms, .now_ms = now_ms};

    (void)adl_outage_note(&host->outage, &net, &policy, &end);
    adl_host_end(host, &automatic, ADL_HOST_NEUTRAL, started_ms, now_ms);
}

static void test_a_host_that_is_down_gets_one_probe_when_it_is_due(void **state)
{
    struct adl_host host;

    (void)state;
    adl_host_init(&host, &automatic);
    assert_int_equal(fill(&host, &automatic, 1), ADL_HOST_WINDOW_FIRST);
    for (int i = 0; i < ADL_HOST_WINDOW_FIRST; i++) {
        fail_to_reach(&host, 1, 100);
    }
    assert_int_equal(adl_host_ready_ms(&host, 100), 600);
    assert_int_equal(adl_host_ready_ms(&host, 600), 0);
    assert_false(adl_host_is_like_new(&host, &automatic, 1000000));

    assert_int_equal(fill(&host, &automatic, 600), 1);
    fail_to_reach(&host, 600, 700);
    assert_int_equal(adl_host_ready_ms(&host, 700), 1700);
    assert_int_equal(fill(&host, &automatic, 1700), 1);
}

TEST_SUITE(host)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed_limit_never_moves),
        cmocka_unit_test(test_window_grows_by_one_an_answer_at_first),
        cmocka_unit_test(test_window_stops_at_its_maximum),
        cmocka_unit_test(test_trouble_halves_once_for_what_was_under_way),
        cmocka_unit_test(test_trouble_at_time_zero_counts_once),
        cmocka_unit_test(
            test_a_start_in_the_tick_of_the_shrinking_is_part_of_it),
        cmocka_unit_test(test_window_never_is_below_one),
        cmocka_unit_test(test_after_trouble_a_windowful_of_answers_adds_one),
        cmocka_unit_test(test_neutral_ends_say_nothing),
        cmocka_unit_test(test_longest_hold_wins),
        cmocka_unit_test(test_rate_is_reached_exactly),
        cmocka_unit_test(test_a_clock_that_skips_a_tick_keeps_the_rate),
        cmocka_unit_test(test_starts_keep_their_distance),
        cmocka_unit_test(test_quiet_times_save_nothing_up),
        cmocka_unit_test(test_hold_and_rate_both_bind),
        cmocka_unit_test(test_what_moved_is_not_like_new),
        cmocka_unit_test(
            test_a_host_that_is_down_gets_one_probe_when_it_is_due),
    };

    return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
