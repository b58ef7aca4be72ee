/* SPDX-License-Identifier: MIT */
/* A pool of helper processes: tasks, their results, and their ends. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/kin.h"
#include "support/pool.h"

static struct asyncdl_forkserver *forks; /* shared by most */

static struct asyncdl_pool_options use_helpers(unsigned n)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;

    options.backend = ASYNCDL_POOL_PROCESSES;
    options.n_workers = n;
    options.forkserver = forks;
    return options;
}

static void open_helpers(struct bench *b, unsigned n)
{
    struct asyncdl_pool_options options = use_helpers(n);

    bench_open(b, &options);
}

/* Submit with a timeout. */
static struct asyncdl_future *submit_for(struct bench *b, asyncdl_task_fn fn,
                                         uint64_t timeout_ms)
{
    struct asyncdl_task_options options = ASYNCDL_TASK_OPTIONS_INIT;
    struct asyncdl_future *future = NULL;

    options.fn = fn;
    options.timeout_ms = timeout_ms;
    assert_int_equal(asyncdl_pool_submit(&future, b->pool, &options), 0);
    return future;
}

static int tell_pid(struct asyncdl_task *task, const void *arg, size_t len)
{
    int64_t pid = getpid();

    (void)arg;
    (void)len;
    return asyncdl_task_reply(task, &pid, sizeof(pid));
}

static int64_t get_pid(struct bench *b)
{
    struct asyncdl_future *future = bench_submit(b, tell_pid, NULL, 0);
    int64_t pid;

    memcpy(&pid, bench_await(future, 0)->data, sizeof(pid));
    asyncdl_future_release(future);
    return pid;
}

static int fail_with_words(struct asyncdl_task *task, const void *arg,
                           size_t len)
{
    (void)arg;
    (void)len;
    (void)asyncdl_task_reply(task, "part", 4);
    (void)asyncdl_task_explain(task, "row 7: no number");
    return -EBADMSG;
}

static int die_by(struct asyncdl_task *task, const void *arg, size_t len)
{
    int signum = *(const int *)arg;

    (void)task;
    (void)len;
    if (signum == 0) {
        _exit(7);
    }
    (void)signal(signum, SIG_DFL); /* sanitizers have theirs */
    (void)raise(signum);
    return 0;
}

static int hang(struct asyncdl_task *task, const void *arg, size_t len)
{
    (void)task;
    (void)arg;
    (void)len;
    while (pause() < 0) {
    }
    return 0;
}

static int tell_and_hang(struct asyncdl_task *task, const void *arg, size_t len)
{
    struct asyncdl_queue *queue =
        asyncdl_worker_get_queue(asyncdl_task_worker(task), 0);
    int err = asyncdl_queue_put(queue, NULL, 0, 0);

    return err < 0 ? err : hang(task, arg, len);
}

static int reply_much(struct asyncdl_task *task, const void *arg, size_t len)
{
    size_t n;

    memcpy(&n, arg, len);
    unsigned char *bytes = asyncdl_task_reserve(task, n);
    if (bytes == NULL) {
        return 0; /* it fails with what that said */
    }
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (unsigned char)(i * 7);
    }
    return 0;
}

static void test_task_runs_in_another_process(void **state)
{
    struct bench b;

    (void)state;
    open_helpers(&b, 1);
    int64_t pid = get_pid(&b);
    assert_int_not_equal(pid, getpid());
    assert_int_equal(get_pid(&b), pid);

    struct asyncdl_future *future = bench_submit(&b, echo_task, "abc", 3);
    const struct asyncdl_task_result *result = bench_await(future, 0);
    assert_int_equal(result->len, 3);
    assert_memory_equal(result->data, "abc", 3);
    assert_int_equal(result->worker, 1);
    assert_true(result->run_ns > 0);
    asyncdl_future_release(future);
    bench_close(&b);
    assert_true(kin_wait_until_gone((pid_t)pid));
}

static void test_error_of_a_task_has_its_words_and_data(void **state)
{
    struct bench b;

    (void)state;
    open_helpers(&b, 1);
    struct asyncdl_future *future = bench_submit(&b, fail_with_words, NULL, 0);
    const struct asyncdl_task_result *result = bench_await(future, -EBADMSG);
    assert_string_equal(result->error, "row 7: no number");
    assert_int_equal(result->len, 4);
    asyncdl_future_release(future);
    bench_close(&b);
}

static void test_result_above_the_limit_fails_the_task(void **state)
{
    static const size_t sizes[] = {1000, 1001, 1000000};
    struct asyncdl_pool_options options = use_helpers(1);
    struct bench b;

    (void)state;
    options.max_result_bytes = 1000;
    bench_open(&b, &options);
    for (size_t i = 0; i < 3; i++) {
        struct asyncdl_future *future =
            bench_submit(&b, reply_much, &sizes[i], sizeof(size_t));

        (void)bench_await(future, sizes[i] > 1000 ? ASYNCDL_ERESULT : 0);
        asyncdl_future_release(future);
    }
    bench_close(&b);
}

static void test_death_fails_its_task_with_its_cause(void **state)
{
    static const struct {
        int signum;
        const char *words;
    } cases[] = {
        {SIGKILL, "was ended by signal 9 (SIGKILL)"},
        {SIGSEGV, "was ended by signal 11 (SIGSEGV)"},
        {0, "exited with status 7"},
    };
    struct bench b;

    (void)state;
    open_helpers(&b, 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int64_t pid = get_pid(&b);
        struct asyncdl_future *future =
            bench_submit(&b, die_by, &cases[i].signum, sizeof(int));
        struct asyncdl_future *next = bench_submit(&b, tell_pid, NULL, 0);
        const struct asyncdl_task_result *result =
            bench_await(future, ASYNCDL_EDIED);

        assert_non_null(strstr(result->error, cases[i].words));
        assert_non_null(strstr(result->error, "worker-1 (process "));
        assert_int_equal(result->term_signal, cases[i].signum);
        assert_int_equal(result->exit_status, cases[i].signum == 0 ? 7 : 0);
        asyncdl_future_release(future);
        assert_int_equal(bench_end(next), 0); /* it has been replaced */
        assert_int_not_equal(get_pid(&b), pid);
    }
    bench_close(&b);
}

static void test_hanging_task_is_killed_after_its_time(void **state)
{
    struct bench b;

    (void)state;
    open_helpers(&b, 1);
    struct asyncdl_future *future = submit_for(&b, hang, 20);
    struct asyncdl_future *next = submit_for(&b, tell_pid, 60000);
    const struct asyncdl_task_result *result =
        bench_await(future, ASYNCDL_ETASKTIME);
    assert_int_equal(result->term_signal, SIGKILL);
    asyncdl_future_release(future);
    assert_int_equal(bench_end(next), 0);
    bench_close(&b);
}

static void test_cancel_kills_the_helper_that_runs_it(void **state)
{
    struct asyncdl_pool_options options = use_helpers(1);
    struct asyncdl_queue *queue = NULL;
    struct asyncdl_bytes item;
    struct bench b;

    (void)state;
    assert_int_equal(asyncdl_queue_create(&queue, NULL), 0);
    options.queues = &queue;
    options.n_queues = 1;
    bench_open(&b, &options);
    int64_t pid = get_pid(&b);
    struct asyncdl_future *future = bench_submit(&b, tell_and_hang, NULL, 0);
    struct asyncdl_future *waiting = bench_submit(&b, tell_pid, NULL, 0);
    struct asyncdl_future *dropped = bench_submit(&b, hang, NULL, 0);

    assert_int_equal(asyncdl_queue_get(queue, &item, ASYNCDL_FOREVER), 0);
    asyncdl_bytes_free(&item);
    asyncdl_future_cancel(dropped);
    asyncdl_future_cancel(future);
    assert_int_equal(bench_end(dropped), -ECANCELED);
    assert_int_equal(bench_end(future), -ECANCELED);
    assert_int_equal(bench_end(waiting), 0);
    assert_int_not_equal(get_pid(&b), pid);
    bench_close(&b);
    asyncdl_queue_release(queue);
}

static void test_terminate_ends_what_hangs(void **state)
{
    struct asyncdl_future *futures[8];
    struct bench b;

    (void)state;
    open_helpers(&b, 4);
    for (int i = 0; i < 8; i++) {
        futures[i] = bench_submit(&b, hang, NULL, 0);
    }
    uv_run(&b.loop, UV_RUN_NOWAIT);
    assert_int_equal(asyncdl_pool_terminate(b.pool), 0);
    bench_close(&b);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(asyncdl_future_result(futures[i], NULL), -ECANCELED);
        asyncdl_future_release(futures[i]);
    }
}

static void test_helper_is_renewed_after_its_tasks(void **state)
{
    struct asyncdl_pool_options options = use_helpers(1);
    int64_t pids[9];
    struct bench b;

    (void)state;
    options.n_tasks_per_worker = 3;
    bench_open(&b, &options);
    for (int i = 0; i < 9; i++) {
        pids[i] = get_pid(&b);
    }
    for (int i = 1; i < 9; i++) {
        assert_true((pids[i] == pids[i - 1]) == (i % 3 != 0));
    }
    bench_close(&b);
}

struct setting {
    int n;
    int pipe_fd;
};

static int keep_setting(struct asyncdl_worker *worker, const void *arg,
                        size_t len)
{
    struct setting *setting = malloc(sizeof(*setting));

    if (setting == NULL || len != sizeof(*setting)) {
        return -EINVAL;
    }
    memcpy(setting, arg, len);
    asyncdl_worker_set_data(worker, setting);
    return setting->n;
}

static void print_setting(struct asyncdl_worker *worker)
{
    struct setting *setting = asyncdl_worker_get_data(worker);

    (void)printf("%s finishes\n", asyncdl_worker_get_name(worker));
    free(setting);
}

static int tell_setting(struct asyncdl_task *task, const void *arg, size_t len)
{
    const struct setting *setting =
        asyncdl_worker_get_data(asyncdl_task_worker(task));

    (void)arg;
    (void)len;
    return asyncdl_task_reply(task, &setting->n, sizeof(setting->n));
}

/* What helpers print goes to a file meanwhile. */
static void test_helper_is_prepared_and_finished(void **state)
{
    struct asyncdl_pool_options options = use_helpers(2);
    struct setting setting = {.n = 0};
    FILE *file = tmpfile();
    int saved = dup(STDOUT_FILENO);
    char text[200] = "";
    struct bench b;

    (void)state;
    assert_non_null(file);
    (void)fflush(stdout);
    assert_int_equal(dup2(fileno(file), STDOUT_FILENO), STDOUT_FILENO);
    options.forkserver = NULL; /* one that has this standard output */
    options.initializer = keep_setting;
    options.init_arg = &setting;
    options.init_len = sizeof(setting);
    options.finisher = print_setting;
    bench_open(&b, &options);
    int err = bench_end(bench_submit(&b, tell_setting, NULL, 0));
    bench_close(&b);
    assert_int_equal(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
    (void)close(saved);

    assert_int_equal(err, 0);
    rewind(file);
    (void)fread(text, 1, sizeof(text) - 1, file);
    (void)fclose(file);
    assert_non_null(strstr(text, "worker-1 finishes\n"));
    assert_non_null(strstr(text, "worker-2 finishes\n"));
}

static int die_at_once(struct asyncdl_worker *worker, const void *arg,
                       size_t len)
{
    (void)worker;
    (void)arg;
    (void)len;
    abort();
}

static void test_failed_initializer_breaks_the_pool(void **state)
{
    struct setting setting = {.n = -ENODEV};
    struct asyncdl_future *future = NULL;

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct asyncdl_pool_options options = use_helpers(2);
        int want = i == 0 ? -ENODEV : ASYNCDL_EDIED;
        struct bench b;

        options.initializer = i == 0 ? keep_setting : die_at_once;
        options.init_arg = &setting;
        options.init_len = sizeof(setting);
        bench_open(&b, &options);
        future = bench_submit(&b, tell_pid, NULL, 0);
        const struct asyncdl_task_result *result = bench_await(future, want);
        assert_non_null(strstr(result->error, "initializer of worker-"));
        asyncdl_future_release(future);
        assert_int_equal(
            asyncdl_pool_apply_async(&future, b.pool, tell_pid, NULL, 0), want);
        bench_close(&b);
    }
}

static int open_forks(void **state)
{
    (void)state;
    return asyncdl_forkserver_open(&forks);
}

static int close_forks(void **state)
{
    (void)state;
    asyncdl_forkserver_close(forks);
    return 0;
}

int main(void)
{
    asyncdl_main_hook();

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_task_runs_in_another_process),
        cmocka_unit_test(test_error_of_a_task_has_its_words_and_data),
        cmocka_unit_test(test_result_above_the_limit_fails_the_task),
        cmocka_unit_test(test_death_fails_its_task_with_its_cause),
        cmocka_unit_test(test_hanging_task_is_killed_after_its_time),
        cmocka_unit_test(test_cancel_kills_the_helper_that_runs_it),
        cmocka_unit_test(test_terminate_ends_what_hangs),
        cmocka_unit_test(test_helper_is_renewed_after_its_tasks),
        cmocka_unit_test(test_helper_is_prepared_and_finished),
        cmocka_unit_test(test_failed_initializer_breaks_the_pool),
    };

    return cmocka_run_group_tests_name("pool_processes", tests, open_forks,
                                       close_forks);
}
