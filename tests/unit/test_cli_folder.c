/* SPDX-License-Identifier: MIT */
#include "cli/folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/scratch.h"
#include "support/suite.h"

static int setup(void **state)
{
    int rc = scratch_setup(state);

    return rc == 0 ? chdir(((struct scratch *)*state)->path) : rc;
}

static int teardown(void **state)
{
    return chdir("/") == 0 ? scratch_teardown(state) : -1;
}

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void test_what_was_made_can_be_taken_back(void **state)
{
    static const struct {
        const char *path;
        int err;
    } cases[] = {
        {"new", 0},      {"new/", 0},          {"old/new/and//more", 0},
        {"./a//b//", 0}, {"old", 0},           {".", 0},
        {"file", 0},     {"file/x", -ENOTDIR}, {"", 0},
    };

    (void)state;
    assert_int_equal(mkdir("old", 0777), 0);
    scratch_write("file", "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_folder folder;

        assert_int_equal(adl_folder_make(&folder, cases[i].path), cases[i].err);
        if (cases[i].err == 0 && cases[i].path[0] != '\0' &&
            cases[i].path[0] != 'f') {
            assert_true(is_folder(cases[i].path));
        }
        adl_folder_unmake(&folder);
        adl_folder_unmake(&folder);
        assert_int_equal(scratch_count_entries("."), 2);
        assert_int_equal(scratch_count_entries("old"), 0);
    }
}

static void test_what_is_used_meanwhile_stays(void **state)
{
    struct adl_folder folder;

    (void)state;
    assert_int_equal(adl_folder_make(&folder, "a/b/c"), 0);
    scratch_write("a/b/f", "x");
    adl_folder_unmake(&folder);
    assert_true(is_folder("a/b"));
    assert_false(is_folder("a/b/c"));
    assert_int_equal(adl_folder_make(&folder, "d"), 0);
    adl_folder_finish(&folder);
    adl_folder_unmake(&folder);
    assert_true(is_folder("d"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

TEST_SUITE(cli_folder)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_made_can_be_taken_back),
        TEST(test_what_is_used_meanwhile_stays),
    };

    return cmocka_run_group_tests_name("cli-folder", tests, NULL, NULL);
}
