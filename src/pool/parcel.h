/* SPDX-License-Identifier: MIT */
/*
 * Memory that two processes see at once, for bytes that are not to be copied: a
 * file without a name that lives as long as somebody has it open or mapped.
 */
#ifndef ADL_POOL_PARCEL_H
#define ADL_POOL_PARCEL_H

#include <stddef.h>
#include <stdint.h>

/*
 * From so many bytes on, data goes by a parcel and not in the frame. A frame is
 * copied twice; a parcel's pages are made, zeroed, mapped twice and freed. A
 * trip there and back took 35 us at 64 KB in a frame and 1 ms in a parcel, on a
 * virtual machine that gives freed pages back to its host.
 */
#define ADL_PARCEL_MIN (256u << 10)

struct adl_parcel {
    void *data; /* NULL while it is not mapped; zero is none at all */
    size_t len;
    int fd; /* -1 once it is not needed; none where len is 0 */
};

/*
 * len bytes of zeros, at least 1, to be written; their memory is there: who
 * writes does not find that there is none. 0 or -errno.
 */
int adl_parcel_create(struct adl_parcel *out, size_t len);

/*
 * Unmap it; its descriptor is left, to be sent. It could be sealed against
 * writing, too, but then the kernel waits for all processors: 2 ms for 64 KiB,
 * and 36 ms for 1 MiB, were seen. Who sends closes it instead.
 */
void adl_parcel_let_go(struct adl_parcel *parcel);

/*
 * Map len bytes of what a stranger sent, to be read. fd is taken, on failure
 * too. 0; ASYNCDL_EFRAME where it is shorter, or could become so under our
 * hands; or -errno.
 */
int adl_parcel_adopt(struct adl_parcel *out, int fd, uint64_t len);

/* The same of somebody who is trusted to leave it as it is. */
int adl_parcel_map(struct adl_parcel *out, int fd, uint64_t len);

/* What is left of one that was mapped, once its data went elsewhere. */
void adl_parcel_unmap(void *data, size_t len);

/* Close and unmap what is left. Zero is allowed. */
void adl_parcel_finish(struct adl_parcel *parcel);

#endif
