/* SPDX-License-Identifier: MIT */
/*
 * Which request starts next. Pure: time is passed in.
 *
 * Each host has a queue of its own. Hosts that may start something stand in a
 * ring and take turns, so that a host with a million requests delays another
 * one by one request. Hosts that wait for a time (a hold, a rate limit) stand
 * in a heap; hosts whose window is full stand in neither until one of theirs
 * ends. Requests that wait for a time of their own (retries) stand in a heap
 * of requests, outside their host's queue until they are due.
 *
 * The last slots (an eighth of max_active, at least one) are only for hosts
 * with nothing under way, so that slow hosts, however many transfers they hold,
 * never keep a new one out. This does not apply where max_per_host is at least
 * max_active, or max_active is below 4.
 *
 * All operations are O(1), or O(log n) where a heap is involved. A host with
 * nothing queued and nothing under way is remembered while its state matters
 * (a hold, a window that moved), at most ADL_SCHED_IDLE_HOSTS of them, the
 * least recently used forgotten first.
 */
#ifndef ADL_FETCH_SCHED_H
#define ADL_FETCH_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fetch/host.h"
#include "util/heap.h"

#define ADL_SCHED_IDLE_HOSTS 4096

struct adl_sched_host; /* a host and its queue; opaque */

/* Embedded in a request. Zero is an item that is nowhere. */
struct adl_sched_item {
    struct adl_sched_item *prev, *next; /* sched_host.queue or .delayed */
    struct adl_heap_node due;           /* sched.delayed */
    struct adl_sched_host *host;        /* while queued, delayed or started */
    uint64_t started_ms;                /* while started */
    int where;                          /* private to sched */
};

struct adl_sched; /* opaque */

/* limits and max_active are copied. 0 or -ENOMEM. */
int adl_sched_create(struct adl_sched **out,
                     const struct adl_host_limits *limits, uint32_t max_active);

/* No item may be left in it. NULL is allowed. */
void adl_sched_destroy(struct adl_sched *sched);

/* Lower or raise how many may be under way at once; at least 1. */
void adl_sched_set_max_active(struct adl_sched *sched, uint32_t max_active);

/*
 * Queue an item that is nowhere at the end of its host's queue, from due_ms
 * on; a due_ms of 0 means now. key names the host ("http://a.b:80").
 * 0 or -ENOMEM.
 */
int adl_sched_add(struct adl_sched *sched, struct adl_sched_item *item,
                  const char *key, size_t key_len, uint64_t due_ms);

/* The same at the front of the queue: for redirects. */
int adl_sched_add_first(struct adl_sched *sched, struct adl_sched_item *item,
                        const char *key, size_t key_len);

/* Take out an item that is queued or delayed; one that is nowhere stays so. */
void adl_sched_remove(struct adl_sched *sched, struct adl_sched_item *item);

/* Take the next item that may start now, and count it as started; or NULL. */
struct adl_sched_item *adl_sched_take(struct adl_sched *sched, uint64_t now_ms);

/* A started item has ended: gives back its slot. It is nowhere then. */
void adl_sched_end(struct adl_sched *sched, struct adl_sched_item *item,
                   enum adl_host_sign sign, uint64_t now_ms);

/* Start nothing on the item's host before until_ms. The item is started. */
void adl_sched_hold(struct adl_sched *sched, struct adl_sched_item *item,
                    uint64_t until_ms);

/*
 * Take one queued or delayed item of a started item's host, or NULL: to give
 * up what waits for a host that asked for too long a quiet.
 */
struct adl_sched_item *adl_sched_take_same_host(struct adl_sched *sched,
                                                struct adl_sched_item *item);

/*
 * When adl_sched_take() can yield something by time alone; UINT64_MAX: never.
 * Not before now_ms. What becomes due may turn out to be blocked by a full
 * host: then take yields nothing, and the next answer is a later time.
 */
uint64_t adl_sched_due_ms(const struct adl_sched *sched, uint64_t now_ms);

/*
 * What is known of the host of an item that is somewhere: its window, whether
 * it is down. Who changes it calls adl_sched_settle() afterwards.
 */
struct adl_host *adl_sched_get_host(const struct adl_sched_item *item);
void adl_sched_settle(struct adl_sched *sched,
                      const struct adl_sched_item *item);

/* Items queued or delayed. */
size_t adl_sched_n_waiting(const struct adl_sched *sched);

/* Items started and not ended. */
size_t adl_sched_n_active(const struct adl_sched *sched);

/* Does the item's host have nothing queued? The item is started. */
bool adl_sched_is_last_of_host(const struct adl_sched_item *item);

/* Hosts known. */
size_t adl_sched_n_hosts(const struct adl_sched *sched);

/* Does any other host than the item's, which is started, have something queued,
 * delayed or started, and is not down? Looks at all hosts. */
bool adl_sched_has_other_up(const struct adl_sched *sched,
                            const struct adl_sched_item *item);

#endif
