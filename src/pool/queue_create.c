/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "pool/queue.h"
#include "pool/queue_state.h"

#define DEFAULT_MAX_ITEMS 1024
#define DEFAULT_MAX_BYTES (16u * 1024 * 1024)

_Static_assert(sizeof(struct asyncdl_queue_options) == 3 * sizeof(size_t),
               "tail padding could be taken for a field that is new");

void asyncdl_bytes_free(struct asyncdl_bytes *bytes)
{
    free((void *)bytes->data); /* const for who reads it; it came of malloc() */
    *bytes = (struct asyncdl_bytes){0};
}

void adl_queue_get_fds(const struct asyncdl_queue *queue, int fds[2])
{
    fds[0] = queue->shm.fd;
    fds[1] = queue->event_fd;
}

void adl_queue_retain(struct asyncdl_queue *queue)
{
    (void)atomic_fetch_add_explicit(&queue->n_shares, 1, memory_order_relaxed);
}

void asyncdl_queue_release(struct asyncdl_queue *queue)
{
    /* Who frees it must see what all others did to it. */
    if (queue == NULL || atomic_fetch_sub_explicit(&queue->n_shares, 1,
                                                   memory_order_acq_rel) > 1) {
        return;
    }
    adl_shm_finish(&queue->shm);
    (void)close(queue->event_fd); /* an eventfd has nothing to lose */
    free(queue);
}

/* Bytes of memory for those limits, whose capacity is set; 0: too many. */
static size_t count_size(struct adl_ring_limits *limits)
{
    limits->cap = adl_ring_count_cap(limits->max_items, limits->max_bytes);
    if (limits->cap == 0 || limits->cap > SIZE_MAX / 2) {
        return 0;
    }
    return adl_shm_round_up(ADL_QUEUE_RING_OFFSET + (size_t)limits->cap +
                            ADL_ROBUST_SIZE);
}

/* The memory and the eventfd are taken on success. */
static int create(struct asyncdl_queue **out, const struct adl_shm *shm,
                  int event_fd, const struct adl_ring_limits *limits)
{
    struct asyncdl_queue *queue = malloc(sizeof(*queue));

    if (queue == NULL) {
        return -ENOMEM;
    }
    *queue = (struct asyncdl_queue){
        .n_shares = 1,
        .shm = *shm,
        .event_fd = event_fd,
        .limits = *limits,
        .header = shm->data,
        .bytes = (unsigned char *)shm->data + ADL_QUEUE_RING_OFFSET,
    };
    int err = adl_robust_init(&queue->lock, &queue->shm);
    if (err < 0) {
        free(queue);
        return err;
    }
    *out = queue;
    return 0;
}

static int create_with_limits(struct asyncdl_queue **out,
                              struct adl_ring_limits *limits)
{
    struct adl_shm shm = {0};
    size_t size = count_size(limits);

    if (size == 0) {
        return -ENOMEM;
    }
    int event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event_fd < 0) {
        return -errno;
    }
    int err = adl_shm_create(&shm, "asyncdl-queue", size, ADL_ROBUST_TAIL);
    if (err < 0) {
        goto fail;
    }
    struct adl_queue_header *header = shm.data;
    header->magic = ADL_QUEUE_MAGIC;
    header->max_items = limits->max_items;
    header->max_bytes = limits->max_bytes;
    err = create(out, &shm, event_fd, limits);
    if (err < 0) {
        goto fail;
    }
    return 0;

fail:
    adl_shm_finish(&shm);
    (void)close(event_fd); /* as above */
    return err;
}

int asyncdl_queue_create(struct asyncdl_queue **out,
                         const struct asyncdl_queue_options *options)
{
    struct asyncdl_queue_options given = ASYNCDL_QUEUE_OPTIONS_INIT;

    if (options != NULL) {
        if (options->struct_size > sizeof(given) ||
            options->struct_size < sizeof(size_t) ||
            options->struct_size % sizeof(size_t) != 0) { /* half a field */
            return -EINVAL;
        }
        memcpy(&given, options, options->struct_size); /* an older is less */
    }
    struct adl_ring_limits limits = {
        .max_items = given.max_items > 0 ? given.max_items : DEFAULT_MAX_ITEMS,
        .max_bytes = given.max_bytes > 0 ? given.max_bytes : DEFAULT_MAX_BYTES,
    };
    return create_with_limits(out, &limits);
}

/* Is this the memory of a queue? Then its limits are set. */
static bool is_queue(const struct adl_shm *shm, struct adl_ring_limits *limits)
{
    const struct adl_queue_header *header = shm->data;

    if (shm->size < ADL_QUEUE_RING_OFFSET || header->magic != ADL_QUEUE_MAGIC) {
        return false;
    }
    *limits = (struct adl_ring_limits){
        .max_items = header->max_items,
        .max_bytes = header->max_bytes,
    };
    return limits->max_items > 0 && limits->max_bytes > 0 &&
           count_size(limits) == shm->size;
}

int adl_queue_adopt(struct asyncdl_queue **out, const int fds[2])
{
    struct adl_ring_limits limits;
    struct adl_shm shm;

    int err = adl_shm_adopt(&shm, fds[0], ADL_ROBUST_TAIL);
    if (err < 0) {
        return err;
    }
    err =
        is_queue(&shm, &limits) ? create(out, &shm, fds[1], &limits) : -EINVAL;
    if (err < 0) {
        adl_shm_unmap(&shm);
    }
    return err;
}
