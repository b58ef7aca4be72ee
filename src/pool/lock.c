/* SPDX-License-Identifier: MIT */
#include "pool/lock.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "asyncdl/error.h"
#include "pool/futex.h"
#include "pool/robust.h"

#define MAGIC UINT64_C(0x6c6b636f4c6c6461) /* "adlLockl" */

struct header {
    uint64_t magic;
};

struct asyncdl_lock {
    struct adl_shm shm;
    struct adl_robust robust;
};

static size_t get_size(void)
{
    return adl_shm_round_up(sizeof(struct header) + ADL_ROBUST_SIZE);
}

/* The memory is taken on success. */
static int create(struct asyncdl_lock **out, const struct adl_shm *shm)
{
    struct asyncdl_lock *lock = malloc(sizeof(*lock));

    if (lock == NULL) {
        return -ENOMEM;
    }
    *lock = (struct asyncdl_lock){.shm = *shm};
    int err = adl_robust_init(&lock->robust, &lock->shm);
    if (err < 0) {
        free(lock);
        return err;
    }
    *out = lock;
    return 0;
}

int asyncdl_lock_create(struct asyncdl_lock **out)
{
    struct adl_shm shm;
    int err = adl_shm_create(&shm, "asyncdl-lock", get_size(), ADL_ROBUST_TAIL);

    if (err < 0) {
        return err;
    }
    *(struct header *)shm.data = (struct header){.magic = MAGIC};
    err = create(out, &shm);
    if (err < 0) {
        adl_shm_finish(&shm);
    }
    return err;
}

int adl_lock_get_fd(const struct asyncdl_lock *lock)
{
    return lock->shm.fd;
}

int adl_lock_adopt(struct asyncdl_lock **out, int fd)
{
    struct adl_shm shm;
    int err = adl_shm_adopt(&shm, fd, ADL_ROBUST_TAIL);

    if (err < 0) {
        return err;
    }
    err = -EINVAL;
    if (shm.size == get_size() &&
        ((const struct header *)shm.data)->magic == MAGIC) {
        err = create(out, &shm);
    }
    if (err < 0) {
        adl_shm_unmap(&shm);
    }
    return err;
}

void asyncdl_lock_destroy(struct asyncdl_lock *lock)
{
    if (lock == NULL) {
        return;
    }
    if (adl_robust_is_mine(&lock->robust)) {
        adl_robust_unlock(&lock->robust); /* the kernel's list leads to it */
    }
    adl_shm_finish(&lock->shm);
    free(lock);
}

int asyncdl_lock_acquire(struct asyncdl_lock *lock, uint64_t timeout_ms)
{
    int err = adl_robust_lock(&lock->robust,
                              adl_futex_deadline(adl_futex_now(), timeout_ms));

    return err == -EOWNERDEAD ? ASYNCDL_EOWNERDIED : err;
}

int asyncdl_lock_release(struct asyncdl_lock *lock)
{
    if (!adl_robust_is_mine(&lock->robust)) {
        return -EPERM;
    }
    adl_robust_unlock(&lock->robust);
    return 0;
}
