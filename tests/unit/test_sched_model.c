/* SPDX-License-Identifier: MIT */
/*
 * Random operations on a scheduler, against a model that looks at everything
 * each time.
 */
#include "fetch/sched.h"

#include <stdio.h>

#include "support/effort.h"
#include "support/suite.h"
#include "unit/sched_work.h"
#include "util/rng.h"

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
    size_t n_added, n_started, n_ended, n_removed, n_down;
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

/* Some attempts do not get there, and some hosts go down. */
static void note_reach(struct model *m, struct work *work)
{
    static const struct adl_outage_net unheard;
    static const struct adl_outage_policy policy = {
        .n_probes = 4, .delay_ms = 10, .max_ms = 1000};
    const struct adl_outage_end end = {
        .reach = chance(m, 2) == 0 ? ADL_REACH_YES : ADL_REACH_NO,
        .err = -1,
        .started_ms = work->item.started_ms,
        .now_ms = m->now_ms,
        .random = adl_rng_next(&m->rng),
    };
    struct adl_outage *theirs = &adl_sched_get_host(&work->item)->outage;

    const struct adl_outage *ours = &m->hosts[work->host].outage;
    assert_int_equal(theirs->n_failed, ours->n_failed);
    assert_int_equal(theirs->probe_ms, ours->probe_ms);
    (void)adl_outage_note(theirs, &unheard, &policy, &end);
    adl_sched_settle(m->sched, &work->item);
    (void)adl_outage_note(&m->hosts[work->host].outage, &unheard, &policy,
                          &end);
    m->n_down += theirs->down_ms != 0;
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
    note_reach(m, work);
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
    assert_true(m.n_down > 0);
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
        for (uint64_t seed = 1; seed <= effort(3, 1); seed++) {
            run_model(&limits[i], seed);
        }
    }
}

TEST_SUITE(sched_model)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operations_agree_with_a_naive_model),
    };

    return cmocka_run_group_tests_name("sched_model", tests, NULL, NULL);
}
