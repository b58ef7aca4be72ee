/* SPDX-License-Identifier: MIT */
#include "fetch/outage.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/suite.h"

#define N_OF(array) (sizeof(array) / sizeof(*(array)))

/* Without chance a delay is half of what it may be. */
static const struct adl_outage_policy policy = {
    .n_probes = 3,
    .delay_ms = 1000,
    .max_ms = 600000,
};

/* Nothing is known of the network. */
static const struct adl_outage_net unheard;

static struct adl_outage_end make_end(enum adl_reach reach, uint64_t started_ms,
                                      uint64_t now_ms)
{
    return (struct adl_outage_end){
        .reach = reach,
        .err = ASYNCDL_ECONNECT,
        .started_ms = started_ms,
        .now_ms = now_ms,
    };
}

/* An attempt of a host from its start to its end. */
static enum adl_outage_change attempt(struct adl_outage *o,
                                      enum adl_reach reach, uint64_t started_ms,
                                      uint64_t now_ms)
{
    struct adl_outage_end end = make_end(reach, started_ms, now_ms);

    adl_outage_start(o);
    enum adl_outage_change change = adl_outage_note(o, &unheard, &policy, &end);
    adl_outage_end(o, started_ms);
    return change;
}

/* The same of a network's host; what the network makes of it. */
static enum adl_outage_change attempt_net(struct adl_outage_net *net,
                                          struct adl_outage *host,
                                          enum adl_reach reach,
                                          uint64_t started_ms, uint64_t now_ms)
{
    struct adl_outage_end end = make_end(reach, started_ms, now_ms);
    enum adl_outage_change change =
        adl_outage_net_note(net, host, &policy, &end, net->is_down);

    if (!net->is_down) {
        (void)adl_outage_note(host, net, &policy, &end);
    }
    return change;
}

static void test_ends_are_read_as_what_they_say_of_the_way(void **state)
{
    static const struct {
        struct adl_outage_facts facts;
        enum adl_reach reach;
    } cases[] = {
        {{.err = 0, .status = 200}, ADL_REACH_YES},
        {{.err = ASYNCDL_EHTTP, .status = 404}, ADL_REACH_YES},
        {{.err = ASYNCDL_EHTTP, .status = 503}, ADL_REACH_YES},
        {{.err = ASYNCDL_ETOOBIG, .status = 200}, ADL_REACH_YES},
        {{.err = ASYNCDL_ECERT}, ADL_REACH_YES},
        {{.err = ASYNCDL_EPROTOCOL}, ADL_REACH_YES},
        {{.err = ASYNCDL_EPROXY, .status = 502}, ADL_REACH_YES},
        {{.err = ASYNCDL_EPROXY, .has_route = true}, ADL_REACH_NO},
        {{.err = ASYNCDL_EPROXY, .os_errno = ECONNREFUSED, .is_proxied = true},
         ADL_REACH_NO},
        {{.err = ASYNCDL_EPROXY, .os_errno = ENETUNREACH}, ADL_REACH_NO_ROUTE},
        {{.err = ASYNCDL_ERESET}, ADL_REACH_BROKEN},
        {{.err = ASYNCDL_ECUT, .status = 200}, ADL_REACH_BROKEN},
        {{.err = ASYNCDL_ESTALL}, ADL_REACH_BROKEN},
        {{.err = ASYNCDL_ETLS}, ADL_REACH_BROKEN},
        {{.err = ASYNCDL_EMAXTIME, .is_connected = true}, ADL_REACH_BROKEN},
        {{.err = ASYNCDL_EMAXTIME}, ADL_REACH_NO},
        {{.err = ASYNCDL_EMAXTIME, .is_deaf = true}, ADL_REACH_DEAF},
        {{.err = ASYNCDL_ECONNTIMEOUT}, ADL_REACH_NO},
        {{.err = ASYNCDL_ECONNTIMEOUT, .is_deaf = true}, ADL_REACH_DEAF},
        {{.err = ASYNCDL_ECONNECT, .os_errno = ECONNREFUSED},
         ADL_REACH_REFUSED},
        {{.err = ASYNCDL_ECONNECT,
          .os_errno = ECONNREFUSED,
          .is_proxied = true},
         ADL_REACH_NO},
        {{.err = ASYNCDL_ECONNECT, .os_errno = ENETUNREACH, .has_route = true},
         ADL_REACH_NO},
        {{.err = ASYNCDL_ECONNECT, .os_errno = ENETUNREACH},
         ADL_REACH_NO_ROUTE},
        {{.err = ASYNCDL_ECONNECT, .os_errno = ENETDOWN}, ADL_REACH_NO_ROUTE},
        {{.err = ASYNCDL_ECONNECT, .os_errno = EHOSTUNREACH}, ADL_REACH_NO},
        {{.err = ASYNCDL_ECONNECT, .has_route = true}, ADL_REACH_NO},
        {{.err = ASYNCDL_ERESOLVE, .has_route = true}, ADL_REACH_NO},
        {{.err = ASYNCDL_ERESOLVE, .has_route = true, .is_deaf = true},
         ADL_REACH_DEAF},
        {{.err = ASYNCDL_ERESOLVE}, ADL_REACH_DEAF},
        {{.err = ASYNCDL_ERESOLVE, .was_reached = true}, ADL_REACH_NO_ROUTE},
        {{.err = -ECANCELED}, ADL_REACH_UNKNOWN},
        {{.err = -ENOMEM}, ADL_REACH_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        enum adl_reach reach = adl_outage_read(&cases[i].facts);

        if (reach != cases[i].reach) {
            fail_msg("case %zu: %d", i, (int)reach);
        }
    }
}

/* Three attempts that failed at 100 ms. */
static struct adl_outage make_down(void)
{
    struct adl_outage o = {0};

    (void)attempt(&o, ADL_REACH_NO, 50, 100);
    (void)attempt(&o, ADL_REACH_NO, 50, 100);
    assert_int_equal(attempt(&o, ADL_REACH_REFUSED, 50, 100), ADL_OUTAGE_DOWN);
    return o;
}

static void test_three_failures_in_a_row_are_an_outage(void **state)
{
    static const struct {
        enum adl_reach reaches[5];
        enum adl_outage_change last;
    } cases[] = {
        {{ADL_REACH_NO, ADL_REACH_NO}, ADL_OUTAGE_SAME},
        {{ADL_REACH_NO, ADL_REACH_NO, ADL_REACH_NO}, ADL_OUTAGE_DOWN},
        {{ADL_REACH_DEAF, ADL_REACH_NO_ROUTE, ADL_REACH_REFUSED},
         ADL_OUTAGE_DOWN},
        {{ADL_REACH_NO, ADL_REACH_NO, ADL_REACH_YES, ADL_REACH_NO},
         ADL_OUTAGE_SAME},
        {{ADL_REACH_NO, ADL_REACH_NO, ADL_REACH_BROKEN, ADL_REACH_BROKEN},
         ADL_OUTAGE_SAME},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct adl_outage o = {0};
        enum adl_outage_change change = ADL_OUTAGE_SAME;

        for (size_t k = 0; k < 5 && cases[i].reaches[k] != 0; k++) {
            change = attempt(&o, cases[i].reaches[k], 0, 10);
        }
        if (change != cases[i].last) {
            fail_msg("case %zu: %d", i, (int)change);
        }
    }
}

static void test_only_the_probe_counts_while_a_host_is_down(void **state)
{
    struct adl_outage o = make_down();
    struct adl_outage_end late = make_end(ADL_REACH_NO, 100, 120);
    struct adl_outage_end probe = make_end(ADL_REACH_NO, 600, 700);
    struct adl_outage_end broken = make_end(ADL_REACH_BROKEN, 100, 120);

    (void)state;
    assert_int_equal(o.probe_ms, 600);
    assert_true(adl_outage_excuses(&o, &late));
    assert_false(adl_outage_excuses(&o, &probe));
    assert_false(adl_outage_excuses(&o, &broken));
    assert_int_equal(adl_outage_note(&o, &unheard, &policy, &late),
                     ADL_OUTAGE_SAME);
    assert_int_equal(adl_outage_note(&o, &unheard, &policy, &broken),
                     ADL_OUTAGE_SAME);
    assert_int_equal(o.n_probes, 0);

    adl_outage_start(&o);
    assert_true(o.is_probing);
    adl_outage_end(&o, 50); /* of an earlier attempt */
    assert_true(o.is_probing);
    (void)adl_outage_note(&o, &unheard, &policy, &probe);
    adl_outage_end(&o, 600);
    assert_false(o.is_probing);
    assert_int_equal(o.n_probes, 1);
    assert_int_equal(o.probe_ms, 700 + 1000);
}

static void test_probes_come_later_each_time_until_the_host_is_lost(
    void **state)
{
    static const uint64_t delays_ms[] = {500, 1000, 2000, 4000};
    struct adl_outage o = make_down();
    uint64_t now_ms = 100;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(o.probe_ms, now_ms + delays_ms[i]);
        assert_int_equal(adl_outage_get_loss(&o, now_ms), 0);
        now_ms = o.probe_ms;
        assert_int_equal(attempt(&o, ADL_REACH_NO, now_ms, now_ms),
                         i < 2 ? ADL_OUTAGE_SAME : ADL_OUTAGE_LOST);
    }

    assert_int_equal(adl_outage_get_loss(&o, now_ms), ASYNCDL_ECONNECT);
    assert_int_equal(o.probe_ms, now_ms + delays_ms[3]);
    assert_int_equal(adl_outage_get_loss(&o, o.probe_ms), 0); /* one more */
    assert_int_equal(attempt(&o, ADL_REACH_NO, o.probe_ms, o.probe_ms),
                     ADL_OUTAGE_LOST);
}

static void test_delays_are_bounded_and_half_by_chance(void **state)
{
    const struct adl_outage_policy patient = {
        .n_probes = 1000, .delay_ms = 1000, .max_ms = UINT64_MAX};
    struct adl_outage o = make_down();
    struct adl_outage_end end = make_end(ADL_REACH_NO, 200, 200);

    (void)state;
    for (int i = 0; i < 100; i++) {
        end.random = UINT64_MAX / 7 * (uint64_t)i;
        end.started_ms = end.now_ms = o.probe_ms;
        (void)adl_outage_note(&o, &unheard, &patient, &end);
        assert_true(o.probe_ms - end.now_ms <= 60000);
        assert_true(o.probe_ms > end.now_ms);
    }
    assert_true(o.probe_ms - end.now_ms >= 30000);
}

static void test_time_ends_the_waiting_for_a_host_too(void **state)
{
    const struct adl_outage_policy hasty = {
        .n_probes = 1000, .delay_ms = 1000, .max_ms = 1400};
    struct adl_outage o = {0};
    struct adl_outage_end end = make_end(ADL_REACH_NO, 0, 100);

    (void)state;
    for (int i = 0; i < 3; i++) {
        (void)adl_outage_note(&o, &unheard, &hasty, &end);
    }
    assert_int_equal(adl_outage_get_loss(&o, 100), 0);

    end.started_ms = end.now_ms = o.probe_ms; /* 600: the next is at 1600 */
    assert_int_equal(adl_outage_note(&o, &unheard, &hasty, &end),
                     ADL_OUTAGE_LOST);
}

static void test_without_retries_a_host_is_lost_when_it_goes_down(void **state)
{
    const struct adl_outage_policy none = {.delay_ms = 1000, .max_ms = 1000};
    struct adl_outage_end end = make_end(ADL_REACH_NO, 0, 1);
    struct adl_outage o = {0};

    (void)state;
    assert_int_equal(adl_outage_note(&o, &unheard, &none, &end),
                     ADL_OUTAGE_SAME);
    assert_int_equal(adl_outage_note(&o, &unheard, &none, &end),
                     ADL_OUTAGE_SAME);
    assert_int_equal(adl_outage_note(&o, &unheard, &none, &end),
                     ADL_OUTAGE_LOST);
}

/* It failed first at 100, and its probes are used up at 2100: is it given up?
 */
static void test_a_host_is_not_lost_while_it_may_be_the_network(void **state)
{
    static const struct {
        uint64_t reached_ms; /* something, at last; 0: nothing ever */
        bool has_witness;
        uint64_t silence_ms, max_ms;
        enum adl_outage_change change;
    } cases[] = {
        /* something was reached before it failed, and nothing since */
        {90, true, 5000, 60000, ADL_OUTAGE_SAME},
        {100, true, 5000, 60000, ADL_OUTAGE_SAME},
        /* the others had their time */
        {90, true, 2001, 60000, ADL_OUTAGE_SAME},
        {90, true, 2000, 60000, ADL_OUTAGE_LOST},
        /* others work */
        {101, true, 5000, 60000, ADL_OUTAGE_LOST},
        /* nobody else can tell */
        {90, false, 5000, 60000, ADL_OUTAGE_LOST},
        /* nothing ever worked */
        {0, true, 5000, 60000, ADL_OUTAGE_LOST},
        /* no longer than anybody is to wait */
        {90, true, 5000, 2500, ADL_OUTAGE_LOST},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        const struct adl_outage_net net = {.was_reached =
                                               cases[i].reached_ms > 0,
                                           .reached_ms = cases[i].reached_ms};
        struct adl_outage_policy one = policy;
        struct adl_outage o = make_down();
        struct adl_outage_end end = make_end(ADL_REACH_NO, 2100, 2100);

        one.n_probes = 1;
        one.silence_ms = cases[i].silence_ms;
        one.max_ms = cases[i].max_ms;
        end.has_witness = cases[i].has_witness;
        assert_int_equal(o.since_ms, 100);
        enum adl_outage_change change = adl_outage_note(&o, &net, &one, &end);
        if (change != cases[i].change) {
            fail_msg("case %zu: %d", i, (int)change);
        }
    }
}

static void test_a_host_in_doubt_is_lost_where_the_doubt_ends(void **state)
{
    const struct adl_outage_policy one = {
        .n_probes = 1, .delay_ms = 9000, .max_ms = 60000, .silence_ms = 5000};
    const struct adl_outage_net net = {.was_reached = true, .reached_ms = 90};
    struct adl_outage o = make_down();
    struct adl_outage_end end = make_end(ADL_REACH_NO, 2100, 2100);

    (void)state;
    end.has_witness = true;
    assert_int_equal(adl_outage_note(&o, &net, &one, &end), ADL_OUTAGE_SAME);
    assert_int_equal(adl_outage_get_loss(&o, 2100), 0);
    assert_int_equal(o.probe_ms, 5100); /* by its delay it would be later */

    end.started_ms = end.now_ms = o.probe_ms;
    assert_int_equal(adl_outage_note(&o, &net, &one, &end), ADL_OUTAGE_LOST);
    assert_int_equal(adl_outage_get_loss(&o, 5100), ASYNCDL_ECONNECT);
}

static void test_a_probe_that_gets_there_ends_the_outage(void **state)
{
    static const enum adl_reach reaches[] = {ADL_REACH_YES, ADL_REACH_BROKEN};

    (void)state;
    for (size_t i = 0; i < N_OF(reaches); i++) {
        struct adl_outage o = make_down();

        assert_int_equal(attempt(&o, reaches[i], 600, 700), ADL_OUTAGE_UP);
        assert_int_equal(o.down_ms, 0);
        assert_int_equal(o.probe_ms, 0);
        assert_true(o.was_reached);
    }
}

static void test_an_answer_to_an_earlier_attempt_ends_it_as_well(void **state)
{
    struct adl_outage o = make_down();

    (void)state;
    assert_int_equal(attempt(&o, ADL_REACH_YES, 20, 110), ADL_OUTAGE_UP);
}

/* A network that has been reached at 10 ms. */
static struct adl_outage_net make_net(void)
{
    struct adl_outage_net net = {0};

    (void)adl_outage_net_reach(&net, 10);
    return net;
}

/* What the last of n hosts that fail makes of the network. */
static enum adl_outage_change fail_hosts(struct adl_outage_net *net,
                                         enum adl_reach reach, size_t n,
                                         bool was_reached)
{
    struct adl_outage hosts[20] = {0};
    enum adl_outage_change change = ADL_OUTAGE_SAME;

    for (size_t i = 0; i < n; i++) {
        hosts[i].was_reached = was_reached;
        change = attempt_net(net, &hosts[i], reach, 20, 30);
    }
    return change;
}

static void test_many_hosts_at_once_are_the_network(void **state)
{
    static const struct {
        enum adl_reach reach;
        size_t n;
        bool was_reached;     /* the hosts were, before */
        bool was_net_reached; /* anything was */
        enum adl_outage_change change;
    } cases[] = {
        {ADL_REACH_NO, 2, true, true, ADL_OUTAGE_SAME},
        {ADL_REACH_NO, 3, true, true, ADL_OUTAGE_DOWN},
        {ADL_REACH_NO, 7, false, true, ADL_OUTAGE_SAME},
        {ADL_REACH_NO, 8, false, true, ADL_OUTAGE_DOWN},
        {ADL_REACH_NO, 20, false, false, ADL_OUTAGE_SAME},
        {ADL_REACH_DEAF, 2, false, false, ADL_OUTAGE_SAME},
        {ADL_REACH_DEAF, 3, false, false, ADL_OUTAGE_DOWN},
        {ADL_REACH_NO_ROUTE, 1, false, false, ADL_OUTAGE_DOWN},
        {ADL_REACH_REFUSED, 20, true, true, ADL_OUTAGE_SAME},
        {ADL_REACH_BROKEN, 20, true, true, ADL_OUTAGE_SAME},
        {ADL_REACH_UNKNOWN, 20, true, true, ADL_OUTAGE_SAME},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct adl_outage_net net = {0};

        if (cases[i].was_net_reached) {
            net = make_net();
        }
        enum adl_outage_change change =
            fail_hosts(&net, cases[i].reach, cases[i].n, cases[i].was_reached);
        if (change != cases[i].change) {
            fail_msg("case %zu: %d", i, (int)change);
        }
    }
}

static void test_a_host_is_one_witness_however_often_it_fails(void **state)
{
    struct adl_outage_net net = make_net();
    struct adl_outage host = {.was_reached = true};

    (void)state;
    for (uint64_t i = 0; i < 50; i++) {
        assert_int_equal(attempt_net(&net, &host, ADL_REACH_NO, 20 + i, 30 + i),
                         ADL_OUTAGE_SAME);
    }
}

static void test_what_began_before_the_last_answer_is_no_witness(void **state)
{
    struct adl_outage_net net = make_net();
    struct adl_outage hosts[20] = {0};

    (void)state;
    for (size_t i = 0; i < N_OF(hosts); i++) {
        assert_int_equal(attempt_net(&net, &hosts[i], ADL_REACH_NO, 10, 30),
                         ADL_OUTAGE_SAME);
    }
}

/* The end of a list: all that is left are hosts that never worked. */
static void test_hosts_that_failed_while_others_worked_are_none(void **state)
{
    struct adl_outage_net net = make_net();
    struct adl_outage hosts[20] = {0};

    (void)state;
    for (size_t i = 0; i < N_OF(hosts); i++) {
        (void)attempt_net(&net, &hosts[i], ADL_REACH_NO, 5, 30);
    }
    (void)adl_outage_net_reach(&net, 40);
    for (size_t i = 0; i < N_OF(hosts); i++) {
        assert_int_equal(attempt_net(&net, &hosts[i], ADL_REACH_NO, 50, 60),
                         ADL_OUTAGE_SAME);
    }
}

static void test_an_answer_in_between_acquits_the_network(void **state)
{
    struct adl_outage_net net = make_net();

    (void)state;
    (void)fail_hosts(&net, ADL_REACH_NO, 2, true);
    (void)adl_outage_net_reach(&net, 15);

    assert_int_equal(fail_hosts(&net, ADL_REACH_NO, 2, true), ADL_OUTAGE_SAME);
    assert_int_equal(fail_hosts(&net, ADL_REACH_NO, 1, true), ADL_OUTAGE_DOWN);
}

static void test_nothing_is_held_against_anybody_while_it_is_down(void **state)
{
    struct adl_outage_net net = make_net();
    struct adl_outage host = {.was_reached = true};

    (void)state;
    assert_false(adl_outage_net_excuses(&net, ADL_REACH_NO));
    (void)attempt_net(&net, &host, ADL_REACH_NO, 20, 25);
    (void)fail_hosts(&net, ADL_REACH_NO, 2, true);
    assert_true(net.is_down);

    adl_outage_forgive(&host, &net);
    assert_int_equal(host.n_failed, 0);
    assert_true(host.was_reached);
    assert_true(adl_outage_net_excuses(&net, ADL_REACH_NO));
    assert_true(adl_outage_net_excuses(&net, ADL_REACH_BROKEN));
    assert_false(adl_outage_net_excuses(&net, ADL_REACH_YES));
    assert_false(adl_outage_net_excuses(&net, ADL_REACH_UNKNOWN));
}

static void test_an_older_outage_of_a_host_stays_its_own(void **state)
{
    struct adl_outage_net net = {0};
    struct adl_outage o = make_down();

    (void)state;
    (void)adl_outage_net_reach(&net, 200);
    adl_outage_forgive(&o, &net);
    assert_true(o.down_ms != 0);
}

static void test_the_network_is_probed_until_its_time_is_over(void **state)
{
    struct adl_outage_net net = make_net();
    struct adl_outage host = {0};
    uint64_t last_ms = 30;
    int n = 0;

    (void)state;
    (void)fail_hosts(&net, ADL_REACH_NO_ROUTE, 1, true);
    assert_int_equal(net.since_ms, 30);
    for (enum adl_outage_change change = ADL_OUTAGE_SAME;
         change == ADL_OUTAGE_SAME; n++) {
        assert_true(net.probe_ms > last_ms);
        assert_true(net.probe_ms - last_ms <= 15000);
        assert_int_equal(adl_outage_net_get_loss(&net, last_ms), 0);
        last_ms = net.probe_ms;
        change = attempt_net(&net, &host, ADL_REACH_NO, last_ms, last_ms);
    }

    assert_true(n > 40 && n < 100);
    assert_true(last_ms <= 30 + policy.max_ms);
    assert_int_equal(adl_outage_net_get_loss(&net, last_ms), -ENETDOWN);
    assert_int_equal(adl_outage_net_get_loss(&net, net.probe_ms), 0);
}

static void test_failures_of_earlier_attempts_are_no_probes(void **state)
{
    struct adl_outage_net net = make_net();
    struct adl_outage host = {0};
    struct adl_outage_end end = make_end(ADL_REACH_NO, 5, 300);

    (void)state;
    (void)fail_hosts(&net, ADL_REACH_NO_ROUTE, 1, true);
    uint64_t probe_ms = net.probe_ms;
    (void)adl_outage_net_note(&net, &host, &policy, &end, false);

    assert_int_equal(net.probe_ms, probe_ms);
    assert_int_equal(net.n_probes, 0);
}

static void test_any_answer_brings_the_network_back(void **state)
{
    static const enum adl_reach reaches[] = {ADL_REACH_YES, ADL_REACH_REFUSED};

    (void)state;
    for (size_t i = 0; i < N_OF(reaches); i++) {
        struct adl_outage_net net = make_net();
        struct adl_outage host = {0};

        (void)fail_hosts(&net, ADL_REACH_NO_ROUTE, 1, true);
        assert_int_equal(adl_outage_net_lost_ms(&net, 1030), 1000);
        assert_int_equal(attempt_net(&net, &host, reaches[i], 530, 2030),
                         ADL_OUTAGE_UP);
        assert_int_equal(adl_outage_net_lost_ms(&net, 9000), 2000);
        assert_false(net.is_down);
    }
}

static void test_without_retries_nobody_waits_for_the_network(void **state)
{
    const struct adl_outage_policy none = {.delay_ms = 1000, .max_ms = 1000};
    struct adl_outage_end end = make_end(ADL_REACH_NO_ROUTE, 20, 30);
    struct adl_outage_net net = make_net();
    struct adl_outage host = {0};

    (void)state;
    assert_int_equal(adl_outage_net_note(&net, &host, &none, &end, false),
                     ADL_OUTAGE_SAME);
}

TEST_SUITE(outage)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends_are_read_as_what_they_say_of_the_way),
        cmocka_unit_test(test_three_failures_in_a_row_are_an_outage),
        cmocka_unit_test(test_only_the_probe_counts_while_a_host_is_down),
        cmocka_unit_test(
            test_probes_come_later_each_time_until_the_host_is_lost),
        cmocka_unit_test(test_delays_are_bounded_and_half_by_chance),
        cmocka_unit_test(test_time_ends_the_waiting_for_a_host_too),
        cmocka_unit_test(test_without_retries_a_host_is_lost_when_it_goes_down),
        cmocka_unit_test(test_a_host_is_not_lost_while_it_may_be_the_network),
        cmocka_unit_test(test_a_host_in_doubt_is_lost_where_the_doubt_ends),
        cmocka_unit_test(test_a_probe_that_gets_there_ends_the_outage),
        cmocka_unit_test(test_an_answer_to_an_earlier_attempt_ends_it_as_well),
        cmocka_unit_test(test_many_hosts_at_once_are_the_network),
        cmocka_unit_test(test_a_host_is_one_witness_however_often_it_fails),
        cmocka_unit_test(test_what_began_before_the_last_answer_is_no_witness),
        cmocka_unit_test(test_hosts_that_failed_while_others_worked_are_none),
        cmocka_unit_test(test_an_answer_in_between_acquits_the_network),
        cmocka_unit_test(test_nothing_is_held_against_anybody_while_it_is_down),
        cmocka_unit_test(test_an_older_outage_of_a_host_stays_its_own),
        cmocka_unit_test(test_the_network_is_probed_until_its_time_is_over),
        cmocka_unit_test(test_failures_of_earlier_attempts_are_no_probes),
        cmocka_unit_test(test_any_answer_brings_the_network_back),
        cmocka_unit_test(test_without_retries_nobody_waits_for_the_network),
    };

    return cmocka_run_group_tests_name("outage", tests, NULL, NULL);
}
