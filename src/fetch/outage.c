/* SPDX-License-Identifier: MIT */
#include "fetch/outage.h"

#include <errno.h>

#include "asyncdl/error.h"

/* The network's probes cost nobody but us: they come more often. */
#define HOST_DELAY_MAX_MS UINT64_C(60000)
#define NET_DELAY_MAX_MS  UINT64_C(15000)

static enum adl_reach read_connect(const struct adl_outage_facts *facts)
{
    if (facts->os_errno == ECONNREFUSED) {
        return facts->is_proxied ? ADL_REACH_NO : ADL_REACH_REFUSED;
    }
    /* EHOSTUNREACH is of a neighbour that keeps silent, on a network that has
     * no way out but may be well. */
    bool is_ours =
        facts->os_errno == ENETUNREACH || facts->os_errno == ENETDOWN;
    return is_ours && !facts->has_route ? ADL_REACH_NO_ROUTE : ADL_REACH_NO;
}

static enum adl_reach read_lookup(const struct adl_outage_facts *facts)
{
    if (!facts->has_route && facts->was_reached) {
        return ADL_REACH_NO_ROUTE; /* its name was found before */
    }
    return facts->is_deaf || !facts->has_route ? ADL_REACH_DEAF : ADL_REACH_NO;
}

enum adl_reach adl_outage_read(const struct adl_outage_facts *facts)
{
    switch (facts->err) {
    case ASYNCDL_ERESOLVE:
        return read_lookup(facts);
    case ASYNCDL_ECONNECT:
        return read_connect(facts);
    case ASYNCDL_ECONNTIMEOUT:
        return facts->is_deaf ? ADL_REACH_DEAF : ADL_REACH_NO;
    case ASYNCDL_EPROXY:
        return facts->status == 0 ? read_connect(facts) : ADL_REACH_YES;
    case ASYNCDL_EMAXTIME:
        if (facts->is_connected) {
            return ADL_REACH_BROKEN;
        }
        return facts->is_deaf ? ADL_REACH_DEAF : ADL_REACH_NO;
    case ASYNCDL_ETLS:
    case ASYNCDL_ERESET:
    case ASYNCDL_ECUT:
    case ASYNCDL_ESTALL:
        return ADL_REACH_BROKEN;
    case 0:
    case ASYNCDL_ECERT:
    case ASYNCDL_EPINNED:
    case ASYNCDL_EOWNCERT:
    case ASYNCDL_EPROTOCOL:
        return ADL_REACH_YES;
    default:
        return facts->status != 0 ? ADL_REACH_YES : ADL_REACH_UNKNOWN;
    }
}

static bool is_failure(enum adl_reach reach)
{
    return reach >= ADL_REACH_REFUSED;
}

static uint64_t add_capped(uint64_t a, uint64_t b)
{
    return a <= UINT64_MAX - b ? a + b : UINT64_MAX;
}

/* When to probe after n probes: half of the delay is left to chance. */
static uint64_t choose_probe_ms(const struct adl_outage_policy *policy,
                                const struct adl_outage_end *end, uint32_t n,
                                uint64_t most_ms)
{
    uint64_t delay_ms = (uint64_t)policy->delay_ms << (n < 16 ? n : 16);

    delay_ms = delay_ms < most_ms ? delay_ms : most_ms;
    delay_ms = delay_ms > 1 ? delay_ms : 1; /* later than the failure */
    uint64_t fixed_ms = (delay_ms + 1) / 2;
    uint64_t by_chance_ms = end->random % (delay_ms - fixed_ms + 1);
    return add_capped(end->now_ms, fixed_ms + by_chance_ms);
}

void adl_outage_start(struct adl_outage *o)
{
    o->is_probing = o->down_ms != 0;
}

/* The attempts that were under way when it went down are no probes. */
static bool is_probe(const struct adl_outage *o, uint64_t started_ms)
{
    return o->down_ms != 0 && started_ms > o->down_ms;
}

void adl_outage_end(struct adl_outage *o, uint64_t started_ms)
{
    if (is_probe(o, started_ms)) {
        o->is_probing = false;
    }
}

bool adl_outage_excuses(const struct adl_outage *o,
                        const struct adl_outage_end *end)
{
    return is_failure(end->reach) && o->down_ms != 0 && !o->is_lost &&
           !is_probe(o, end->started_ms);
}

static enum adl_outage_change note_reached(struct adl_outage *o)
{
    bool was_down = o->down_ms != 0;

    *o = (struct adl_outage){.was_reached = true};
    return was_down ? ADL_OUTAGE_UP : ADL_OUTAGE_SAME;
}

/* Nothing at all was reached since it failed first, and others are tried: they
 * will tell whether it is the network. Until when it may be? 0: it is not. */
static uint64_t get_doubt_ms(const struct adl_outage *o,
                             const struct adl_outage_net *net,
                             const struct adl_outage_policy *policy,
                             const struct adl_outage_end *end)
{
    uint64_t until_ms = add_capped(o->since_ms, policy->silence_ms);
    bool may_be = end->has_witness && policy->n_probes > 0 &&
                  net->was_reached && o->since_ms >= net->reached_ms;

    return may_be && end->now_ms < until_ms ? until_ms : 0;
}

/* It is down: when is it looked at again, and does anybody wait for that? */
static bool set_probe(struct adl_outage *o, const struct adl_outage_net *net,
                      const struct adl_outage_policy *policy,
                      const struct adl_outage_end *end)
{
    bool is_used_up = o->n_probes >= policy->n_probes;
    uint64_t doubt_ms = is_used_up ? get_doubt_ms(o, net, policy, end) : 0;

    o->probe_ms = choose_probe_ms(policy, end, o->n_probes, HOST_DELAY_MAX_MS);
    if (doubt_ms > 0 && o->probe_ms > doubt_ms) {
        o->probe_ms = doubt_ms; /* it decides: no longer than that */
    }
    o->is_lost = (is_used_up && doubt_ms == 0) ||
                 o->probe_ms > add_capped(o->since_ms, policy->max_ms);
    return o->is_lost;
}

enum adl_outage_change adl_outage_note(struct adl_outage *o,
                                       const struct adl_outage_net *net,
                                       const struct adl_outage_policy *policy,
                                       const struct adl_outage_end *end)
{
    bool is_there =
        end->reach == ADL_REACH_YES ||
        (end->reach == ADL_REACH_BROKEN && is_probe(o, end->started_ms));

    if (is_there) {
        return note_reached(o);
    }
    bool is_late = o->down_ms != 0 && !is_probe(o, end->started_ms);
    if (!is_failure(end->reach) || is_late) {
        return ADL_OUTAGE_SAME;
    }
    o->cause = end->err;
    if (o->n_failed == 0) {
        o->since_ms = end->now_ms;
    }
    o->n_failed++;
    if (o->down_ms != 0) {
        o->n_probes++;
        return set_probe(o, net, policy, end) ? ADL_OUTAGE_LOST
                                              : ADL_OUTAGE_SAME;
    }
    if (o->n_failed < ADL_OUTAGE_HOST_FAILURES) {
        return ADL_OUTAGE_SAME;
    }
    o->down_ms = end->now_ms > 0 ? end->now_ms : 1; /* 0 says it is not */
    return set_probe(o, net, policy, end) ? ADL_OUTAGE_LOST : ADL_OUTAGE_DOWN;
}

int adl_outage_get_loss(const struct adl_outage *o, uint64_t now_ms)
{
    return o->is_lost && now_ms < o->probe_ms ? o->cause : 0;
}

enum adl_outage_change adl_outage_net_reach(struct adl_outage_net *net,
                                            uint64_t now_ms)
{
    bool was_down = net->is_down;

    net->was_reached = true;
    net->reached_ms = now_ms;
    if (net->n_all > 0 || was_down) {
        net->row++;
        net->n_deaf = net->n_known = net->n_all = 0;
    }
    if (!was_down) {
        return ADL_OUTAGE_SAME;
    }
    net->is_down = net->is_lost = net->is_probing = false;
    net->lost_ms += now_ms - net->since_ms;
    return ADL_OUTAGE_UP;
}

/* Does this failure of a host speak against the network? */
static bool is_evidence(const struct adl_outage_net *net,
                        const struct adl_outage *host,
                        const struct adl_outage_end *end)
{
    bool failed_alone = host->n_failed > 0 && host->since_ms < net->reached_ms;

    return end->reach >= ADL_REACH_NO && !failed_alone &&
           host->blamed_row != net->row + 1;
}

static bool count(struct adl_outage_net *net, struct adl_outage *host,
                  const struct adl_outage_end *end)
{
    if (end->started_ms <= net->reached_ms) {
        return false; /* something was reached since it began */
    }
    if (end->reach == ADL_REACH_NO_ROUTE) {
        return true;
    }
    if (!is_evidence(net, host, end)) {
        return false;
    }
    host->blamed_row = net->row + 1; /* 0 is none */
    net->n_all++;
    net->n_deaf += end->reach == ADL_REACH_DEAF;
    net->n_known += host->was_reached;
    return net->n_deaf >= ADL_OUTAGE_DEAF_HOSTS ||
           (net->was_reached && (net->n_known >= ADL_OUTAGE_KNOWN_HOSTS ||
                                 net->n_all >= ADL_OUTAGE_NEW_HOSTS));
}

static void set_net_probe(struct adl_outage_net *net,
                          const struct adl_outage_policy *policy,
                          const struct adl_outage_end *end)
{
    net->probe_ms =
        choose_probe_ms(policy, end, net->n_probes, NET_DELAY_MAX_MS);
    net->is_lost = net->probe_ms > add_capped(net->since_ms, policy->max_ms);
    net->is_probing = false;
}

/* It is down, and an attempt ended that did not reach anything. */
static enum adl_outage_change note_net_failure(
    struct adl_outage_net *net, const struct adl_outage_policy *policy,
    const struct adl_outage_end *end, bool was_probe)
{
    if (!was_probe) {
        return ADL_OUTAGE_SAME;
    }
    net->n_probes++;
    set_net_probe(net, policy, end);
    return net->is_lost ? ADL_OUTAGE_LOST : ADL_OUTAGE_SAME;
}

enum adl_outage_change adl_outage_net_note(
    struct adl_outage_net *net, struct adl_outage *host,
    const struct adl_outage_policy *policy, const struct adl_outage_end *end,
    bool was_probe)
{
    if (end->reach == ADL_REACH_YES || end->reach == ADL_REACH_REFUSED) {
        return adl_outage_net_reach(net, end->now_ms);
    }
    if (net->is_down) {
        return note_net_failure(net, policy, end, was_probe);
    }
    if (policy->n_probes == 0 || !count(net, host, end)) {
        return ADL_OUTAGE_SAME;
    }
    net->is_down = true;
    net->since_ms = end->now_ms;
    net->n_probes = 0;
    set_net_probe(net, policy, end);
    return net->is_lost ? ADL_OUTAGE_LOST : ADL_OUTAGE_DOWN;
}

bool adl_outage_net_excuses(const struct adl_outage_net *net,
                            enum adl_reach reach)
{
    return net->is_down && (reach == ADL_REACH_BROKEN || is_failure(reach));
}

int adl_outage_net_get_loss(const struct adl_outage_net *net, uint64_t now_ms)
{
    return net->is_lost && now_ms < net->probe_ms ? -ENETDOWN : 0;
}

uint64_t adl_outage_net_lost_ms(const struct adl_outage_net *net,
                                uint64_t now_ms)
{
    return net->lost_ms + (net->is_down && now_ms > net->since_ms
                               ? now_ms - net->since_ms
                               : 0);
}

void adl_outage_forgive(struct adl_outage *host,
                        const struct adl_outage_net *net)
{
    if (host->n_failed > 0 && host->since_ms >= net->reached_ms) {
        *host = (struct adl_outage){.was_reached = host->was_reached};
    }
}
