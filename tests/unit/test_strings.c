/* SPDX-License-Identifier: MIT */
#include "util/strings.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/fault.h"
#include "support/suite.h"

static const char *const list[] = {"a", "", "c", NULL};

static void test_list_is_copied_with_its_end(void **state)
{
    char **copy = NULL;

    (void)state;
    assert_int_equal(adl_strings_copy(&copy, list), 0);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(copy[i], list[i]);
        assert_ptr_not_equal(copy[i], list[i]);
    }
    assert_null(copy[3]);
    adl_strings_free(copy);
}

static void test_null_stays_null(void **state)
{
    char *mark[1] = {NULL};
    char **copy = mark;
    char letter = 'x';
    char *text = &letter;

    (void)state;
    assert_int_equal(adl_strings_copy(&copy, NULL), 0);
    assert_null(copy);
    assert_int_equal(adl_string_copy(&text, NULL), 0);
    assert_null(text);
    adl_strings_free(NULL);
}

static void test_out_of_memory_changes_nothing(void **state)
{
    char *mark[1] = {NULL};
    char **copy = mark;
    char *text = NULL;

    (void)state;
    fault_arm(FAULT_CALLOC, 1, ENOMEM);
    assert_int_equal(adl_strings_copy(&copy, list), -ENOMEM);
    for (int nth = 1; nth <= 3; nth++) {
        fault_arm(FAULT_STRDUP, nth, ENOMEM);
        assert_int_equal(adl_strings_copy(&copy, list), -ENOMEM);
    }
    fault_arm(FAULT_STRDUP, 1, ENOMEM);
    assert_int_equal(adl_string_copy(&text, "x"), -ENOMEM);
    fault_clear();
    assert_ptr_equal(copy, mark);
    assert_null(text);
}

TEST_SUITE(strings)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_is_copied_with_its_end),
        cmocka_unit_test(test_null_stays_null),
        cmocka_unit_test(test_out_of_memory_changes_nothing),
    };

    return cmocka_run_group_tests_name("strings", tests, NULL, NULL);
}
