/* SPDX-License-Identifier: MIT */
#include "asyncdl/error.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

#define FIRST ASYNCDL_EHTTP
#define LAST  ASYNCDL_EOWNCERT

static void test_every_code_has_a_name_and_a_text_of_its_own(void **state)
{
    (void)state;
    for (int a = FIRST; a >= LAST; a--) {
        assert_string_not_equal(asyncdl_err_name(a), "UNKNOWN");
        assert_string_not_equal(asyncdl_strerror(a), "unknown error");
        assert_int_equal(asyncdl_err_name(a)[0], 'E');
        for (int b = FIRST; b > a; b--) {
            assert_string_not_equal(asyncdl_err_name(a), asyncdl_err_name(b));
            assert_string_not_equal(asyncdl_strerror(a), asyncdl_strerror(b));
        }
    }
}

static void test_codes_of_the_system_pass_through(void **state)
{
    (void)state;
    assert_string_equal(asyncdl_err_name(-EINVAL), "EINVAL");
    assert_string_equal(asyncdl_err_name(-ECANCELED), "ECANCELED");
    assert_string_equal(asyncdl_strerror(-ENOSPC), "no space left on device");
    assert_string_equal(asyncdl_strerror(-EDQUOT), "disk quota exceeded");
    assert_string_equal(asyncdl_err_name(-EDQUOT), "EDQUOT");
    assert_string_equal(asyncdl_strerror(-EDEADLK), "would wait for itself");
    assert_string_equal(asyncdl_err_name(-EDEADLK), "EDEADLK");
    assert_string_equal(asyncdl_strerror(-ENOTSUP), "not supported here");
    assert_string_equal(asyncdl_err_name(0), "OK");
    assert_string_equal(asyncdl_strerror(0), "no error");
}

static void test_other_codes_are_unknown(void **state)
{
    static const int codes[] = {1,       EINVAL,  FIRST + 1, LAST - 1,
                                INT_MIN, INT_MAX, -4999};

    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        assert_string_equal(asyncdl_err_name(codes[i]), "UNKNOWN");
        assert_string_equal(asyncdl_strerror(codes[i]), "unknown error");
    }
}

TEST_SUITE(error)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_has_a_name_and_a_text_of_its_own),
        cmocka_unit_test(test_codes_of_the_system_pass_through),
        cmocka_unit_test(test_other_codes_are_unknown),
    };

    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
