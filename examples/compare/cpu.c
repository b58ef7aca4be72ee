/* SPDX-License-Identifier: MIT */
/*
 * All but the plain way have downloads on the same loop. That they are starved
 * where the loop computes, and are not where workers do, is what this shows.
 */
#include "cpu.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "crew.h"
#include "meter.h"
#include "shared_loop.h"
#include "sums.h"

struct number {
    uint64_t n;
    unsigned times;
};

struct summed {
    struct stint stint; /* first: crew.h */
    struct sum sum;
};

/* The sums made on the loop: a callback for each. */
struct turns {
    struct shared_loop shared;
    uv_idle_t idles[SUMS_N];
    unsigned n_done;
    int err;
};

static int check(struct run *run, unsigned i, struct sum sum)
{
    uint64_t n = SUMS_FIRST + i;
    char got[SUM_BYTES];
    char wanted[SUM_BYTES];
    struct sum closed = sums_closed_form(n);

    sum.lo += run->fault == FAULT_SUM && i == 0;
    if (!sums_equal(sum, closed)) {
        sums_write(got, sum);
        sums_write(wanted, closed);
        return way_fail(run, -EBADMSG,
                        "wrong sum: up to %" PRIu64 " it is %s, not %s", n,
                        wanted, got);
    }
    run->outcome->n_items++;
    return 0;
}

static int run_plain(struct run *run)
{
    uint64_t row;
    struct meter from;
    struct meter to;
    int err =
        asyncdl_trace_add_row(&row, run->trace,
                              &(struct asyncdl_trace_row){
                                  .name = "main", .kind = ASYNCDL_ROW_THREAD});

    way_begin(run);
    for (unsigned i = 0; err == 0 && i < SUMS_N; i++) {
        meter_read(&from);
        err = check(run, i, sums_of_squares_repeat(SUMS_FIRST + i, run->scale));
        meter_read(&to);
        run->outcome->worked_ns += meter_worked_ns(&from, &to);
        run->outcome->waited_ns += meter_waited_ns(&from, &to);
        if (err == 0) {
            err = asyncdl_trace_add(run->trace, row, ASYNCDL_SPAN_COMPUTE,
                                    from.now_ns, to.now_ns);
        }
    }
    way_end(run);
    return err;
}

static void on_idle(uv_idle_t *idle)
{
    struct turns *turns = idle->data;
    struct run *run = turns->shared.run;
    unsigned i = (unsigned)(idle - turns->idles);

    asyncdl_lag_enter(turns->shared.probe.lag, "sums of squares");
    int err = check(run, i, sums_of_squares_repeat(SUMS_FIRST + i, run->scale));

    asyncdl_lag_leave(turns->shared.probe.lag);
    turns->err = err < 0 ? err : turns->err;
    uv_close((uv_handle_t *)idle, NULL);
    if (++turns->n_done == SUMS_N) {
        way_end(run);
    }
}

/* As 20 tasks that never wait, of which a loop runs all in one turn. */
static void start_sums(struct turns *turns)
{
    for (unsigned i = 0; i < SUMS_N; i++) {
        (void)uv_idle_init(&turns->shared.loop, &turns->idles[i]);
        turns->idles[i].data = turns;
        (void)uv_idle_start(&turns->idles[i], on_idle);
    }
}

static int run_on_loop(struct run *run)
{
    struct turns turns = {0};
    struct asyncdl_lag_report report;
    int err = shared_loop_open(&turns.shared, run);

    way_begin(run);
    if (err == 0) {
        err = downloads_start(&turns.shared.downloads, run, &turns.shared.loop);
    }
    if (err == 0) {
        start_sums(&turns);
        (void)uv_run(&turns.shared.loop, UV_RUN_DEFAULT);
        err = turns.err < 0 ? turns.err : turns.shared.downloads.err;
        asyncdl_lag_get(turns.shared.probe.lag, &report);
        run->outcome->worked_ns = report.busy_ns;
        run->outcome->waited_ns = report.idle_ns;
        shared_loop_note(&turns.shared);
    }
    shared_loop_close(&turns.shared);
    return err;
}

/* On a worker: one sum. */
static int make_sum(struct asyncdl_task *task, const void *arg, size_t len)
{
    const struct number *number = arg;
    struct summed summed = {.stint.pid = getpid()};

    (void)len;
    meter_read(&summed.stint.from);
    summed.sum = sums_of_squares_repeat(number->n, number->times);
    meter_read(&summed.stint.to);
    return asyncdl_task_reply(task, &summed, sizeof(summed));
}

static void on_summed(struct asyncdl_future *future, void *data)
{
    (void)future;
    way_end(data); /* the downloads beside may take longer */
}

static int check_summed(struct run *run, size_t i, const void *reply,
                        uint64_t row)
{
    const struct summed *summed = reply;
    int err = check(run, (unsigned)i, summed->sum);

    return err == 0 ? asyncdl_trace_add(run->trace, row, ASYNCDL_SPAN_COMPUTE,
                                        summed->stint.from.now_ns,
                                        summed->stint.to.now_ns)
                    : err;
}

static int map_sums(struct asyncdl_future **out, struct run *run,
                    struct crew *crew)
{
    struct asyncdl_map_options options = ASYNCDL_MAP_OPTIONS_INIT;
    struct number numbers[SUMS_N];
    struct asyncdl_bytes args[SUMS_N];

    for (unsigned i = 0; i < SUMS_N; i++) {
        numbers[i] = (struct number){.n = SUMS_FIRST + i, .times = run->scale};
        args[i].data = &numbers[i];
        args[i].len = sizeof(numbers[i]);
    }
    options.fn = make_sum;
    options.args = args;
    options.n = SUMS_N;
    options.chunk = 1;
    int err = asyncdl_pool_map_async(out, crew->pool, &options);

    return err == 0 ? asyncdl_future_then(*out, on_summed, run) : err;
}

static int run_pool(struct run *run)
{
    struct asyncdl_future *future = NULL;
    struct shared_loop shared;
    struct crew crew = {0};
    int err = shared_loop_open(&shared, run);

    way_begin(run);
    if (err == 0) {
        err = crew_open(&crew, run, &shared.loop, NULL);
    }
    if (err == 0 && run->n_urls > 0) {
        err = downloads_start(&shared.downloads, run, &shared.loop);
    }
    if (err == 0) {
        err = map_sums(&future, run, &crew);
    }
    if (err == 0) {
        (void)uv_run(&shared.loop, UV_RUN_DEFAULT); /* until all is done */
        shared_loop_note(&shared);
        err = shared.downloads.err;
    }
    if (err == 0) {
        err = crew_check(&crew, future, sizeof(struct summed), check_summed);
    }
    asyncdl_future_release(future);
    (void)crew_close(&crew); /* err says more */
    shared_loop_close(&shared);
    return err;
}

const struct way *cpu_get_ways(size_t *n)
{
    static const struct way ways[] = {
        {
            .key = "plain",
            .name = "plain",
            .author = "7.83 s (11.14 s)",
            .run = run_plain,
        },
        {
            .key = "loop",
            .name = "on the loop",
            .author = "10.41 s (10.70 s)",
            .run = run_on_loop,
        },
        {
            .key = "threads",
            .name = "threads",
            .author = "10.41 s (10.70 s)",
            .run = run_pool,
            .backend = ASYNCDL_POOL_THREADS,
        },
        {
            .key = "processes",
            .name = "helpers",
            .author = "2.52 s (12.87 s)",
            .run = run_pool,
            .backend = ASYNCDL_POOL_PROCESSES,
        },
    };

    *n = sizeof(ways) / sizeof(ways[0]);
    return ways;
}
