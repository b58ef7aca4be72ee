/* SPDX-License-Identifier: MIT */
/* Queues and locks in the hands of helpers. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "support/pool.h"

#define N_TASKS 200

struct shared {
    struct asyncdl_queue *queue;
    struct asyncdl_lock *lock;
};

static void create(struct shared *s)
{
    struct asyncdl_queue_options options = ASYNCDL_QUEUE_OPTIONS_INIT;

    assert_int_equal(asyncdl_queue_create(&s->queue, &options), 0);
    assert_int_equal(asyncdl_lock_create(&s->lock), 0);
}

static void destroy(struct shared *s)
{
    asyncdl_queue_release(s->queue);
    asyncdl_lock_destroy(s->lock);
}

static void open_helpers(struct bench *b, const struct shared *s)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;

    options.backend = ASYNCDL_POOL_PROCESSES;
    options.n_workers = 4;
    options.queues = &s->queue;
    options.n_queues = 1;
    options.locks = &s->lock;
    options.n_locks = 1;
    bench_open(b, &options);
}

/* What the program finds in the queue, which has one item. */
static int take_number(struct asyncdl_queue *queue)
{
    struct asyncdl_bytes item;
    int n;

    assert_int_equal(asyncdl_queue_get(queue, &item, ASYNCDL_FOREVER), 0);
    assert_int_equal(item.len, sizeof(n));
    memcpy(&n, item.data, sizeof(n));
    asyncdl_bytes_free(&item);
    return n;
}

/* Replace the number in the queue by the next. Without the lock it would now
 * and then find none. */
static int count(struct asyncdl_task *task, const void *arg, size_t len)
{
    struct asyncdl_worker *worker = asyncdl_task_worker(task);
    struct asyncdl_queue *queue = asyncdl_worker_get_queue(worker, 0);
    struct asyncdl_lock *lock = asyncdl_worker_get_lock(worker, 0);
    struct asyncdl_bytes item;
    int n;

    (void)arg;
    (void)len;
    if (asyncdl_worker_get_queue(worker, 1) != NULL ||
        asyncdl_worker_get_lock(worker, 1) != NULL) {
        return -EINVAL;
    }
    int err = asyncdl_lock_acquire(lock, ASYNCDL_FOREVER);
    if (err == 0) {
        err = asyncdl_queue_get(queue, &item, 0);
    }
    if (err < 0) {
        return err;
    }
    memcpy(&n, item.data, sizeof(n));
    asyncdl_bytes_free(&item);
    n++;
    err = asyncdl_queue_put(queue, &n, sizeof(n), 0);
    return err == 0 ? asyncdl_lock_release(lock) : err;
}

static void test_tasks_count_behind_a_lock(void **state)
{
    struct asyncdl_future *futures[N_TASKS];
    struct shared s;
    struct bench b;
    int n = 0;

    (void)state;
    create(&s);
    open_helpers(&b, &s);
    assert_int_equal(asyncdl_queue_put(s.queue, &n, sizeof(n), 0), 0);
    for (int i = 0; i < N_TASKS; i++) {
        futures[i] = bench_submit(&b, count, NULL, 0);
    }
    for (int i = 0; i < N_TASKS; i++) {
        assert_int_equal(bench_end(futures[i]), 0);
    }
    assert_int_equal(take_number(s.queue), N_TASKS);
    bench_close(&b);
    destroy(&s);
}

static int die_with_the_lock(struct asyncdl_task *task, const void *arg,
                             size_t len)
{
    struct asyncdl_lock *lock =
        asyncdl_worker_get_lock(asyncdl_task_worker(task), 0);

    (void)arg;
    (void)len;
    if (asyncdl_lock_acquire(lock, ASYNCDL_FOREVER) == 0) {
        (void)raise(SIGKILL);
    }
    return 0;
}

static void test_helper_that_dies_gives_up_its_lock(void **state)
{
    struct shared s;
    struct bench b;

    (void)state;
    create(&s);
    open_helpers(&b, &s);
    assert_int_equal(bench_end(bench_submit(&b, die_with_the_lock, NULL, 0)),
                     ASYNCDL_EDIED);
    assert_int_equal(asyncdl_lock_acquire(s.lock, ASYNCDL_FOREVER),
                     ASYNCDL_EOWNERDIED);
    assert_int_equal(asyncdl_lock_release(s.lock), 0);
    assert_int_equal(asyncdl_lock_acquire(s.lock, ASYNCDL_FOREVER), 0);
    assert_int_equal(asyncdl_lock_release(s.lock), 0);
    bench_close(&b);
    destroy(&s);
}

/* Answers what it gets with its double, until the queue is closed. */
static int double_numbers(struct asyncdl_self *self, const void *arg,
                          size_t len)
{
    struct asyncdl_queue *questions = asyncdl_self_get_queue(self, 0);
    struct asyncdl_queue *answers = asyncdl_self_get_queue(self, 1);
    struct asyncdl_lock *lock = asyncdl_self_get_lock(self, 0);
    struct asyncdl_bytes item;
    int n;

    (void)arg;
    (void)len;
    while (asyncdl_queue_get(questions, &item, ASYNCDL_FOREVER) == 0) {
        memcpy(&n, item.data, sizeof(n));
        asyncdl_bytes_free(&item);
        n *= 2;
        if (asyncdl_lock_acquire(lock, ASYNCDL_FOREVER) < 0 ||
            asyncdl_queue_put(answers, &n, sizeof(n), ASYNCDL_FOREVER) < 0 ||
            asyncdl_lock_release(lock) < 0) {
            return 1;
        }
    }
    return 0;
}

static void test_process_answers_over_queues(void **state)
{
    struct asyncdl_process_options options = ASYNCDL_PROCESS_OPTIONS_INIT;
    struct asyncdl_process *process;
    struct shared questions;
    struct shared answers;
    int status = -1;

    (void)state;
    create(&questions);
    create(&answers);
    struct asyncdl_queue *queues[] = {questions.queue, answers.queue};
    options.fn = double_numbers;
    options.queues = queues;
    options.n_queues = 2;
    options.locks = &answers.lock;
    options.n_locks = 1;
    assert_int_equal(asyncdl_process_start(&process, &options), 0);
    for (int i = 0; i < N_TASKS; i++) {
        assert_int_equal(
            asyncdl_queue_put(questions.queue, &i, sizeof(i), ASYNCDL_FOREVER),
            0);
        assert_int_equal(take_number(answers.queue), 2 * i);
    }
    assert_int_equal(asyncdl_queue_close(questions.queue), 0);
    assert_int_equal(asyncdl_process_join(process, ASYNCDL_FOREVER), 0);
    assert_int_equal(asyncdl_process_get_exit_status(&status, process), 0);
    assert_int_equal(status, 0);
    asyncdl_process_release(process);
    destroy(&questions);
    destroy(&answers);
}

int main(void)
{
    asyncdl_main_hook();

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tasks_count_behind_a_lock),
        cmocka_unit_test(test_helper_that_dies_gives_up_its_lock),
        cmocka_unit_test(test_process_answers_over_queues),
    };

    return cmocka_run_group_tests_name("pool_shared", tests, NULL, NULL);
}
