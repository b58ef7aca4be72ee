/* SPDX-License-Identifier: MIT */
/*
 * A lock in shared memory that its holder's death sets free. The kernel does
 * that by the list of held locks that each thread has, and the next one to lock
 * it is told. Its memory ends with it:
 *
 *     adl_shm_create(&shm, name, adl_shm_round_up(n + ADL_ROBUST_SIZE),
 *                    ADL_ROBUST_TAIL);
 *     adl_robust_init(&lock, &shm);
 */
#ifndef ADL_POOL_ROBUST_H
#define ADL_POOL_ROBUST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "pool/shm.h"

/* What a lock takes of the end of shared memory, and behind it. */
#define ADL_ROBUST_SIZE 64
#define ADL_ROBUST_TAIL 64

struct adl_robust_node;

struct adl_robust {
    _Atomic uint32_t *word;       /* in the shared memory; zero is free */
    struct adl_robust_node *node; /* in its tail, where no peer can write */
};

/* 0, or -ENOTSUP where the C library keeps its list of locks otherwise. */
int adl_robust_init(struct adl_robust *out, const struct adl_shm *shm);

/*
 * Take the lock, or wait for it until the deadline, in no order among those
 * that wait. 0, -EOWNERDEAD where the last holder died with it, which is
 * then ours like with 0; -EDEADLK where this thread has it already;
 * -ETIMEDOUT.
 */
int adl_robust_lock(struct adl_robust *lock, int64_t deadline);

/* Only by the thread that has it. */
void adl_robust_unlock(struct adl_robust *lock);

bool adl_robust_is_mine(const struct adl_robust *lock);

#endif
