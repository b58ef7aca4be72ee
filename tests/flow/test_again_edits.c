/* SPDX-License-Identifier: MIT */
/* A finished list that is edited and run again: only what is new is asked for,
 * and every old line keeps its name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/rerun.h"
#include "support/suite.h"

#define N_LINES 60
#define MIDDLE  30
#define N_NEW   10

/* Old line i; its body's size tells it from all others. */
static void add_old(struct adl_buf *list, int i)
{
    assert_int_equal(
        adl_buf_addf(list, "http://@SITE@/bytes/%d/old%d\n", 100 + i, i), 0);
}

static void need_old(struct download *d, int i)
{
    char name[16];

    (void)snprintf(name, sizeof(name), "old%d", i);
    assert_true(rerun_check_whole(d, name, (uint64_t)(100 + i)));
}

static void need_all_old(struct download *d)
{
    for (int i = 0; i < N_LINES; i++) {
        need_old(d, i);
    }
}

/* Run the list of all old lines to its end. */
static void finish_list(struct download *d)
{
    struct adl_buf list = {0};

    for (int i = 0; i < N_LINES; i++) {
        add_old(&list, i);
    }
    rerun_need(d, adl_buf_str(&list), NULL, 0, N_LINES);
    adl_buf_finish(&list);
}

static void test_ten_new_lines_in_the_middle_are_ten_requests(void **state)
{
    struct download d;
    struct adl_buf list = {0};

    download_init(&d, *state);
    finish_list(&d);
    for (int i = 0; i < N_LINES; i++) {
        add_old(&list, i);
        for (int j = 0; i == MIDDLE && j < N_NEW; j++) {
            assert_int_equal(adl_buf_addf(&list,
                                          "http://@SITE@/bytes/%d/new%d\n",
                                          900 + j, j),
                             0);
        }
    }
    rerun_need(&d, adl_buf_str(&list), NULL, 0, N_NEW);

    need_all_old(&d);
    download_need_pattern(&d, "new0", 900, 0);
    download_need_pattern(&d, "new9", 909, 0);
    assert_int_equal(cmd_count_files(&d.cmd), N_LINES + N_NEW);
    download_need_out(&d, "Downloaded 10 sites");
    download_need_out(&d, "Skipped 60 (done before 60), failed 0");
    rerun_need(&d, adl_buf_str(&list), NULL, 0, 0);
    adl_buf_finish(&list);
    download_finish(&d);
}

/* Of ten lines put into the middle, five stand elsewhere in the list, too. */
static void test_old_urls_that_come_again_are_new_lines(void **state)
{
    struct download d;
    struct adl_buf list = {0};

    download_init(&d, *state);
    finish_list(&d);
    for (int i = 0; i < N_LINES; i++) {
        add_old(&list, i);
        for (int j = 0; i == MIDDLE && j < N_NEW / 2; j++) {
            add_old(&list, j);
            assert_int_equal(adl_buf_addf(&list,
                                          "http://@SITE@/bytes/%d/new%d\n",
                                          900 + j, j),
                             0);
        }
    }
    rerun_need(&d, adl_buf_str(&list), NULL, 0, N_NEW);

    need_all_old(&d);
    download_need_pattern(&d, "old0~2", 100, 0);
    download_need_pattern(&d, "old4~2", 104, 0);
    assert_int_equal(cmd_count_files(&d.cmd), N_LINES + N_NEW);
    adl_buf_finish(&list);
    download_finish(&d);
}

/* i of the old list becomes what stands at i; -1: nothing. */
static int keep_even(int i)
{
    return i % 2 == 0 ? i : -1;
}

static int swap_neighbours(int i)
{
    return i ^ 1;
}

static int reverse(int i)
{
    return N_LINES - 1 - i;
}

static int rotate(int i)
{
    return (i + 7) % N_LINES;
}

static void test_moved_and_removed_lines_are_no_new_ones(void **state)
{
    static int (*const edits[])(int i) = {
        keep_even, swap_neighbours, reverse, rotate, keep_even, reverse,
    };
    struct download d;

    download_init(&d, *state);
    finish_list(&d);
    for (size_t e = 0; e < sizeof(edits) / sizeof(edits[0]); e++) {
        struct adl_buf list = {0};

        for (int i = 0; i < N_LINES; i++) {
            if (edits[e](i) >= 0) {
                add_old(&list, edits[e](i));
            }
        }
        rerun_need(&d, adl_buf_str(&list), NULL, 0, 0);
        need_all_old(&d);
        assert_int_equal(cmd_count_files(&d.cmd), N_LINES);
        adl_buf_finish(&list);
    }
    download_finish(&d);
}

static void test_a_line_put_before_its_namesakes_takes_no_name_away(
    void **state)
{
    struct download d;

    download_init(&d, *state);
    rerun_need(&d,
               "http://@SITE@/bytes/201/x\n"
               "http://@SITE@/bytes/202/x\n",
               NULL, 0, 2);
    rerun_need(&d,
               "http://@SITE@/bytes/203/x\n"
               "http://@SITE@/bytes/201/x\n"
               "http://@SITE@/bytes/202/x\n",
               NULL, 0, 1);

    download_need_pattern(&d, "x", 201, 0);
    download_need_pattern(&d, "x~2", 202, 0);
    download_need_pattern(&d, "x~3", 203, 0);
    rerun_need(&d,
               "http://@SITE@/bytes/202/x\n"
               "http://@SITE@/bytes/204/x\n"
               "http://@SITE@/bytes/203/x\n",
               NULL, 0, 1); /* 201 keeps its name without a line */
    download_need_pattern(&d, "x", 201, 0);
    download_need_pattern(&d, "x~4", 204, 0);
    assert_int_equal(cmd_count_files(&d.cmd), 4);
    download_finish(&d);
}

/* The first time a URL stands in the list it is the first line of the journal,
 * wherever that moved to. */
static void test_the_same_url_twice_keeps_two_files(void **state)
{
    static const char *const lists[] = {
        "http://@SITE@/bytes/7/same\n"
        "http://@SITE@/bytes/7/same\n",
        "http://@SITE@/bytes/7/same\n"
        "http://@SITE@/bytes/8/other\n"
        "http://@SITE@/bytes/7/same\n",
        "http://@SITE@/bytes/7/same\n"
        "http://@SITE@/bytes/7/same\n"
        "http://@SITE@/bytes/7/same\n"
        "http://@SITE@/bytes/8/other\n",
        "http://@SITE@/bytes/7/same\n",
    };
    static const uint64_t n_requests[] = {2, 1, 1, 0};
    struct download d;

    download_init(&d, *state);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        rerun_need(&d, lists[i], NULL, 0, n_requests[i]);
    }

    download_need_pattern(&d, "same", 7, 0);
    download_need_pattern(&d, "same~2", 7, 0);
    download_need_pattern(&d, "same~3", 7, 0);
    assert_int_equal(cmd_count_files(&d.cmd), 4);
    download_finish(&d);
}

/* Names that hold the place in the list are those of the first run. */
static void test_numbered_names_stay_when_lines_move(void **state)
{
    struct download d;

    download_init(&d, *state);
    rerun_need(&d,
               "http://@SITE@/bytes/31\n"
               "http://@SITE@/bytes/32\n",
               "-o {index}", 0, 2);
    rerun_need(&d,
               "http://@SITE@/bytes/33\n"
               "http://@SITE@/bytes/32\n"
               "http://@SITE@/bytes/31\n",
               "-o {index}", 0, 1);

    download_need_pattern(&d, "1", 31, 0);
    download_need_pattern(&d, "2", 32, 0);
    download_need_pattern(&d, "1~2", 33, 0);
    download_finish(&d);
}

TEST_SUITE(again_edits)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ten_new_lines_in_the_middle_are_ten_requests),
        cmocka_unit_test(test_old_urls_that_come_again_are_new_lines),
        cmocka_unit_test(test_moved_and_removed_lines_are_no_new_ones),
        cmocka_unit_test(
            test_a_line_put_before_its_namesakes_takes_no_name_away),
        cmocka_unit_test(test_the_same_url_twice_keeps_two_files),
        cmocka_unit_test(test_numbered_names_stay_when_lines_move),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
