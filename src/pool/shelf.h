/* SPDX-License-Identifier: MIT */
/*
 * Parcels that one process keeps sending to another. Both have a shelf, and
 * what is on it has a number for both: a parcel goes there with its descriptor
 * once, and by its number from then on.
 *
 * At most ADL_SHELF_BYTES are on one, for each helper and direction; a helper
 * that has nothing to do gives their memory back after a second.
 */
#ifndef ADL_POOL_SHELF_H
#define ADL_POOL_SHELF_H

#include <stddef.h>

#include "pool/parcel.h"
#include "pool/wire.h"

/*
 * From so many bytes on, data goes by a parcel where one is to be had, and from
 * ADL_FRAME_MAX on always. A trip there and back took 42 us in a frame and 36
 * us in one that was kept at 64 KB, and 162 us and 33 us at 256 KB; in one made
 * for it, 1.5 ms, on a virtual machine that gives freed pages to its host.
 */
#define ADL_PARCEL_MIN ((size_t)64 << 10)
#define ADL_FRAME_MAX  ((size_t)256 << 10)

#define ADL_SHELF_N     8 /* that are used again by who sends */
#define ADL_SHELF_BYTES ((size_t)256 << 20)

struct adl_shelf {
    struct adl_parcel *items[ADL_WIRE_N_PARCELS]; /* by number - 1 */
};

/*
 * Who sends: find or make one for len bytes, in use and borrowed. Where its fd
 * is not -1, the other does not have it yet. 0; -EAGAIN where all are in use,
 * or it is too large; or -errno.
 */
int adl_shelf_take(struct adl_shelf *shelf, size_t len, unsigned *number,
                   struct adl_parcel **out);

/*
 * Who receives: the parcel that a record's data is in, with a share. fd is what
 * came with it, and is taken; -1: none. Numbers above ADL_SHELF_N are mapped to
 * be read only. 0, ASYNCDL_EFRAME, or -errno, as -EMFILE where it was lost.
 */
int adl_shelf_open(struct adl_shelf *shelf,
                   const struct adl_wire_record *record, int fd,
                   struct adl_parcel **out);

/* Give the memory of what is idle back, and keep the rest. */
void adl_shelf_empty(struct adl_shelf *shelf);

bool adl_shelf_has_any(const struct adl_shelf *shelf);

/* Zero is allowed, and what it is afterwards. */
void adl_shelf_finish(struct adl_shelf *shelf);

#endif
