/* SPDX-License-Identifier: MIT */
/*
 * A turn of a loop: callbacks, then prepare handles, then the kernel is asked
 * (that is the wait, and callbacks of sockets run right behind it), then check
 * handles. libuv counts the wait alone; the rest of the turn is work:
 *
 *     last check ... prepare | wait | callbacks of sockets | check
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include <uv.h>

#include "asyncdl/trace.h"

struct asyncdl_loop_watch {
    uv_prepare_t prepare;
    uv_check_t check;
    struct asyncdl_trace *trace;
    uint64_t row;
    struct asyncdl_loop_use use;
    uint64_t idle_ns;    /* what libuv had counted at the last check */
    uint64_t check_ns;   /* when that was; 0: the loop does not run yet */
    uint64_t prepare_ns; /* when it last went to wait */
    uint64_t busy_ns;    /* without a wait, so far */
    uint64_t cpu_ns;     /* of the thread, when it was opened */
    int n_closing;
};

/* Time of the processor that this thread has used. */
static uint64_t get_cpu_ns(void)
{
    struct timespec t;

    return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0
               ? (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec
               : 0;
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct asyncdl_loop_watch *w = prepare->data;

    w->prepare_ns = uv_hrtime();
}

static void add(struct asyncdl_loop_watch *w, enum asyncdl_span_kind kind,
                uint64_t from_ns, uint64_t to_ns)
{
    if (w->trace != NULL) {
        /* without memory the row has a gap */
        (void)asyncdl_trace_add(w->trace, w->row, kind, from_ns, to_ns);
    }
}

/* It worked for so long, and then waited if so. */
static void count_work(struct asyncdl_loop_watch *w, uint64_t ns, bool waits)
{
    w->use.worked_ns += ns;
    w->busy_ns += ns;
    if (w->busy_ns > w->use.longest_ns) {
        w->use.longest_ns = w->busy_ns;
    }
    if (waits) {
        w->busy_ns = 0;
    }
}

static void on_check(uv_check_t *check)
{
    struct asyncdl_loop_watch *w = check->data;
    uint64_t idle_ns = uv_metrics_idle_time(check->loop);
    uint64_t waited_ns = idle_ns - w->idle_ns;
    uint64_t now_ns = uv_hrtime();
    uint64_t begin_ns = w->check_ns;

    w->idle_ns = idle_ns;
    w->check_ns = now_ns;
    w->use.n_turns++;
    if (w->prepare_ns == 0 || w->prepare_ns < begin_ns) {
        return; /* began between its prepare and its check */
    }
    uint64_t end_ns = w->prepare_ns + waited_ns;
    end_ns = end_ns < now_ns ? end_ns : now_ns;
    w->use.waited_ns += end_ns - w->prepare_ns;
    count_work(w, w->prepare_ns - begin_ns, end_ns > w->prepare_ns);
    count_work(w, now_ns - end_ns, false);
    add(w, ASYNCDL_SPAN_COMPUTE, begin_ns, w->prepare_ns);
    add(w, ASYNCDL_SPAN_IO, w->prepare_ns, end_ns);
    add(w, ASYNCDL_SPAN_COMPUTE, end_ns, now_ns);
}

static int init_row(struct asyncdl_loop_watch *w, const char *name)
{
    const struct asyncdl_trace_row row = {
        .name = name,
        .note = "the loop: waiting for anything to happen, or working",
        .kind = ASYNCDL_ROW_THREAD,
    };

    return w->trace != NULL ? asyncdl_trace_add_row(&w->row, w->trace, &row)
                            : 0;
}

int asyncdl_loop_watch_open(struct asyncdl_loop_watch **out,
                            struct uv_loop_s *loop, struct asyncdl_trace *trace,
                            const char *name)
{
    struct asyncdl_loop_watch *w = calloc(1, sizeof(*w));

    if (w == NULL) {
        return -ENOMEM;
    }
    w->trace = trace;
    int err = init_row(w, name);
    if (err == 0) {
        err = uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
    }
    if (err < 0) {
        free(w);
        return err;
    }
    (void)uv_prepare_init(loop, &w->prepare); /* these four cannot fail */
    (void)uv_check_init(loop, &w->check);
    w->prepare.data = w;
    w->check.data = w;
    (void)uv_prepare_start(&w->prepare, on_prepare);
    (void)uv_check_start(&w->check, on_check);
    uv_unref((uv_handle_t *)&w->prepare);
    uv_unref((uv_handle_t *)&w->check);
    w->idle_ns = uv_metrics_idle_time(loop);
    w->check_ns = uv_hrtime();
    w->cpu_ns = get_cpu_ns();
    *out = w;
    return 0;
}

void asyncdl_loop_watch_get(struct asyncdl_loop_use *out,
                            const struct asyncdl_loop_watch *watch)
{
    uint64_t now_ns = uv_hrtime();

    *out = watch->use;
    /* asked from a callback, which is work too; or from outside of the loop */
    uint64_t since_ns = now_ns - watch->check_ns;
    uint64_t idle_ns = uv_metrics_idle_time(watch->check.loop) - watch->idle_ns;
    idle_ns = idle_ns < since_ns ? idle_ns : since_ns;
    out->waited_ns += idle_ns;
    out->worked_ns += since_ns - idle_ns;
    uint64_t cpu_ns = get_cpu_ns() - watch->cpu_ns;
    out->cpu_ns = cpu_ns < out->worked_ns ? cpu_ns : out->worked_ns;
}

static void on_closed(uv_handle_t *handle)
{
    struct asyncdl_loop_watch *w = handle->data;

    if (--w->n_closing == 0) {
        free(w);
    }
}

void asyncdl_loop_watch_close(struct asyncdl_loop_watch *watch)
{
    if (watch == NULL) {
        return;
    }
    watch->n_closing = 2;
    uv_close((uv_handle_t *)&watch->prepare, on_closed);
    uv_close((uv_handle_t *)&watch->check, on_closed);
}
