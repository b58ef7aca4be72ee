/* SPDX-License-Identifier: MIT */
/*
 * Memory that processes share: a memfd of a fixed size, and where it is mapped
 * here. Its size is sealed, so that no peer can make it shorter under us; what
 * it holds may be anything that a peer has written.
 */
#ifndef ADL_POOL_SHM_H
#define ADL_POOL_SHM_H

#include <stddef.h>

struct adl_shm {
    int fd; /* close-on-exec; owned */
    void *data;
    size_t size; /* bytes shared, at data */
    size_t tail; /* bytes right behind them that are this process's own */
};

/* The least number of whole pages' bytes that holds size; 0 where none does. */
size_t adl_shm_round_up(size_t size);

/*
 * Create size > 0 bytes of zeros, which take memory when they are first
 * written. name is what /proc shows. With a tail, size must be whole pages.
 * 0 or -errno: -ENOMEM, -EMFILE, -ENFILE.
 */
int adl_shm_create(struct adl_shm *out, const char *name, size_t size,
                   size_t tail);

/*
 * Map what another process created. fd is taken on success. 0 or -errno:
 * -EINVAL where it is no sealed memory, is empty, or with a tail, not whole
 * pages.
 */
int adl_shm_adopt(struct adl_shm *out, int fd, size_t tail);

/* Unmap, and leave the descriptor to the caller: for what was adopted and turns
 * out to be something else. */
void adl_shm_unmap(struct adl_shm *shm);

/* Unmap and close. Zero ones, whose data is NULL, are allowed. */
void adl_shm_finish(struct adl_shm *shm);

#endif
