/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* setenv */
#include "crew.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define UV_THREADS_MIN 4 /* what libuv has of itself */

/*
 * libuv makes its threads once in a process, at the first task. One is left to
 * others, and so there is one more than workers.
 */
static unsigned size_uv_threads(unsigned n_workers)
{
    unsigned n =
        n_workers + 1 > UV_THREADS_MIN ? n_workers + 1 : UV_THREADS_MIN;
    char text[16];

    (void)snprintf(text, sizeof(text), "%u", n);
    return setenv("UV_THREADPOOL_SIZE", text, 1) == 0 ? n : UV_THREADS_MIN;
}

int crew_open(struct crew *crew, struct run *run, uv_loop_t *loop,
              const struct crew_options *options)
{
    struct asyncdl_pool_options opts = ASYNCDL_POOL_OPTIONS_INIT;

    *crew = (struct crew){.run = run, .opened_ns = asyncdl_trace_get_now_ns()};
    opts.backend = run->backend;
    opts.n_workers = run->n_workers;
    if (run->backend == ASYNCDL_POOL_THREADS) {
        opts.n_uv_threads = size_uv_threads(run->n_workers);
    }
    if (options != NULL) {
        opts.initializer = options->initializer;
        opts.finisher = options->finisher;
        opts.init_arg = options->init_arg;
        opts.init_len = options->init_len;
    }
    int err = asyncdl_pool_open(&crew->pool, loop, &opts);

    return err == 0
               ? 0
               : way_fail(run, err, "open the pool: %s", asyncdl_strerror(err));
}

/* The first task of a worker: until then it was being started. */
static int add_row(struct crew *crew, unsigned worker,
                   const struct stint *stint)
{
    bool is_process = crew->run->backend == ASYNCDL_POOL_PROCESSES;
    char name[NAME_BYTES];
    struct asyncdl_trace_row row = {
        .name = name,
        .kind = is_process ? ASYNCDL_ROW_PROCESS : ASYNCDL_ROW_THREAD,
        .pid = (int32_t)stint->pid,
    };

    (void)snprintf(name, sizeof(name), "worker-%u", worker);
    int err =
        asyncdl_trace_add_row(&crew->rows[worker], crew->run->trace, &row);

    if (err == 0) {
        crew->has_row[worker] = true;
        err = asyncdl_trace_add(crew->run->trace, crew->rows[worker],
                                ASYNCDL_SPAN_START, crew->opened_ns,
                                stint->from.now_ns);
    }
    if (stint->from.now_ns > crew->ready_ns) {
        crew->ready_ns = stint->from.now_ns;
    }
    return err;
}

const void *crew_read(struct crew *crew,
                      const struct asyncdl_task_result *result, size_t len)
{
    const struct stint *stint = result->data;
    struct run *run = crew->run;
    int err = 0;

    if (result->err < 0) {
        (void)way_fail(run, result->err, "%s", result->error);
        return NULL;
    }
    if (result->len < len || result->worker == 0 || result->worker > CREW_MAX) {
        (void)way_fail(run, -EPROTO, "a task replied %zu bytes", result->len);
        return NULL;
    }
    if (!crew->has_row[result->worker]) {
        err = add_row(crew, result->worker, stint);
    }
    if (err < 0) {
        (void)way_fail(run, err, "%s", asyncdl_strerror(err));
        return NULL;
    }
    run->outcome->worked_ns += meter_worked_ns(&stint->from, &stint->to);
    run->outcome->waited_ns += meter_waited_ns(&stint->from, &stint->to);
    run->outcome->ready_ns = crew->ready_ns - crew->opened_ns;
    return result->data;
}

uint64_t crew_get_row(const struct crew *crew, unsigned worker)
{
    return crew->rows[worker];
}

int crew_check(struct crew *crew, struct asyncdl_future *future, size_t len,
               crew_check_fn check)
{
    const void *result = NULL;
    int err = asyncdl_future_result(future, &result);
    const struct asyncdl_mapped *mapped = result;

    for (size_t i = 0; err == 0 && i < mapped->n; i++) {
        const struct asyncdl_task_result *one = &mapped->results[i];
        const void *reply = crew_read(crew, one, len);

        if (reply == NULL) {
            return one->err < 0 ? one->err : -EPROTO;
        }
        err = check(crew->run, i, reply, crew_get_row(crew, one->worker));
    }
    return err;
}

int crew_close(struct crew *crew)
{
    if (crew->pool == NULL) {
        return 0;
    }
    int err = asyncdl_pool_close(crew->pool);

    return err == 0 ? asyncdl_pool_wait(crew->pool) : err;
}
