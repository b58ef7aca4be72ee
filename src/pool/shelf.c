/* SPDX-License-Identifier: MIT */
#include "pool/shelf.h"

#include <errno.h>
#include <unistd.h>

#include "asyncdl/error.h"

static void put(struct adl_shelf *shelf, size_t i, struct adl_parcel *parcel)
{
    adl_parcel_release(shelf->items[i]);
    shelf->items[i] = parcel;
}

/* The smallest idle one with room for len, or -1. */
static int find(const struct adl_shelf *shelf, size_t len)
{
    int best = -1;

    for (int i = 0; i < ADL_SHELF_N; i++) {
        struct adl_parcel *parcel = shelf->items[i];

        if (parcel != NULL && parcel->size >= len &&
            (best < 0 || parcel->size < shelf->items[best]->size) &&
            adl_parcel_is_idle(parcel)) {
            best = i;
        }
    }
    return best;
}

/* A place for one of len bytes: those that are idle have to go. Or -1. */
static int make_room(struct adl_shelf *shelf, size_t len)
{
    size_t n_bytes = len;
    int place = -1;

    for (int i = 0; i < ADL_SHELF_N; i++) {
        n_bytes += shelf->items[i] != NULL ? shelf->items[i]->size : 0;
        place = shelf->items[i] == NULL ? i : place;
    }
    for (int i = 0; i < ADL_SHELF_N; i++) {
        if (place >= 0 && n_bytes <= ADL_SHELF_BYTES) {
            break;
        }
        if (shelf->items[i] != NULL && adl_parcel_is_idle(shelf->items[i])) {
            n_bytes -= shelf->items[i]->size;
            put(shelf, (size_t)i, NULL);
            place = i;
        }
    }
    return n_bytes <= ADL_SHELF_BYTES ? place : -1;
}

int adl_shelf_take(struct adl_shelf *shelf, size_t len, unsigned *number,
                   struct adl_parcel **out)
{
    int i = find(shelf, len);

    if (i < 0 || !adl_parcel_use(shelf->items[i])) {
        struct adl_parcel *parcel;

        if (len > ADL_SHELF_BYTES) {
            return -EAGAIN;
        }
        i = make_room(shelf, len);
        if (i < 0) {
            return -EAGAIN;
        }
        int err = adl_parcel_create(&parcel, len);
        if (err < 0) {
            return err;
        }
        put(shelf, (size_t)i, parcel);
    }
    *number = (unsigned)i + 1;
    *out = shelf->items[i];
    return 0;
}

/* One that comes with a descriptor, of which the shelf keeps a share if it has
 * a number. */
static int receive(struct adl_shelf *shelf,
                   const struct adl_wire_record *record, int fd,
                   struct adl_parcel **out)
{
    struct adl_parcel *parcel = NULL;
    int err = fd < 0 ? -EMFILE
                     : adl_parcel_adopt(&parcel, fd, (size_t)record->data_len,
                                        record->parcel <= ADL_SHELF_N);

    if (record->parcel > 0) {
        put(shelf, record->parcel - 1, parcel); /* else what it was is stale */
    }
    if (err < 0) {
        return err;
    }
    if (record->parcel > 0) {
        adl_parcel_retain(parcel);
    }
    *out = parcel;
    return 0;
}

int adl_shelf_open(struct adl_shelf *shelf,
                   const struct adl_wire_record *record, int fd,
                   struct adl_parcel **out)
{
    if (record->data_len > SIZE_MAX) {
        return ASYNCDL_EFRAME;
    }
    if ((record->flags & ADL_WIRE_BY_FD) != 0) {
        return receive(shelf, record, fd, out);
    }
    struct adl_parcel *parcel = shelf->items[record->parcel - 1];
    if (parcel == NULL) {
        return -EMFILE; /* it was lost when it came */
    }
    if (parcel->size < record->data_len) {
        return ASYNCDL_EFRAME;
    }
    adl_parcel_retain(parcel);
    *out = parcel;
    return 0;
}

void adl_shelf_empty(struct adl_shelf *shelf)
{
    for (size_t i = 0; i < ADL_SHELF_N; i++) {
        if (shelf->items[i] != NULL) {
            adl_parcel_empty(shelf->items[i]);
        }
    }
}

bool adl_shelf_has_any(const struct adl_shelf *shelf)
{
    for (size_t i = 0; i < ADL_SHELF_N; i++) {
        if (shelf->items[i] != NULL) {
            return true;
        }
    }
    return false;
}

void adl_shelf_finish(struct adl_shelf *shelf)
{
    for (size_t i = 0; i < ADL_WIRE_N_PARCELS; i++) {
        put(shelf, i, NULL);
    }
}
