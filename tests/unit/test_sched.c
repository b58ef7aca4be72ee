/* SPDX-License-Identifier: MIT */
#include "fetch/sched.h"

#include <stdio.h>
#include <string.h>

#include "support/suite.h"
#include "unit/sched_work.h"

static const struct adl_host_limits automatic = {0};

static void test_items_of_a_host_come_in_order(void **state)
{
    struct adl_sched *sched = create(&automatic, 16);
    struct work works[4] = {0};

    (void)state;
    add_all(sched, works, 3, "a");
    assert_int_equal(adl_sched_add_first(sched, &works[3].item, "a", 1), 0);

    assert_ptr_equal(take(sched, 0), &works[3]);
    assert_ptr_equal(take(sched, 0), &works[0]);
    assert_false(adl_sched_is_last_of_host(&works[0].item));
    assert_ptr_equal(take(sched, 0), &works[1]);
    assert_ptr_equal(take(sched, 0), &works[2]);
    assert_true(adl_sched_is_last_of_host(&works[2].item));
    assert_null(take(sched, 0));
    drain(sched, works, 4);
}

static void test_hosts_take_turns(void **state)
{
    struct adl_sched *sched = create(&automatic, 64);
    static const size_t order[] = {0, 3, 6, 1, 4, 7, 2, 5, 8};
    struct work works[9] = {0};

    (void)state;
    add_all(sched, works, 3, "a");
    add_all(sched, works + 3, 3, "b");
    add_all(sched, works + 6, 3, "c");

    for (size_t i = 0; i < 9; i++) {
        assert_ptr_equal(take(sched, 0), &works[order[i]]);
    }
    drain(sched, works, 9);
}

static void test_keys_count_in_their_length(void **state)
{
    struct adl_sched *sched = create(&automatic, 8);
    struct work works[3] = {0};

    (void)state;
    add(sched, &works[0], "ab", 0);
    assert_int_equal(adl_sched_add(sched, &works[1].item, "abc", 2, 0), 0);
    add(sched, &works[2], "abc", 0);

    assert_int_equal(adl_sched_n_hosts(sched), 2);
    drain(sched, works, 3);
}

static void test_a_late_host_waits_for_one_turn_of_a_long_queue(void **state)
{
    const struct adl_host_limits limits = {.max_active = 4};
    struct adl_sched *sched = create(&limits, 8);
    static struct work works[1001];

    (void)state;
    add_all(sched, works, 1000, "slow");
    assert_int_equal(take_all(sched, 0), 4);
    add(sched, &works[1000], "late", 0);

    assert_ptr_equal(take(sched, 1), &works[1000]);
    drain(sched, works, 1001);
}

static void test_slow_hosts_hold_everything_but_the_reserve(void **state)
{
    struct adl_sched *sched = create(&automatic, 64);
    static struct work works[4 * 50 + 9];
    static const char *const slow[] = {"a", "b", "c", "d"};
    char key[] = "new0";

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        add_all(sched, works + 50 * i, 50, slow[i]);
    }
    assert_int_equal(take_all(sched, 0), 64 - 64 / 8);
    assert_true(adl_sched_due_ms(sched, 0) == UINT64_MAX);

    for (size_t i = 0; i < 9; i++) {
        key[3] = (char)('0' + i);
        add(sched, &works[200 + i], key, 0);
    }
    assert_int_equal(adl_sched_due_ms(sched, 0), 0);
    for (size_t i = 0; i < 8; i++) {
        assert_ptr_equal(take(sched, 0), &works[200 + i]);
    }
    assert_null(take(sched, 0));
    assert_int_equal(adl_sched_n_active(sched), 64);
    drain(sched, works, 209);
}

static void test_reserve_follows_the_limits(void **state)
{
    static const struct {
        uint32_t max_per_host;
        uint32_t max_active;
        size_t n_of_one_host;
    } cases[] = {
        {0, 1, 1},   {0, 2, 2},    {0, 3, 3},    {0, 4, 3},     {0, 7, 6},
        {0, 8, 7},   {0, 16, 14},  {0, 128, 32}, {7, 8, 7},     {8, 8, 8},
        {100, 8, 8}, {20, 16, 16}, {15, 16, 14}, {200, 64, 64},
    };
    static struct work works[200];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct adl_host_limits limits = {
            .max_active = cases[i].max_per_host,
        };
        struct adl_sched *sched = create(&limits, cases[i].max_active);

        add_all(sched, works, 200, "a");
        size_t n = take_all(sched, 0);
        if (n != cases[i].n_of_one_host) {
            fail_msg("case %zu: %zu started", i, n);
        }
        drain(sched, works, 200);
    }
}

static void test_delayed_items_come_when_they_are_due(void **state)
{
    struct adl_sched *sched = create(&automatic, 8);
    struct work works[3] = {0};

    (void)state;
    add(sched, &works[0], "a", 200);
    add(sched, &works[1], "a", 100);
    add(sched, &works[2], "b", 100);
    assert_int_equal(adl_sched_n_waiting(sched), 3);
    assert_int_equal(adl_sched_due_ms(sched, 0), 100);
    assert_null(take(sched, 99));

    assert_ptr_equal(take(sched, 100), &works[1]);
    assert_ptr_equal(take(sched, 100), &works[2]);
    assert_null(take(sched, 100));
    assert_int_equal(adl_sched_due_ms(sched, 100), 200);
    assert_ptr_equal(take(sched, 200), &works[0]);
    drain(sched, works, 3);
}

static void test_a_hold_stops_a_host_and_no_other(void **state)
{
    struct adl_sched *sched = create(&automatic, 16);
    struct work works[5] = {0};

    (void)state;
    add_all(sched, works, 3, "a");
    assert_ptr_equal(take(sched, 0), &works[0]);
    adl_sched_hold(sched, &works[0].item, 500);
    add_all(sched, works + 3, 1, "b");

    assert_ptr_equal(take(sched, 10), &works[3]);
    assert_null(take(sched, 499));
    assert_int_equal(adl_sched_due_ms(sched, 499), 500);
    assert_ptr_equal(take(sched, 500), &works[1]);
    drain(sched, works, 5);
}

static void test_a_longer_hold_moves_the_alarm(void **state)
{
    struct adl_sched *sched = create(&automatic, 16);
    struct work works[2] = {0};

    (void)state;
    add_all(sched, works, 2, "a");
    take(sched, 0);
    adl_sched_hold(sched, &works[0].item, 500);
    adl_sched_hold(sched, &works[0].item, 900);

    assert_int_equal(adl_sched_due_ms(sched, 10), 900);
    assert_null(take(sched, 899));
    assert_ptr_equal(take(sched, 900), &works[1]);
    drain(sched, works, 2);
}

static void test_a_held_host_is_remembered_while_idle(void **state)
{
    const struct adl_host_limits limits = {.max_active = 4};
    struct adl_sched *sched = create(&limits, 16);
    struct work works[2] = {0};

    (void)state;
    add(sched, &works[0], "a", 0);
    take(sched, 0);
    adl_sched_hold(sched, &works[0].item, 500);
    end(sched, &works[0], ADL_HOST_TROUBLE, 10);
    assert_int_equal(adl_sched_n_hosts(sched), 1);
    add(sched, &works[1], "a", 0);

    assert_null(take(sched, 499));
    assert_ptr_equal(take(sched, 500), &works[1]);
    end(sched, &works[1], ADL_HOST_GOOD, 501);
    assert_int_equal(adl_sched_n_hosts(sched), 0);
    drain(sched, works, 2);
}

/* Others that can tell whether it is the network. */
static void test_hosts_that_are_down_or_idle_are_no_witnesses(void **state)
{
    const struct adl_host_limits limits = {.max_active = 4};
    struct adl_sched *sched = create(&limits, 16);
    struct work works[3] = {0};

    (void)state;
    add(sched, &works[0], "a", 0);
    take(sched, 0);
    assert_false(adl_sched_has_other_up(sched, &works[0].item));

    add(sched, &works[1], "b", 500); /* delayed */
    assert_true(adl_sched_has_other_up(sched, &works[0].item));
    adl_sched_get_host(&works[1].item)->outage.down_ms = 1;
    assert_false(adl_sched_has_other_up(sched, &works[0].item));

    add(sched, &works[2], "c", 0); /* queued */
    assert_true(adl_sched_has_other_up(sched, &works[0].item));
    take(sched, 0); /* started */
    assert_true(adl_sched_has_other_up(sched, &works[0].item));
    adl_sched_hold(sched, &works[2].item, 500);
    end(sched, &works[2], ADL_HOST_TROUBLE, 10); /* idle, and remembered */
    assert_false(adl_sched_has_other_up(sched, &works[0].item));

    adl_sched_get_host(&works[1].item)->outage.down_ms = 0;
    drain(sched, works, 3);
}

static void test_idle_hosts_are_bounded_the_oldest_forgotten(void **state)
{
    struct adl_sched *sched = create(&automatic, 4);
    struct work work = {0};
    char key[16];

    (void)state;
    for (int i = 0; i < ADL_SCHED_IDLE_HOSTS + 10; i++) {
        snprintf(key, sizeof(key), "host%d", i);
        add(sched, &work, key, 0);
        assert_non_null(take(sched, 1));
        adl_sched_hold(sched, &work.item, 1000);
        end(sched, &work, ADL_HOST_NEUTRAL, 1);
    }
    assert_int_equal(adl_sched_n_hosts(sched), ADL_SCHED_IDLE_HOSTS);

    add(sched, &work, "host10", 0);
    assert_null(take(sched, 2));
    adl_sched_remove(sched, &work.item);
    add(sched, &work, "host9", 0);
    assert_non_null(take(sched, 2));
    drain(sched, &work, 1);
}

static void test_rate_spaces_the_starts(void **state)
{
    const struct adl_host_limits limits = {.rate_n = 2, .rate_ms = 1000};
    struct adl_sched *sched = create(&limits, 16);
    struct work works[4] = {0};

    (void)state;
    add_all(sched, works, 3, "a");
    add(sched, &works[3], "b", 0);

    assert_ptr_equal(take(sched, 100), &works[0]);
    assert_ptr_equal(take(sched, 100), &works[3]);
    assert_null(take(sched, 100));
    assert_int_equal(adl_sched_due_ms(sched, 100), 600);
    assert_ptr_equal(take(sched, 600), &works[1]);
    assert_int_equal(adl_sched_due_ms(sched, 600), 1100);
    drain(sched, works, 4);
}

static void test_items_are_removed_from_every_place(void **state)
{
    const struct adl_host_limits limits = {.max_active = 1};
    struct adl_sched *sched = create(&limits, 16);
    struct work works[6] = {0};

    (void)state;
    add(sched, &works[0], "ring", 0);
    add(sched, &works[1], "delayed", 100);
    add(sched, &works[2], "full", 0);
    adl_sched_remove(sched, &works[0].item);
    assert_ptr_equal(take(sched, 0), &works[2]);
    add(sched, &works[3], "full", 0);
    adl_sched_remove(sched, &works[3].item);
    adl_sched_remove(sched, &works[3].item); /* is nowhere */
    adl_sched_hold(sched, &works[2].item, 50);
    end(sched, &works[2], ADL_HOST_TROUBLE, 0);
    add(sched, &works[4], "full", 0); /* held */
    assert_int_equal(adl_sched_due_ms(sched, 0), 50);
    adl_sched_remove(sched, &works[4].item);
    assert_int_equal(adl_sched_due_ms(sched, 0), 100);
    adl_sched_remove(sched, &works[1].item);

    assert_true(adl_sched_due_ms(sched, 0) == UINT64_MAX);
    assert_null(take(sched, 1000));
    drain(sched, works, 6);
}

static void test_all_that_waits_for_a_host_is_given_up(void **state)
{
    struct adl_sched *sched = create(&automatic, 16);
    struct work works[4] = {0};

    (void)state;
    add_all(sched, works, 2, "a");
    add(sched, &works[2], "a", 700);
    add(sched, &works[3], "b", 0);
    assert_ptr_equal(take(sched, 0), &works[0]);

    struct adl_sched_item *item = &works[0].item;
    assert_ptr_equal(adl_sched_take_same_host(sched, item), &works[1].item);
    assert_ptr_equal(adl_sched_take_same_host(sched, item), &works[2].item);
    assert_null(adl_sched_take_same_host(sched, item));
    assert_int_equal(adl_sched_n_waiting(sched), 1);
    drain(sched, works, 4);
}

static void test_a_lower_limit_waits_until_enough_have_ended(void **state)
{
    const struct adl_host_limits limits = {.max_active = 100};
    struct adl_sched *sched = create(&limits, 10);
    struct work works[20] = {0};

    (void)state;
    add_all(sched, works, 20, "a");
    assert_int_equal(take_all(sched, 0), 10);
    adl_sched_set_max_active(sched, 3);
    for (size_t i = 0; i < 7; i++) {
        end(sched, &works[i], ADL_HOST_GOOD, 0);
        assert_null(take(sched, 0));
        assert_true(adl_sched_due_ms(sched, 0) == UINT64_MAX);
    }

    end(sched, &works[7], ADL_HOST_GOOD, 0);
    assert_int_equal(adl_sched_due_ms(sched, 0), 0);
    assert_int_equal(take_all(sched, 0), 1);
    drain(sched, works, 20);
}

static void test_a_host_that_complains_gets_less(void **state)
{
    struct adl_sched *sched = create(&automatic, 128);
    struct work works[100] = {0};

    (void)state;
    add_all(sched, works, 100, "a");
    assert_int_equal(take_all(sched, 5), ADL_HOST_WINDOW_FIRST);
    for (size_t i = 0; i < ADL_HOST_WINDOW_FIRST / 2; i++) {
        end(sched, &works[i], ADL_HOST_TROUBLE, 10);
        assert_null(take(sched, 10));
    }

    end(sched, &works[20], ADL_HOST_NEUTRAL, 10);
    assert_int_equal(take_all(sched, 10), 1);
    drain(sched, works, 100);
}

TEST_SUITE(sched)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items_of_a_host_come_in_order),
        cmocka_unit_test(test_hosts_take_turns),
        cmocka_unit_test(test_keys_count_in_their_length),
        cmocka_unit_test(test_a_late_host_waits_for_one_turn_of_a_long_queue),
        cmocka_unit_test(test_slow_hosts_hold_everything_but_the_reserve),
        cmocka_unit_test(test_reserve_follows_the_limits),
        cmocka_unit_test(test_delayed_items_come_when_they_are_due),
        cmocka_unit_test(test_a_hold_stops_a_host_and_no_other),
        cmocka_unit_test(test_a_longer_hold_moves_the_alarm),
        cmocka_unit_test(test_a_held_host_is_remembered_while_idle),
        cmocka_unit_test(test_hosts_that_are_down_or_idle_are_no_witnesses),
        cmocka_unit_test(test_idle_hosts_are_bounded_the_oldest_forgotten),
        cmocka_unit_test(test_rate_spaces_the_starts),
        cmocka_unit_test(test_items_are_removed_from_every_place),
        cmocka_unit_test(test_all_that_waits_for_a_host_is_given_up),
        cmocka_unit_test(test_a_lower_limit_waits_until_enough_have_ended),
        cmocka_unit_test(test_a_host_that_complains_gets_less),
    };

    return cmocka_run_group_tests_name("sched", tests, NULL, NULL);
}
