/* SPDX-License-Identifier: MIT */
/**
 * @file Queues between processes and threads.
 *
 *     struct asyncdl_queue *queue;
 *     struct asyncdl_bytes item;
 *
 *     asyncdl_queue_create(&queue, NULL);
 *     if (fork() == 0) {
 *         asyncdl_queue_put(queue, "hello", 5, ASYNCDL_FOREVER);
 *         _exit(0);
 *     }
 *     asyncdl_queue_get(queue, &item, ASYNCDL_FOREVER);
 *     asyncdl_bytes_free(&item);
 *     asyncdl_queue_release(queue);
 *
 * A queue is shared memory: processes have it by a fork(), or by being given
 * it when they are started. Any number of them put and get items, which are
 * bytes and are copied in and out. They leave in the order in which they came.
 * A queue is bounded, so that a slow getter holds back the putters and not the
 * machine's memory.
 *
 * A process may be killed at any instant, also in the middle of a put or a get:
 * the others go on, and no item but its own is lost. One that is stopped in the
 * middle (SIGSTOP) blocks the others until it goes on; calls with a timeout
 * still end, no more than 2 s later than that.
 *
 * Any thread may call these functions, but for asyncdl_queue_get_async(), and
 * no signal handler may. No loop is needed, and none may wait in them: on a
 * loop's thread use asyncdl_queue_get_async(), and a timeout of 0.
 */
#ifndef ASYNCDL_QUEUE_H
#define ASYNCDL_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "export.h"
#include "future.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A queue, as one process has it. */
struct asyncdl_queue;

/**
 * Free the data of what a get returned, and make it empty. An empty one is
 * allowed.
 */
ASYNCDL_API void asyncdl_bytes_free(struct asyncdl_bytes *bytes);

/** Options for asyncdl_queue_create(). Zero in a field means its default. */
struct asyncdl_queue_options {
    size_t struct_size; /**< set by ASYNCDL_QUEUE_OPTIONS_INIT */
    size_t max_items;   /**< items in it at once (default 1024) */
    size_t max_bytes;   /**< of all of them together, and so also the largest
                         * that one may have (default 16 MiB). Memory that was
                         * never used for items is never taken. */
};

/** Every option at its default. */
#define ASYNCDL_QUEUE_OPTIONS_INIT                          \
    {                                                       \
        .struct_size = sizeof(struct asyncdl_queue_options) \
    }

/**
 * Create an empty queue. It takes two descriptors, which an exec() closes.
 *
 * @param out      set on success only; give it back with
 * asyncdl_queue_release()
 * @param options  copied; NULL means every default
 * @return 0, -EINVAL for options of another version, -ENOMEM, also for limits
 * that no machine can hold, -EMFILE, -ENFILE, or -ENOTSUP where the C library
 * has no robust locks
 */
ASYNCDL_API int asyncdl_queue_create(
    struct asyncdl_queue **out, const struct asyncdl_queue_options *options);

/**
 * Give the queue back. The other processes keep it, and what is in it, until
 * the last one has given it back or ended; a process that was forked has to
 * give back its own. Futures of asyncdl_queue_get_async() that are pending stay
 * so. No thread may be inside of another call. NULL is allowed.
 */
ASYNCDL_API void asyncdl_queue_release(struct asyncdl_queue *queue);

/**
 * Put an item at the end, waiting for room.
 *
 * @param data        copied; may be NULL where len is 0
 * @param len         bytes, at most the queue's max_bytes; 0 is an item, too
 * @param timeout_ms  how long to wait for room, or ASYNCDL_FOREVER; 0 looks
 * once
 * @return 0; -ETIMEDOUT where there was no room in time; ASYNCDL_ECLOSED once
 * it is closed, also while it waits; -EMSGSIZE where the item can never fit;
 * ASYNCDL_EFRAME where a process has damaged the shared memory, for good
 */
ASYNCDL_API int asyncdl_queue_put(struct asyncdl_queue *queue, const void *data,
                                  size_t len, uint64_t timeout_ms);

/**
 * Take the oldest item, waiting for one.
 *
 * @param out         set on success only, returned: free its data with
 * asyncdl_bytes_free()
 * @param timeout_ms  how long to wait for an item, or ASYNCDL_FOREVER; 0 looks
 * once
 * @return 0; -ETIMEDOUT where none came in time; ASYNCDL_ECLOSED where it is
 * closed and empty; -ENOMEM, with the item still in the queue; ASYNCDL_EFRAME
 * where a process has damaged the shared memory, for good
 */
ASYNCDL_API int asyncdl_queue_get(struct asyncdl_queue *queue,
                                  struct asyncdl_bytes *out,
                                  uint64_t timeout_ms);

/**
 * Take the oldest item when there is one, by a future of @p loop. Its result is
 * a struct asyncdl_bytes, which lives as long as the future. Its errors are
 * those of asyncdl_queue_get() and those of libuv for a handle that waits.
 * Canceled, it ends with -ECANCELED and takes nothing, unless it has an item
 * already. Several futures that are pending at once become ready in no
 * particular order.
 *
 * While it is pending it keeps the loop running, the queue in memory and one
 * more descriptor open: cancel it to end a loop.
 *
 * @param out   returned: release with asyncdl_future_release(); set on success
 * only
 * @param loop  borrowed until the future is ready; call it on its thread
 * @return 0, -ENOMEM, -EMFILE, -ETIMEDOUT where a process is stopped in the
 * middle of a put or a get, or ASYNCDL_EFRAME as above
 */
ASYNCDL_API int asyncdl_queue_get_async(struct asyncdl_future **out,
                                        struct asyncdl_queue *queue,
                                        struct uv_loop_s *loop);

/**
 * Close the queue for all processes: it takes no item more. Who waits to put is
 * told so at once; who gets takes what is left first. Closing it again does
 * nothing.
 *
 * @return 0, -ETIMEDOUT where a process is stopped in the middle of a put or a
 * get, or ASYNCDL_EFRAME as above
 */
ASYNCDL_API int asyncdl_queue_close(struct asyncdl_queue *queue);

/**
 * @return how many items are in it; others may put and get meanwhile, so that
 * the next call may find another number
 */
ASYNCDL_API size_t asyncdl_queue_get_count(const struct asyncdl_queue *queue);

#ifdef __cplusplus
}
#endif

#endif
