/* SPDX-License-Identifier: MIT */
/* Several sources of one file: what one has sent and another is asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/download.h"
#include "support/suite.h"

/* A source that breaks off, and another of the same size and other bytes, so
 * that it shows whose bytes they are. */
#define FIRST  "http://@SITE@/bytes/100000/f?cut=40000"
#define SECOND "http://@SITE@/bytes/100000/f?seed=1"
#define BOTH   FIRST "\t" SECOND "\n"

/* Of the second, and of 40,000 bytes of the first with the rest of the second.
 */
#define SHA_SECOND \
    "1f7b50ad016f5112d5a0ea49bb62f04cdbffc1eb149521342cf6d9822e292578"
#define SHA_MIXED \
    "e1ae0538aa1a933b537b4f2056a23dd0f9a95b4bf795c3b196030e57f2680cb6"
#define SHA_NEITHER \
    "0000000000000000000000000000000000000000000000000000000000000000"

static void run(struct download *d, void **state, const char *list, int status)
{
    download_init(d, *state);
    download_run(d, list, "--retry 0 --no-journal", status);
}

static void test_a_mirror_goes_on_where_a_checksum_judges(void **state)
{
    struct download d;

    run(&d, state, BOTH " checksum=sha-256=" SHA_MIXED "\n", 0);
    assert_int_equal(cmd_count_files(&d.cmd), 1);
    download_finish(&d);
}

static void test_without_a_checksum_a_mirror_begins_anew(void **state)
{
    struct download d;

    run(&d, state, BOTH, 0);
    download_need_pattern(&d, "f", 100000, 1);
    download_finish(&d);
}

static void test_a_mixed_body_that_is_wrong_is_asked_for_as_a_whole(
    void **state)
{
    struct download d;

    run(&d, state, BOTH " checksum=sha-256=" SHA_SECOND "\n", 0);
    download_need_pattern(&d, "f", 100000, 1);
    download_finish(&d);
}

static void test_no_source_with_the_right_bytes_is_a_failure(void **state)
{
    struct download d;

    run(&d, state, BOTH " checksum=sha-256=" SHA_NEITHER "\n", 1);
    download_need_err(&d, "sha-256 is " SHA_SECOND ", expected " SHA_NEITHER);
    assert_int_equal(cmd_count_files(&d.cmd), 0);
    download_finish(&d);
}

static void test_another_size_is_another_file(void **state)
{
    struct download d;

    run(&d, state,
        FIRST "\thttp://@SITE@/bytes/90000/f?seed=1\n"
              " checksum=sha-256=" SHA_NEITHER "\n",
        1);
    assert_int_equal(cmd_count_files(&d.cmd), 0);
    download_finish(&d);
}

TEST_SUITE(mirrors)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_mirror_goes_on_where_a_checksum_judges),
        cmocka_unit_test(test_without_a_checksum_a_mirror_begins_anew),
        cmocka_unit_test(
            test_a_mixed_body_that_is_wrong_is_asked_for_as_a_whole),
        cmocka_unit_test(test_no_source_with_the_right_bytes_is_a_failure),
        cmocka_unit_test(test_another_size_is_another_file),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
