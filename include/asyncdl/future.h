/* SPDX-License-Identifier: MIT */
/**
 * @file Results that come later.
 *
 * A future is pending until its operation has ended, then ready for good. It
 * belongs to its loop's thread. Futures are counted: the function that returns
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
 * and for a gather a struct asyncdl_gathered; may be NULL
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
