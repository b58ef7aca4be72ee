/* SPDX-License-Identifier: MIT */
#include "util/sized.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/suite.h"

struct options {
    size_t struct_size;
    size_t a;
    size_t b;
};

static void test_older_struct_leaves_the_rest_as_it_is(void **state)
{
    const struct options given = {
        .struct_size = 2 * sizeof(size_t), .a = 5, .b = 6};
    struct options out = {.a = 1, .b = 2};

    (void)state;
    assert_int_equal(adl_sized_copy(&out, sizeof(out), &given), 0);
    assert_int_equal(out.struct_size, sizeof(out));
    assert_int_equal(out.a, 5);
    assert_int_equal(out.b, 2);
    assert_int_equal(adl_sized_copy(&out, sizeof(out), NULL), 0);
    assert_int_equal(out.a, 5);
}

static void test_impossible_sizes_are_refused(void **state)
{
    static const size_t sizes[] = {0, 1, sizeof(size_t) + 1,
                                   sizeof(struct options) + sizeof(size_t),
                                   SIZE_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const struct options given = {.struct_size = sizes[i], .a = 9};
        struct options out = {.a = 1};

        assert_int_equal(adl_sized_copy(&out, sizeof(out), &given), -EINVAL);
        assert_int_equal(out.a, 1);
    }
}

TEST_SUITE(sized)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_older_struct_leaves_the_rest_as_it_is),
        cmocka_unit_test(test_impossible_sizes_are_refused),
    };

    return cmocka_run_group_tests_name("sized", tests, NULL, NULL);
}
