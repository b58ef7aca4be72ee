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
 * From so many bytes on, data goes by a parcel and not in the frame. Both cost
 * about the same here: a frame is copied twice, and a parcel is made, mapped
 * twice and its pages zeroed.
 */
#define ADL_PARCEL_MIN (64u << 10)

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

/* From now on nobody changes it, we included: it is unmapped, and its
 * descriptor is left. 0 or -errno. */
int adl_parcel_seal(struct adl_parcel *parcel);

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
