/* SPDX-License-Identifier: MIT */
/*
 * libuv sums up the time in which it waits for the system. Between two of its
 * prepare callbacks, which come right before it does so, what was no waiting
 * was one stretch of work: the callbacks of events, and then those of timers.
 * It waits right behind a prepare callback, so that the time between two is
 * told as an idle stretch, and then a busy one.
 */
#include "asyncdl/lag.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include <uv.h>

#include "util/sized.h"

#define DEPTH_MAX 16

struct section {
    const char *name;
    uint64_t ns; /* when it began, or how long it took */
};

struct asyncdl_lag {
    uv_prepare_t prepare;
    uint64_t since_ns; /* opened or reset */
    uint64_t idle_then_ns;
    uint64_t cpu_then_ns; /* of the thread */
    uint64_t stretch_ns;  /* when the stretch that goes on was measured first */
    uint64_t stretch_idle_ns;
    uint64_t n_turns;
    uint64_t longest_ns;
    struct section longest; /* named, in the longest stretch; or zero */
    struct section current; /* the longest named in this one */
    unsigned depth;
    struct section open[DEPTH_MAX];
    struct asyncdl_lag_options options;
    uint64_t told_ns; /* on_stretch knows all before it */
    uint64_t told_idle_ns;
    asyncdl_lag_close_cb on_closed;
    void *closed_data;
};

static uint64_t get_idle_ns(const struct asyncdl_lag *lag)
{
    return uv_metrics_idle_time(lag->prepare.loop);
}

/* Time of the processor that this thread has used; 0: not known. */
static uint64_t get_cpu_ns(void)
{
    struct timespec t;

    return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0
               ? (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec
               : 0;
}

static uint64_t get_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* How long the stretch has been going on. Clocks are read one after the other:
 * idle time may be a little ahead. */
static uint64_t get_stretch_ns(const struct asyncdl_lag *lag, uint64_t now_ns,
                               uint64_t idle_ns)
{
    uint64_t wall = now_ns - lag->stretch_ns;
    uint64_t idle = idle_ns - lag->stretch_idle_ns;

    return wall > idle ? wall - idle : 0;
}

static void note_section(struct section *longest, const struct section *open,
                         uint64_t now_ns)
{
    if (now_ns - open->ns >= longest->ns) {
        *longest =
            (struct section){.name = open->name, .ns = now_ns - open->ns};
    }
}

/* It may close the probe, whose user is gone then. */
static void tell(struct asyncdl_lag *lag, enum asyncdl_lag_kind kind,
                 uint64_t from_ns, uint64_t to_ns)
{
    if (from_ns < to_ns && !uv_is_closing((uv_handle_t *)&lag->prepare)) {
        lag->options.on_stretch(kind, from_ns, to_ns, lag->options.data);
    }
}

static void tell_until(struct asyncdl_lag *lag, uint64_t now_ns,
                       uint64_t idle_ns)
{
    uint64_t from_ns = lag->told_ns;
    uint64_t end_ns = get_min(from_ns + (idle_ns - lag->told_idle_ns), now_ns);

    lag->told_ns = now_ns;
    lag->told_idle_ns = idle_ns;
    if (lag->options.on_stretch != NULL) {
        tell(lag, ASYNCDL_LAG_IDLE, from_ns, end_ns);
        tell(lag, ASYNCDL_LAG_BUSY, end_ns, now_ns);
    }
}

void asyncdl_lag_flush(struct asyncdl_lag *lag)
{
    uint64_t idle_ns = get_idle_ns(lag);

    tell_until(lag, uv_hrtime(), idle_ns);
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct asyncdl_lag *lag = prepare->data;
    uint64_t now_ns = uv_hrtime();
    uint64_t idle_ns = get_idle_ns(lag);
    uint64_t busy_ns = get_stretch_ns(lag, now_ns, idle_ns);

    if (busy_ns > lag->longest_ns) {
        lag->longest_ns = busy_ns;
        lag->longest = lag->current;
    }
    lag->n_turns++;
    lag->stretch_ns = now_ns;
    lag->stretch_idle_ns = idle_ns;
    lag->current = (struct section){0};
    tell_until(lag, now_ns, idle_ns);
}

void asyncdl_lag_reset(struct asyncdl_lag *lag)
{
    uint64_t now_ns = uv_hrtime();
    uint64_t idle_ns = get_idle_ns(lag);

    lag->since_ns = now_ns;
    lag->idle_then_ns = idle_ns;
    lag->cpu_then_ns = get_cpu_ns();
    lag->stretch_ns = now_ns;
    lag->stretch_idle_ns = idle_ns;
    lag->n_turns = 0;
    lag->longest_ns = 0;
    lag->longest = (struct section){0};
    lag->current = (struct section){0};
    for (unsigned i = 0; i < lag->depth && i < DEPTH_MAX; i++) {
        lag->open[i].ns = now_ns;
    }
}

int asyncdl_lag_open(struct asyncdl_lag **out, struct uv_loop_s *loop,
                     const struct asyncdl_lag_options *opts)
{
    struct asyncdl_lag_options options = ASYNCDL_LAG_OPTIONS_INIT;
    int err = adl_sized_copy(&options, sizeof(options), opts);

    if (err == 0) {
        err = uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
    }
    if (err < 0) {
        return err;
    }
    struct asyncdl_lag *lag = calloc(1, sizeof(*lag));
    if (lag == NULL) {
        return -ENOMEM;
    }
    lag->options = options;
    (void)uv_prepare_init(loop, &lag->prepare); /* cannot fail */
    lag->prepare.data = lag;
    (void)uv_prepare_start(&lag->prepare, on_prepare); /* nor can this */
    uv_unref((uv_handle_t *)&lag->prepare);
    asyncdl_lag_reset(lag);
    lag->told_ns = lag->since_ns;
    lag->told_idle_ns = lag->idle_then_ns;
    *out = lag;
    return 0;
}

void asyncdl_lag_enter(struct asyncdl_lag *lag, const char *name)
{
    if (lag->depth < DEPTH_MAX) {
        lag->open[lag->depth] =
            (struct section){.name = name, .ns = uv_hrtime()};
    }
    lag->depth++;
}

void asyncdl_lag_leave(struct asyncdl_lag *lag)
{
    assert(lag->depth > 0);
    lag->depth--;
    if (lag->depth < DEPTH_MAX) {
        note_section(&lag->current, &lag->open[lag->depth], uv_hrtime());
    }
}

void asyncdl_lag_get(const struct asyncdl_lag *lag,
                     struct asyncdl_lag_report *out)
{
    uint64_t now_ns = uv_hrtime();
    uint64_t idle_ns = get_idle_ns(lag);
    uint64_t wall = now_ns - lag->since_ns;
    uint64_t idle = get_min(idle_ns - lag->idle_then_ns, wall);
    uint64_t stretch_ns = get_stretch_ns(lag, now_ns, idle_ns);
    struct section current = lag->current;

    if (lag->depth > 0) { /* the outermost took the longest */
        note_section(&current, &lag->open[0], now_ns);
    }
    bool is_current = stretch_ns > lag->longest_ns;
    const struct section *longest = is_current ? &current : &lag->longest;
    *out = (struct asyncdl_lag_report){
        .n_turns = lag->n_turns,
        .wall_ns = wall,
        .busy_ns = wall - idle,
        .idle_ns = idle,
        .cpu_ns = get_min(get_cpu_ns() - lag->cpu_then_ns, wall - idle),
        .longest_ns = is_current ? stretch_ns : lag->longest_ns,
        .longest_name = longest->name,
        .longest_name_ns = longest->ns,
    };
}

static void on_prepare_closed(uv_handle_t *handle)
{
    struct asyncdl_lag *lag = handle->data;
    asyncdl_lag_close_cb on_closed = lag->on_closed;
    void *data = lag->closed_data;

    free(lag);
    if (on_closed != NULL) {
        on_closed(data);
    }
}

void asyncdl_lag_close(struct asyncdl_lag *lag, asyncdl_lag_close_cb on_closed,
                       void *data)
{
    lag->on_closed = on_closed;
    lag->closed_data = data;
    uv_close((uv_handle_t *)&lag->prepare, on_prepare_closed);
}
