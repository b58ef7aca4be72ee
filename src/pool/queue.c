/* SPDX-License-Identifier: MIT */
/*
 * The shared memory holds a header, a ring of items, and a robust lock that
 * guards both. A process may die between any two instructions, so:
 *
 * - An item is put by one store, of the tail, and taken by one, of the head.
 *   The counts follow; who is told that the last holder died counts anew.
 * - Who waits for items sleeps on n_puts, which counts the puts, and on n_gets
 *   who waits for room. They are woken *before* the store that they wait for,
 *   by who holds the lock. So there is no instant with an item in the queue and
 *   a getter asleep that nobody will wake: the woken ones come to stand at the
 *   lock, and out of there it is the kernel that wakes one where a holder dies.
 * - All that sleep are woken, for the one that was woken alone could die.
 * - A flag that says that somebody sleeps is set with the lock held, and reset
 *   after the wake.
 *
 * Peers are not trusted further than that: limits are kept in memory of this
 * process's own, and what the header says is copied and checked before use.
 */
#include "pool/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "asyncdl/error.h"
#include "pool/futex.h"
#include "pool/queue_state.h"

/* How much longer than its own time a call waits for the lock, which others
 * hold for as long as they copy an item; on a busy machine they may have no
 * processor for much longer than that. */
#define GRACE_MS 2000

static uint32_t get(const _Atomic uint32_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static void set(_Atomic uint32_t *word, uint32_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

static void set_event(struct asyncdl_queue *queue)
{
    (void)eventfd_write(queue->event_fd, 1); /* full is readable, too */
}

static void reset_event(struct asyncdl_queue *queue)
{
    eventfd_t n;

    (void)eventfd_read(queue->event_fd, &n); /* -EAGAIN: it is */
}

/* Wake who sleeps on that word. What they wait for is stored next. */
static void announce(_Atomic uint32_t *word, _Atomic uint32_t *has_sleepers)
{
    (void)atomic_fetch_add_explicit(word, 1, memory_order_relaxed);
    if (get(has_sleepers) != 0) {
        adl_futex_wake_all(word);
        set(has_sleepers, 0);
    }
}

static void announce_to_all(struct asyncdl_queue *queue)
{
    struct adl_queue_header *header = queue->header;

    announce(&header->n_puts, &header->has_getters);
    announce(&header->n_gets, &header->has_putters);
    if (get(&header->has_loops) != 0) {
        set_event(queue);
    }
}

static void load_ring(struct adl_ring *ring,
                      const struct adl_queue_header *header)
{
    *ring = (struct adl_ring){
        .head = atomic_load_explicit(&header->head, memory_order_relaxed),
        .tail = atomic_load_explicit(&header->tail, memory_order_relaxed),
        .n_items = atomic_load_explicit(&header->n_items, memory_order_relaxed),
        .n_bytes = atomic_load_explicit(&header->n_bytes, memory_order_relaxed),
    };
}

static void store_counts(struct adl_queue_header *header,
                         const struct adl_ring *ring)
{
    atomic_store_explicit(&header->n_items, ring->n_items,
                          memory_order_relaxed);
    atomic_store_explicit(&header->n_bytes, ring->n_bytes,
                          memory_order_relaxed);
}

/* With the lock held, which this gives back. Always ASYNCDL_EFRAME. */
static int give_up(struct asyncdl_queue *queue)
{
    announce_to_all(queue);
    set(&queue->header->is_damaged, 1);
    adl_robust_unlock(&queue->lock);
    return ASYNCDL_EFRAME;
}

/*
 * Take the lock, and a copy of the ring's state, which is sound. 0, or a code
 * without the lock.
 */
static int enter_until(struct asyncdl_queue *queue, struct adl_ring *ring,
                       int64_t deadline)
{
    int err = adl_robust_lock(&queue->lock, deadline);

    if (err < 0 && err != -EOWNERDEAD) {
        return err;
    }
    load_ring(ring, queue->header);
    if (err == -EOWNERDEAD) {
        if (!adl_ring_recount(ring, &queue->limits, queue->bytes)) {
            return give_up(queue);
        }
        store_counts(queue->header, ring);
    }
    if (get(&queue->header->is_damaged) != 0 ||
        !adl_ring_is_sound(ring, &queue->limits)) {
        return give_up(queue);
    }
    return 0;
}

static int enter(struct asyncdl_queue *queue, struct adl_ring *ring,
                 int64_t deadline)
{
    int64_t grace = adl_futex_deadline(adl_futex_now(), GRACE_MS);

    return enter_until(queue, ring, deadline > grace ? deadline : grace);
}

static void leave(struct asyncdl_queue *queue)
{
    adl_robust_unlock(&queue->lock);
}

/*
 * Leave, and sleep until somebody puts or gets, by that word. 0: look again;
 * -ETIMEDOUT.
 */
static int leave_and_wait(struct asyncdl_queue *queue, _Atomic uint32_t *word,
                          _Atomic uint32_t *has_sleepers, int64_t deadline)
{
    uint32_t seen = get(word);
    bool is_past = adl_futex_now() >= deadline;

    if (!is_past) {
        set(has_sleepers, 1);
    }
    leave(queue);
    return is_past ? -ETIMEDOUT : adl_futex_wait(word, seen, deadline);
}

static void put_item(struct asyncdl_queue *queue, struct adl_ring *ring,
                     const void *data, uint64_t len)
{
    struct adl_queue_header *header = queue->header;
    uint64_t cap = queue->limits.cap;

    adl_ring_write(queue->bytes, cap, ring->tail, &len, sizeof(len));
    adl_ring_write(queue->bytes, cap, ring->tail + sizeof(len), data, len);
    announce(&header->n_puts, &header->has_getters);
    if (get(&header->has_loops) != 0 && ring->n_items == 0) {
        set_event(queue);
    }
    atomic_store_explicit(&header->tail,
                          ring->tail + adl_ring_count_record(len),
                          memory_order_release);
    ring->n_items++;
    ring->n_bytes += len;
    store_counts(header, ring);
}

int asyncdl_queue_put(struct asyncdl_queue *queue, const void *data, size_t len,
                      uint64_t timeout_ms)
{
    int64_t deadline = adl_futex_deadline(adl_futex_now(), timeout_ms);
    struct adl_queue_header *header = queue->header;
    struct adl_ring ring;

    if (len > queue->limits.max_bytes) {
        return -EMSGSIZE;
    }
    for (;;) {
        int err = enter(queue, &ring, deadline);

        if (err < 0) {
            return err;
        }
        if (get(&header->is_closed) != 0) {
            leave(queue);
            return ASYNCDL_ECLOSED;
        }
        if (adl_ring_fits(&ring, &queue->limits, len)) {
            put_item(queue, &ring, data, len);
            leave(queue);
            return 0;
        }
        err = leave_and_wait(queue, &header->n_gets, &header->has_putters,
                             deadline);
        if (err < 0) {
            return err;
        }
    }
}

/* With the lock held and an item there; gives the lock back. */
static int take_item(struct asyncdl_queue *queue, struct adl_ring *ring,
                     struct asyncdl_bytes *out)
{
    struct adl_queue_header *header = queue->header;
    uint64_t cap = queue->limits.cap;
    uint64_t len;

    adl_ring_read(queue->bytes, cap, ring->head, &len, sizeof(len));
    if (!adl_ring_has_record(ring, len)) {
        return give_up(queue);
    }
    void *data = malloc(len > 0 ? len : 1);
    if (data == NULL) {
        leave(queue);
        return -ENOMEM;
    }
    adl_ring_read(queue->bytes, cap, ring->head + sizeof(len), data, len);
    announce(&header->n_gets, &header->has_putters);
    atomic_store_explicit(&header->head,
                          ring->head + adl_ring_count_record(len),
                          memory_order_release);
    ring->n_items--;
    ring->n_bytes -= len;
    store_counts(header, ring);
    if (get(&header->has_loops) != 0 && ring->n_items == 0 &&
        get(&header->is_closed) == 0) {
        reset_event(queue);
    }
    leave(queue);
    *out = (struct asyncdl_bytes){.data = data, .len = len};
    return 0;
}

int asyncdl_queue_get(struct asyncdl_queue *queue, struct asyncdl_bytes *out,
                      uint64_t timeout_ms)
{
    int64_t deadline = adl_futex_deadline(adl_futex_now(), timeout_ms);
    struct adl_queue_header *header = queue->header;
    struct adl_ring ring;

    for (;;) {
        int err = enter(queue, &ring, deadline);

        if (err < 0) {
            return err;
        }
        if (ring.n_items > 0) {
            return take_item(queue, &ring, out);
        }
        if (get(&header->is_closed) != 0) {
            leave(queue);
            return ASYNCDL_ECLOSED;
        }
        err = leave_and_wait(queue, &header->n_puts, &header->has_getters,
                             deadline);
        if (err < 0) {
            return err;
        }
    }
}

int adl_queue_try_get(struct asyncdl_queue *queue, struct asyncdl_bytes *out)
{
    struct adl_ring ring;
    int err = enter_until(queue, &ring, 0);

    if (err < 0) {
        return err == -ETIMEDOUT ? -EAGAIN : err;
    }
    if (ring.n_items > 0) {
        return take_item(queue, &ring, out);
    }
    err = ASYNCDL_ECLOSED;
    if (get(&queue->header->is_closed) == 0) {
        reset_event(queue); /* who died may have left it readable */
        err = -ETIMEDOUT;
    }
    leave(queue);
    return err;
}

/* Have who puts set the event from now on. 0, or a code. */
static int begin_events(struct asyncdl_queue *queue)
{
    struct adl_queue_header *header = queue->header;
    struct adl_ring ring;
    int err = enter(queue, &ring, 0);

    if (err < 0) {
        return err;
    }
    if (ring.n_items > 0 || get(&header->is_closed) != 0) {
        set_event(queue);
    }
    set(&header->has_loops, 1);
    leave(queue);
    return 0;
}

int adl_queue_watch(struct asyncdl_queue *queue)
{
    const struct adl_queue_header *header = queue->header;

    if (get(&header->is_damaged) != 0) {
        return ASYNCDL_EFRAME;
    }
    if (get(&header->has_loops) == 0) { /* else it needs no lock */
        int err = begin_events(queue);

        if (err < 0) {
            return err;
        }
    }
    int fd = fcntl(queue->event_fd, F_DUPFD_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

int asyncdl_queue_close(struct asyncdl_queue *queue)
{
    struct adl_ring ring;
    int err = enter(queue, &ring, 0);

    if (err < 0) {
        return err;
    }
    announce_to_all(queue);
    set(&queue->header->is_closed, 1);
    leave(queue);
    return 0;
}

size_t asyncdl_queue_get_count(const struct asyncdl_queue *queue)
{
    uint64_t n =
        atomic_load_explicit(&queue->header->n_items, memory_order_relaxed);

    return n > queue->limits.max_items ? 0 : n;
}
