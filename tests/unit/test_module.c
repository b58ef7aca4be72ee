/* SPDX-License-Identifier: MIT */
#include "pool/module.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "asyncdl/error.h"
#include "support/suite.h"

static int double_it(int n)
{
    return 2 * n;
}

static void test_function_is_found_by_its_name(void **state)
{
    static const uintptr_t functions[] = {
        (uintptr_t)double_it,
        (uintptr_t)uv_version, /* of a library, or a stub of the program's */
        (uintptr_t)strerror,
    };
    struct adl_modules here = {0};
    struct adl_modules there = {0};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        int64_t index;
        int64_t offset;

        assert_int_equal(adl_modules_name(&here, functions[i], &index, &offset),
                         0);
        while (there.n < here.n) {
            const struct adl_module *module = &here.items[there.n];

            assert_int_equal(adl_modules_load(&there, module->path, module->id,
                                              module->id_len),
                             0);
        }
        assert_true(adl_modules_find(&there, index, offset) == functions[i]);
    }
    adl_modules_finish(&here);
    adl_modules_finish(&there);
}

static void test_data_is_no_function(void **state)
{
    struct adl_modules modules = {0};
    int64_t index;
    int64_t offset;
    int on_stack = 0;

    (void)state;
    assert_int_equal(
        adl_modules_name(&modules, (uintptr_t)&on_stack, &index, &offset),
        ASYNCDL_ENOFUNC);
    assert_int_equal(adl_modules_name(&modules, 0, &index, &offset),
                     ASYNCDL_ENOFUNC);
    adl_modules_finish(&modules);
}

static void test_offset_outside_of_code_is_none(void **state)
{
    struct adl_modules modules = {0};
    int64_t index;
    int64_t offset;

    (void)state;
    assert_int_equal(
        adl_modules_name(&modules, (uintptr_t)double_it, &index, &offset), 0);
    const struct adl_module *module = &modules.items[index];
    int64_t first = (int64_t)(module->code - module->base);
    int64_t end = (int64_t)(module->end - module->base);
    assert_true(adl_modules_find(&modules, index, first) == module->code);
    assert_true(adl_modules_find(&modules, index, first - 1) == 0);
    assert_true(adl_modules_find(&modules, index, end) == 0);
    assert_true(adl_modules_find(&modules, index, INT64_MAX) == 0);
    assert_true(adl_modules_find(&modules, index + 1, offset) == 0);
    assert_true(adl_modules_find(&modules, -1, offset) == 0);
    adl_modules_finish(&modules);
}

static void test_another_build_is_refused_and_has_no_code(void **state)
{
    struct adl_modules modules = {0};
    unsigned char id[20] = {1};

    (void)state;
    assert_int_equal(adl_modules_load(&modules, "", id, sizeof(id)),
                     ASYNCDL_ENOFUNC);
    assert_int_equal(adl_modules_load(&modules, "/no/such.so", id, sizeof(id)),
                     ASYNCDL_ENOFUNC);
    assert_int_equal(modules.n, 2); /* so that the next has the right index */
    assert_true(adl_modules_find(&modules, 0, 4096) == 0);
    adl_modules_finish(&modules);
}

TEST_SUITE(module)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_function_is_found_by_its_name),
        cmocka_unit_test(test_data_is_no_function),
        cmocka_unit_test(test_offset_outside_of_code_is_none),
        cmocka_unit_test(test_another_build_is_refused_and_has_no_code),
    };

    return cmocka_run_group_tests_name("module", tests, NULL, NULL);
}
