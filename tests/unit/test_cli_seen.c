/* SPDX-License-Identifier: MIT */
#include "cli/seen.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/effort.h"
#include "support/fault.h"
#include "support/suite.h"

/* Both in memory and on the disk. */
#define N_URLS effort(150000, 80000)

static const uint64_t key[2] = {1, 2};

static void test_each_string_is_new_once(void **state)
{
    struct adl_seen seen;

    (void)state;
    adl_seen_init(&seen, key);
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < N_URLS; i++) {
            char text[32];

            (void)snprintf(text, sizeof(text), "http://h/%u", i);
            assert_int_equal(adl_seen_add(&seen, text), round == 0);
        }
    }
    assert_true(seen.numbers.n_used < N_URLS); /* the rest is on the disk */
    adl_seen_finish(&seen);
}

static void test_lack_of_memory_is_an_error_and_no_duplicate(void **state)
{
    struct adl_seen seen;

    (void)state;
    adl_seen_init(&seen, key);
    fault_arm(FAULT_CALLOC, 1, ENOMEM);
    assert_int_equal(adl_seen_add(&seen, "http://h"), -ENOMEM);
    fault_clear();
    assert_int_equal(adl_seen_add(&seen, "http://h"), 1);
    assert_int_equal(adl_seen_add(&seen, "http://h"), 0);
    adl_seen_finish(&seen);
}

/* In a process of its own, whose files may not grow. */
static int add_until_error(void)
{
    const struct rlimit limit = {65536, 65536};
    struct adl_seen seen;
    int rc = 1;

    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR ||
        setrlimit(RLIMIT_FSIZE, &limit) < 0) {
        return 2;
    }
    adl_seen_init(&seen, key);
    for (unsigned i = 0; i < 4 * N_URLS && rc == 1; i++) {
        char text[32];

        (void)snprintf(text, sizeof(text), "http://h/%u", i);
        rc = adl_seen_add(&seen, text);
    }
    adl_seen_finish(&seen);
    return rc == -EIO || rc == -ENOSPC ? 0 : 1;
}

static void test_full_disk_is_an_error_and_no_duplicate(void **state)
{
    int status = -1;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        _exit(add_until_error());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

TEST_SUITE(cli_seen)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_string_is_new_once),
        cmocka_unit_test(test_lack_of_memory_is_an_error_and_no_duplicate),
        cmocka_unit_test(test_full_disk_is_an_error_and_no_duplicate),
    };

    return cmocka_run_group_tests_name("seen", tests, NULL, NULL);
}
