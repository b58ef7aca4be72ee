/* SPDX-License-Identifier: MIT */
/*
 * What a pool's front and what runs its tasks know of each other.
 *
 * The front (pool.h) keeps the queue, the futures and the order; a backend has
 * the workers. The front hands jobs over with start() while there is room(),
 * and gets each back exactly once, through host->on_done. All of it happens on
 * the loop's thread.
 *
 *     adl_X_open(&backend, host, options)
 *     start(job) ... host->on_done(job), or cancel(job) and then on_done
 *     close(on_closed): with no job left
 */
#ifndef ADL_POOL_BACKEND_H
#define ADL_POOL_BACKEND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "asyncdl/pool.h"

/* One call of a task's function: what goes in, and what came of it. */
struct adl_call {
    asyncdl_task_fn fn;
    struct asyncdl_bytes arg;        /* stays until the job is over */
    struct asyncdl_payload *payload; /* whose bytes arg is, or NULL */
    /*
     * Zero before. The backend sets err, data, len, worker, exit_status,
     * term_signal, run_ns, and wait_ns from the job's accepted_ns; the front
     * sets the text.
     */
    struct asyncdl_task_result *result;
    char *error; /* words for err, from malloc(); or NULL */
    /* Gives result->data back; set with it. */
    void (*drop)(void *data, size_t len);
};

/* Calls that go to one worker together, to be made in their order. */
struct adl_job {
    struct adl_job *next; /* the front's: waiting, started or over */
    struct adl_job *prev;
    struct adl_job *queue_next; /* the backend's */
    struct adl_job *queue_prev;
    struct adl_call *calls;
    size_t n_calls;
    uint64_t timeout_ms;     /* for each call; 0: none */
    uint64_t accepted_ns;    /* uv_hrtime() */
    bool is_uncounted;       /* max_queued is not for it */
    atomic_bool is_canceled; /* set on the loop; the worker may look at it */
    enum adl_job_state {
        ADL_JOB_IDLE,
        ADL_JOB_WAITING, /* in the front's queue */
        ADL_JOB_STARTED, /* the backend has it */
        ADL_JOB_OVER,    /* its results are there, and not delivered */
    } state;             /* the front's */
    /* Called once, on the loop, with all results there; may free the job. */
    void (*on_over)(struct adl_job *job);
    void *owner; /* for it */
};

struct adl_backend_host {
    uv_loop_t *loop;
    /*
     * A job is over: each of its calls has its result. May be called from
     * inside start() and cancel(): the front makes it later then.
     */
    void (*on_done)(struct adl_backend_host *host, struct adl_job *job);
    /* Optional, around many on_done() in a row: they are delivered together at
     * release(). Never inside start() or cancel(). */
    void (*hold)(struct adl_backend_host *host);
    void (*release)(struct adl_backend_host *host);
    /* There is room() where there was none, with no job done. */
    void (*on_room)(struct adl_backend_host *host);
    /*
     * The pool is of no use any more: what waits fails with err, and so does
     * what comes later. Jobs that were started still come back one by one.
     * text says more, or is NULL; copied.
     */
    void (*on_broken)(struct adl_backend_host *host, int err, const char *text);
};

struct adl_backend;

struct adl_backend_ops {
    /* 0, or why such a job can never be started: -ENOTSUP, ASYNCDL_ENOFUNC. */
    int (*check)(struct adl_backend *backend, asyncdl_task_fn fn,
                 uint64_t timeout_ms);
    /* May another job be started? */
    bool (*has_room)(struct adl_backend *backend);
    /* Take a job; only while there is room. Keeps the loop alive until it is
     * done. A failure is the job's result. */
    void (*start)(struct adl_backend *backend, struct adl_job *job);
    /*
     * Hurry a started job up, whose is_canceled is true by now: it comes back
     * as soon as it may. Whatever its results are then, the front makes them
     * -ECANCELED.
     */
    void (*cancel)(struct adl_backend *backend, struct adl_job *job);
    /* No job is left: end the workers, free the backend, then call back. */
    void (*close)(struct adl_backend *backend, void (*on_closed)(void *data),
                  void *data);
};

/* First in every backend. */
struct adl_backend {
    const struct adl_backend_ops *ops;
    uint32_t n_workers; /* as they came to be: at least 1 */
};

/*
 * Open a backend. host is borrowed until it is closed. options has its defaults
 * filled in and stays until then, with what it points to. 0 or negative, with
 * nothing left behind.
 */
typedef int (*adl_backend_open_fn)(struct adl_backend **out,
                                   struct adl_backend_host *host,
                                   const struct asyncdl_pool_options *options);

#endif
