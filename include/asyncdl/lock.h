/* SPDX-License-Identifier: MIT */
/**
 * @file A lock between processes and threads.
 *
 *     asyncdl_lock_create(&lock);
 *     if (fork() == 0) {
 *         asyncdl_lock_acquire(lock, ASYNCDL_FOREVER);
 *         ... one process at a time ...
 *         asyncdl_lock_release(lock);
 *         _exit(0);
 *     }
 *     asyncdl_lock_destroy(lock);
 *
 * A lock is shared memory: processes have it by a fork(), or by being given it
 * when they are started. It is robust: where the thread that holds it ends, by
 * whatever cause, the lock is free, and the next one to acquire it is told that
 * what it guards may be half done.
 *
 * Any thread may call these functions, and no signal handler may. No loop is
 * needed, and none may wait in them.
 */
#ifndef ASYNCDL_LOCK_H
#define ASYNCDL_LOCK_H

#include <stdint.h>

#include "export.h"
#include "future.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A lock, as one process has it. */
struct asyncdl_lock;

/**
 * Create a lock that nobody holds. It takes a descriptor, which an exec()
 * closes.
 *
 * @param out  set on success only; give it back with asyncdl_lock_destroy()
 * @return 0, -ENOMEM, -EMFILE, -ENFILE, or -ENOTSUP where the C library has no
 * robust locks
 */
ASYNCDL_API int asyncdl_lock_create(struct asyncdl_lock **out);

/**
 * Give the lock back, and release it first where this thread holds it. The
 * other processes keep it; one that was forked has to give back its own. No
 * other thread of this process may hold it or wait for it. NULL is allowed.
 */
ASYNCDL_API void asyncdl_lock_destroy(struct asyncdl_lock *lock);

/**
 * Acquire the lock, waiting for it. Those that wait get it in no particular
 * order.
 *
 * @param timeout_ms  how long to wait, or ASYNCDL_FOREVER; 0 tries once
 * @return 0 or ASYNCDL_EOWNERDIED with the lock held: the second says that its
 * last holder ended without releasing it. Without it, -ETIMEDOUT; -EDEADLK
 * where this thread holds it already
 */
ASYNCDL_API int asyncdl_lock_acquire(struct asyncdl_lock *lock,
                                     uint64_t timeout_ms);

/**
 * Release the lock, by the thread that holds it.
 *
 * @return 0, or -EPERM where this thread does not hold it
 */
ASYNCDL_API int asyncdl_lock_release(struct asyncdl_lock *lock);

#ifdef __cplusplus
}
#endif

#endif
