/* SPDX-License-Identifier: MIT */
/* What signals do to a run. The end by SIGINT and SIGTERM is in test_run.c. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/download.h"
#include "support/suite.h"

/* Start a run of which one download ends and others hang; it has ended. */
static struct proc *start_half(struct download *d, const char *list)
{
    struct proc *proc = download_start(d, list, NULL);
    char line[256];

    assert_int_equal(proc_read_line(proc, line, sizeof(line)), 0);
    return proc;
}

static void test_sighup_stops_with_129(void **state)
{
    struct download d;

    download_init(&d, *state);
    struct proc *proc =
        start_half(&d, "http://@SITE@/bytes/9\nhttp://@SITE@/hang\n");
    assert_int_equal(proc_signal(proc, SIGHUP), 0);
    cmd_wait(&d.cmd, proc, 129);

    cmd_need_text(d.cmd.out, "\nDownloaded 1 sites in ");
    cmd_need_text(d.cmd.out, ", stopped 1\n");
    download_finish(&d);
}

static void test_nohup_keeps_a_run_going(void **state)
{
    struct download d;
    char line[256];

    download_init(&d, *state);
    d.cmd.argv[0] = "sh";
    d.cmd.argv[1] = "-c";
    d.cmd.argv[2] = download_expand(
        &d, "trap '' HUP; exec \"$ASYNCDL\" -d out http://@SITE@/bytes/9 "
            "http://@SITE@/hang");
    d.cmd.argv[3] = NULL;
    struct proc *proc = cmd_start(&d.cmd);
    assert_int_equal(proc_read_line(proc, line, sizeof(line)), 0);
    assert_int_equal(proc_signal(proc, SIGHUP), 0);
    assert_int_equal(proc_signal(proc, SIGTERM), 0);
    cmd_wait(&d.cmd, proc, 143);
    download_finish(&d);
}

static void test_sigusr1_prints_where_the_run_stands(void **state)
{
    struct download d;

    download_init(&d, *state);
    struct proc *proc = start_half(
        &d, "http://@SITE@/bytes/9\nhttp://@SITE@/hang?usr1\nrubbish\n");
    download_wait_for_request(&d, "/hang?usr1");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(proc_signal(proc, SIGUSR1), 0);
    }
    /* Another thread may take SIGTERM, and be the first. */
    assert_int_equal(proc_wait_for_err(proc, " done of "), 0);
    assert_int_equal(proc_signal(proc, SIGTERM), 0);
    cmd_wait(&d.cmd, proc, 143);

    cmd_need_text(d.cmd.err, "asyncdl: 1 done of 3 read, 9 B, ");
    cmd_need_text(d.cmd.err, "/s, active 1, retrying 0, failed 1\n");
    cmd_need_text(d.cmd.out, ", stopped 1\n");
    download_finish(&d);
}

static void test_disk_that_does_not_answer_holds_up_no_end(void **state)
{
    struct download d;
    char line[256];

    download_init(&d, *state);
    cmd_set_env(&d.cmd, cmd_text(&d.cmd, "LD_PRELOAD=%s",
                                 server_get_program("SLOWDISK")));
    cmd_set_env(&d.cmd, "ASAN_OPTIONS=verify_asan_link_order=0");
    struct proc *proc = download_start(&d, "http://@SITE@/bytes/9\n", NULL);
    assert_int_equal(proc_read_line(proc, line, sizeof(line)), 0);
    assert_string_equal(line, "held");
    assert_int_equal(proc_signal(proc, SIGINT), 0);
    cmd_wait(&d.cmd, proc, 130);

    cmd_need_text(d.cmd.out, "\nDownloaded 0 sites in ");
    cmd_need_text(d.cmd.out, ", stopped 1\n");
    assert_false(cmd_has(&d.cmd, "out/9"));
    download_finish(&d);
}

/* What came while it was stopped waits in its socket. */
static void test_stopped_run_goes_on_as_if_nothing_had_been(void **state)
{
    struct download d;
    char line[256];

    download_init(&d, *state);
    struct proc *proc = download_start(
        &d,
        "http://@SITE@/bytes/9\nhttp://@SITE@/bytes/60000?rate=10000\n"
        "http://@SITE@/bytes/60001?rate=10000\n",
        "--stall-timeout 2s --retry 0");
    assert_int_equal(proc_read_line(proc, line, sizeof(line)), 0);
    assert_int_equal(proc_signal(proc, SIGSTOP), 0);
    (void)poll(NULL, 0, 4000); /* longer than the timeout: it may be more */
    assert_int_equal(proc_signal(proc, SIGCONT), 0);
    cmd_wait(&d.cmd, proc, 0);

    cmd_need_text(d.cmd.out, "\nDownloaded 3 sites in ");
    download_need_pattern(&d, "60000", 60000, 0);
    download_need_pattern(&d, "60001", 60001, 0);
    download_finish(&d);
}

static void test_sigquit_does_what_it_always_does(void **state)
{
    struct download d;

    download_init(&d, *state);
    d.cmd.argv[0] = "sh";
    d.cmd.argv[1] = "-c";
    d.cmd.argv[2] = download_expand(
        &d, "ulimit -c 0; exec \"$ASYNCDL\" -d out http://@SITE@/bytes/9 "
            "http://@SITE@/hang");
    d.cmd.argv[3] = NULL;
    struct proc *proc = cmd_start(&d.cmd);
    char line[256];
    assert_int_equal(proc_read_line(proc, line, sizeof(line)), 0);
    assert_int_equal(proc_signal(proc, SIGQUIT), 0);
    cmd_wait(&d.cmd, proc, -1);
    assert_int_equal(d.cmd.result.signal, SIGQUIT);
    download_finish(&d);
}

TEST_SUITE(signals)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sighup_stops_with_129),
        cmocka_unit_test(test_nohup_keeps_a_run_going),
        cmocka_unit_test(test_sigusr1_prints_where_the_run_stands),
        cmocka_unit_test(test_disk_that_does_not_answer_holds_up_no_end),
        cmocka_unit_test(test_stopped_run_goes_on_as_if_nothing_had_been),
        cmocka_unit_test(test_sigquit_does_what_it_always_does),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
