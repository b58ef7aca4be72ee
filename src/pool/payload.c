/* SPDX-License-Identifier: MIT */
/*
 * Where no memfd is to be had, for want of descriptors, a big payload is
 * ordinary memory: a helper then gets a copy, and all is well but slower.
 */
#include "pool/payload.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

struct asyncdl_payload {
    /* Threads may release: the one that takes the last share sees, by acquire,
     * all that the others wrote before their release. */
    atomic_size_t n_shares;
    size_t len;
    void *data;
    struct adl_parcel *parcel; /* NULL: data is from calloc() */
    uint64_t id;
};

/* A file's number is not another's while it is mapped anywhere, and is not
 * given to another at the same time. */
static uint64_t make_id(int fd)
{
    struct timespec now = {0};
    struct stat st = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    (void)fstat(fd, &st);                       /* neither can it, of memory */
    return ((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec) ^
           (uint64_t)st.st_ino << 40;
}

static bool share(struct asyncdl_payload *payload)
{
    if (payload->len < ADL_PAYLOAD_SHARED_MIN ||
        adl_parcel_create_lazy(&payload->parcel, payload->len) < 0) {
        return false;
    }
    payload->data = adl_parcel_get_data(payload->parcel);
    payload->id = make_id(payload->parcel->fd);
    return true;
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
    if (!share(payload)) {
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

struct adl_parcel *adl_payload_get_parcel(const struct asyncdl_payload *payload)
{
    return payload->parcel;
}

uint64_t adl_payload_get_id(const struct asyncdl_payload *payload)
{
    return payload->id;
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
    if (payload->parcel != NULL) {
        adl_parcel_discard(payload->parcel); /* helpers may have it mapped */
        adl_parcel_release(payload->parcel);
    } else {
        free(payload->data);
    }
    free(payload);
}
