/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/effort.h"
#include "support/suite.h"
#include "util/rng.h"
#include "util/spill.h"

/* More than the cache of pages holds. */
#define N_KEYS 200000

static void test_numbers_are_found_and_replaced(void **state)
{
    static const uint64_t keys[] = {0, 1, INT64_MAX, UINT64_MAX,
                                    UINT64_C(1) << 63};
    struct adl_spill *spill;
    uint32_t value = 7;

    (void)state;
    assert_int_equal(adl_spill_open(&spill), 0);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        assert_int_equal(adl_spill_get(spill, keys[i], &value), 0);
        assert_int_equal(value, 0);
        assert_int_equal(adl_spill_put(spill, keys[i], 1), 0);
        assert_int_equal(adl_spill_put(spill, keys[i], UINT32_MAX), 0);
        assert_int_equal(adl_spill_get(spill, keys[i], &value), 0);
        assert_int_equal(value, UINT32_MAX);
    }
    adl_spill_close(spill);
}

static void test_what_does_not_fit_the_cache_is_found(void **state)
{
    struct adl_rng writer = {42};
    struct adl_rng reader = {42};
    const unsigned n_keys = effort(N_KEYS, N_KEYS / 10);
    struct adl_spill *spill;

    (void)state;
    assert_int_equal(adl_spill_open(&spill), 0);
    for (uint32_t i = 1; i <= n_keys; i++) {
        assert_int_equal(adl_spill_put(spill, adl_rng_next(&writer), i), 0);
    }
    for (uint32_t i = 1; i <= n_keys; i++) {
        uint32_t value = 0;

        assert_int_equal(adl_spill_get(spill, adl_rng_next(&reader), &value),
                         0);
        assert_int_equal(value, i);
    }
    adl_spill_close(spill);
}

/* In a process of its own, whose files may not grow. */
static int count_until_error(void)
{
    const struct rlimit limit = {65536, 65536};
    struct adl_rng rng = {42};
    struct adl_spill *spill;
    int err = 0;

    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR ||
        setrlimit(RLIMIT_FSIZE, &limit) < 0 || adl_spill_open(&spill) < 0) {
        return 2;
    }
    for (uint32_t i = 1; i <= N_KEYS && err == 0; i++) {
        err = adl_spill_put(spill, adl_rng_next(&rng), i);
    }
    adl_spill_close(spill);
    return err == -EIO || err == -ENOSPC ? 0 : 1;
}

static void test_file_that_cannot_grow_is_an_error(void **state)
{
    int status = -1;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        _exit(count_until_error());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void test_close_accepts_null(void **state)
{
    (void)state;
    adl_spill_close(NULL);
}

TEST_SUITE(spill)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_found_and_replaced),
        cmocka_unit_test(test_what_does_not_fit_the_cache_is_found),
        cmocka_unit_test(test_file_that_cannot_grow_is_an_error),
        cmocka_unit_test(test_close_accepts_null),
    };

    return cmocka_run_group_tests_name("spill", tests, NULL, NULL);
}
