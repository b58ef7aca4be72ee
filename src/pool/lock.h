/* SPDX-License-Identifier: MIT */
/* The lock (asyncdl/lock.h) on its way to another process. */
#ifndef ADL_POOL_LOCK_H
#define ADL_POOL_LOCK_H

#include "asyncdl/lock.h"

/* The descriptor of its memory, borrowed: it goes with the lock. */
int adl_lock_get_fd(const struct asyncdl_lock *lock);

/*
 * Make a lock of that descriptor, which is taken on success. 0, -ENOMEM,
 * -ENOTSUP, or -EINVAL where it is none of a lock.
 */
int adl_lock_adopt(struct asyncdl_lock **out, int fd);

#endif
