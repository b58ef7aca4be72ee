/* SPDX-License-Identifier: MIT */
#include "pool/outbox.h"

#include <assert.h>
#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <unistd.h>

#include "asyncdl/error.h"
#include "pool/ring.h"

#define LINE 64 /* bytes that processors pass to each other */

/*
 * The helper puts, then reads what the reader is; the program says that it
 * sleeps, then looks at what was put. Both are sequentially consistent, so that
 * at least one of them sees the other's: nothing lies there unseen.
 */
struct shared {
    alignas(LINE) _Atomic uint64_t tail; /* the helper writes it */
    _Atomic uint64_t claimed; /* both: the last call begun, or recalled */
    alignas(LINE) _Atomic uint64_t head; /* the program writes it */
    _Atomic uint32_t reader;             /* likewise */
    alignas(LINE) unsigned char ring[ADL_OUTBOX_CAP];
};

static struct shared *get_shared(const struct adl_outbox *box)
{
    return box->shm.data;
}

int adl_outbox_create(struct adl_outbox *out)
{
    *out = (struct adl_outbox){.head = 0};
    return adl_shm_create(&out->shm, "asyncdl-outbox", sizeof(struct shared),
                          0);
}

int adl_outbox_adopt(struct adl_outbox *out, int fd)
{
    *out = (struct adl_outbox){.head = 0};
    int err = adl_shm_adopt(&out->shm, fd, 0);

    if (err == 0 && out->shm.size != sizeof(struct shared)) {
        adl_shm_unmap(&out->shm);
        err = -EINVAL;
    }
    return err;
}

void adl_outbox_close_fd(struct adl_outbox *box)
{
    (void)close(box->shm.fd); /* memory has nothing to lose on close */
    box->shm.fd = -1;
}

void adl_outbox_finish(struct adl_outbox *box)
{
    if (box->shm.data != NULL && box->shm.fd < 0) {
        adl_shm_unmap(&box->shm);
    }
    adl_shm_finish(&box->shm);
}

bool adl_outbox_claim(struct adl_outbox *box, uint64_t call)
{
    struct shared *shared = get_shared(box);
    uint64_t last =
        atomic_load_explicit(&shared->claimed, memory_order_relaxed);

    while (last < call) {
        /* Nothing but the number itself is told by it: relaxed is enough. */
        if (atomic_compare_exchange_weak_explicit(&shared->claimed, &last, call,
                                                  memory_order_relaxed,
                                                  memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

uint64_t adl_outbox_recall(struct adl_outbox *box, uint64_t last)
{
    struct shared *shared = get_shared(box);
    uint64_t claimed =
        atomic_load_explicit(&shared->claimed, memory_order_relaxed);

    while (claimed < last &&
           !atomic_compare_exchange_weak_explicit(
               &shared->claimed, &claimed, last, memory_order_relaxed,
               memory_order_relaxed)) { /* likewise */
    }
    return claimed;
}

bool adl_outbox_put(struct adl_outbox *box, const void *bytes, size_t len)
{
    struct shared *shared = get_shared(box);
    uint64_t size = adl_ring_count_record(len);
    uint64_t prefix = len;

    if (len > ADL_OUTBOX_MAX) {
        return false;
    }
    /* Acquire: the program has copied what it lets go of. */
    uint64_t head = atomic_load_explicit(&shared->head, memory_order_acquire);
    if (size > ADL_OUTBOX_CAP - (box->tail - head)) {
        return false;
    }
    adl_ring_write(shared->ring, ADL_OUTBOX_CAP, box->tail, &prefix,
                   sizeof(prefix));
    adl_ring_write(shared->ring, ADL_OUTBOX_CAP, box->tail + sizeof(prefix),
                   bytes, len);
    box->tail += size;
    atomic_store_explicit(&shared->tail, box->tail, memory_order_seq_cst);
    return true;
}

enum adl_outbox_reader adl_outbox_get_reader(const struct adl_outbox *box)
{
    return (enum adl_outbox_reader)atomic_load_explicit(
        &get_shared(box)->reader, memory_order_seq_cst);
}

void adl_outbox_set_reader(struct adl_outbox *box,
                           enum adl_outbox_reader reader)
{
    atomic_store_explicit(&get_shared(box)->reader, (uint32_t)reader,
                          memory_order_seq_cst);
}

bool adl_outbox_has_news(const struct adl_outbox *box)
{
    return atomic_load_explicit(&get_shared(box)->tail, memory_order_seq_cst) !=
           box->seen;
}

int adl_outbox_peek(struct adl_outbox *box, void *out)
{
    const struct shared *shared = get_shared(box);
    /* Acquire: what was put is there. */
    uint64_t tail = atomic_load_explicit(&shared->tail, memory_order_acquire);
    uint64_t used = tail - box->head;
    uint64_t len;

    box->seen = tail;
    if (used == 0) {
        return 0;
    }
    if (used > ADL_OUTBOX_CAP || used < sizeof(len)) {
        return ASYNCDL_EFRAME;
    }
    adl_ring_read(shared->ring, ADL_OUTBOX_CAP, box->head, &len, sizeof(len));
    if (len == 0 || len > ADL_OUTBOX_MAX || adl_ring_count_record(len) > used) {
        return ASYNCDL_EFRAME;
    }
    adl_ring_read(shared->ring, ADL_OUTBOX_CAP, box->head + sizeof(len), out,
                  len);
    return (int)len;
}

void adl_outbox_drop(struct adl_outbox *box, size_t len)
{
    box->head += adl_ring_count_record(len);
    atomic_store_explicit(&get_shared(box)->head, box->head,
                          memory_order_release);
}
