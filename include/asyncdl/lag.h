/* SPDX-License-Identifier: MIT */
/**
 * @file Whether a loop is waiting or working, and what holds it up.
 *
 *     struct asyncdl_lag *lag;
 *     asyncdl_lag_open(&lag, loop);
 *     ...
 *     asyncdl_lag_get(lag, &report);
 *     asyncdl_lag_close(lag, NULL, NULL);
 *
 * A loop waits for the system, then runs callbacks, then waits again. While it
 * runs callbacks nothing else that it serves goes on: the longest such stretch
 * is the most that any event has been late. A program that wants to know which
 * of its callbacks it was puts asyncdl_lag_enter() and asyncdl_lag_leave()
 * around them. A probe costs a few calls of the clock in each turn of the loop,
 * and does not keep it running.
 *
 * A probe belongs to the thread that runs its loop. A program's first probe on
 * a loop has libuv keep its idle time (UV_METRICS_IDLE_TIME) from then on.
 */
#ifndef ASYNCDL_LAG_H
#define ASYNCDL_LAG_H

#include <stdint.h>

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

struct uv_loop_s;

/** A probe on a loop. */
struct asyncdl_lag;

/** What a probe has seen since it was opened or reset. */
struct asyncdl_lag_report {
    uint64_t n_turns; /**< of the loop */
    uint64_t wall_ns; /**< time gone by: busy_ns + idle_ns */
    uint64_t busy_ns; /**< in callbacks, and outside of uv_run() */
    uint64_t idle_ns; /**< waiting for the system */
    /**
     * The longest stretch without a look at what has happened; that which goes
     * on now counts, too.
     */
    uint64_t longest_ns;
    /**
     * What was named and took the most of that stretch; NULL where nothing of
     * it was. Borrowed from asyncdl_lag_enter().
     */
    const char *longest_name;
    uint64_t longest_name_ns; /**< how long that took, 0 without one */
};

/**
 * Begin to watch @p loop.
 *
 * @param out   set on success only; release with asyncdl_lag_close()
 * @param loop  borrowed: must outlive the probe
 * @return 0, -ENOMEM, or a code of libuv's
 */
ASYNCDL_API int asyncdl_lag_open(struct asyncdl_lag **out,
                                 struct uv_loop_s *loop);

/**
 * Name what the loop does until asyncdl_lag_leave(). They nest, and an outer
 * one is the longer one.
 *
 * @param name  borrowed until the probe is closed: best a constant
 */
ASYNCDL_API void asyncdl_lag_enter(struct asyncdl_lag *lag, const char *name);

/** The end of what the last asyncdl_lag_enter() has named. */
ASYNCDL_API void asyncdl_lag_leave(struct asyncdl_lag *lag);

/** @param out  filled in */
ASYNCDL_API void asyncdl_lag_get(const struct asyncdl_lag *lag,
                                 struct asyncdl_lag_report *out);

/** Begin anew: all that was seen is forgotten. */
ASYNCDL_API void asyncdl_lag_reset(struct asyncdl_lag *lag);

/** Reports that a probe is gone. @p data is what the closer passed. */
typedef void (*asyncdl_lag_close_cb)(void *data);

/**
 * Free the probe, then call @p on_closed once, later on the loop; it may be
 * NULL. NULL for @p lag is not allowed.
 */
ASYNCDL_API void asyncdl_lag_close(struct asyncdl_lag *lag,
                                   asyncdl_lag_close_cb on_closed, void *data);

#ifdef __cplusplus
}
#endif

#endif
