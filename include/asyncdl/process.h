/* SPDX-License-Identifier: MIT */
/**
 * @file Functions in processes of their own.
 *
 *     int main(void)
 *     {
 *         struct asyncdl_process *process;
 *         struct asyncdl_process_options options =
 *             ASYNCDL_PROCESS_OPTIONS_INIT;
 *
 *         asyncdl_main_hook();    (the first statement of main)
 *         options.fn = count;
 *         asyncdl_process_start(&process, &options);
 *         asyncdl_process_join(process, ASYNCDL_FOREVER);
 *         asyncdl_process_get_exit_status(&status, process);
 *         asyncdl_process_release(process);
 *     }
 *
 * A program may have threads, which a bare fork() does not survive: the child
 * has all locks that they held, and not them. So processes come from a
 * forkserver, which is the program started once more with nothing done but its
 * call of asyncdl_main_hook(). A helper, as such a process is called here, thus
 *
 *  - has the program's code, arguments of its function, and no variable as the
 *    program has set it: they are as they were at the start of main();
 *  - has standard output and error of the program, an empty standard input, its
 *    folder and environment as they were when the forkserver was opened, and
 *    no other descriptor;
 *  - has all signals as they are by default. It is not of the process group
 *    that a terminal sends SIGINT to: the program is, and decides;
 *  - ends with the program, however that ends; so does what it started, where
 *    the program is killed or crashes;
 *  - ends without exit(): no atexit() functions run, no buffers of stdio are
 *    written but those of standard output and error.
 *
 * Functions are found by the module that they are in, which is a program or
 * library that is still the same file. Everything here may be called from any
 * thread, for one object from one thread at a time, but for forkservers, which
 * threads may share. Nothing here may be called by a child of a plain fork().
 */
#ifndef ASYNCDL_PROCESS_H
#define ASYNCDL_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "export.h"
#include "future.h"

#ifdef __cplusplus
extern "C" {
#endif

struct uv_loop_s; /* is uv_loop_t; naming it spares users uv.h */
struct asyncdl_lock;
struct asyncdl_queue;

/**
 * To be the first statement of main() of a program that uses processes, before
 * there are threads, descriptors or locks. In the program it does nothing and
 * returns at once; in its forkserver it does not return. It knows that one by
 * a socket from its own parent, and looks at no argument or environment.
 *
 * @return 0
 */
ASYNCDL_API int asyncdl_main_hook(void);

/** Where helpers come from. Shared by what is given it. */
struct asyncdl_forkserver;

/**
 * Start a forkserver, which takes as long as the program takes to start. A pool
 * or process that is given none starts its own. SIGCHLD is raised when it ends;
 * a program that waits for any child may see it. Where it is killed, the
 * helpers that it has are, and it is started again for the next.
 *
 * @param out  set on success only; release with asyncdl_forkserver_close()
 * @return 0; ASYNCDL_ENOHOOK where the program has not called
 * asyncdl_main_hook(); -ENOMEM; or -errno, such as -EAGAIN for RLIMIT_NPROC and
 * -EMFILE
 */
ASYNCDL_API int asyncdl_forkserver_open(struct asyncdl_forkserver **out);

/**
 * Give it back. Pools and processes that were given it keep it until they are
 * closed and released; with the last it ends, and its end is waited for, which
 * takes about a millisecond. NULL is allowed.
 */
ASYNCDL_API void asyncdl_forkserver_close(struct asyncdl_forkserver *fs);

/** A process, as its function sees it. */
struct asyncdl_self;

/**
 * What a process does.
 *
 * @param arg  borrowed until it returns; aligned for anything
 * @return its exit status, of which the lower 8 bits count
 */
typedef int (*asyncdl_process_fn)(struct asyncdl_self *self, const void *arg,
                                  size_t len);

/** @return the name from the options, borrowed */
ASYNCDL_API const char *asyncdl_self_get_name(const struct asyncdl_self *self);

/** @return the @p i th queue of the options, borrowed; NULL past the last */
ASYNCDL_API struct asyncdl_queue *asyncdl_self_get_queue(
    const struct asyncdl_self *self, size_t i);

/** @return the @p i th lock of the options, borrowed; NULL past the last */
ASYNCDL_API struct asyncdl_lock *asyncdl_self_get_lock(
    const struct asyncdl_self *self, size_t i);

/** A function in a process of its own. */
struct asyncdl_process;

/** Options for asyncdl_process_start(). Zero in a field means its default. */
struct asyncdl_process_options {
    size_t struct_size; /**< set by ASYNCDL_PROCESS_OPTIONS_INIT */
    struct asyncdl_forkserver *forkserver; /**< shared (one of its own) */
    asyncdl_process_fn fn;                 /**< needed */
    const void *arg;                       /**< copied (none) */
    size_t len;                            /**< of arg, in bytes */
    const char *name; /**< copied, up to 255 bytes ("process") */
    struct asyncdl_queue *const *queues; /**< shared with it (none) */
    size_t n_queues;                     /**< with n_locks at most 100 */
    struct asyncdl_lock *const *locks;   /**< shared with it (none) */
    size_t n_locks;
};

#define ASYNCDL_PROCESS_OPTIONS_INIT                          \
    {                                                         \
        .struct_size = sizeof(struct asyncdl_process_options) \
    }

/**
 * Start a process. Returns once it runs.
 *
 * @param out   set on success only; release with asyncdl_process_release()
 * @param opts  borrowed until it returns
 * @return 0; -EINVAL for options out of range; ASYNCDL_ENOFUNC where fn is in
 * no module; -EAGAIN or -ENOMEM where the system refuses a process;
 * ASYNCDL_EDIED where the forkserver ended; as asyncdl_forkserver_open(); or
 * -errno
 */
ASYNCDL_API int asyncdl_process_start(
    struct asyncdl_process **out, const struct asyncdl_process_options *opts);

/**
 * Wait until it has ended. Blocks the thread; no loop is needed.
 *
 * @param timeout_ms  or ASYNCDL_FOREVER; 0 looks without waiting
 * @return 0, -ETIMEDOUT, or -EBUSY while asyncdl_process_join_async() waits
 */
ASYNCDL_API int asyncdl_process_join(struct asyncdl_process *process,
                                     uint64_t timeout_ms);

/**
 * Make a future that is ready when the process has ended, with the result NULL
 * and no error. Canceling it leaves the process alone.
 *
 * @param out   returned: release with asyncdl_future_release()
 * @param loop  borrowed; kept running until then
 * @return 0, -EBUSY where another waits already, -ENOMEM or -errno
 */
ASYNCDL_API int asyncdl_process_join_async(struct asyncdl_future **out,
                                           struct asyncdl_process *process,
                                           struct uv_loop_s *loop);

/** @return whether it runs, as far as the system has told */
ASYNCDL_API bool asyncdl_process_is_alive(struct asyncdl_process *process);

/** @return its process id, also after its end */
ASYNCDL_API int64_t
asyncdl_process_get_pid(const struct asyncdl_process *process);

/** @return its name, borrowed until the release */
ASYNCDL_API const char *asyncdl_process_get_name(
    const struct asyncdl_process *process);

/**
 * Tell how it ended.
 *
 * @param out  set to what its function returned, 0 to 255, or to -signal where
 * a signal ended it
 * @return 0; -EAGAIN as long as no join or asyncdl_process_is_alive() has found
 * it ended; ASYNCDL_EDIED where it ended with the forkserver
 */
ASYNCDL_API int asyncdl_process_get_exit_status(
    int *out, const struct asyncdl_process *process);

/**
 * Ask it to end, with SIGTERM. Does nothing once it has ended.
 *
 * @return 0 or -errno
 */
ASYNCDL_API int asyncdl_process_terminate(struct asyncdl_process *process);

/** End it, with SIGKILL. Does nothing once it has ended. */
ASYNCDL_API void asyncdl_process_kill(struct asyncdl_process *process);

/**
 * Free it. One that still runs is killed; a future that waits for it is then
 * ready as soon as it has ended. NULL is allowed.
 */
ASYNCDL_API void asyncdl_process_release(struct asyncdl_process *process);

#ifdef __cplusplus
}
#endif

#endif
