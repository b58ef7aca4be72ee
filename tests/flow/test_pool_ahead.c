/* SPDX-License-Identifier: MIT */
/* Short tasks are sent to helpers many at a time, and their results come back
 * so. What that must not change: who waits for whom, and what is begun. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/pool.h"

#define N_BEFORE   200 /* tasks after which a pool knows that they are short */
#define N_BEHIND   60
#define N_COUNTED  600
#define N_LIES     100   /* that may come too late */
#define PATIENCE   20000 /* ms */
#define NO_TIMEOUT 0

/* Helpers tell here what they begin, and wait there to be let go on. */
enum { BEGUN, MAY_END, N_QUEUES };

struct line {
    struct bench b;
    struct asyncdl_queue *queues[N_QUEUES];
};

static int tell_begun(struct asyncdl_task *task, int n)
{
    return asyncdl_queue_put(
        asyncdl_worker_get_queue(asyncdl_task_worker(task), BEGUN), &n,
        sizeof(n), PATIENCE);
}

static int hold(struct asyncdl_task *task, const void *arg, size_t len)
{
    struct asyncdl_bytes item;
    int err = tell_begun(task, 0);

    (void)arg;
    (void)len;
    if (err == 0) {
        err = asyncdl_queue_get(
            asyncdl_worker_get_queue(asyncdl_task_worker(task), MAY_END), &item,
            2 * PATIENCE);
    }
    if (err == 0) {
        asyncdl_bytes_free(&item);
    }
    return err;
}

static int tell_pid(struct asyncdl_task *task, const void *arg, size_t len)
{
    pid_t pid = getpid();

    (void)arg;
    (void)len;
    return asyncdl_task_reply(task, &pid, sizeof(pid));
}

/* Some crash, some hang, and all tell that they were begun. */
static int begin_numbered(struct asyncdl_task *task, const void *arg,
                          size_t len)
{
    int n;

    memcpy(&n, arg, len);
    int err = tell_begun(task, n);
    if (n % 40 == 7) {
        (void)raise(SIGKILL);
    }
    while (n % 100 == 13) {
        (void)pause();
    }
    return err < 0 ? err : asyncdl_task_reply(task, &n, sizeof(n));
}

static void open_line(struct line *line, unsigned n_workers)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;

    for (int i = 0; i < N_QUEUES; i++) {
        assert_int_equal(asyncdl_queue_create(&line->queues[i], NULL), 0);
    }
    options.backend = ASYNCDL_POOL_PROCESSES;
    options.n_workers = n_workers;
    options.queues = line->queues;
    options.n_queues = N_QUEUES;
    bench_open(&line->b, &options);
}

static void close_line(struct line *line)
{
    bench_close(&line->b);
    for (int i = 0; i < N_QUEUES; i++) {
        asyncdl_queue_release(line->queues[i]);
    }
}

static void submit_many(struct line *line, struct asyncdl_future **futures,
                        size_t n)
{
    for (size_t i = 0; i < n; i++) {
        futures[i] = bench_submit(&line->b, tell_pid, NULL, 0);
    }
}

/* Each is right, in time. The process of the last one. */
static pid_t end_many(struct asyncdl_future **futures, size_t n)
{
    pid_t pid = 0;

    for (size_t i = 0; i < n; i++) {
        assert_int_equal(asyncdl_future_wait(futures[i], PATIENCE), 0);
        memcpy(&pid, bench_get(futures[i], 0)->data, sizeof(pid));
        asyncdl_future_release(futures[i]);
    }
    return pid;
}

static pid_t make_known(struct line *line)
{
    struct asyncdl_future *futures[N_BEFORE];

    submit_many(line, futures, N_BEFORE);
    return end_many(futures, N_BEFORE);
}

/* Have the helpers begin as many of them. */
static void await_begun(struct line *line, int n)
{
    struct asyncdl_bytes item;

    for (int i = 0; i < n; i++) {
        struct asyncdl_future *begun;

        assert_int_equal(
            asyncdl_queue_get_async(&begun, line->queues[BEGUN], &line->b.loop),
            0);
        assert_int_equal(asyncdl_future_wait(begun, PATIENCE), 0);
        assert_int_equal(asyncdl_future_result(begun, NULL), 0);
        asyncdl_future_release(begun);
    }
    assert_int_equal(asyncdl_queue_get(line->queues[BEGUN], &item, 0),
                     -ETIMEDOUT);
}

static void let_end(struct line *line)
{
    assert_int_equal(asyncdl_queue_put(line->queues[MAY_END], NULL, 0, 0), 0);
}

static void test_short_tasks_do_not_wait_behind_a_long_one(void **state)
{
    struct asyncdl_future *behind[N_BEHIND];
    struct line line;

    (void)state;
    open_line(&line, 2);
    (void)make_known(&line);
    struct asyncdl_future *first = bench_submit(&line.b, tell_pid, NULL, 0);
    struct asyncdl_future *second = bench_submit(&line.b, tell_pid, NULL, 0);
    struct asyncdl_future *held = bench_submit(&line.b, hold, NULL, 0);
    submit_many(&line, behind, N_BEHIND);

    (void)end_many(&first, 1);
    (void)end_many(&second, 1);
    (void)end_many(behind, N_BEHIND);
    assert_false(asyncdl_future_is_ready(held));
    await_begun(&line, 1);
    let_end(&line);
    assert_int_equal(bench_end(held), 0);
    close_line(&line);
}

static void test_results_do_not_wait_for_a_long_task_behind_them(void **state)
{
    struct asyncdl_future *before[N_BEHIND];
    struct line line;

    (void)state;
    open_line(&line, 1);
    (void)make_known(&line);
    submit_many(&line, before, N_BEHIND);
    struct asyncdl_future *held = bench_submit(&line.b, hold, NULL, 0);

    (void)end_many(before, N_BEHIND);
    await_begun(&line, 1);
    assert_false(asyncdl_future_is_ready(held));
    let_end(&line);
    assert_int_equal(bench_end(held), 0);
    close_line(&line);
}

static void test_cancel_of_what_was_not_begun_spares_the_helper(void **state)
{
    struct asyncdl_future *behind[N_BEHIND];
    struct line line;

    (void)state;
    open_line(&line, 1);
    pid_t pid = make_known(&line);
    struct asyncdl_future *first = bench_submit(&line.b, tell_pid, NULL, 0);
    struct asyncdl_future *held = bench_submit(&line.b, hold, NULL, 0);
    submit_many(&line, behind, N_BEHIND);
    assert_int_equal(end_many(&first, 1), pid);
    await_begun(&line, 1);

    asyncdl_future_cancel(behind[3]);
    assert_int_equal(asyncdl_future_wait(behind[3], PATIENCE), 0);
    assert_int_equal(bench_end(behind[3]), -ECANCELED);
    assert_false(asyncdl_future_is_ready(held));
    let_end(&line);
    assert_int_equal(bench_end(held), 0);
    assert_int_equal(end_many(behind, 3), pid);
    assert_int_equal(end_many(behind + 4, N_BEHIND - 4), pid);
    close_line(&line);
}

static struct asyncdl_future *submit_numbered(struct line *line, int n)
{
    struct asyncdl_task_options options = ASYNCDL_TASK_OPTIONS_INIT;
    struct asyncdl_future *future = NULL;

    options.fn = begin_numbered;
    options.arg = &n;
    options.len = sizeof(n);
    options.timeout_ms = n % 100 == 13 ? 50 : NO_TIMEOUT;
    assert_int_equal(asyncdl_pool_submit(&future, line->b.pool, &options), 0);
    return future;
}

static void test_no_task_is_begun_twice(void **state)
{
    static struct asyncdl_future *futures[N_COUNTED];
    bool was_begun[N_COUNTED] = {false};
    struct asyncdl_bytes item;
    struct line line;

    (void)state;
    open_line(&line, 2);
    (void)make_known(&line);
    for (int i = 0; i < N_COUNTED; i++) {
        futures[i] = submit_numbered(&line, i);
    }
    for (int i = 0; i < N_COUNTED; i++) {
        int err = i % 40 == 7     ? ASYNCDL_EDIED
                  : i % 100 == 13 ? ASYNCDL_ETASKTIME
                                  : 0;

        (void)bench_await(futures[i], err);
        asyncdl_future_release(futures[i]);
    }
    for (int i = 0; i < N_COUNTED; i++) {
        int n;

        assert_int_equal(asyncdl_queue_get(line.queues[BEGUN], &item, 0), 0);
        memcpy(&n, item.data, sizeof(n));
        asyncdl_bytes_free(&item);
        assert_false(was_begun[n]);
        was_begun[n] = true;
    }
    await_begun(&line, 0);
    close_line(&line);
}

/* The calls that this helper has claimed, in what it shares with the pool. */
static uint64_t *find_claimed(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    uint64_t *words = NULL;
    char line[512];

    while (maps != NULL && words == NULL &&
           fgets(line, sizeof(line), maps) != NULL) {
        if (strstr(line, "asyncdl-outbox") != NULL) {
            words = (uint64_t *)(uintptr_t)strtoull(line, NULL, 16);
        }
    }
    if (maps != NULL) {
        (void)fclose(maps); /* was only read */
    }
    return words != NULL ? words + 1 : NULL;
}

static int claim_next_and_hang(struct asyncdl_task *task, const void *arg,
                               size_t len)
{
    uint64_t *claimed = find_claimed();

    (void)task;
    (void)arg;
    (void)len;
    if (claimed == NULL) {
        return -ENOENT;
    }
    (*claimed)++;
    for (;;) {
        (void)pause();
    }
}

/* Could it claim the task behind its own? Not where that was recalled first. */
static bool has_lied(void)
{
    struct asyncdl_task_options options = ASYNCDL_TASK_OPTIONS_INIT;
    struct asyncdl_future *liar = NULL;
    struct line line;

    open_line(&line, 1);
    (void)make_known(&line);
    options.fn = claim_next_and_hang;
    options.timeout_ms = 50;
    struct asyncdl_future *first = bench_submit(&line.b, tell_pid, NULL, 0);
    assert_int_equal(asyncdl_pool_submit(&liar, line.b.pool, &options), 0);
    struct asyncdl_future *claimed = bench_submit(&line.b, tell_pid, NULL, 0);
    struct asyncdl_future *behind = bench_submit(&line.b, tell_pid, NULL, 0);

    (void)end_many(&first, 1);
    assert_int_equal(asyncdl_future_wait(liar, PATIENCE), 0);
    assert_int_equal(bench_end(liar), ASYNCDL_ETASKTIME);
    assert_int_equal(asyncdl_future_wait(claimed, PATIENCE), 0);
    int err = bench_end(claimed);
    assert_true(err == 0 || err == ASYNCDL_ETASKTIME);
    (void)end_many(&behind, 1);
    close_line(&line);
    return err != 0;
}

static void test_a_helper_that_lies_about_its_task_meets_its_time(void **state)
{
    int n_tries = 0;

    (void)state;
    while (!has_lied()) {
        assert_true(++n_tries < N_LIES);
    }
}

static int sleep_on(struct asyncdl_task *task, const void *arg, size_t len)
{
    (void)task;
    (void)arg;
    (void)len;
    (void)poll(NULL, 0, 3);
    return 0;
}

static void cancel_next(struct asyncdl_future *future, void *data)
{
    struct asyncdl_future **next = data;

    (void)future;
    asyncdl_future_cancel(*next);
}

/* Its one helper has one task more than it is at, whose end nobody else's
 * follows. */
static void test_cancel_of_what_was_not_begun_leaves_the_rest_its_turn(
    void **state)
{
    struct asyncdl_future *futures[N_BEFORE];
    struct asyncdl_future *slow[N_BEHIND];
    struct line line;

    (void)state;
    open_line(&line, 1);
    submit_many(&line, futures, N_BEFORE);
    (void)end_many(futures, N_BEFORE);
    for (size_t i = 0; i < N_BEHIND; i++) {
        slow[i] = bench_submit(&line.b, sleep_on, NULL, 0);
    }
    for (size_t i = 0; i + 1 < N_BEHIND; i += 2) {
        assert_int_equal(
            asyncdl_future_then(slow[i], cancel_next, &slow[i + 1]), 0);
    }
    for (size_t i = 0; i < N_BEHIND; i++) {
        int err = bench_end(slow[i]);

        assert_true(err == 0 || err == -ECANCELED);
    }
    close_line(&line);
}

int main(void)
{
    asyncdl_main_hook();

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short_tasks_do_not_wait_behind_a_long_one),
        cmocka_unit_test(test_results_do_not_wait_for_a_long_task_behind_them),
        cmocka_unit_test(test_cancel_of_what_was_not_begun_spares_the_helper),
        cmocka_unit_test(
            test_cancel_of_what_was_not_begun_leaves_the_rest_its_turn),
        cmocka_unit_test(test_no_task_is_begun_twice),
        cmocka_unit_test(test_a_helper_that_lies_about_its_task_meets_its_time),
    };

    return cmocka_run_group_tests_name("pool_ahead", tests, NULL, NULL);
}
