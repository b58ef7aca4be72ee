/* SPDX-License-Identifier: MIT */
/* Items of a scheduler that know whether they are started, for its tests. */
#ifndef UNIT_SCHED_WORK_H
#define UNIT_SCHED_WORK_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fetch/sched.h"

struct work {
    struct adl_sched_item item; /* first: an item is its work */
    bool is_started;
    size_t host;
    uint64_t due_ms;
    uint64_t serial; /* by order of adding; 0: order does not matter */
};

static inline struct adl_sched *create(const struct adl_host_limits *limits,
                                       uint32_t max_active)
{
    struct adl_sched *sched = NULL;

    assert_int_equal(adl_sched_create(&sched, limits, max_active), 0);
    return sched;
}

static inline void add(struct adl_sched *sched, struct work *work,
                       const char *key, uint64_t due_ms)
{
    work->due_ms = due_ms;
    assert_int_equal(
        adl_sched_add(sched, &work->item, key, strlen(key), due_ms), 0);
}

static inline void add_all(struct adl_sched *sched, struct work *works,
                           size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++) {
        add(sched, &works[i], key, 0);
    }
}

static inline struct work *take(struct adl_sched *sched, uint64_t now_ms)
{
    struct work *work = (struct work *)adl_sched_take(sched, now_ms);

    if (work != NULL) {
        work->is_started = true;
    }
    return work;
}

static inline size_t take_all(struct adl_sched *sched, uint64_t now_ms)
{
    size_t n = 0;

    while (take(sched, now_ms) != NULL) {
        n++;
    }
    return n;
}

static inline void end(struct adl_sched *sched, struct work *work,
                       enum adl_host_sign sign, uint64_t now_ms)
{
    work->is_started = false;
    adl_sched_end(sched, &work->item, sign, now_ms);
    assert_null(work->item.host);
}

static inline void drain(struct adl_sched *sched, struct work *works, size_t n)
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

#endif
