/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* syscall(): the C library has no futex() */
#include "pool/futex.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "asyncdl/future.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

int64_t adl_futex_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail on Linux */
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t adl_futex_deadline(int64_t now, uint64_t timeout_ms)
{
    if (timeout_ms >= (uint64_t)((ADL_FUTEX_NEVER - now) / NS_PER_MS)) {
        return ADL_FUTEX_NEVER;
    }
    return now + (int64_t)timeout_ms * NS_PER_MS;
}

int adl_futex_wait(_Atomic uint32_t *word, uint32_t expected, int64_t deadline)
{
    struct timespec until = {
        .tv_sec = (time_t)(deadline / NS_PER_S),
        .tv_nsec = (long)(deadline % NS_PER_S),
    };
    const struct timespec *limit = deadline == ADL_FUTEX_NEVER ? NULL : &until;

    /* This form, and not FUTEX_WAIT, takes a point of CLOCK_MONOTONIC. */
    if (syscall(SYS_futex, word, FUTEX_WAIT_BITSET, expected, limit, NULL,
                FUTEX_BITSET_MATCH_ANY) < 0 &&
        errno == ETIMEDOUT) {
        return -ETIMEDOUT;
    }
    return 0;
}

static void wake(_Atomic uint32_t *word, int n)
{
    (void)syscall(SYS_futex, word, FUTEX_WAKE, n, NULL, NULL, 0);
}

void adl_futex_wake_one(_Atomic uint32_t *word)
{
    wake(word, 1);
}

void adl_futex_wake_all(_Atomic uint32_t *word)
{
    wake(word, INT_MAX);
}
