/* SPDX-License-Identifier: MIT */
/*
 * Where no memfd is to be had, for want of descriptors, a big payload is
 * ordinary memory: a helper then gets a copy, and all is well but slower.
 */
#define _GNU_SOURCE /* memfd_create() */

#include "pool/payload.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

struct asyncdl_payload {
    /* Threads may release: the one that takes the last share sees, by acquire,
     * all that the others wrote before their release. */
    atomic_size_t n_shares;
    size_t len;
    void *data;
    int fd; /* -1: data is from calloc() */
};

/* 0 or -errno, with nothing left behind. */
static int map_shared(struct asyncdl_payload *payload)
{
    int fd = memfd_create("asyncdl-payload", MFD_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    void *data = MAP_FAILED;
    if (ftruncate(fd, (off_t)payload->len) == 0) {
        data =
            mmap(NULL, payload->len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
    if (data == MAP_FAILED) {
        int err = -errno;

        (void)close(fd); /* it holds nothing */
        return err;
    }
    payload->fd = fd;
    payload->data = data;
    return 0;
}

int asyncdl_payload_create(struct asyncdl_payload **out, size_t len)
{
    if (len == 0) {
        return -EINVAL;
    }
    if (len > PTRDIFF_MAX) {
        return -ENOMEM; /* what no object can have */
    }
    struct asyncdl_payload *payload = calloc(1, sizeof(*payload));
    if (payload == NULL) {
        return -ENOMEM;
    }
    atomic_init(&payload->n_shares, 1);
    payload->len = len;
    payload->fd = -1;
    if (len < ADL_PAYLOAD_SHARED_MIN || map_shared(payload) < 0) {
        payload->data = calloc(1, len);
    }
    if (payload->data == NULL) {
        free(payload);
        return -ENOMEM;
    }
    *out = payload;
    return 0;
}

void *asyncdl_payload_get_data(struct asyncdl_payload *payload)
{
    return payload->data;
}

size_t asyncdl_payload_get_len(const struct asyncdl_payload *payload)
{
    return payload->len;
}

int adl_payload_get_fd(const struct asyncdl_payload *payload)
{
    return payload->fd;
}

struct asyncdl_payload *asyncdl_payload_retain(struct asyncdl_payload *payload)
{
    /* Whoever retains has a share: there is nothing to be ordered with. */
    atomic_fetch_add_explicit(&payload->n_shares, 1, memory_order_relaxed);
    return payload;
}

void asyncdl_payload_release(struct asyncdl_payload *payload)
{
    if (payload == NULL ||
        atomic_fetch_sub_explicit(&payload->n_shares, 1, memory_order_acq_rel) >
            1) {
        return;
    }
    if (payload->fd >= 0) {
        (void)munmap(payload->data, payload->len); /* it was mapped so */
        (void)close(payload->fd);                  /* memory, no disk */
    } else {
        free(payload->data);
    }
    free(payload);
}
