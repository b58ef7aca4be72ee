/* SPDX-License-Identifier: MIT */
#include "cli/manifest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/scratch.h"
#include "support/suite.h"

#define HASH "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void tell(struct adl_manifest *manifest, enum asyncdl_state state,
                 const char *sha256, const char *path)
{
    struct asyncdl_result result = {
        .state = state, .sha256 = sha256, .path = path};
    struct asyncdl_event event = {.type = ASYNCDL_EVENT_DONE,
                                  .result = &result};

    adl_manifest_on_event(&event, manifest);
}

static bool is_text(const char *path, const char *text)
{
    return scratch_holds(path, text, strlen(text));
}

static void test_lines_are_those_of_sha256sum(void **state)
{
    static const struct {
        const char *path;
        const char *line;
    } cases[] = {
        {"a/b", HASH "  a/b\n"},
        {" b *", HASH "   b *\n"},
        {"a\\b", "\\" HASH "  a\\\\b\n"},
        {"a\nb\r", "\\" HASH "  a\\nb\\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_buf buf = {0};

        assert_int_equal(adl_manifest_add_line(&buf, HASH, cases[i].path), 0);
        assert_string_equal(adl_buf_str(&buf), cases[i].line);
        adl_buf_finish(&buf);
    }
}

static void test_it_lists_what_is_there_and_hashed(void **state)
{
    struct scratch *scratch = *state;
    const char *path = scratch_path(scratch, "sums");
    struct adl_manifest manifest;

    assert_int_equal(adl_manifest_open(&manifest, path), 0);
    tell(&manifest, ASYNCDL_DONE, HASH, "new");
    tell(&manifest, ASYNCDL_DONE, HASH, NULL);
    tell(&manifest, ASYNCDL_FAILED, NULL, "failed");
    tell(&manifest, ASYNCDL_SKIPPED, NULL, "in the way");
    tell(&manifest, ASYNCDL_SKIPPED, HASH, "done before");
    assert_int_equal(adl_manifest_commit(&manifest, ADL_ASIDE_SYNC), 0);

    assert_true(is_text(path, HASH "  new\n" HASH "  done before\n"));
    assert_int_equal(scratch_count_entries(scratch->path), 1);
}

static void test_the_one_before_stays_until_the_end(void **state)
{
    struct scratch *scratch = *state;
    const char *path = scratch_path(scratch, "sums");
    struct adl_manifest manifest;

    scratch_write(path, "before");
    assert_int_equal(adl_manifest_open(&manifest, path), 0);
    tell(&manifest, ASYNCDL_DONE, HASH, "a");
    assert_true(is_text(path, "before"));
    adl_manifest_abort(&manifest);
    assert_true(is_text(path, "before"));
    assert_int_equal(scratch_count_entries(scratch->path), 1);

    assert_int_equal(adl_manifest_open(&manifest, path), 0);
    assert_int_equal(adl_manifest_commit(&manifest, ADL_ASIDE_SYNC), 0);
    assert_true(is_text(path, ""));
}

static void test_a_link_stays_a_link(void **state)
{
    struct scratch *scratch = *state;
    const char *path = scratch_path(scratch, "sums");
    const char *link = scratch_path(scratch, "link");
    struct adl_manifest manifest;
    char target[16];

    scratch_write(path, "before");
    assert_int_equal(symlink("sums", link), 0);
    assert_int_equal(adl_manifest_open(&manifest, link), 0);
    tell(&manifest, ASYNCDL_DONE, HASH, "a");
    assert_int_equal(adl_manifest_commit(&manifest, ADL_ASIDE_SYNC), 0);

    assert_int_equal(readlink(link, target, sizeof(target)), 4);
    assert_true(is_text(path, HASH "  a\n"));
}

static void test_what_cannot_be_written_is_refused(void **state)
{
    struct scratch *scratch = *state;
    struct adl_manifest manifest;

    assert_int_equal(
        adl_manifest_open(&manifest, scratch_path(scratch, "none/sums")),
        -ENOENT);
    assert_int_equal(adl_manifest_open(&manifest, scratch->path), -EISDIR);
    assert_int_equal(adl_manifest_open(&manifest, ""), -ENOENT);
    assert_int_equal(adl_manifest_commit(&manifest, ADL_ASIDE_SYNC),
                     0); /* it is not open */
}

static void test_a_device_is_written_to_and_stays(void **state)
{
    struct adl_manifest manifest;

    (void)state;
    assert_int_equal(adl_manifest_open(&manifest, "/dev/full"), 0);
    tell(&manifest, ASYNCDL_DONE, HASH, "a");
    assert_int_equal(adl_manifest_commit(&manifest, ADL_ASIDE_SYNC), -ENOSPC);
    assert_int_equal(access("/dev/full", F_OK), 0);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

TEST_SUITE(cli_manifest)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lines_are_those_of_sha256sum),
        TEST(test_it_lists_what_is_there_and_hashed),
        TEST(test_the_one_before_stays_until_the_end),
        TEST(test_a_link_stays_a_link),
        TEST(test_what_cannot_be_written_is_refused),
        TEST(test_a_device_is_written_to_and_stays),
    };

    return cmocka_run_group_tests_name("cli-manifest", tests, NULL, NULL);
}
