/* SPDX-License-Identifier: MIT */
/**
 * @file CPU work beside the loop: a pool of workers.
 *
 *     struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;
 *     struct asyncdl_pool *pool;
 *     asyncdl_pool_open(&pool, loop, &options);
 *     asyncdl_pool_apply_async(&future, pool, fn, arg, len);  (any number)
 *     asyncdl_future_then(future, on_ready, data);
 *     uv_run(loop, UV_RUN_DEFAULT);
 *     asyncdl_pool_close(pool);
 *     asyncdl_pool_join(pool, on_joined, data);
 *     uv_run(loop, UV_RUN_DEFAULT);
 *
 * A task is a function and the bytes it is called with; its result is bytes,
 * too. It runs on a worker: a thread of libuv's pool, or a helper process.
 * Every accepted task ends exactly once: its future becomes ready, on the loop,
 * also when it was canceled, its worker died or the pool was terminated.
 *
 * A pool belongs to the thread that runs its loop: call everything here from
 * that thread, but for asyncdl_cpu_count(), which any thread may call. What the
 * functions of tasks may call is in task.h.
 * From inside a task that runs on a thread, what takes work answers -EPERM: a
 * task that waits for a worker while it holds one is a deadlock in the making.
 * The callback of its future may submit the next one.
 *
 * Callbacks run on the loop's thread, never inside the call that caused them,
 * and may call anything, asyncdl_pool_terminate() and asyncdl_pool_join()
 * included. A pool keeps uv_run() going while it has work, and only then.
 *
 * **What starves what.** Threads are those of libuv's pool, which the whole
 * process shares: a client's saving of files, uv_fs_*() and uv_getaddrinfo()
 * stand in the same queue. Behind 40 work items of 50 ms on all of 4 threads,
 * uv_fs_stat() took 680 ms on two CPUs; beside a pool with as many tasks and
 * one thread to spare, 4 to 12 ms with two workers, and 50 ms with three, when
 * they were more than the CPUs. So a pool uses one thread fewer than libuv has
 * (4, unless the program was started with UV_THREADPOOL_SIZE, which it then
 * repeats in n_uv_threads), and gives a thread back after each millisecond of
 * work, between tasks: with no thread to spare, the same took 86 ms. Two pools
 * on threads, or a program that queues long work of its own, fill the rest all
 * the same.
 */
#ifndef ASYNCDL_POOL_H
#define ASYNCDL_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "export.h"
#include "task.h"

#ifdef __cplusplus
extern "C" {
#endif

struct uv_loop_s; /* is uv_loop_t; naming it spares users uv.h */
struct asyncdl_forkserver;
struct asyncdl_future;
struct asyncdl_lock;
struct asyncdl_payload;
struct asyncdl_queue;

/** Workers, and the tasks that wait for them. */
struct asyncdl_pool;

/** What a worker is. */
enum asyncdl_pool_backend {
    /**
     * A thread of libuv's pool: cheap, sees the program's memory, and takes the
     * program along when it crashes. A worker is a place and not always the
     * same thread, so a task keeps nothing in thread-local variables: that is
     * what asyncdl_worker_set_data() is for.
     */
    ASYNCDL_POOL_THREADS = 0,
    /**
     * A helper process: a crash fails only its task, and one that hangs can be
     * killed. asyncdl_main_hook() has to be the first statement of main(): see
     * process.h.
     *
     * From 64 KB on, bytes go there and back in shared memory that is used
     * again: at most 256 MiB for each helper and direction, which it gives back
     * after a second without tasks. What a task finds behind the end of its
     * argument, or in room for a result before it writes it, is undefined.
     *
     * While tasks take less than 50 us, a helper is given up to 128 of them at
     * once, and their results come back together, up to a millisecond late.
     * Those behind one that turns out to be long go to other helpers after two.
     * A helper that was just given one task after another looks for the next
     * for up to 60 us before it sleeps, where there is more than one CPU.
     */
    ASYNCDL_POOL_PROCESSES,
};

/** Options for asyncdl_pool_open(). Zero in a field means its default. */
struct asyncdl_pool_options {
    size_t struct_size;                /**< set by ASYNCDL_POOL_OPTIONS_INIT */
    enum asyncdl_pool_backend backend; /**< (ASYNCDL_POOL_THREADS) */
    /**
     * Workers, at most 1024 (asyncdl_cpu_count()). Of threads at most
     * n_uv_threads - 1, but 1 where that is 0.
     */
    uint32_t n_workers;
    /**
     * Tasks that wait: with n_workers + max_queued accepted and not over, the
     * pool is full (1024).
     */
    uint32_t max_queued;
    /**
     * A worker is renewed after that many tasks: finisher and initializer run
     * again, and a helper is another process (0: never).
     */
    uint32_t n_tasks_per_worker;
    /**
     * Threads: how many libuv has, which it does not tell (4). Give what
     * UV_THREADPOOL_SIZE says where the program is run with it.
     */
    uint32_t n_uv_threads;
    uint32_t n_queues;       /**< how many @p queues are, at most 16 */
    uint32_t n_locks;        /**< how many @p locks are, at most 16 */
    uint32_t reserved;       /**< zero */
    size_t max_result_bytes; /**< of one task (1 GiB) */
    asyncdl_worker_init_fn initializer; /**< on each worker; NULL: none */
    const void *init_arg;               /**< for it; copied */
    size_t init_len;                    /**< bytes of it */
    asyncdl_worker_finish_fn finisher;  /**< on each worker; NULL: none */
    /**
     * Processes: where helpers come from; borrowed until the pool was joined
     * (one of the pool's own).
     */
    struct asyncdl_forkserver *forkserver;
    /** For asyncdl_worker_get_queue(): each borrowed until joined. */
    struct asyncdl_queue *const *queues;
    /** For asyncdl_worker_get_lock(): each borrowed until joined. */
    struct asyncdl_lock *const *locks;
};

#define ASYNCDL_POOL_OPTIONS_INIT                          \
    {                                                      \
        .struct_size = sizeof(struct asyncdl_pool_options) \
    }

/**
 * Open a pool on @p loop. Workers start with the first tasks.
 *
 * @param out      set on success only; release with asyncdl_pool_close() or
 * asyncdl_pool_terminate(), and then asyncdl_pool_join()
 * @param loop     borrowed: must outlive the pool
 * @param options  copied; NULL means every default
 * @return 0; -EINVAL for an option out of range; -ENOMEM; ASYNCDL_ENOTBUILT for
 * a backend that this build lacks; for processes ASYNCDL_ENOHOOK, or -errno
 * where the first process cannot be started
 */
ASYNCDL_API int asyncdl_pool_open(struct asyncdl_pool **out,
                                  struct uv_loop_s *loop,
                                  const struct asyncdl_pool_options *options);

/** Flags of tasks, for submit, map and imap. */
enum asyncdl_task_flags {
    /**
     * Do not copy the arguments: they are borrowed until the future is ready,
     * for imap until the result of that item was delivered. A helper process
     * gets a copy of its own.
     */
    ASYNCDL_TASK_BORROW = 1u << 0,
    /** imap: deliver results in the order of their arguments. */
    ASYNCDL_TASK_ORDERED = 1u << 1,
};

/** One task. Zero in a field means its default. */
struct asyncdl_task_options {
    size_t struct_size; /**< set by ASYNCDL_TASK_OPTIONS_INIT */
    asyncdl_task_fn fn; /**< required */
    const void *arg;    /**< copied, unless ASYNCDL_TASK_BORROW */
    size_t len;         /**< bytes of it */
    /**
     * The argument in place of @p arg, which must be NULL then; retained until
     * the task is over, and not to be written to by then.
     */
    struct asyncdl_payload *payload;
    /**
     * Helpers only: the helper is killed when its function runs longer, and the
     * task fails with ASYNCDL_ETASKTIME (none). Threads cannot be stopped.
     */
    uint64_t timeout_ms;
    unsigned flags;    /**< ASYNCDL_TASK_BORROW */
    uint32_t reserved; /**< zero */
};

#define ASYNCDL_TASK_OPTIONS_INIT                          \
    {                                                      \
        .struct_size = sizeof(struct asyncdl_task_options) \
    }

/**
 * Accept a task and return its future, whose result is a struct
 * asyncdl_task_result, whatever its error.
 *
 * asyncdl_future_cancel() ends a task that waits at once with -ECANCELED. One
 * that runs on a thread goes on until its function returns, see
 * asyncdl_task_is_canceled(); what it came to is dropped, and its future is
 * ready with -ECANCELED only then, so that what was borrowed may be freed. A
 * helper that runs it is killed.
 *
 * @param out  returned: release with asyncdl_future_release(); NULL where
 * nobody wants the result
 * @return 0; -EAGAIN when the pool is full (asyncdl_pool_on_room()); -EINVAL
 * for a field out of range; -ENOTSUP for a timeout on threads; ASYNCDL_ECLOSED
 * after asyncdl_pool_close() or asyncdl_pool_terminate(); the initializer's
 * code once it failed; -EPERM from inside a task; ASYNCDL_ENOFUNC for a
 * function that a helper cannot find; -ENOMEM
 */
ASYNCDL_API int asyncdl_pool_submit(struct asyncdl_future **out,
                                    struct asyncdl_pool *pool,
                                    const struct asyncdl_task_options *options);

/**
 * Accept a task of @p fn with a copy of @p arg: asyncdl_pool_submit() without
 * its options.
 *
 * @return as asyncdl_pool_submit()
 */
ASYNCDL_API int asyncdl_pool_apply_async(struct asyncdl_future **out,
                                         struct asyncdl_pool *pool,
                                         asyncdl_task_fn fn, const void *arg,
                                         size_t len);

/**
 * Run a task and the loop until it is over. For programs that are outside of
 * uv_run(): never call it from a callback of the loop.
 *
 * @param out  returned, ready, whatever the task's error is: release with
 * asyncdl_future_release()
 * @return 0 when the task is over; -EDEADLK from a callback of this library;
 * or as asyncdl_pool_submit()
 */
ASYNCDL_API int asyncdl_pool_apply(struct asyncdl_future **out,
                                   struct asyncdl_pool *pool,
                                   asyncdl_task_fn fn, const void *arg,
                                   size_t len);

/** One function for many arguments. Zero in a field means its default. */
struct asyncdl_map_options {
    size_t struct_size;               /**< set by ASYNCDL_MAP_OPTIONS_INIT */
    asyncdl_task_fn fn;               /**< required */
    const struct asyncdl_bytes *args; /**< n; copied, as their bytes are */
    size_t n;                         /**< may be 0: ready at once */
    /**
     * Arguments that go to a worker together, which costs less for small tasks
     * (chosen: enough of them to keep all workers busy to the end).
     */
    size_t chunk;
    uint64_t timeout_ms; /**< as in struct asyncdl_task_options, for each */
    unsigned flags;      /**< ASYNCDL_TASK_BORROW */
    uint32_t reserved;   /**< zero */
};

#define ASYNCDL_MAP_OPTIONS_INIT                          \
    {                                                     \
        .struct_size = sizeof(struct asyncdl_map_options) \
    }

/** The result of a map. Lives as long as its future. */
struct asyncdl_mapped {
    const struct asyncdl_task_result *results; /**< in the order of the args */
    size_t n;
    size_t n_failed; /**< results whose err is not 0 */
};

/**
 * Accept a task for each of many arguments, and return one future for all,
 * whose result is a struct asyncdl_mapped. A task that fails is a result like
 * any other and does not end the rest, so that the future's own error is 0, or
 * -ECANCELED where it was canceled.
 *
 * The map is taken as a whole unless the pool is full, even where it has more
 * tasks than there is room: its arguments are in memory anyway.
 *
 * @param out  returned: release with asyncdl_future_release()
 * @return as asyncdl_pool_submit()
 */
ASYNCDL_API int asyncdl_pool_map_async(
    struct asyncdl_future **out, struct asyncdl_pool *pool,
    const struct asyncdl_map_options *options);

/**
 * Run a map and the loop until it is over. For programs that are outside of
 * uv_run(): never call it from a callback of the loop.
 *
 * @param out  returned, ready: release with asyncdl_future_release()
 * @return 0 when all tasks are over, failed ones included; -EDEADLK from a
 * callback of this library; or as asyncdl_pool_submit()
 */
ASYNCDL_API int asyncdl_pool_map(struct asyncdl_future **out,
                                 struct asyncdl_pool *pool,
                                 const struct asyncdl_map_options *options);

/**
 * Gives the next argument of an imap, on the loop's thread.
 *
 * @param out  filled in: copied when this returns, or borrowed with
 * ASYNCDL_TASK_BORROW
 * @return 1 with an argument; 0 when there are no more; a negative code to end
 * the imap with it, once what was taken before is over
 */
typedef int (*asyncdl_next_cb)(struct asyncdl_bytes *out, void *data);

/**
 * Takes a result of an imap, on the loop's thread.
 *
 * @param index   of its argument, from 0
 * @param result  borrowed until it returns
 */
typedef void (*asyncdl_item_cb)(uint64_t index,
                                const struct asyncdl_task_result *result,
                                void *data);

/** One function for any number of arguments, taken as they are needed. */
struct asyncdl_imap_options {
    size_t struct_size;      /**< set by ASYNCDL_IMAP_OPTIONS_INIT */
    asyncdl_task_fn fn;      /**< required */
    asyncdl_next_cb next;    /**< required */
    asyncdl_item_cb on_item; /**< required */
    void *data;              /**< for both callbacks */
    uint64_t timeout_ms;     /**< as in struct asyncdl_task_options, for each */
    /**
     * Arguments taken whose result was not delivered yet, at most 65536
     * (4 * n_workers): what an imap needs in memory at most.
     */
    uint32_t look_ahead;
    unsigned flags; /**< ASYNCDL_TASK_BORROW, ASYNCDL_TASK_ORDERED */
};

#define ASYNCDL_IMAP_OPTIONS_INIT                          \
    {                                                      \
        .struct_size = sizeof(struct asyncdl_imap_options) \
    }

/** The result of an imap. Lives as long as its future. */
struct asyncdl_imapped {
    uint64_t n;        /**< arguments taken, each with a result delivered */
    uint64_t n_failed; /**< results whose err was not 0 */
};

/**
 * Take arguments one by one as workers come free, and deliver results as they
 * come; at the end the future is ready, with a struct asyncdl_imapped. Its
 * error is 0, what next() has ended it with, or -ECANCELED where it was
 * canceled: next() is not called then any more, and every argument taken still
 * has its result delivered. One that next() gives after it has canceled the
 * imap, or terminated the pool, is not taken. An accepted imap goes on after
 * asyncdl_pool_close(), and ends with asyncdl_pool_terminate(). Its tasks do
 * not count for max_queued, and none is refused: look_ahead bounds them.
 *
 * @param out  returned: release with asyncdl_future_release(); NULL where
 * nobody needs it
 * @return 0, or as asyncdl_pool_submit()
 */
ASYNCDL_API int asyncdl_pool_imap(struct asyncdl_future **out,
                                  struct asyncdl_pool *pool,
                                  const struct asyncdl_imap_options *options);

/** @return tasks accepted and not over: those that wait, and those that run */
ASYNCDL_API size_t asyncdl_pool_get_depth(const struct asyncdl_pool *pool);

/** @return the number of workers, at least 1 */
ASYNCDL_API uint32_t
asyncdl_pool_get_n_workers(const struct asyncdl_pool *pool);

/** @return whether a task would be refused with -EAGAIN now */
ASYNCDL_API bool asyncdl_pool_is_full(const struct asyncdl_pool *pool);

/** Learns that a pool has room again. @p data is what was given with it. */
typedef void (*asyncdl_room_cb)(struct asyncdl_pool *pool, void *data);

/**
 * Have @p on_room called, later on the loop, whenever a task was refused with
 * -EAGAIN and half of max_queued has become free since: once for any number of
 * refusals. NULL ends it. It is not called once the pool is closed.
 */
ASYNCDL_API void asyncdl_pool_on_room(struct asyncdl_pool *pool,
                                      asyncdl_room_cb on_room, void *data);

/**
 * Take no more work; what was accepted goes on.
 *
 * @return 0, or -EALREADY when the pool is closed or terminated
 */
ASYNCDL_API int asyncdl_pool_close(struct asyncdl_pool *pool);

/**
 * Take no more work, and drop what was accepted: every task that is not over
 * ends with -ECANCELED, later on the loop, as asyncdl_future_cancel() does it.
 * Allowed after asyncdl_pool_close().
 *
 * @return 0, or -EALREADY when it was terminated before
 */
ASYNCDL_API int asyncdl_pool_terminate(struct asyncdl_pool *pool);

/** Reports that a pool was joined. @p data is what the joiner passed. */
typedef void (*asyncdl_joined_cb)(void *data);

/**
 * Once every task is over, end the workers, free the pool, then call
 * @p on_joined once. Returns at once; the loop must keep running until
 * @p on_joined, which may be NULL. Callbacks that run until then may still use
 * the pool, asyncdl_pool_terminate() included.
 *
 * @return 0; -EINVAL before asyncdl_pool_close() or asyncdl_pool_terminate();
 * -EALREADY the second time
 */
ASYNCDL_API int asyncdl_pool_join(struct asyncdl_pool *pool,
                                  asyncdl_joined_cb on_joined, void *data);

/**
 * Join, and run the loop until the pool is gone. For programs that are outside
 * of uv_run(): never call it from a callback of the loop.
 *
 * @return 0; -EDEADLK from a callback of this library; -ENOMEM; or as
 * asyncdl_pool_join(). On failure the pool is as it was.
 */
ASYNCDL_API int asyncdl_pool_wait(struct asyncdl_pool *pool);

/**
 * @return how many CPUs this process can keep busy, at least 1: those that it
 * may run on (sched_setaffinity(2), cpusets), and no more than its control
 * group's quota pays for, rounded up. Reads files below /proc and /sys.
 */
ASYNCDL_API unsigned asyncdl_cpu_count(void);

#ifdef __cplusplus
}
#endif

#endif
