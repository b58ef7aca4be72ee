/* SPDX-License-Identifier: MIT */
#include "store/parents.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fault.h"
#include "support/scratch.h"
#include "support/suite.h"

static int teardown(void **state)
{
    fault_clear();
    return scratch_teardown(state);
}

static bool is_folder(const struct scratch *s, const char *name)
{
    struct stat info;

    return stat(scratch_path(s, name), &info) == 0 && S_ISDIR(info.st_mode);
}

static void test_all_that_is_missing_is_made(void **state)
{
    static const struct {
        const char *path;
        int err;
        bool is_folder;
    } cases[] = {
        {"a", 0, true},
        {"a", 0, true}, /* again */
        {"a/b", 0, true},
        {"c/d/e/f", 0, true},
        {"c/d/g/", 0, true},
        {"h//i///j", 0, true},
        {"k/./l", 0, true},
        {"alias/m", 0, true},
        {"file", 0, false}, /* who opens it finds out */
        {"file/x", -ENOTDIR, false},
        {"file/x/y", -ENOTDIR, false},
        {"dangling/x", -ENOENT, false},
        {"loop/x", -ELOOP, false},
    };
    const struct scratch *s = *state;

    scratch_write(scratch_path(s, "file"), "x");
    assert_int_equal(mkdir(scratch_path(s, "real"), 0777), 0);
    assert_int_equal(symlink("real", scratch_path(s, "alias")), 0);
    assert_int_equal(symlink("nowhere", scratch_path(s, "dangling")), 0);
    assert_int_equal(symlink("loop", scratch_path(s, "loop")), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int err = adl_parents_make(scratch_path(s, cases[i].path));

        if (err != cases[i].err ||
            is_folder(s, cases[i].path) != cases[i].is_folder) {
            fail_msg("%s: %d", cases[i].path, err);
        }
    }
    assert_true(is_folder(s, "real/m"));
    assert_false(is_folder(s, "nowhere"));
    assert_true(scratch_holds(scratch_path(s, "file"), "x", 1));
}

static void test_what_is_there_need_not_be_writable(void **state)
{
    (void)state;
    assert_int_equal(adl_parents_make("/"), 0);
    assert_int_equal(adl_parents_make("/proc/self"), 0);
    assert_true(adl_parents_make("/proc/self/x/y") < 0);
    assert_int_equal(adl_parents_make("."), 0);
    assert_int_equal(adl_parents_make(""), -ENOENT);
}

/* The nth folder that is made fails: those before it stay. */
static void test_a_failure_is_told(void **state)
{
    const struct scratch *s = *state;
    int nth = 1;

    for (;; nth++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "%d/a/b", nth);
        fault_arm(FAULT_MKDIR, nth, ENOSPC);
        int err = adl_parents_make(scratch_path(s, name));
        if (fault_n_hits(FAULT_MKDIR) == 0) {
            assert_int_equal(err, 0);
            break;
        }
        assert_int_equal(err, -ENOSPC);
        assert_false(is_folder(s, name));
        fault_clear();
        assert_int_equal(adl_parents_make(scratch_path(s, name)), 0);
        assert_true(is_folder(s, name));
    }
    assert_int_equal(nth, 6); /* down three times, and up twice */
    fault_arm(FAULT_STRDUP, 1, ENOMEM);
    assert_int_equal(adl_parents_make(scratch_path(s, "z")), -ENOMEM);
    assert_false(is_folder(s, "z"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, teardown)

TEST_SUITE(parents)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_that_is_missing_is_made),
        TEST(test_what_is_there_need_not_be_writable),
        TEST(test_a_failure_is_told),
    };

    return cmocka_run_group_tests_name("parents", tests, NULL, NULL);
}
