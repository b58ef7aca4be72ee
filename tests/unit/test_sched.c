/* SPDX-License-Identifier: MIT */
#include "fetch/sched.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/rng.h"

static const struct adl_host_limits automatic = {0};

struct work {
    struct adl_sched_item item; /* first: an item is its work */
    bool is_started;
    size_t host;
    uint64_t due_ms;
    uint64_t serial; /* by order of adding; 0: order does not matter */
};

static struct adl_sched *create(const struct adl_host_limits *limits,
                                uint32_t max_active)
{
    struct adl_sched *sched = NULL;

    assert_int_equal(adl_sched_create(&sched, limits, max_active), 0);
    return sched;
}

static void add(struct adl_sched *sched, struct work *work, const char *key,
                uint64_t due_ms)
{
    work->due_ms = due_ms;
    assert_int_equal(
        adl_sched_add(sched, &work->item, key, strlen(key), due_ms), 0);
}

static void add_all(struct adl_sched *sched, struct work *works, size_t n,
                    const char *key)
{
    for (size_t i = 0; i < n; i++) {
        add(sched, &works[i], key, 0);
    }
}

static struct work *take(struct adl_sched *sched, uint64_t now_ms)
{
    struct work *work = (struct work *)adl_sched_take(sched, now_ms);

    if (work != NULL) {
        work->is_started = true;
    }
    return work;
}

static size_t take_all(struct adl_sched *sched, uint64_t now_ms)
{
    size_t n = 0;

    while (take(sched, now_ms) != NULL) {
        n++;
    }
    return n;
}

static void end(struct adl_sched *sched, struct work *work,
                enum adl_host_sign sign, uint64_t now_ms)
{
    work->is_started = false;
    adl_sched_end(sched, &work->item, sign, now_ms);
    assert_null(work->item.host);
}

static void drain(struct adl_sched *sched, struct work *works, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (works[i].is_started) {
            end(sched, &works[i], ADL_HOST_NEUTRAL, 0);
        } else {
            adl_sched_remove(sched, &works[i].item);
        }
    }
    assert_int_equal(adl_sched_n_waiting(sched), 0);
    assert_int_equal(adl_sched_n_active(sched), 0);
    adl_sched_destroy(sched);
}

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
    memset(works, 0, sizeof(works));
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
    memset(works, 0, sizeof(works));
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

        memset(works, 0, sizeof(works));
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

/*
 * Random operations against a model that looks at everything each time.
 */
#define N_HOSTS 12
#define N_WORKS 150
#define N_STEPS 10000
#define FAR_MS  UINT64_C(1000000000)

struct model {
    struct adl_sched *sched;
    struct adl_host_limits limits;
    uint32_t max_active;
    struct adl_host hosts[N_HOSTS];
    uint64_t last_serial[N_HOSTS]; /* of those started, in order */
    struct work works[N_WORKS];
    struct adl_rng rng;
    uint64_t next_serial;
    uint64_t now_ms;
    size_t n_added, n_started, n_ended, n_removed;
};

static size_t chance(struct model *m, size_t n)
{
    return (size_t)(adl_rng_next(&m->rng) % n);
}

static bool is_waiting(const struct work *work)
{
    return work->item.host != NULL && !work->is_started;
}

static uint32_t model_n_active(const struct model *m)
{
    uint32_t n = 0;

    for (size_t i = 0; i < N_HOSTS; i++) {
        n += m->hosts[i].n_active;
    }
    return n;
}

/* May this host start one, if it had one and time did not matter? */
static bool model_has_room(const struct model *m, const struct adl_host *host)
{
    uint32_t n_active = model_n_active(m);
    uint32_t reserve = m->max_active < 8 ? 1 : m->max_active / 8;

    if (m->max_active < 4 || m->limits.max_active >= m->max_active ||
        host->n_active == 0) {
        reserve = 0;
    }
    return n_active + reserve < m->max_active &&
           !adl_host_is_full(host, &m->limits);
}

/* When the first of all that wait may start. */
static uint64_t model_due_ms(const struct model *m)
{
    uint64_t due_ms = UINT64_MAX;

    for (size_t i = 0; i < N_WORKS; i++) {
        const struct work *work = &m->works[i];
        const struct adl_host *host = &m->hosts[work->host];

        if (!is_waiting(work) || !model_has_room(m, host)) {
            continue;
        }
        uint64_t ready_ms = adl_host_ready_ms(host, m->now_ms);
        uint64_t at_ms = work->due_ms > ready_ms ? work->due_ms : ready_ms;
        at_ms = at_ms > m->now_ms ? at_ms : m->now_ms;
        due_ms = at_ms < due_ms ? at_ms : due_ms;
    }
    return due_ms;
}

static void step_add(struct model *m, struct work *work)
{
    char key[8];
    size_t host = chance(m, 3) == 0 ? 0 : chance(m, N_HOSTS);
    bool is_delayed = chance(m, 4) == 0;

    snprintf(key, sizeof(key), "h%zu", host);
    work->host = host;
    work->due_ms = 0;
    work->serial = is_delayed ? 0 : ++m->next_serial;
    add(m->sched, work, key, is_delayed ? m->now_ms + chance(m, 50) : 0);
    m->n_added++;
}

static void step_take(struct model *m)
{
    uint64_t due_ms = model_due_ms(m);
    struct work *work = take(m->sched, m->now_ms);

    if (work == NULL) {
        assert_true(due_ms > m->now_ms); /* nothing could have started */
        return;
    }
    struct adl_host *host = &m->hosts[work->host];
    assert_true(model_has_room(m, host));
    assert_int_equal(adl_host_ready_ms(host, m->now_ms), 0);
    assert_true(work->due_ms <= m->now_ms);
    if (work->serial != 0) {
        assert_true(work->serial > m->last_serial[work->host]);
        m->last_serial[work->host] = work->serial;
    }
    adl_host_start(host, &m->limits, m->now_ms);
    m->n_started++;
}

static void step_end(struct model *m, struct work *work)
{
    static const enum adl_host_sign signs[] = {
        ADL_HOST_GOOD, ADL_HOST_GOOD, ADL_HOST_NEUTRAL, ADL_HOST_TROUBLE};
    enum adl_host_sign sign = signs[chance(m, 4)];
    struct adl_host *host = &m->hosts[work->host];

    if (chance(m, 20) == 0) {
        uint64_t until_ms = m->now_ms + chance(m, 60);
        adl_sched_hold(m->sched, &work->item, until_ms);
        adl_host_hold(host, until_ms);
    }
    adl_host_end(host, &m->limits, sign, work->item.started_ms, m->now_ms);
    end(m->sched, work, sign, m->now_ms);
    m->n_ended++;
}

static void step(struct model *m)
{
    struct work *work = &m->works[chance(m, N_WORKS - N_HOSTS)];

    if (chance(m, 3) == 0) {
        m->now_ms += chance(m, 8);
    }
    if (chance(m, 2) == 0) {
        step_take(m);
    } else if (work->item.host == NULL) {
        step_add(m, work);
    } else if (work->is_started) {
        step_end(m, work);
    } else if (chance(m, 8) == 0) {
        adl_sched_remove(m->sched, &work->item);
        m->n_removed++;
    } else if (chance(m, 50) == 0) {
        m->max_active = 1 + (uint32_t)chance(m, 40);
        adl_sched_set_max_active(m->sched, m->max_active);
    }
}

static void check(const struct model *m)
{
    uint64_t model_ms = model_due_ms(m);
    uint64_t due_ms = adl_sched_due_ms(m->sched, m->now_ms);

    assert_true(due_ms >= m->now_ms);
    assert_true(due_ms <= model_ms);
    assert_int_equal(adl_sched_n_active(m->sched), model_n_active(m));
    assert_int_equal(adl_sched_n_active(m->sched), m->n_started - m->n_ended);
    assert_int_equal(adl_sched_n_waiting(m->sched),
                     m->n_added - m->n_started - m->n_removed);
}

static void finish_model(struct model *m)
{
    size_t n_left = adl_sched_n_waiting(m->sched);

    adl_sched_set_max_active(m->sched, m->max_active = 40);
    for (int i = 0; adl_sched_n_waiting(m->sched) > 0; i++) {
        assert_true(i < 100000); /* else something never starts */
        step_take(m);
        for (size_t k = 0; k < N_WORKS; k++) {
            if (m->works[k].is_started) {
                step_end(m, &m->works[k]);
            }
        }
        uint64_t due_ms = adl_sched_due_ms(m->sched, m->now_ms);
        m->now_ms = due_ms != UINT64_MAX ? due_ms : m->now_ms;
        check(m);
    }
    assert_true(m->n_started >= n_left);
    drain(m->sched, m->works, N_WORKS);
}

static void run_model(const struct adl_host_limits *limits, uint64_t seed)
{
    static struct model m;

    m = (struct model){
        .limits = *limits,
        .max_active = 20,
        .rng = {.state = seed},
        .now_ms = 1,
        .sched = create(limits, 20),
    };
    for (size_t i = 0; i < N_HOSTS; i++) {
        char key[8];
        struct work *anchor = &m.works[N_WORKS - N_HOSTS + i];

        /* An item far ahead keeps the host known: it is as old as ours. */
        adl_host_init(&m.hosts[i], limits);
        snprintf(key, sizeof(key), "h%zu", i);
        anchor->host = i;
        if (limits->rate_n > 0) {
            add(m.sched, anchor, key, FAR_MS);
            m.n_added++;
        }
    }
    for (int i = 0; i < N_STEPS; i++) {
        step(&m);
        check(&m);
    }
    assert_true(m.n_started > N_STEPS / 20);
    finish_model(&m);
}

static void test_random_operations_agree_with_a_naive_model(void **state)
{
    static const struct adl_host_limits limits[] = {
        {0},
        {.max_active = 3},
        {.max_active = 64},
        {.rate_n = 7, .rate_ms = 50},
        {.max_active = 2, .rate_n = 3, .rate_ms = 10},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
        for (uint64_t seed = 1; seed <= 3; seed++) {
            run_model(&limits[i], seed);
        }
    }
}

int main(void)
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
        cmocka_unit_test(test_idle_hosts_are_bounded_the_oldest_forgotten),
        cmocka_unit_test(test_rate_spaces_the_starts),
        cmocka_unit_test(test_items_are_removed_from_every_place),
        cmocka_unit_test(test_all_that_waits_for_a_host_is_given_up),
        cmocka_unit_test(test_a_lower_limit_waits_until_enough_have_ended),
        cmocka_unit_test(test_a_host_that_complains_gets_less),
        cmocka_unit_test(test_random_operations_agree_with_a_naive_model),
    };

    return cmocka_run_group_tests_name("sched", tests, NULL, NULL);
}
