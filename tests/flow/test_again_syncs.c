/* SPDX-License-Identifier: MIT */
/* Disks that cannot keep what they were given, and say so when it is synced:
 * what they may have lost gets no name, and the next run ends the work. */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/baddisk.h"
#include "support/effort.h"
#include "support/http.h"
#include "support/rerun.h"
#include "support/suite.h"

#define N_FILES 40
#define HALF    "http://@SITE@/bytes/3000000/half?stall=2000000&cuts=1&bad\n"
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

/* A run whose disk fails, which it may not need. Did it stop for that? */
static bool fail_once(struct download *d, const char *list, const char *options,
                      const struct baddisk *disk)
{
    baddisk_arm(&d->cmd, disk);
    struct proc *proc = download_start(d, list, options);
    proc_result_finish(&d->cmd.result);
    proc_wait(proc, &d->cmd.result);
    d->cmd.out = adl_buf_str(&d->cmd.result.out);
    d->cmd.err = adl_buf_str(&d->cmd.result.err);
    baddisk_disarm(&d->cmd);
    if (d->cmd.result.status == 0) {
        assert_string_equal(d->cmd.err, "");
        return false;
    }
    if (d->cmd.result.status != 4) {
        fail_msg("%s %lu: exit status %d; stderr:\n%s", disk->call, disk->nth,
                 d->cmd.result.status, d->cmd.err);
    }
    return true;
}

/* Of its own syncs SQLite does not always say what was wrong with them. */
static void need_told(const struct download *d, const struct baddisk *disk)
{
    const char *journal = "cannot keep a journal in out/.asyncdl: i/o error";

    if (strstr(d->cmd.err, journal) == NULL) {
        cmd_need_text(d->cmd.err, baddisk_get_text(disk->err));
    }
}

/* Was the fault met at all? And the run after it does what is left. */
static bool check(void **state, const char *options, const struct baddisk *disk)
{
    struct adl_buf list = {0};
    struct download d;

    download_init(&d, *state);
    make_list(&list);
    bool has_stopped = fail_once(&d, adl_buf_str(&list), options, disk);
    int n_whole = count_whole(&d);
    assert_true((size_t)n_whole >= cmd_count_text(d.cmd.out, "Read "));
    assert_true(has_stopped ? n_whole < N_FILES || disk->nth > 0
                            : n_whole == N_FILES);
    if (has_stopped) {
        need_told(&d, disk);
        assert_true(disk->nth > 0 || n_whole == 0);
    }
    rerun_need(&d, adl_buf_str(&list), options, 0,
               (unsigned)(N_FILES - n_whole));
    assert_string_equal(d.cmd.err, "");
    assert_int_equal(count_whole(&d), N_FILES);
    assert_int_equal(cmd_count_files(&d.cmd), N_FILES); /* none aside */
    rerun_need(&d, adl_buf_str(&list), options, 0, 0);
    adl_buf_finish(&list);
    download_finish(&d);
    return has_stopped;
}

static void check_calls(void **state, const char *call, const char *options,
                        bool must_stop)
{
    static const int errs[] = {EIO, ENOSPC, EDQUOT};

    for (size_t i = 0; i < effort(3, 1); i++) {
        for (unsigned long nth = 0; nth < 4; nth++) {
            const struct baddisk disk = {
                .call = call,
                .nth = nth,
                .err = errs[i],
            };
            bool has_stopped = check(state, options, &disk);

            if (must_stop && nth < 2 && !has_stopped) {
                fail_msg("%s %lu was not told", call, nth);
            }
        }
    }
}

static void test_what_a_batch_may_have_lost_gets_no_name(void **state)
{
    check_calls(state, "syncfs", "-j 4 --fsync batch", true);
}

static void test_what_a_file_may_have_lost_gets_no_name(void **state)
{
    check_calls(state, "fsync", "-j 4 --fsync file", false);
    check_calls(state, "syncfs", "-j 4 --fsync file", true);
}

/* Those are SQLite's. */
static void test_a_journal_that_cannot_be_synced_loses_nothing(void **state)
{
    check_calls(state, "fdatasync", "-j 4 --fsync batch", false);
    check_calls(state, "fsync", "-j 4 --fsync batch", false);
}

static void test_without_syncs_none_fails(void **state)
{
    const struct baddisk disk = {.call = "syncfs", .err = EIO};

    assert_false(check(state, "-j 4 --fsync none", &disk));
}

/* A body whose bytes may be lost is not gone on with, though they can still be
 * read. */
static void test_half_a_body_that_may_be_lost_is_not_gone_on_with(void **state)
{
    const struct baddisk disk = {.call = "syncfs", .err = EIO};
    struct download d;
    struct http_answer answer;

    download_init(&d, *state);
    answer = http_need(d.servers->site.port, "/reset-stats", ""); /* of cuts */
    http_answer_finish(&answer);
    baddisk_arm(&d.cmd, &disk);
    struct proc *proc = download_start(&d, HALF, NULL);
    rerun_wait_for_part(&d, SIZE / 3);
    (void)proc_signal(proc, SIGINT); /* or the sync ended it */
    proc_result_finish(&d.cmd.result);
    proc_wait(proc, &d.cmd.result);
    assert_true(d.cmd.result.status == 130 || d.cmd.result.status == 4);
    baddisk_disarm(&d.cmd);
    rerun_need(&d, HALF, NULL, 0, 1);
    cmd_need_text(adl_buf_str(&d.cmd.result.out), "Received 3000000 bytes");
    assert_true(rerun_check_whole(&d, "half", SIZE));
    download_finish(&d);
}

/* The disk takes all of it, and a long body in pieces. */
static void test_a_large_file_that_cannot_be_synced_is_dropped(void **state)
{
    static const char list[] = "http://@SITE@/bytes/3000000/large\n";

    for (unsigned long nth = 0; nth < 2; nth++) {
        const struct baddisk disk = {.call = "fsync", .nth = nth, .err = EIO};
        struct download d;

        download_init(&d, *state);
        assert_true(fail_once(&d, list, "--fsync file", &disk));
        cmd_need_text(d.cmd.err, baddisk_get_text(disk.err));
        assert_int_equal(cmd_count_files(&d.cmd), 0); /* nor a half */
        rerun_need(&d, list, "--fsync file", 0, 1);
        cmd_need_text(d.cmd.out, "Received 3000000 bytes");
        assert_true(rerun_check_whole(&d, "large", SIZE));
        download_finish(&d);
    }
}

/* What is written beside the downloads. */
static void test_a_manifest_that_cannot_be_synced_is_told(void **state)
{
    static const char *const options[] = {
        "--no-journal --fsync none --manifest m",
        "--no-journal --fsync none --failed m",
    };
    const struct baddisk disk = {.call = "fdatasync", .err = EIO};

    for (size_t i = 0; i < 2; i++) {
        struct download d;

        download_init(&d, *state);
        (void)cmd_write(&d.cmd, "m", "# as it was\n");
        assert_true(
            fail_once(&d, "http://@SITE@/bytes/10/a\n", options[i], &disk));
        cmd_need_text(d.cmd.err, "cannot write ");
        cmd_need_text(d.cmd.err, "m: Input/output error");
        assert_string_equal(cmd_read(&d.cmd, "m"), "# as it was\n");
        download_finish(&d);
    }
}

TEST_SUITE(again_syncs)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_batch_may_have_lost_gets_no_name),
        cmocka_unit_test(test_what_a_file_may_have_lost_gets_no_name),
        cmocka_unit_test(test_a_journal_that_cannot_be_synced_loses_nothing),
        cmocka_unit_test(test_without_syncs_none_fails),
        cmocka_unit_test(test_half_a_body_that_may_be_lost_is_not_gone_on_with),
        cmocka_unit_test(test_a_large_file_that_cannot_be_synced_is_dropped),
        cmocka_unit_test(test_a_manifest_that_cannot_be_synced_is_told),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
