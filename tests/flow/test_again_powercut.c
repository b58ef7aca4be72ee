/* SPDX-License-Identifier: MIT */
/* The power goes at any call: what was not synced is lost, and yet no file is
 * torn, and the next run ends the work. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/effort.h"
#include "support/http.h"
#include "support/powercut.h"
#include "support/rerun.h"
#include "support/suite.h"

#define N_FILES 24
#define N_CUTS  effort(4, 2) /* of each way, all over a run */
#define HALF    "http://@SITE@/bytes/3000000/half?stall=2000000&cuts=1\n"
#define SIZE    3000000

static uint64_t get_size(int i)
{
    return i % 6 == 5 ? 200000 + (uint64_t)i : 100 + 777 * (uint64_t)i;
}

static void make_list(struct adl_buf *list)
{
    for (int i = 0; i < N_FILES; i++) {
        assert_int_equal(adl_buf_addf(list, "http://@SITE@/bytes/%d/f%d\n",
                                      (int)get_size(i), i),
                         0);
    }
}

/* What is there is whole. How many there are. */
static int count_whole(struct download *d)
{
    int n = 0;

    for (int i = 0; i < N_FILES; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "f%d", i);
        n += rerun_check_whole(d, name, get_size(i));
    }
    return n;
}

/* Some that are there are not whole. */
static bool has_torn(struct download *d)
{
    bool is_torn = false;

    for (int i = 0; i < N_FILES; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "out/f%d", i);
        is_torn =
            is_torn || (cmd_has(&d->cmd, name) &&
                        !tmpdir_is_pattern(&d->cmd.dir, name, get_size(i), 0));
    }
    return is_torn;
}

/* A run that ends at its nth call, and what the disk has after that. */
static void cut(struct download *d, const char *options, unsigned nth,
                enum powercut_kind kind)
{
    struct adl_buf list = {0};

    make_list(&list);
    powercut_arm(&d->cmd, nth, "first");
    struct proc *proc = download_start(d, adl_buf_str(&list), options);
    proc_result_finish(&d->cmd.result);
    proc_wait(proc, &d->cmd.result);
    d->cmd.out = adl_buf_str(&d->cmd.result.out);
    d->cmd.err = adl_buf_str(&d->cmd.result.err);
    assert_false(d->cmd.result.is_timed_out);
    if (d->cmd.result.signal != SIGKILL && d->cmd.result.status != 0) {
        fail_msg("exit status %d; stderr:\n%s", d->cmd.result.status,
                 d->cmd.err);
    }
    powercut_apply(&d->cmd, kind);
    adl_buf_finish(&list);
}

/* The run after it. */
static void finish_list(struct download *d, const char *options)
{
    struct adl_buf list = {0};

    make_list(&list);
    powercut_arm(&d->cmd, 0, "second");
    download_run(d, adl_buf_str(&list), options, 0);
    assert_string_equal(d->cmd.err, "");
    assert_int_equal(count_whole(d), N_FILES);
    rerun_need(d, adl_buf_str(&list), options, 0, 0);
    adl_buf_finish(&list);
}

static unsigned count_calls(void **state, const char *options)
{
    struct download d;
    struct adl_buf list = {0};

    download_init(&d, *state);
    make_list(&list);
    powercut_arm(&d.cmd, 0, "first");
    download_run(&d, adl_buf_str(&list), options, 0);
    unsigned n = powercut_count(&d.cmd);
    adl_buf_finish(&list);
    download_finish(&d);
    assert_true(n > N_CUTS);
    return n;
}

static void check_cuts(void **state, const char *options,
                       enum powercut_kind kind)
{
    unsigned n_calls = count_calls(state, options);

    for (unsigned i = 0; i < N_CUTS; i++) {
        struct download d;

        download_init(&d, *state);
        cut(&d, options, 1 + i * n_calls / N_CUTS + i, kind);
        int n_whole = count_whole(&d);
        if (strstr(options, "file") != NULL) { /* what was told of is there */
            assert_true((size_t)n_whole >= cmd_count_text(d.cmd.out, "Read "));
        }
        finish_list(&d, options);
        download_finish(&d);
    }
}

static void test_batches_that_were_synced_outlast_the_cut(void **state)
{
    check_cuts(state, "-j 8 --fsync batch", POWERCUT_NAMES_FIRST);
    check_cuts(state, "-j 8 --fsync batch", POWERCUT_ZEROS);
    check_cuts(state, "-j 8 --fsync batch", POWERCUT_NOTHING_ELSE);
}

static void test_files_that_were_told_of_outlast_the_cut(void **state)
{
    check_cuts(state, "-j 8 --fsync file", POWERCUT_ZEROS);
    check_cuts(state, "-j 8 --fsync file", POWERCUT_NOTHING_ELSE);
}

/* Nothing lasts, and so nothing is in the way. */
static void test_without_syncs_all_may_be_lost_and_comes_again(void **state)
{
    check_cuts(state, "-j 8 --fsync none", POWERCUT_NOTHING_ELSE);
}

/* Or else these tests would see nothing. */
static void test_without_syncs_files_are_torn(void **state)
{
    struct download d;

    download_init(&d, *state);
    cut(&d, "-j 8 --fsync none", 0, POWERCUT_NAMES_FIRST);
    assert_true(has_torn(&d));
    download_finish(&d);
}

/* A list that is downloaded again: each file is the old or the new one. */
static void test_files_that_are_replaced_are_not_torn(void **state)
{
    static const char options[] =
        "-j 8 --restart --no-remote-time --fsync batch";

    for (unsigned i = 0; i < N_CUTS; i++) {
        struct download d;

        download_init(&d, *state);
        finish_list(&d, "-j 8");
        cut(&d, options, 30 + 17 * i, POWERCUT_NAMES_FIRST);
        assert_int_equal(count_whole(&d), N_FILES);
        finish_list(&d, "-j 8");
        download_finish(&d);
    }
}

/* Of a half only those bytes are gone on with that are there. */
static void check_half(void **state, enum powercut_kind kind, int signum)
{
    struct download d;
    struct http_answer answer;

    download_init(&d, *state);
    answer = http_need(d.servers->site.port, "/reset-stats", ""); /* of cuts */
    http_answer_finish(&answer);
    powercut_arm(&d.cmd, 0, "first");
    struct proc *proc = download_start(&d, HALF, NULL);
    rerun_wait_for_part(&d, SIZE / 3);
    assert_int_equal(proc_signal(proc, signum), 0);
    cmd_wait(&d.cmd, proc, signum == SIGKILL ? -1 : 128 + signum);
    uint64_t kept = rerun_get_part_size(&d);
    powercut_apply(&d.cmd, kind);
    if (signum == SIGINT && kind != POWERCUT_NOTHING_ELSE) {
        assert_int_equal(rerun_get_part_size(&d), kept); /* it was synced */
    }
    powercut_arm(&d.cmd, 0, "second");
    rerun_need(&d, HALF, NULL, 0, 1);
    assert_true(rerun_check_whole(&d, "half", SIZE));
    rerun_need(&d, HALF, NULL, 0, 0);
    download_finish(&d);
}

static void test_halves_are_not_mixed_with_what_was_lost(void **state)
{
    static const int signals[] = {SIGKILL, SIGINT};

    for (size_t i = 0; i < 2; i++) {
        check_half(state, POWERCUT_NAMES_FIRST, signals[i]);
        check_half(state, POWERCUT_ZEROS, signals[i]);
        check_half(state, POWERCUT_NOTHING_ELSE, signals[i]);
    }
}

TEST_SUITE(again_powercut)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches_that_were_synced_outlast_the_cut),
        cmocka_unit_test(test_files_that_were_told_of_outlast_the_cut),
        cmocka_unit_test(test_without_syncs_all_may_be_lost_and_comes_again),
        cmocka_unit_test(test_without_syncs_files_are_torn),
        cmocka_unit_test(test_files_that_are_replaced_are_not_torn),
        cmocka_unit_test(test_halves_are_not_mixed_with_what_was_lost),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
