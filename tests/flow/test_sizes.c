/* SPDX-License-Identifier: MIT */
/* What would go on for ever, or grow without end, ends where it was told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/download.h"
#include "support/suite.h"

#define CHECK(state, cases) \
    download_check(*(state), cases, sizeof(cases) / sizeof((cases)[0]))

#define TOO_BIG                                                              \
    "body larger than allowed (after 1 attempt; another run will not help; " \
    "see --max-filesize)"

static void test_a_file_has_at_most_so_many_bytes(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@SITE@/bytes/1000",
         .options = "--max-filesize 1000",
         .file = "1000",
         .size = 1000},
        {.url = "http://@SITE@/bytes/1001",
         .options = "--max-filesize 1000",
         .status = 1,
         .error = TOO_BIG},
        {.url = "http://@SITE@/bytes/1000?chunked=1",
         .options = "--max-filesize 1000",
         .file = "1000",
         .size = 1000},
        {.url = "http://@SITE@/bytes/1001?chunked=1",
         .options = "--max-filesize 1000",
         .status = 1,
         .error = TOO_BIG},
        {.url = "http://@SITE@/bytes/1000?gzip=1",
         .options = "--compressed --max-filesize 1000",
         .file = "1000",
         .size = 1000},
        {.url = "http://@SITE@/bytes/1001?gzip=1",
         .options = "--compressed --max-filesize 1000",
         .status = 1,
         .error = TOO_BIG},
        {.url = "http://@SITE@/bytes/1001?cut=900&cuts=1",
         .options = "--max-filesize 1000",
         .status = 1,
         .error = TOO_BIG},
        {.url = "http://@SITE@/endless",
         .options = "--max-filesize 1M",
         .status = 1,
         .error = TOO_BIG},
    };

    CHECK(state, cases);
}

static void test_bombs_are_recognised(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@SITE@/bomb",
         .options = "--compressed",
         .status = 1,
         .error = TOO_BIG},
        {.url = "http://@SITE@/bomb",
         .options = "--compressed --discard",
         .status = 1,
         .error = TOO_BIG},
        {.url = "http://@SITE@/bomb",
         .options = "--compressed --limit-rate 1G",
         .status = 1,
         .error = TOO_BIG},
        {.url = "http://@SITE@/bomb",
         .options = "--compressed --max-filesize 3M",
         .status = 1,
         .error = TOO_BIG},
    };

    CHECK(state, cases);
}

static void test_silence_and_slowness_have_an_end(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@SITE@/hang",
         .options = "--retry 1 --stall-timeout 100ms",
         .status = 3,
         .error = "no byte within the stall timeout (after 2 attempts; "
                  "another run can help; see --stall-timeout)"},
        {.url = "http://@SITE@/stall?after=10",
         .options = "--retry 1 --stall-timeout 100ms",
         .status = 3,
         .error = "no byte within the stall timeout"},
        {.url = "http://@FAULT@/silent",
         .options = "--retry 0 --stall-timeout 100ms",
         .status = 3,
         .error = "no byte within the stall timeout"},
        {.url = "http://@SITE@/hang?slow",
         .options = "--retry 1 --max-time 100ms",
         .status = 3,
         .error = "took longer than allowed (after 2 attempts; another run "
                  "can help; see --max-time)"},
        {.url = "http://@SITE@/endless?rate=1000",
         .options = "--retry 0 -m 200ms",
         .status = 3,
         .error = "took longer than allowed"},
        {.url = "http://@SITE@/bytes/30000?stall=20000&cuts=1",
         .options = "--stall-timeout 100ms",
         .file = "30000",
         .size = 30000},
    };

    CHECK(state, cases);
}

/* The short queue of the port is filled by the first two. */
static void test_connecting_has_an_end(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d,
                 "http://@IGNORE@/1\nhttp://@IGNORE@/2\nhttp://@IGNORE@/3\n"
                 "http://@IGNORE@/4\n",
                 "--retry 0 --per-host 4 --connect-timeout 200ms "
                 "--stall-timeout 500ms",
                 3);

    download_need_err(&d, "not connected in time, while connecting (after 1 "
                          "attempt; another run can help; see "
                          "--connect-timeout)");
    assert_int_equal(cmd_count_files(&d.cmd), 0);
    download_finish(&d);
}

TEST_SUITE(sizes)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_has_at_most_so_many_bytes),
        cmocka_unit_test(test_bombs_are_recognised),
        cmocka_unit_test(test_silence_and_slowness_have_an_end),
        cmocka_unit_test(test_connecting_has_an_end),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
