/* SPDX-License-Identifier: MIT */
/*
 * Is a host down, or the network? Pure: time and chance are passed in.
 *
 * A host that ADL_OUTAGE_HOST_FAILURES attempts in a row could not reach is
 * down: one attempt at a time, the probe, goes to it, each later than the one
 * before, and no failure but the probe's is held against a request. It is lost
 * after n_probes probes or max_ms since its first failure; from then on until
 * the next probe is due nothing need wait for it. Where nothing at all was
 * reached since that failure it may be the network, and it is not lost before
 * the others that are tried had the time to show that: silence_ms.
 *
 * The network as a whole is down
 *
 *   - at once, where this machine has no route out at all, neither to a host
 *     that failed nor to any other; or
 *   - when ADL_OUTAGE_DEAF_HOSTS different hosts failed because no name server
 *     answered; or
 *   - where something was reached before, when ADL_OUTAGE_KNOWN_HOSTS hosts
 *     failed that had been reached, or ADL_OUTAGE_NEW_HOSTS of any kind,
 *
 * and nothing was reached since their attempts began, and they had not failed
 * while others were reached. Fewer hosts cannot tell the network from
 * themselves: they are judged as hosts. A refusal comes from a network that
 * works, unless a proxy may have sent it. Then too there is one probe at a
 * time in all, nothing is held against hosts or requests, and it is lost after
 * max_ms. Where n_probes is 0 nobody is to wait: the network is never down.
 */
#ifndef ADL_FETCH_OUTAGE_H
#define ADL_FETCH_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

#define ADL_OUTAGE_HOST_FAILURES 3
#define ADL_OUTAGE_DEAF_HOSTS    3
#define ADL_OUTAGE_KNOWN_HOSTS   3
#define ADL_OUTAGE_NEW_HOSTS     8

/* What the end of an attempt says of the way to its host. */
enum adl_reach {
    ADL_REACH_UNKNOWN = 0, /* nothing: canceled, a local fault */
    ADL_REACH_YES,         /* it answered */
    ADL_REACH_BROKEN,      /* it was there, and fell silent or broke off */
    ADL_REACH_REFUSED,     /* it is there, and takes no connection */
    ADL_REACH_NO,          /* no answer, or no such name */
    ADL_REACH_DEAF,        /* no name server answered */
    ADL_REACH_NO_ROUTE,    /* this machine has no way out */
};

struct adl_outage_facts {
    int err;      /* of the attempt: ASYNCDL_E* or -errno */
    int status;   /* HTTP status, 0 without an answer */
    int os_errno; /* of its socket, 0 without one */
    bool is_connected;
    bool has_route;   /* from this machine to anywhere */
    bool was_reached; /* the host was, ever */
    bool is_deaf;     /* no name server answered */
    bool is_proxied;  /* who refuses may be a proxy */
};

enum adl_reach adl_outage_read(const struct adl_outage_facts *facts);

struct adl_outage_policy {
    uint32_t n_probes;
    uint32_t delay_ms; /* before the first probe; doubles each time */
    uint64_t max_ms;   /* from the first failure to the last probe */
    /* What was reached before, and falls silent, has failed to connect by then:
     * its stall, the delay, and its time to connect. */
    uint64_t silence_ms;
};

/* An attempt that ended. */
struct adl_outage_end {
    enum adl_reach reach;
    int err; /* of the attempt */
    uint64_t started_ms;
    uint64_t now_ms;
    uint64_t random;  /* all 64 bits by chance */
    bool has_witness; /* another host is tried, and is not down */
};

enum adl_outage_change {
    ADL_OUTAGE_SAME = 0,
    ADL_OUTAGE_DOWN, /* it went down */
    ADL_OUTAGE_UP,   /* it was down, and is not any more */
    ADL_OUTAGE_LOST, /* down for too long: what waits for it need not */
};

/* Of one host. Zero is a host never heard of. */
struct adl_outage {
    uint32_t n_failed;   /* in a row */
    uint32_t n_probes;   /* that failed */
    uint64_t since_ms;   /* when the first of the row failed */
    uint64_t down_ms;    /* since when it is down, 0: it is not */
    uint64_t probe_ms;   /* when the next probe may start */
    int cause;           /* err of the last that failed */
    bool is_lost;        /* until probe_ms */
    bool is_probing;     /* the probe is under way */
    bool was_reached;    /* ever */
    uint64_t blamed_row; /* the row of the network's that it is counted in */
};

struct adl_outage_net;

/* One starts: the probe, where the host is down. */
void adl_outage_start(struct adl_outage *o);

/* One that started at started_ms ended, whatever came of it. */
void adl_outage_end(struct adl_outage *o, uint64_t started_ms);

/* The failure of an attempt is not to be held against its request: its host is
 * down, but not lost, and it was no probe. Asked before it is noted. */
bool adl_outage_excuses(const struct adl_outage *o,
                        const struct adl_outage_end *end);

/* Note what an attempt said, before adl_outage_end() and after net has noted
 * it. */
enum adl_outage_change adl_outage_note(struct adl_outage *o,
                                       const struct adl_outage_net *net,
                                       const struct adl_outage_policy *policy,
                                       const struct adl_outage_end *end);

/* Why nothing need wait for the host now: a negative code, or 0. */
int adl_outage_get_loss(const struct adl_outage *o, uint64_t now_ms);

/* Of all hosts together. Zero is a network never heard of. */
struct adl_outage_net {
    bool is_down;
    bool is_lost; /* until probe_ms */
    bool is_probing;
    bool was_reached;    /* ever */
    uint64_t reached_ms; /* when something was last reached */
    uint64_t row;        /* ends whenever something is reached */
    uint32_t n_deaf;     /* hosts of the row */
    uint32_t n_known;
    uint32_t n_all;
    uint32_t n_probes;
    uint64_t since_ms; /* since when it is down */
    uint64_t probe_ms;
    uint64_t lost_ms; /* how long it was down before, all in all */
};

/* Note what an attempt said: before its host does. is_probe: it started while
 * the network was down. */
enum adl_outage_change adl_outage_net_note(
    struct adl_outage_net *net, struct adl_outage *host,
    const struct adl_outage_policy *policy, const struct adl_outage_end *end,
    bool is_probe);

/* Bytes came in. */
enum adl_outage_change adl_outage_net_reach(struct adl_outage_net *net,
                                            uint64_t now_ms);

/* Does such an end say nothing of its host and its request while the network
 * is down? */
bool adl_outage_net_excuses(const struct adl_outage_net *net,
                            enum adl_reach reach);

/* As adl_outage_get_loss(): -ENETDOWN or 0. */
int adl_outage_net_get_loss(const struct adl_outage_net *net, uint64_t now_ms);

/* For how long it has been down, all in all: waiting for the network is not
 * waiting for a host. */
uint64_t adl_outage_net_lost_ms(const struct adl_outage_net *net,
                                uint64_t now_ms);

/* What failed since something was last reached was the network's fault. */
void adl_outage_forgive(struct adl_outage *host,
                        const struct adl_outage_net *net);

#endif
