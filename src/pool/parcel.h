/* SPDX-License-Identifier: MIT */
/*
 * Memory that two processes see at once, for bytes that are not to be copied: a
 * file without a name that lives as long as somebody has it open or mapped. Who
 * sends one may keep it for what it sends next (shelf.h): fresh pages cost more
 * than what is written to them.
 *
 * Its size is sealed. It could be sealed against writing, too, but then the
 * kernel waits for all processors: 36 ms for 1 MiB were seen.
 */
#ifndef ADL_POOL_PARCEL_H
#define ADL_POOL_PARCEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* What this process knows of one. It is in a page of its own in front of the
 * memory, so that the memory's address leads to it. */
struct adl_parcel {
    size_t size; /* bytes that it has room for */
    int fd;      /* to be sent; -1 where it was, or came from elsewhere */
    atomic_uint n_shares;
    atomic_bool is_lent; /* its bytes are somebody's result */
};

/* Room for len bytes, with a share. Their memory is there: who writes does not
 * find that there is none. It is in use. 0 or -errno. */
int adl_parcel_create(struct adl_parcel **out, size_t len);

/* The same, but memory is taken when it is written, as with malloc(). */
int adl_parcel_create_lazy(struct adl_parcel **out, size_t len);

/*
 * Map what somebody sent, with a share. fd is taken, on failure too. 0;
 * ASYNCDL_EFRAME where it has no room for len bytes, or could lose it under
 * our hands; or -errno.
 */
int adl_parcel_adopt(struct adl_parcel **out, int fd, size_t len,
                     bool is_writable);

/* Its bytes, aligned to 64. */
void *adl_parcel_get_data(struct adl_parcel *parcel);

void adl_parcel_retain(struct adl_parcel *parcel);

/* Give back a share; the last unmaps it. NULL is allowed. */
void adl_parcel_release(struct adl_parcel *parcel);

/* The descriptor was sent, and is not needed any more. */
void adl_parcel_close_fd(struct adl_parcel *parcel);

/*
 * Whether it is in use is written in it, for both processes: who sends puts it
 * to use, and who received it lets it go. Nothing but that is believed.
 */
bool adl_parcel_is_idle(struct adl_parcel *parcel);

/* Put an idle one to use, with memory for all of it. False where it is not
 * idle, or there is no memory. */
bool adl_parcel_use(struct adl_parcel *parcel);

/* It is idle from now on. */
void adl_parcel_let_go(struct adl_parcel *parcel);

/* Give the memory of an idle one back to the system, whoever has it mapped. */
void adl_parcel_empty(struct adl_parcel *parcel);

/* The same of one that nobody is to read any more, idle or not. */
void adl_parcel_discard(struct adl_parcel *parcel);

/* Let a lent one go, and give back a share: for adl_call.drop. Any thread. */
void adl_parcel_drop(void *data, size_t len);

#endif
