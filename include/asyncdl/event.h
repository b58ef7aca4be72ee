/* SPDX-License-Identifier: MIT */
/**
 * @file The stream of events of a client, for progress bars, logs and traces.
 *
 * Add an observer with asyncdl_client_observe(). Observers run on the loop's
 * thread, in the order in which they were added.
 */
#ifndef ASYNCDL_EVENT_H
#define ASYNCDL_EVENT_H

#include <stdint.h>

#include "request.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What happened to a transfer, in the order in which it can happen. */
enum asyncdl_event_type {
    ASYNCDL_EVENT_QUEUED,     /**< accepted; waits for its turn */
    ASYNCDL_EVENT_STARTED,    /**< an attempt starts */
    ASYNCDL_EVENT_FIRST_BYTE, /**< the first byte of an answer's body */
    ASYNCDL_EVENT_PROGRESS,   /**< more of the body, at most 4 a second */
    ASYNCDL_EVENT_REDIRECT,   /**< goes on at event.url */
    ASYNCDL_EVENT_RETRY,      /**< failed with err; again in delay_ms at url */
    ASYNCDL_EVENT_DONE,       /**< over; result says how */

    /* Of a host, or of all, as an attempt of the transfer has shown: after its
     * other events, or before its RETRY or DONE. */
    ASYNCDL_EVENT_HOST_DOWN,    /**< that of url: err; probed in delay_ms */
    ASYNCDL_EVENT_HOST_UP,      /**< that of url can be reached again */
    ASYNCDL_EVENT_NETWORK_DOWN, /**< err; probed in delay_ms, n_waiting wait */
    ASYNCDL_EVENT_NETWORK_UP,   /**< something can be reached again */
};

/** One event. Pointers are borrowed until the observer returns. */
struct asyncdl_event {
    enum asyncdl_event_type type;
    uint64_t time_ms; /**< the loop's clock, uv_now() */
    uint64_t id;      /**< the transfer's, unique in its client, from 1 */
    uint64_t index;   /**< the request's */
    /**
     * Where the attempt goes, credentials included; of RETRY and REDIRECT the
     * next one. A mirror takes over with a RETRY that names it.
     */
    const char *url;
    unsigned attempt; /**< from 1; 0 before the first */
    /** Of the body so far: decoded, or of a file that is not done as sent. */
    uint64_t bytes;
    uint64_t total;     /**< announced size, 0 when not known */
    int err;            /**< RETRY, DOWN, DONE: what went wrong */
    const char *reason; /**< RETRY, DOWN: the same in words */
    uint64_t delay_ms;  /**< RETRY, DOWN: until the next may start */
    const struct asyncdl_result *result; /**< DONE */
    uint64_t n_waiting; /**< NETWORK_DOWN: transfers that wait */
    const char *asked;  /**< the request's URL, credentials included */
    /** RETRY, REDIRECT, DONE: of the attempt that ended; its queue_s is 0. */
    const struct asyncdl_times *time;
    uint64_t bytes_resumed; /**< of bytes, what an earlier client has left */
};

/** Learns of an event; may call anything but asyncdl_client_observe(). */
typedef void (*asyncdl_event_cb)(const struct asyncdl_event *event, void *data);

#ifdef __cplusplus
}
#endif

#endif
