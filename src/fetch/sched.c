/* SPDX-License-Identifier: MIT */
/*
 * Each host stands in exactly one place, and settle() is the only one to say
 * in which: whatever changes a host's state calls it afterwards.
 *
 *   ring     may start something now, as far as the host is concerned
 *   waiting  could, but for a hold or its rate limit
 *   idle     has nothing queued, delayed or started, but is remembered
 *   off      all others: its window is full, or it only waits for its items
 *
 * A host of the ring with nothing under way also stands in the list `fresh`:
 * where only the reserve is left, that is where the next one comes from, and
 * no host with something under way has to be passed over on the way to it.
 *
 * Settling cannot fail: there is always room in the heap for all hosts, made
 * when a host is added.
 */
#include "fetch/sched.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The default, HASH_JEN, falls through cases in a way that clang warns of. */
#define HASH_FUNCTION     HASH_OAT
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

enum item_place {
    ITEM_NOWHERE,
    ITEM_QUEUED,
    ITEM_DELAYED,
    ITEM_STARTED,
};

enum host_place {
    HOST_OFF,
    HOST_RING,
    HOST_WAITING,
    HOST_IDLE,
};

struct adl_sched_host {
    struct adl_host state;
    struct adl_sched_item *queue;
    struct adl_sched_item *delayed; /* those of sched.delayed that are ours */
    struct adl_sched_host *prev, *next; /* sched.ring or sched.idle */
    struct adl_sched_host *fresh_prev, *fresh_next; /* sched.fresh */
    struct adl_heap_node ready;                     /* sched.waiting */
    UT_hash_handle hh;                              /* sched.hosts */
    enum host_place place;
    bool is_fresh; /* in sched.fresh */
    char key[];
};

struct adl_sched {
    struct adl_host_limits limits;
    uint32_t max_active;
    size_t n_active;
    size_t n_waiting;
    size_t n_idle;
    uint64_t now_ms;              /* the latest time heard of */
    struct adl_sched_host *hosts; /* all, by key */
    struct adl_sched_host *ring;
    struct adl_sched_host *fresh;
    struct adl_sched_host *idle; /* least recently used first */
    struct adl_heap waiting;     /* of adl_sched_host.ready */
    struct adl_heap delayed;     /* of adl_sched_item.due */
};

static struct adl_sched_host *host_of(struct adl_heap_node *ready)
{
    return (struct adl_sched_host *)((char *)ready -
                                     offsetof(struct adl_sched_host, ready));
}

static struct adl_sched_item *item_of(struct adl_heap_node *due)
{
    return (struct adl_sched_item *)((char *)due -
                                     offsetof(struct adl_sched_item, due));
}

int adl_sched_create(struct adl_sched **out,
                     const struct adl_host_limits *limits, uint32_t max_active)
{
    struct adl_sched *sched = calloc(1, sizeof(*sched));

    if (sched == NULL) {
        return -ENOMEM;
    }
    sched->limits = *limits;
    adl_sched_set_max_active(sched, max_active);
    *out = sched;
    return 0;
}

void adl_sched_set_max_active(struct adl_sched *sched, uint32_t max_active)
{
    assert(max_active > 0);
    sched->max_active = max_active;
}

static void leave_place(struct adl_sched *sched, struct adl_sched_host *host)
{
    if (host->is_fresh) {
        DL_DELETE2(sched->fresh, host, fresh_prev, fresh_next);
        host->is_fresh = false;
    }
    if (host->place == HOST_RING) {
        DL_DELETE(sched->ring, host);
    } else if (host->place == HOST_IDLE) {
        DL_DELETE(sched->idle, host);
        sched->n_idle--;
    }
    adl_heap_remove(&sched->waiting, &host->ready);
    host->place = HOST_OFF;
}

static void enter_place(struct adl_sched *sched, struct adl_sched_host *host,
                        enum host_place place, uint64_t ready_ms)
{
    host->place = place;
    if (place == HOST_RING) {
        DL_APPEND(sched->ring, host);
    } else if (place == HOST_IDLE) {
        DL_APPEND(sched->idle, host);
        sched->n_idle++;
    } else if (place == HOST_WAITING) {
        int err = adl_heap_add(&sched->waiting, &host->ready, ready_ms);

        assert(err == 0); /* get_host() made room */
        (void)err;
    }
}

static void forget(struct adl_sched *sched, struct adl_sched_host *host)
{
    leave_place(sched, host);
    HASH_DEL(sched->hosts, host);
    free(host);
}

void adl_sched_destroy(struct adl_sched *sched)
{
    if (sched == NULL) {
        return;
    }
    assert(sched->n_waiting == 0 && sched->n_active == 0);
    while (sched->hosts != NULL) {
        forget(sched, sched->hosts);
    }
    adl_heap_finish(&sched->waiting);
    adl_heap_finish(&sched->delayed);
    free(sched);
}

static enum host_place choose_place(const struct adl_sched *sched,
                                    const struct adl_sched_host *host,
                                    uint64_t ready_ms)
{
    if (host->queue == NULL) {
        return host->delayed == NULL && host->state.n_active == 0 ? HOST_IDLE
                                                                  : HOST_OFF;
    }
    if (adl_host_is_full(&host->state, &sched->limits)) {
        return HOST_OFF;
    }
    return ready_ms > 0 ? HOST_WAITING : HOST_RING;
}

static bool is_forgettable(const struct adl_sched *sched,
                           const struct adl_sched_host *host)
{
    return sched->n_idle > ADL_SCHED_IDLE_HOSTS ||
           adl_host_is_like_new(&host->state, &sched->limits, sched->now_ms);
}

/* Some of those that became idle earlier may have become like new since. */
static void trim_idle(struct adl_sched *sched)
{
    while (sched->idle != NULL && is_forgettable(sched, sched->idle)) {
        forget(sched, sched->idle);
    }
}

/* Put a host where it belongs now. It may be gone afterwards. */
static void settle(struct adl_sched *sched, struct adl_sched_host *host)
{
    uint64_t ready_ms = adl_host_ready_ms(&host->state, sched->now_ms);
    enum host_place place = choose_place(sched, host, ready_ms);

    if (place != host->place ||
        (place == HOST_WAITING && ready_ms != host->ready.key)) {
        leave_place(sched, host);
        enter_place(sched, host, place, ready_ms);
    }
    bool is_fresh = place == HOST_RING && host->state.n_active == 0;
    if (is_fresh && !host->is_fresh) {
        DL_APPEND2(sched->fresh, host, fresh_prev, fresh_next);
        host->is_fresh = true;
    }
    if (place == HOST_IDLE) {
        if (adl_host_is_like_new(&host->state, &sched->limits, sched->now_ms)) {
            forget(sched, host);
        }
        trim_idle(sched);
    }
}

/* A host by its key, made where it is unknown; NULL when out of memory. */
static struct adl_sched_host *get_host(struct adl_sched *sched, const char *key,
                                       size_t key_len)
{
    struct adl_sched_host *host = NULL;

    if (key_len > UINT_MAX) { /* what uthash counts in */
        return NULL;
    }
    HASH_FIND(hh, sched->hosts, key, key_len, host);
    if (host != NULL) {
        return host;
    }
    if (adl_heap_reserve(&sched->waiting, HASH_COUNT(sched->hosts) + 1) < 0) {
        return NULL;
    }
    host = calloc(1, sizeof(*host) + key_len);
    if (host == NULL) {
        return NULL;
    }
    memcpy(host->key, key, key_len);
    adl_host_init(&host->state, &sched->limits);
    HASH_ADD_KEYPTR(hh, sched->hosts, host->key, (unsigned)key_len, host);
    if (host->hh.tbl == NULL) {
        free(host);
        return NULL;
    }
    return host;
}

static void enter_queue(struct adl_sched_item *item, bool is_first)
{
    if (is_first) {
        DL_PREPEND(item->host->queue, item);
    } else {
        DL_APPEND(item->host->queue, item);
    }
    item->where = ITEM_QUEUED;
}

int adl_sched_add(struct adl_sched *sched, struct adl_sched_item *item,
                  const char *key, size_t key_len, uint64_t due_ms)
{
    assert(item->where == ITEM_NOWHERE);
    struct adl_sched_host *host = get_host(sched, key, key_len);

    if (host == NULL) {
        return -ENOMEM;
    }
    if (due_ms > sched->now_ms) {
        int err = adl_heap_add(&sched->delayed, &item->due, due_ms);

        if (err < 0) {
            settle(sched, host);
            return err;
        }
        DL_APPEND(host->delayed, item);
        item->where = ITEM_DELAYED;
    }
    item->host = host;
    if (item->where == ITEM_NOWHERE) {
        enter_queue(item, false);
    }
    sched->n_waiting++;
    settle(sched, host);
    return 0;
}

int adl_sched_add_first(struct adl_sched *sched, struct adl_sched_item *item,
                        const char *key, size_t key_len)
{
    assert(item->where == ITEM_NOWHERE);
    struct adl_sched_host *host = get_host(sched, key, key_len);

    if (host == NULL) {
        return -ENOMEM;
    }
    item->host = host;
    enter_queue(item, true);
    sched->n_waiting++;
    settle(sched, host);
    return 0;
}

/* Take a waiting item out; its host has to be settled. */
static void detach(struct adl_sched *sched, struct adl_sched_item *item)
{
    if (item->where == ITEM_QUEUED) {
        DL_DELETE(item->host->queue, item);
    } else {
        assert(item->where == ITEM_DELAYED);
        DL_DELETE(item->host->delayed, item);
        adl_heap_remove(&sched->delayed, &item->due);
    }
    item->prev = item->next = NULL;
    item->where = ITEM_NOWHERE;
    sched->n_waiting--;
}

void adl_sched_remove(struct adl_sched *sched, struct adl_sched_item *item)
{
    struct adl_sched_host *host = item->host;

    if (item->where == ITEM_NOWHERE) {
        return;
    }
    detach(sched, item);
    item->host = NULL;
    settle(sched, host);
}

/* Bring what has become due to the queues and to the ring. */
static void promote(struct adl_sched *sched)
{
    struct adl_heap_node *node;

    while ((node = adl_heap_get_first(&sched->delayed)) != NULL &&
           node->key <= sched->now_ms) {
        struct adl_sched_item *item = item_of(node);

        adl_heap_remove(&sched->delayed, node);
        DL_DELETE(item->host->delayed, item);
        enter_queue(item, false);
        settle(sched, item->host);
    }
    while ((node = adl_heap_get_first(&sched->waiting)) != NULL &&
           node->key <= sched->now_ms) {
        settle(sched, host_of(node));
    }
}

/* Slots that only hosts with nothing under way may fill. */
static size_t count_reserve(const struct adl_sched *sched)
{
    uint32_t max_per_host = sched->limits.max_active;

    if (sched->max_active < 4 || max_per_host >= sched->max_active) {
        return 0;
    }
    return sched->max_active < 8 ? 1 : sched->max_active / 8;
}

/* Whose turn is it? NULL where nothing may start. */
static struct adl_sched_host *get_next_host(const struct adl_sched *sched)
{
    if (sched->n_active >= sched->max_active) {
        return NULL;
    }
    size_t n_free = sched->max_active - sched->n_active;
    return n_free > count_reserve(sched) ? sched->ring : sched->fresh;
}

struct adl_sched_item *adl_sched_take(struct adl_sched *sched, uint64_t now_ms)
{
    if (now_ms > sched->now_ms) {
        sched->now_ms = now_ms;
    }
    if (sched->n_active >= sched->max_active) {
        return NULL;
    }
    promote(sched);
    struct adl_sched_host *host = get_next_host(sched);
    if (host == NULL) {
        return NULL;
    }
    struct adl_sched_item *item = host->queue;
    detach(sched, item);
    item->where = ITEM_STARTED;
    item->started_ms = sched->now_ms;
    sched->n_active++;
    adl_host_start(&host->state, &sched->limits, sched->now_ms);
    leave_place(sched, host); /* to the end of the ring, if it returns */
    settle(sched, host);
    return item;
}

void adl_sched_end(struct adl_sched *sched, struct adl_sched_item *item,
                   enum adl_host_sign sign, uint64_t now_ms)
{
    struct adl_sched_host *host = item->host;

    assert(item->where == ITEM_STARTED);
    if (now_ms > sched->now_ms) {
        sched->now_ms = now_ms;
    }
    item->where = ITEM_NOWHERE;
    item->host = NULL;
    sched->n_active--;
    adl_host_end(&host->state, &sched->limits, sign, item->started_ms,
                 sched->now_ms);
    settle(sched, host);
}

void adl_sched_hold(struct adl_sched *sched, struct adl_sched_item *item,
                    uint64_t until_ms)
{
    assert(item->where == ITEM_STARTED);
    adl_host_hold(&item->host->state, until_ms);
    settle(sched, item->host);
}

struct adl_sched_item *adl_sched_take_same_host(struct adl_sched *sched,
                                                struct adl_sched_item *item)
{
    struct adl_sched_host *host = item->host;

    assert(item->where == ITEM_STARTED);
    struct adl_sched_item *taken =
        host->queue != NULL ? host->queue : host->delayed;
    if (taken != NULL) {
        adl_sched_remove(sched, taken);
    }
    return taken;
}

uint64_t adl_sched_due_ms(const struct adl_sched *sched, uint64_t now_ms)
{
    const struct adl_heap_node *item = adl_heap_get_first(&sched->delayed);
    const struct adl_heap_node *host = adl_heap_get_first(&sched->waiting);
    uint64_t due_ms = UINT64_MAX;

    if (sched->n_active >= sched->max_active) {
        return UINT64_MAX;
    }
    if (get_next_host(sched) != NULL) {
        return now_ms;
    }
    if (item != NULL) {
        due_ms = item->key;
    }
    if (host != NULL && host->key < due_ms) {
        due_ms = host->key;
    }
    return due_ms > now_ms ? due_ms : now_ms;
}

size_t adl_sched_n_waiting(const struct adl_sched *sched)
{
    return sched->n_waiting;
}

size_t adl_sched_n_active(const struct adl_sched *sched)
{
    return sched->n_active;
}

bool adl_sched_is_last_of_host(const struct adl_sched_item *item)
{
    return item->host->queue == NULL;
}

size_t adl_sched_n_hosts(const struct adl_sched *sched)
{
    return HASH_COUNT(sched->hosts);
}

bool adl_sched_has_other_up(const struct adl_sched *sched,
                            const struct adl_sched_item *item)
{
    for (const struct adl_sched_host *host = sched->hosts; host != NULL;
         host = host->hh.next) {
        if (host != item->host && host->place != HOST_IDLE &&
            host->state.outage.down_ms == 0) {
            return true;
        }
    }
    return false;
}

struct adl_host *adl_sched_get_host(const struct adl_sched_item *item)
{
    return &item->host->state;
}

void adl_sched_settle(struct adl_sched *sched,
                      const struct adl_sched_item *item)
{
    settle(sched, item->host);
}
