/* SPDX-License-Identifier: MIT */
/* A program whose threads hold locks at all times opens pools of helpers, which
 * take the same locks. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "support/kin.h"
#include "support/pool.h"

#define N_THREADS 8
#define N_SHARED  900 /* pools of one forkserver */
#define N_OWN     100 /* pools that start their own */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool is_over;

/* What a child of a bare fork() may not do here. */
static void use_locks(void)
{
    const struct timespec pause = {.tv_nsec = 200000};
    time_t now = time(NULL);
    struct tm tm;
    char text[64];

    (void)pthread_mutex_lock(&mutex);
    void *bytes = malloc(10000);
    (void)localtime_r(&now, &tm);
    (void)snprintf(text, sizeof(text), "%ld", (long)now);
    (void)setenv("TZ", tm.tm_sec % 2 == 0 ? "UTC" : "UTC0", 1);
    if (!atomic_load(&is_over)) {
        (void)nanosleep(&pause, NULL); /* with the lock */
    }
    free(bytes);
    (void)pthread_mutex_unlock(&mutex);
}

static void *hammer(void *data)
{
    while (!atomic_load(&is_over)) {
        use_locks();
    }
    return data;
}

static int lock_and_square(struct asyncdl_task *task, const void *arg,
                           size_t len)
{
    int n;

    use_locks();
    memcpy(&n, arg, len);
    n *= n;
    return asyncdl_task_reply(task, &n, sizeof(n));
}

static void use_pool(struct asyncdl_forkserver *forks, int i)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;
    struct asyncdl_future *futures[3];
    struct bench b;

    options.backend = ASYNCDL_POOL_PROCESSES;
    options.n_workers = 2;
    options.forkserver = forks;
    bench_open(&b, &options);
    for (int k = 0; k < 3; k++) {
        int n = i + k;

        futures[k] = bench_submit(&b, lock_and_square, &n, sizeof(n));
    }
    bench_close(&b);
    for (int k = 0; k < 3; k++) {
        const struct asyncdl_task_result *result = bench_get(futures[k], 0);
        int n;

        memcpy(&n, result->data, sizeof(n));
        assert_int_equal(n, (i + k) * (i + k));
        asyncdl_future_release(futures[k]);
    }
}

static void test_no_pool_is_stuck(void **state)
{
    struct asyncdl_forkserver *forks;
    pthread_t threads[N_THREADS];

    (void)state;
    for (int i = 0; i < N_THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, NULL), 0);
    }
    assert_int_equal(asyncdl_forkserver_open(&forks), 0);
    for (size_t i = 0; i < bench_scale(N_SHARED); i++) {
        use_pool(forks, i);
    }
    asyncdl_forkserver_close(forks);
    for (size_t i = 0; i < bench_scale(N_OWN); i++) {
        use_pool(NULL, i);
    }
    atomic_store(&is_over, true);
    for (int i = 0; i < N_THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(kin_list_children(getpid(), NULL, 0), 0);
}

int main(void)
{
    asyncdl_main_hook();

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_pool_is_stuck),
    };

    return cmocka_run_group_tests_name("pool_threaded", tests, NULL, NULL);
}
