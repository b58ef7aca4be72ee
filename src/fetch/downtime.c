/* SPDX-License-Identifier: MIT */
#include "fetch/downtime.h"

#include <errno.h>

#include <utlist.h>

#include "asyncdl/error.h"
#include "fetch/finish.h"
#include "util/wayout.h"

/* So often an outage is to blame for the failures of one request. Outages that
 * come and go must not keep it for ever. */
#define EXCUSES_MAX 200

bool adl_downtime_may_start(const struct asyncdl_client *client)
{
    const struct adl_outage_net *net = &client->net;

    return !net->is_down ||
           (!net->is_probing && uv_now(client->loop) >= net->probe_ms);
}

uint64_t adl_downtime_due_ms(const struct asyncdl_client *client,
                             uint64_t due_ms)
{
    const struct adl_outage_net *net = &client->net;

    if (!net->is_down) {
        return due_ms;
    }
    if (net->is_probing) {
        return UINT64_MAX; /* its end brings the next turn */
    }
    return due_ms > net->probe_ms ? due_ms : net->probe_ms;
}

void adl_downtime_start(struct asyncdl_transfer *t)
{
    struct adl_outage_net *net = &t->client->net;

    t->is_net_probe = net->is_down;
    net->is_probing = net->is_down;
}

void adl_downtime_leave(struct asyncdl_transfer *t)
{
    if (t->is_net_probe) {
        t->is_net_probe = false;
        t->client->net.is_probing = false;
    }
}

static void tell(struct asyncdl_transfer *t, enum asyncdl_event_type type,
                 int err, uint64_t probe_ms)
{
    const struct asyncdl_client *client = t->client;
    uint64_t now_ms = uv_now(client->loop);
    struct asyncdl_event event = {.type = type};

    if (err < 0) {
        event.err = err;
        event.reason = adl_transfer_get_error(t, err);
        event.delay_ms = probe_ms > now_ms ? probe_ms - now_ms : 0;
    }
    if (type == ASYNCDL_EVENT_NETWORK_DOWN) {
        event.n_waiting = client->n_transfers - client->n_saving;
    }
    adl_finish_emit(t, event);
}

static void tell_net_is_up(struct asyncdl_transfer *t)
{
    adl_turn_mark(&t->client->turn); /* all that waited may start */
    tell(t, ASYNCDL_EVENT_NETWORK_UP, 0, 0);
}

void adl_downtime_note_bytes(struct asyncdl_transfer *t)
{
    struct asyncdl_client *client = t->client;

    if (adl_outage_net_reach(&client->net, uv_now(client->loop)) ==
        ADL_OUTAGE_UP) {
        tell_net_is_up(t);
    }
}

static bool is_proxied(const struct asyncdl_client *client)
{
    const struct asyncdl_http_options *http = &client->options.http;

    return http->proxy != NULL || http->http_proxy != NULL ||
           http->https_proxy != NULL;
}

/* Asked of the system only where it matters. */
static bool has_route(const struct adl_outage_facts *facts)
{
    bool matters =
        facts->err == ASYNCDL_ERESOLVE ||
        ((facts->err == ASYNCDL_ECONNECT || facts->err == ASYNCDL_EPROXY) &&
         facts->os_errno != ECONNREFUSED);

    return !matters || adl_wayout_exists();
}

/* Hosts were not down: the network was. */
static void forgive_hosts(struct asyncdl_client *client)
{
    struct asyncdl_transfer *t;

    DL_FOREACH (client->transfers, t) {
        if (t->stage == ADL_STAGE_WAITING) {
            adl_outage_forgive(&adl_sched_get_host(&t->item)->outage,
                               &client->net);
            adl_sched_settle(client->sched, &t->item);
        }
    }
}

static void tell_changes(struct asyncdl_transfer *t, int err,
                         enum adl_outage_change of_net,
                         enum adl_outage_change of_host)
{
    const struct adl_outage_net *net = &t->client->net;
    const struct adl_outage *host = &adl_sched_get_host(&t->item)->outage;

    if (of_net == ADL_OUTAGE_DOWN) {
        tell(t, ASYNCDL_EVENT_NETWORK_DOWN, err, net->probe_ms);
    } else if (of_net == ADL_OUTAGE_UP) {
        tell_net_is_up(t);
    }
    if (of_host == ADL_OUTAGE_DOWN) {
        tell(t, ASYNCDL_EVENT_HOST_DOWN, err, host->probe_ms);
    } else if (of_host == ADL_OUTAGE_UP) {
        tell(t, ASYNCDL_EVENT_HOST_UP, 0, 0);
    }
}

static enum adl_reach read_reach(const struct asyncdl_transfer *t,
                                 const struct adl_outage_facts *facts)
{
    struct adl_outage_facts all = *facts;

    all.has_route = has_route(facts);
    all.was_reached = adl_sched_get_host(&t->item)->outage.was_reached;
    all.is_proxied = is_proxied(t->client);
    return adl_outage_read(&all);
}

struct adl_downtime_news adl_downtime_note(struct asyncdl_transfer *t,
                                           const struct adl_outage_facts *facts)
{
    struct asyncdl_client *client = t->client;
    struct adl_outage *host = &adl_sched_get_host(&t->item)->outage;
    const struct adl_outage_end end = {
        .reach = read_reach(t, facts),
        .err = facts->err,
        .started_ms = t->item.started_ms,
        .now_ms = uv_now(client->loop),
        .random = adl_rng_next(&client->rng),
        .has_witness = host->down_ms != 0 &&
                       adl_sched_has_other_up(client->sched, &t->item),
    };
    bool was_down = client->net.is_down;
    enum adl_outage_change of_host = ADL_OUTAGE_SAME;
    enum adl_outage_change of_net = adl_outage_net_note(
        &client->net, host, &client->outage, &end, t->is_net_probe);
    bool is_excused = adl_outage_net_excuses(&client->net, end.reach);

    if (client->net.is_down && !was_down) {
        adl_outage_forgive(host, &client->net);
        forgive_hosts(client);
    }
    if (!client->net.is_down) {
        is_excused = adl_outage_excuses(host, &end);
        of_host = adl_outage_note(host, &client->net, &client->outage, &end);
    }
    tell_changes(t, facts->err, of_net, of_host);
    uint64_t probe_ms =
        client->net.is_down ? client->net.probe_ms : host->probe_ms;
    return (struct adl_downtime_news){
        .is_excused = is_excused && ++t->n_excused <= EXCUSES_MAX,
        .is_host_lost = of_host == ADL_OUTAGE_LOST,
        .is_net_lost = of_net == ADL_OUTAGE_LOST,
        .delay_ms = probe_ms > end.now_ms ? probe_ms - end.now_ms : 0,
    };
}

int adl_downtime_get_loss(const struct asyncdl_transfer *t)
{
    const struct asyncdl_client *client = t->client;
    uint64_t now_ms = uv_now(client->loop);
    int err = adl_outage_net_get_loss(&client->net, now_ms);

    if (adl_sched_get_host(&t->item)->hold_until_ms >
        now_ms + client->retry.max_ms) {
        return ASYNCDL_EHELD;
    }
    return err < 0 ? err
                   : adl_outage_get_loss(&adl_sched_get_host(&t->item)->outage,
                                         now_ms);
}

bool adl_downtime_is_loss(int err)
{
    return err == -ENETDOWN || (err != -ENOMEM && adl_retry_is_passing(err, 0));
}

void adl_downtime_explain(struct asyncdl_transfer *t, int err)
{
    bool is_of_host =
        err != -ENETDOWN && err != ASYNCDL_EHELD && adl_downtime_is_loss(err);

    adl_transfer_explain(t, "%s%s", is_of_host ? "host is down: " : "",
                         asyncdl_strerror(err));
}
