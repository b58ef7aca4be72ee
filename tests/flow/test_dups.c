/* SPDX-License-Identifier: MIT */
/* What becomes of a URL that stands in the list twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/download.h"
#include "support/suite.h"

static void test_two_downloads_unless_told_otherwise(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d, "http://@SITE@/bytes/9?keep\nhttp://@SITE@/bytes/9?keep\n",
                 NULL, 0);
    assert_int_equal(download_count_requests(&d, "/bytes/9?keep"), 2);
    download_need_pattern(&d, "9", 9, 0);
    download_need_pattern(&d, "9~2", 9, 0);
    download_finish(&d);
}

static void test_once_asks_once(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d,
                 "http://@SITE@/bytes/9?once\n"
                 "http://@SITE@/bytes/9?once\n  out=other\n"
                 "http://@SITE@/bytes/8?once\n"
                 "http://@SITE@/bytes/9?once\thttp://@SITE@/bytes/8\n",
                 "--dups once", 0);
    assert_int_equal(download_count_requests(&d, "/bytes/9?once"), 1);
    assert_int_equal(download_count_requests(&d, "/bytes/8?once"), 1);
    download_need_out(&d, "\nDownloaded 2 sites in ");
    download_need_out(&d, ", duplicates left out 2\n");
    assert_int_equal(cmd_count_files(&d.cmd), 2);
    download_finish(&d);
}

TEST_SUITE(dups)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_downloads_unless_told_otherwise),
        cmocka_unit_test(test_once_asks_once),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
