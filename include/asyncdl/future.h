/* SPDX-License-Identifier: MIT */
/**
 * @file Results that come later.
 *
 * A future is pending until its operation has ended, then ready for good. It
 * belongs to its loop's thread; only asyncdl_future_set() may be called from
 * others. Futures are counted: the function that returns
 * one gives the caller one share, to be given back with
 * asyncdl_future_release(); a pending operation keeps its own share, so that
 * letting go of a future neither cancels nor leaks it.
 */
#ifndef ASYNCDL_FUTURE_H
#define ASYNCDL_FUTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

struct uv_loop_s;

/** A result that comes later. */
struct asyncdl_future;

/** Wait without end, for asyncdl_future_wait(). */
#define ASYNCDL_FOREVER UINT64_MAX

/** Learns that @p future is ready; @p future is borrowed until it returns. */
typedef void (*asyncdl_future_cb)(struct asyncdl_future *future, void *data);

/** @return whether the result is there */
ASYNCDL_API bool asyncdl_future_is_ready(const struct asyncdl_future *future);

/** @return whether it is ready without an error */
ASYNCDL_API bool asyncdl_future_is_successful(
    const struct asyncdl_future *future);

/**
 * @param out  borrowed: lives as long as @p future; set whenever there is a
 * result, which for a download is a struct asyncdl_result also when it failed,
 * for a gather a struct asyncdl_gathered, for a task a struct
 * asyncdl_task_result (pool.h); may be NULL
 * @return 0, the operation's error, or -EAGAIN while pending
 */
ASYNCDL_API int asyncdl_future_result(const struct asyncdl_future *future,
                                      const void **out);

/**
 * Call @p cb when @p future is ready: later on the loop, also when it is ready
 * already. May be called several times; the callbacks run in that order.
 *
 * @return 0 or -ENOMEM
 */
ASYNCDL_API int asyncdl_future_then(struct asyncdl_future *future,
                                    asyncdl_future_cb cb, void *data);

/**
 * Ask the operation to stop. It then ends with -ECANCELED, later on the loop,
 * unless its end was decided before; once it is ready this does nothing.
 * Canceling a gather cancels its parts.
 */
ASYNCDL_API void asyncdl_future_cancel(struct asyncdl_future *future);

/**
 * Run the loop until @p future is ready. For programs that are outside of
 * uv_run(): never call it from a callback of the loop.
 *
 * @param timeout_ms  or ASYNCDL_FOREVER; 0 looks once without waiting
 * @return 0 when ready, -ETIMEDOUT, -EDEADLK from a callback of this library
 * or where the loop has nothing left to run for, or -ENOMEM
 */
ASYNCDL_API int asyncdl_future_wait(struct asyncdl_future *future,
                                    uint64_t timeout_ms);

/** @return @p future with one more share, to be released */
ASYNCDL_API struct asyncdl_future *asyncdl_future_retain(
    struct asyncdl_future *future);

/** Give back a share. NULL is allowed. */
ASYNCDL_API void asyncdl_future_release(struct asyncdl_future *future);

/** Asks the program to end what is behind a future of its own. */
typedef void (*asyncdl_cancel_cb)(void *data);

/**
 * Make a future of the program's own, which is pending, and keeps the loop
 * running, until asyncdl_future_set(). It has two shares: the one that is
 * returned, and the setter's, which setting gives up.
 *
 * @param out        returned: release with asyncdl_future_release()
 * @param loop       borrowed: where its callbacks will run
 * @param on_cancel  called, at most once, inside of asyncdl_future_cancel():
 * see to it that it is set soon, for example to -ECANCELED; NULL where it
 * cannot be canceled
 * @param data       for @p on_cancel
 * @return 0, -ENOMEM, or -errno where the loop cannot be woken from threads
 */
ASYNCDL_API int asyncdl_future_create(struct asyncdl_future **out,
                                      struct uv_loop_s *loop,
                                      asyncdl_cancel_cb on_cancel, void *data);

/**
 * Set a future of asyncdl_future_create(), from any thread; once. It is ready,
 * and its callbacks run, later on the loop. The setter's share is gone when
 * this returns 0: touch @p future then only where another share is held.
 *
 * @param err      0 or negative: what the operation came to
 * @param result   taken: what asyncdl_future_result() borrows; may be NULL
 * @param destroy  called on the loop's thread with @p result, unless that is
 * NULL, when the last share is released; may be NULL
 * @return 0; -EINVAL for a future of another kind, or @p err above 0; -EALREADY
 * when it was set before. On failure the result stays the caller's.
 */
ASYNCDL_API int asyncdl_future_set(struct asyncdl_future *future, int err,
                                   void *result, void (*destroy)(void *result));

/** The result of asyncdl_gather(). */
struct asyncdl_gathered {
    struct asyncdl_future *const *futures; /**< all ready, in the given order */
    size_t n;
    size_t n_failed; /**< futures whose result is an error */
};

/**
 * Make a future that is ready when all of @p futures are. A failed one is a
 * result like any other and ends neither the gather nor the rest, so the
 * gather's own error is 0 unless it was canceled.
 *
 * @param out      returned: release with asyncdl_future_release()
 * @param loop     borrowed: the loop of all of them
 * @param futures  each is retained until the gather is released
 * @param n        may be 0: ready at once
 * @return 0 or -ENOMEM
 */
ASYNCDL_API int asyncdl_gather(struct asyncdl_future **out,
                               struct uv_loop_s *loop,
                               struct asyncdl_future *const *futures, size_t n);

#ifdef __cplusplus
}
#endif

#endif
