/* SPDX-License-Identifier: MIT */
/*
 * Factor 20 random numbers, with a map over a pool of threads and over one of
 * helper processes: the same function, and the same results in the same order.
 *
 *     primes
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <asyncdl/asyncdl.h>
#include <uv.h>

#define N_NUMBERS 20

struct factors {
    uint32_t n;
    uint32_t primes[32];
};

/* Runs on a worker: trial division, and the result as bytes. */
static int factor(struct asyncdl_task *task, const void *arg, size_t len)
{
    struct factors found = {0};
    uint32_t left;

    memcpy(&left, arg, len);
    for (uint32_t p = 2; p <= left / p; p++) {
        for (; left % p == 0; left /= p) {
            found.primes[found.n++] = p;
        }
    }
    if (left > 1) {
        found.primes[found.n++] = left;
    }
    return asyncdl_task_reply(task, &found, sizeof(found));
}

static void show(uint32_t number, const struct asyncdl_task_result *result)
{
    if (result->err < 0) {
        printf("%u: %s\n", number, result->error);
        return;
    }
    const struct factors *found = result->data;
    printf("%u =", number);
    for (uint32_t i = 0; i < found->n; i++) {
        printf("%s %u", i > 0 ? " x" : "", found->primes[i]);
    }
    printf("\n");
}

static int run(enum asyncdl_pool_backend backend, const uint32_t *numbers)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;
    struct asyncdl_map_options map = ASYNCDL_MAP_OPTIONS_INIT;
    struct asyncdl_bytes args[N_NUMBERS];
    struct asyncdl_future *future = NULL;
    struct asyncdl_pool *pool;
    const void *result;

    options.backend = backend; /* and one worker for each CPU */
    int err = asyncdl_pool_open(&pool, uv_default_loop(), &options);
    if (err < 0) {
        return err;
    }
    for (int i = 0; i < N_NUMBERS; i++) {
        args[i] = (struct asyncdl_bytes){&numbers[i], sizeof(numbers[i])};
    }
    map.fn = factor;
    map.args = args;
    map.n = N_NUMBERS;
    err = asyncdl_pool_map(&future, pool, &map);
    if (err == 0 && (err = asyncdl_future_result(future, &result)) == 0) {
        const struct asyncdl_mapped *mapped = result;

        for (size_t i = 0; i < mapped->n; i++) {
            show(numbers[i], &mapped->results[i]);
        }
    }
    asyncdl_future_release(future);
    asyncdl_pool_close(pool);
    asyncdl_pool_wait(pool);
    return err;
}

int main(void)
{
    uint64_t seed = (uint64_t)time(NULL);
    uint32_t numbers[N_NUMBERS];

    asyncdl_main_hook(); /* first: helpers begin here */
    for (int i = 0; i < N_NUMBERS; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1;
        numbers[i] = 100000 + (uint32_t)(seed >> 33) % 49900001;
    }
    printf("threads\n");
    int err = run(ASYNCDL_POOL_THREADS, numbers);
    printf("processes\n");
    if (err == 0) {
        err = run(ASYNCDL_POOL_PROCESSES, numbers);
    }
    uv_loop_close(uv_default_loop());
    if (err == 0 && fflush(stdout) != 0) {
        err = -errno;
    }
    if (err < 0) {
        fprintf(stderr, "primes: %s\n", asyncdl_strerror(err));
    }
    return err < 0 ? 1 : 0;
}
