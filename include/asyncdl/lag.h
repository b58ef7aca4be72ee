/* SPDX-License-Identifier: MIT */
/**
 * @file Whether a loop is waiting or working, and what holds it up.
 *
 *     struct asyncdl_lag *lag;
 *     asyncdl_lag_open(&lag, loop, NULL);
 *     ...
 *     asyncdl_lag_get(lag, &report);
 *     asyncdl_lag_close(lag, NULL, NULL);
 *
 * A loop waits for the system, then runs callbacks, then waits again. While it
 * runs callbacks nothing else that it serves goes on: the longest such stretch
 * is the most that any event has been late. A program that wants to know which
 * of its callbacks it was puts asyncdl_lag_enter() and asyncdl_lag_leave()
 * around them. A program that wants to draw them passes on_stretch. A probe
 * costs a few calls of the clock in each turn of the loop, and does not keep it
 * running.
 *
 * A probe belongs to the thread that runs its loop. A program's first probe on
 * a loop has libuv keep its idle time (UV_METRICS_IDLE_TIME) from then on.
 */
#ifndef ASYNCDL_LAG_H
#define ASYNCDL_LAG_H

#include <stddef.h>
#include <stdint.h>

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

struct uv_loop_s;

/** A probe on a loop. */
struct asyncdl_lag;

/** What a loop does. */
enum asyncdl_lag_kind {
    ASYNCDL_LAG_IDLE, /**< it waits for the system */
    ASYNCDL_LAG_BUSY, /**< it works */
};

/**
 * Told of each stretch of time when it is over, once a turn, on the loop; they
 * come in order, do not overlap, leave no gaps, and none is empty. It may close
 * the probe.
 *
 * @param from_ns  by uv_hrtime() and asyncdl_trace_get_now_ns(), which are the
 * same; so is @p to_ns
 */
typedef void (*asyncdl_lag_stretch_cb)(enum asyncdl_lag_kind kind,
                                       uint64_t from_ns, uint64_t to_ns,
                                       void *data);

/** Options for asyncdl_lag_open(). Zero in a field means its default. */
struct asyncdl_lag_options {
    size_t struct_size;                /**< set by ASYNCDL_LAG_OPTIONS_INIT */
    asyncdl_lag_stretch_cb on_stretch; /**< (none) */
    void *data;                        /**< for on_stretch */
};

#define ASYNCDL_LAG_OPTIONS_INIT                          \
    {                                                     \
        .struct_size = sizeof(struct asyncdl_lag_options) \
    }

/** What a probe has seen since it was opened or reset. */
struct asyncdl_lag_report {
    uint64_t n_turns; /**< of the loop */
    uint64_t wall_ns; /**< time gone by: busy_ns + idle_ns */
    uint64_t busy_ns; /**< in callbacks, and outside of uv_run() */
    uint64_t idle_ns; /**< waiting for the system */
    /**
     * Of busy_ns, on the processor: the rest it was held up, by the disk or by
     * other programs. Of the thread that opened or reset the probe, and asks.
     */
    uint64_t cpu_ns;
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
 * @param opts  copied; NULL means every default
 * @return 0, -EINVAL for options of a newer library, -ENOMEM, or a code of
 * libuv's
 */
ASYNCDL_API int asyncdl_lag_open(struct asyncdl_lag **out,
                                 struct uv_loop_s *loop,
                                 const struct asyncdl_lag_options *opts);

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

/**
 * Tell on_stretch, before this returns, of what goes on: until now. For when
 * its row is about to be written, and not for on_stretch itself. Does nothing
 * in a probe without one.
 */
ASYNCDL_API void asyncdl_lag_flush(struct asyncdl_lag *lag);

/** Begin anew: all that was seen is forgotten. Not so by on_stretch. */
ASYNCDL_API void asyncdl_lag_reset(struct asyncdl_lag *lag);

/** Reports that a probe is gone. @p data is what the closer passed. */
typedef void (*asyncdl_lag_close_cb)(void *data);

/**
 * Free the probe, then call @p on_closed once, later on the loop; it may be
 * NULL. on_stretch is not called any more. NULL for @p lag is not allowed.
 */
ASYNCDL_API void asyncdl_lag_close(struct asyncdl_lag *lag,
                                   asyncdl_lag_close_cb on_closed, void *data);

#ifdef __cplusplus
}
#endif

#endif
