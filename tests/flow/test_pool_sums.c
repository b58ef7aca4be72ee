/* SPDX-License-Identifier: MIT */
/* Programs that compute, through pools of threads and of helpers. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "support/pool.h"

#define N_NUMBERS 20
#define RUNS_MIN  5
#define RUNS_MAX  200

/* 128 bits, of which C11 knows nothing. */
struct wide {
    uint64_t high;
    uint64_t low;
};

static void add(struct wide *sum, uint64_t n)
{
    sum->low += n;
    sum->high += sum->low < n ? 1 : 0;
}

/* Where i can be anything, no compiler makes a formula of the loop. */
static struct wide sum_squares(uint64_t n)
{
    struct wide sum = {0};

    for (volatile uint64_t i = 0; i < n; i++) {
        uint64_t k = i;

        add(&sum, k * k);
    }
    return sum;
}

static int sum_task(struct asyncdl_task *task, const void *arg, size_t len)
{
    uint64_t n;

    if (len != sizeof(n)) {
        return -EINVAL;
    }
    memcpy(&n, arg, sizeof(n));
    struct wide sum = sum_squares(n);
    return asyncdl_task_reply(task, &sum, sizeof(sum));
}

/* In decimal. A digit is taken off the number at a time, in halves. */
static void print(char out[40], struct wide n)
{
    char digits[40];
    int len = 0;

    do {
        uint64_t parts[4] = {n.high >> 32, n.high & UINT32_MAX, n.low >> 32,
                             n.low & UINT32_MAX};
        uint64_t rest = 0;

        for (int i = 0; i < 4; i++) {
            rest = rest << 32 | parts[i];
            parts[i] = rest / 10;
            rest %= 10;
        }
        n.high = parts[0] << 32 | parts[1];
        n.low = parts[2] << 32 | parts[3];
        digits[len++] = (char)('0' + rest);
    } while (n.high != 0 || n.low != 0);
    for (int i = 0; i < len; i++) {
        out[i] = digits[len - 1 - i];
    }
    out[len] = '\0';
}

/* Map fn over numbers. The future is ready. */
static const struct asyncdl_mapped *map(struct bench *b,
                                        struct asyncdl_future **future,
                                        asyncdl_task_fn fn,
                                        const uint64_t *numbers)
{
    struct asyncdl_map_options options = ASYNCDL_MAP_OPTIONS_INIT;
    struct asyncdl_bytes args[N_NUMBERS];
    const void *out = NULL;

    for (int i = 0; i < N_NUMBERS; i++) {
        args[i] = (struct asyncdl_bytes){.data = &numbers[i],
                                         .len = sizeof(numbers[i])};
    }
    options.fn = fn;
    options.args = args;
    options.n = N_NUMBERS;
    assert_int_equal(asyncdl_pool_map(future, b->pool, &options), 0);
    assert_int_equal(asyncdl_future_result(*future, &out), 0);
    const struct asyncdl_mapped *mapped = out;
    assert_int_equal(mapped->n, N_NUMBERS);
    assert_int_equal(mapped->n_failed, 0);
    return mapped;
}

static void test_sums_of_squares_are_exact(void **state)
{
    uint64_t numbers[N_NUMBERS];
    struct asyncdl_future *future;
    struct wide expected;
    char text[40];
    struct bench b;

    for (uint64_t x = 0; x < N_NUMBERS; x++) {
        numbers[x] = 5000000 + x;
    }
    bench_open(&b, *state);
    const struct asyncdl_mapped *mapped = map(&b, &future, sum_task, numbers);
    for (int i = 0; i < N_NUMBERS; i++) {
        struct wide sum;

        assert_int_equal(mapped->results[i].len, sizeof(sum));
        memcpy(&sum, mapped->results[i].data, sizeof(sum));
        if (i == 0) {
            print(text, sum);
            assert_string_equal(text, "41666654166667500000");
            expected = sum;
        }
        assert_true(sum.high == expected.high && sum.low == expected.low);
        add(&expected, numbers[i] * numbers[i]); /* the next sum's last term */
    }
    asyncdl_future_release(future);
    bench_close(&b);
}

static uint64_t time_of(struct bench *b, uint64_t n)
{
    struct asyncdl_future *future;

    assert_int_equal(
        asyncdl_pool_apply(&future, b->pool, sum_task, &n, sizeof(n)), 0);
    uint64_t ns = bench_get(future, 0)->run_ns;
    asyncdl_future_release(future);
    return ns;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/*
 * Ten times the work takes longer; a formula would not. A busy machine only
 * makes runs slower, so the fastest so far come near the truth sooner or later.
 */
static void test_time_grows_with_the_work(void **state)
{
    uint64_t small = UINT64_MAX;
    uint64_t big = UINT64_MAX;
    struct bench b;
    int n = 0;

    bench_open(&b, *state);
    do {
        assert_true(++n <= RUNS_MAX);
        small = least(small, time_of(&b, 100000));
        big = least(big, time_of(&b, 1000000));
    } while (n < RUNS_MIN || big <= 4 * small);
    bench_close(&b);
}

#define FACTORS_MAX 32

static int factor_task(struct asyncdl_task *task, const void *arg, size_t len)
{
    uint64_t factors[FACTORS_MAX];
    size_t n_factors = 0;
    uint64_t n;

    if (len != sizeof(n)) {
        return -EINVAL;
    }
    memcpy(&n, arg, sizeof(n));
    for (uint64_t k = 2; k * k <= n; k++) {
        while (n % k == 0) {
            factors[n_factors++] = k;
            n /= k;
        }
    }
    if (n > 1) {
        factors[n_factors++] = n;
    }
    return asyncdl_task_reply(task, factors, n_factors * sizeof(factors[0]));
}

static uint64_t power(uint64_t base, uint64_t exponent, uint64_t modulus)
{
    uint64_t result = 1;

    for (; exponent > 0; exponent /= 2) {
        if (exponent % 2 == 1) {
            result = result * base % modulus;
        }
        base = base * base % modulus;
    }
    return result;
}

/* By Miller and Rabin: with these bases it is certain below 3,215,031,751. */
static bool is_prime(uint64_t n)
{
    static const uint64_t bases[] = {2, 3, 5, 7};
    uint64_t odd = n - 1;
    int twos = 0;

    if (n < 2) {
        return false;
    }
    for (; odd % 2 == 0 && odd > 0; odd /= 2) {
        twos++;
    }
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        if (n % bases[i] == 0) {
            return n == bases[i];
        }
        uint64_t x = power(bases[i], odd, n);
        bool passes = x == 1 || x == n - 1;
        for (int k = 1; k < twos && !passes; k++) {
            x = x * x % n;
            passes = x == n - 1;
        }
        if (!passes) {
            return false;
        }
    }
    return true;
}

static void test_random_numbers_are_factored(void **state)
{
    uint64_t numbers[N_NUMBERS];
    uint64_t seed = uv_hrtime() | 1;
    struct asyncdl_future *future;
    struct bench b;

    print_message("seed %llu\n", (unsigned long long)seed);
    for (int i = 0; i < N_NUMBERS; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        numbers[i] = 100000 + seed % (50000000 - 100000 + 1);
    }
    bench_open(&b, *state);
    const struct asyncdl_mapped *mapped =
        map(&b, &future, factor_task, numbers);
    for (int i = 0; i < N_NUMBERS; i++) {
        const uint64_t *factors = mapped->results[i].data;
        size_t n = mapped->results[i].len / sizeof(factors[0]);
        uint64_t product = 1;

        assert_true(n > 0);
        for (size_t k = 0; k < n; k++) {
            assert_true(is_prime(factors[k]));
            product *= factors[k];
        }
        assert_true(product == numbers[i]);
    }
    asyncdl_future_release(future);
    bench_close(&b);
}

/* A test with each backend. */
#define WITH(test, options)                                   \
    {                                                         \
#test " (" #options ")", test, NULL, NULL, &(options) \
    }

int main(void)
{
    asyncdl_main_hook();

    struct asyncdl_pool_options threads = ASYNCDL_POOL_OPTIONS_INIT;
    struct asyncdl_pool_options processes = ASYNCDL_POOL_OPTIONS_INIT;
    const struct CMUnitTest tests[] = {
        WITH(test_sums_of_squares_are_exact, threads),
        WITH(test_sums_of_squares_are_exact, processes),
        WITH(test_time_grows_with_the_work, threads),
        WITH(test_time_grows_with_the_work, processes),
        WITH(test_random_numbers_are_factored, threads),
        WITH(test_random_numbers_are_factored, processes),
    };

    processes.backend = ASYNCDL_POOL_PROCESSES;
    return cmocka_run_group_tests_name("pool_sums", tests, NULL, NULL);
}
