/* SPDX-License-Identifier: MIT */
/* Helpers that die at random, over many tasks: each death costs one task, and
 * nothing is left of it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "support/effort.h"
#include "support/kin.h"
#include "support/pool.h"

#define N_TASKS   10000
#define N_WORKERS 4

struct run {
    struct bench b;
    pid_t forkserver;
    unsigned seed;
    int n_tasks;
    int n_over;
    int n_kills;
};

/* A generator that is the same everywhere. */
static unsigned draw(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16;
}

static void spin(long ns)
{
    struct timespec start;
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - start.tv_sec) * 1000000000L + now.tv_nsec -
                 start.tv_nsec <
             ns);
}

static int square(struct asyncdl_task *task, const void *arg, size_t len)
{
    int64_t n;

    memcpy(&n, arg, len);
    if (n % 3 == 0) {
        spin(50000); /* so that a signal meets it in here */
    }
    n *= n;
    return asyncdl_task_reply(task, &n, sizeof(n));
}

static int square_or_crash(struct asyncdl_task *task, const void *arg,
                           size_t len)
{
    int64_t n;

    memcpy(&n, arg, len);
    if (n % 31 == 7) {
        abort();
    }
    if (n % 37 == 7) {
        _exit((int)(n % 200));
    }
    if (n % 41 == 7) {
        (void)signal(SIGSEGV, SIG_DFL); /* sanitizers have theirs */
        (void)raise(SIGSEGV);
    }
    return square(task, arg, len);
}

static void kill_one(struct run *run)
{
    pid_t pids[4 * N_WORKERS];
    size_t n = kin_list_children(run->forkserver, pids, 4 * N_WORKERS);

    if (n > 0 && n <= 4 * N_WORKERS) {
        (void)kill(pids[draw(&run->seed) % n], SIGKILL);
        run->n_kills++;
    }
}

static void on_over(struct asyncdl_future *future, void *data)
{
    struct run *run = data;

    (void)future;
    run->n_over++;
    if (draw(&run->seed) % 40 == 0) {
        kill_one(run);
    }
}

static void on_over_in_peace(struct asyncdl_future *future, void *data)
{
    struct run *run = data;

    (void)future;
    run->n_over++;
}

/* Right, or what it says it failed with. */
static void check(const struct asyncdl_future *future, int64_t n)
{
    const void *out = NULL;
    int err = asyncdl_future_result(future, &out);
    const struct asyncdl_task_result *result = out;

    if (err == 0) {
        int64_t squared;

        assert_int_equal(result->len, sizeof(squared));
        memcpy(&squared, result->data, sizeof(squared));
        assert_int_equal(squared, n * n);
        return;
    }
    assert_int_equal(err, ASYNCDL_EDIED);
    assert_non_null(result->error);
    if (result->term_signal > 0) {
        assert_non_null(strstr(result->error, " was ended by signal "));
    } else {
        assert_int_equal(result->exit_status, n % 200);
        assert_non_null(strstr(result->error, " exited with status "));
    }
}

static void open_run(struct run *run, size_t n_tasks)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;

    *run = (struct run){.seed = 7, .n_tasks = (int)n_tasks};
    options.backend = ASYNCDL_POOL_PROCESSES;
    options.n_workers = N_WORKERS;
    options.max_queued = N_TASKS;
    bench_open(&run->b, &options);
    assert_int_equal(kin_list_children(getpid(), &run->forkserver, 1), 1);
}

/* How many tasks failed. */
static int run_tasks(struct run *run, asyncdl_task_fn fn, asyncdl_future_cb cb)
{
    static struct asyncdl_future *futures[N_TASKS];
    int n_failed = 0;

    for (int64_t i = 0; i < run->n_tasks; i++) {
        futures[i] = bench_submit(&run->b, fn, &i, sizeof(i));
        assert_int_equal(asyncdl_future_then(futures[i], cb, run), 0);
    }
    uv_run(&run->b.loop, UV_RUN_DEFAULT);
    assert_int_equal(run->n_over, run->n_tasks);
    for (int64_t i = 0; i < run->n_tasks; i++) {
        n_failed += asyncdl_future_is_successful(futures[i]) ? 0 : 1;
        check(futures[i], i);
        asyncdl_future_release(futures[i]);
    }
    return n_failed;
}

static void test_each_kill_costs_at_most_one_task(void **state)
{
    struct run run;

    (void)state;
    /* So many that some kill surely comes while a task is under way. */
    open_run(&run, effort(N_TASKS, N_TASKS / 2));
    int n_failed = run_tasks(&run, square, on_over);
    bench_close(&run.b);

    assert_true(run.n_kills > run.n_tasks / 100);
    assert_true(n_failed > 0 && n_failed <= run.n_kills);
}

static void test_each_crash_costs_its_own_task(void **state)
{
    int n_crashes = 0;
    struct run run;

    (void)state;
    open_run(&run, bench_scale(N_TASKS));
    for (int i = 0; i < run.n_tasks; i++) {
        n_crashes += i % 31 == 7 || i % 37 == 7 || i % 41 == 7 ? 1 : 0;
    }
    assert_int_equal(run_tasks(&run, square_or_crash, on_over_in_peace),
                     n_crashes);
    bench_close(&run.b);
}

/* As test_each_crash, with several calls in a job. */
static void test_crash_in_a_chunk_spares_the_rest_of_it(void **state)
{
    static struct asyncdl_bytes args[N_TASKS];
    static int64_t numbers[N_TASKS];
    struct asyncdl_map_options options = ASYNCDL_MAP_OPTIONS_INIT;
    struct asyncdl_future *future;
    const void *out = NULL;
    struct run run;

    (void)state;
    open_run(&run, bench_scale(N_TASKS));
    for (int i = 0; i < run.n_tasks; i++) {
        numbers[i] = i;
        args[i] = (struct asyncdl_bytes){&numbers[i], sizeof(numbers[i])};
    }
    options.fn = square_or_crash;
    options.args = args;
    options.n = (size_t)run.n_tasks;
    options.chunk = 100;
    assert_int_equal(asyncdl_pool_map(&future, run.b.pool, &options), 0);
    assert_int_equal(asyncdl_future_result(future, &out), 0);
    const struct asyncdl_mapped *mapped = out;
    for (int i = 0; i < run.n_tasks; i++) {
        bool has_crashed = i % 31 == 7 || i % 37 == 7 || i % 41 == 7;

        assert_int_equal(mapped->results[i].err,
                         has_crashed ? ASYNCDL_EDIED : 0);
        assert_true(has_crashed || *(const int64_t *)mapped->results[i].data ==
                                       (int64_t)i * i);
    }
    asyncdl_future_release(future);
    bench_close(&run.b);
}

/* Each test opens and closes all that it has. */
static size_t n_fds;

static int note_fds(void **state)
{
    (void)state;
    n_fds = kin_count_fds();
    return 0;
}

static int compare_fds(void **state)
{
    (void)state;
    return kin_count_fds() == n_fds && kin_list_children(getpid(), NULL, 0) == 0
               ? 0
               : -1;
}

int main(void)
{
    asyncdl_main_hook();

    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_kill_costs_at_most_one_task,
                                        note_fds, compare_fds),
        cmocka_unit_test_setup_teardown(test_each_crash_costs_its_own_task,
                                        note_fds, compare_fds),
        cmocka_unit_test_setup_teardown(
            test_crash_in_a_chunk_spares_the_rest_of_it, note_fds, compare_fds),
    };
    uv_loop_t loop; /* libuv keeps a pipe from the first on */

    (void)uv_loop_init(&loop);
    (void)uv_loop_close(&loop);
    return cmocka_run_group_tests_name("pool_crashes", tests, NULL, NULL);
}
