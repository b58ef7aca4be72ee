/* SPDX-License-Identifier: MIT */
/* A run as a whole: what it says, leaves behind, and ends with. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/cmd.h"
#include "support/server.h"
#include "support/suite.h"

#define N_SITES 160

static struct server site;

static void need_site(const char *latency_ms)
{
    const char *const args[] = {"--latency", latency_ms, NULL};

    server_need(&site, server_start_site(&site, args));
}

static size_t count_files_of(struct cmd *cmd, uint64_t size)
{
    struct tmpdir_files files = {0};
    size_t n = 0;

    assert_int_equal(tmpdir_list(&files, &cmd->dir, "out"), 0);
    for (size_t i = 0; i < files.n; i++) {
        n += files.files[i].size == size;
    }
    tmpdir_files_finish(&files);
    return n;
}

static void test_demo_reads_160_sites(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site("50");
    cmd_init(&cmd);
    cmd_add(&cmd, "--cacert", site.ca, "--connect-to",
            cmd_text(&cmd, ":443:127.0.0.1:%u", site.tls_port), "--connect-to",
            cmd_text(&cmd, ":80:127.0.0.1:%u", site.port),
            server_get_program("ASYNCDL_SITES"), NULL);
    cmd_run(&cmd, 0);

    assert_int_equal(cmd_count_files(&cmd), N_SITES);
    assert_int_equal(count_files_of(&cmd, 10490), N_SITES / 2);
    assert_int_equal(count_files_of(&cmd, 278), N_SITES / 2);
    assert_int_equal(
        cmd_count_text(cmd.out, "Read 10490 from https://www.jython.org\n"),
        N_SITES / 2);
    assert_int_equal(
        cmd_count_text(cmd.out,
                       "Read 278 from http://olympus.realpython.org/dice\n"),
        N_SITES / 2);
    assert_int_equal(cmd_count_text(cmd.out, "\nDownloaded 160 sites in "), 1);
    cmd_need_text(strstr(cmd.out, "\nDownloaded "), " seconds\n");
    cmd_need_text(cmd.out, "\nSkipped 0, failed 0 ");
    assert_string_equal(cmd.err, "");
    cmd_finish(&cmd);
    server_stop(&site);
}

static void interrupt(int signal_number)
{
    struct cmd cmd;
    char line[256];

    need_site("0");
    cmd_init(&cmd);
    const char *base = cmd_text(&cmd, "http://127.0.0.1:%u", site.port);
    for (unsigned i = 0; i < 3; i++) {
        cmd_add(&cmd, cmd_text(&cmd, "%s/bytes/50%u", base, i),
                cmd_text(&cmd, "%s/hang?%u", base, i),
                cmd_text(&cmd, "%s/bytes/60000%u?stall=30000%u", base, i, i),
                NULL);
    }
    struct proc *proc = cmd_start(&cmd);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(proc_read_line(proc, line, sizeof(line)), 0);
    }
    assert_true(proc_is_running(proc));
    assert_int_equal(proc_signal(proc, signal_number), 0);
    cmd_wait(&cmd, proc, 128 + signal_number);

    cmd_need_text(cmd.out, "\nDownloaded 3 sites in ");
    cmd_need_text(cmd.out, ", stopped 6\n");
    for (unsigned i = 0; i < 3; i++) {
        const char *whole = cmd_text(&cmd, "out/50%u", i);

        assert_true(tmpdir_is_pattern(&cmd.dir, whole, 500 + i, 0));
        assert_false(cmd_has(&cmd, cmd_text(&cmd, "out/60000%u", i)));
    }
    assert_false(cmd_has(&cmd, "out/hang"));
    assert_string_equal(cmd.err, "");
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_one_sigint_stops_with_130(void **state)
{
    (void)state;
    interrupt(SIGINT);
}

static void test_one_sigterm_stops_with_143(void **state)
{
    (void)state;
    interrupt(SIGTERM);
}

static void test_signal_ends_a_run_that_waits_for_its_list(void **state)
{
    struct cmd cmd;
    char line[256];

    (void)state;
    need_site("0");
    cmd_init(&cmd);
    cmd_add(&cmd, "-", NULL);
    cmd.options.keeps_input = true;
    struct proc *proc = cmd_start(&cmd);
    const char *url =
        cmd_text(&cmd, "http://127.0.0.1:%u/bytes/9\n", site.port);
    assert_int_equal(proc_write(proc, url, strlen(url)), 0);
    assert_int_equal(proc_read_line(proc, line, sizeof(line)), 0);
    assert_int_equal(proc_signal(proc, SIGINT), 0);
    cmd_wait(&cmd, proc, 130);

    cmd_need_text(cmd.out, "\nDownloaded 1 sites in ");
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_signal_ends_a_run_that_waits_to_try_again(void **state)
{
    struct cmd cmd;
    char line[256];

    (void)state;
    need_site("0");
    cmd_init(&cmd);
    cmd_add(&cmd, "-j", "1", "--retry-delay", "1h", "--retry-max-time", "0",
            cmd_text(&cmd, "http://127.0.0.1:%u/status/503", site.port),
            cmd_text(&cmd, "http://127.0.0.1:%u/bytes/9", site.port), NULL);
    struct proc *proc = cmd_start(&cmd);
    assert_int_equal(proc_read_line(proc, line, sizeof(line)), 0);
    assert_true(proc_is_running(proc));
    assert_int_equal(proc_signal(proc, SIGTERM), 0);
    cmd_wait(&cmd, proc, 143);

    cmd_need_text(cmd.out, ", stopped 1\n");
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_closed_output_stops_no_download(void **state)
{
    struct adl_buf list = {0};
    struct cmd cmd;

    (void)state;
    need_site("0");
    cmd_init(&cmd);
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(adl_buf_addf(&list, "http://127.0.0.1:%u/bytes/%u\n",
                                      site.port, 1000 + i),
                         0);
    }
    assert_int_equal(tmpdir_write(&cmd.dir, "list", list.data, list.len), 0);
    cmd.argv[0] = "sh";
    cmd.argv[1] = "-c";
    cmd.argv[2] = "{ \"$ASYNCDL\" -j 4 -d out list; echo $? >status; } | "
                  "head -1";
    cmd.argv[3] = NULL;
    cmd_run(&cmd, 0);

    assert_int_equal(cmd_count_text(cmd.out, "\n"), 1);
    assert_string_equal(cmd_read(&cmd, "status"), "0\n");
    assert_int_equal(cmd_count_files(&cmd), 300);
    assert_string_equal(cmd.err, "");
    adl_buf_finish(&list);
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_full_output_is_a_local_fault(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site("0");
    cmd_init(&cmd);
    cmd.argv[0] = "sh";
    cmd.argv[1] = "-c";
    cmd.argv[2] = cmd_text(&cmd,
                           "\"$ASYNCDL\" -d out http://127.0.0.1:%u/bytes/9 "
                           ">/dev/full",
                           site.port);
    cmd.argv[3] = NULL;
    cmd_run(&cmd, 4);

    cmd_need_text(cmd.err, "asyncdl: cannot write to standard output: No space "
                           "left on device\n");
    assert_int_equal(cmd_count_text(cmd.err, "standard output"), 1);
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_journal_has_the_exit_status_of_its_run(void **state)
{
    static const struct {
        const char *args;
        int status;
        const char *said;
        int status_of_status;
    } cases[] = {
        {"/bytes/9 >/dev/full", 4, "stopped by a fault of this machine", 3},
        {"/bytes/9 --manifest /dev/full", 4,
         "stopped by a fault of this machine", 3},
        {"/bytes/9 --manifest list --failed again", 0, "and ended ", 0},
        {"/status/404", 1, "some failed for good", 1},
        {"/status/503 --retry 0", 3, "another run can help", 3},
    };

    (void)state;
    need_site("0");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cmd cmd;

        cmd_init(&cmd);
        cmd.argv[0] = "sh";
        cmd.argv[1] = "-c";
        cmd.argv[2] =
            cmd_text(&cmd, "\"$ASYNCDL\" -d out http://127.0.0.1:%u%s",
                     site.port, cases[i].args);
        cmd.argv[3] = NULL;
        cmd_run(&cmd, cases[i].status);
        cmd.argv[2] = "\"$ASYNCDL\" --status out";
        cmd_run(&cmd, cases[i].status_of_status);
        cmd_need_text(cmd.out, cases[i].said);
        cmd_finish(&cmd);
    }
    server_stop(&site);
}

/* Nothing that is opened later may be taken for a standard stream. */
static void test_closed_streams_are_no_files(void **state)
{
    static const struct {
        const char *redirections;
        int status;
        const char *said;
    } cases[] = {
        {"<&-", 0, ""},
        {"2>&-", 0, ""},
        {">&-", 4, "asyncdl: cannot write to standard output: Bad file "},
        {"<&- >&- 2>&-", 4, ""},
    };

    (void)state;
    need_site("0");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cmd cmd;

        cmd_init(&cmd);
        cmd.argv[0] = "sh";
        cmd.argv[1] = "-c";
        cmd.argv[2] = cmd_text(
            &cmd, "\"$ASYNCDL\" -d out http://127.0.0.1:%u/bytes/100000 %s",
            site.port, cases[i].redirections);
        cmd.argv[3] = NULL;
        cmd_run(&cmd, cases[i].status);
        cmd_need_text(cmd.err, cases[i].said);
        assert_int_equal(cmd_count_files(&cmd), 1);
        cmd_finish(&cmd);
    }
    server_stop(&site);
}

static void test_limit_of_file_size_is_an_error_and_no_end(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site("0");
    cmd_init(&cmd);
    cmd.argv[0] = "sh";
    cmd.argv[1] = "-c";
    cmd.argv[2] = cmd_text(&cmd,
                           "ulimit -f 96; \"$ASYNCDL\" -d out -j 1 "
                           "http://127.0.0.1:%u/bytes/100 "
                           "http://127.0.0.1:%u/bytes/1000000",
                           site.port, site.port);
    cmd.argv[3] = NULL;
    cmd_run(&cmd, 4);

    cmd_need_text(cmd.err, "file too large");
    assert_int_equal(cmd_count_files(&cmd), 1);
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_exit_status_says_what_another_run_can_do(void **state)
{
    static const struct {
        const char *targets[3];
        int status;
        const char *said;
    } cases[] = {
        {{"/bytes/1", "/bytes/2"}, 0, "Skipped 0, failed 0 "},
        {{"/bytes/1", "/status/404"}, 1, "failed 1 (another run can help 0)"},
        {{"/status/404", "/status/503"},
         3,
         "failed 2 (another run can help 1)"},
        {{"/status/503", "/bytes/2"}, 3, "failed 1 (another run can help 1)"},
        {{"/redirect/302?to=file:///x"}, 1, "failed 1 "},
    };

    (void)state;
    need_site("0");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cmd cmd;

        cmd_init(&cmd);
        cmd_add(&cmd, "--retry", "0", NULL);
        for (size_t j = 0; cases[i].targets[j] != NULL; j++) {
            cmd_add(&cmd,
                    cmd_text(&cmd, "http://127.0.0.1:%u%s", site.port,
                             cases[i].targets[j]),
                    NULL);
        }
        cmd_run(&cmd, cases[i].status);
        cmd_need_text(cmd.out, cases[i].said);
        cmd_finish(&cmd);
    }
    server_stop(&site);
}

static void test_folder_that_cannot_be_made_is_a_local_fault(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site("0");
    cmd_init(&cmd);
    cmd_write(&cmd, "out", "a file\n");
    cmd_add(&cmd, cmd_text(&cmd, "http://127.0.0.1:%u/bytes/9", site.port),
            NULL);
    cmd_run(&cmd, 4);

    cmd_need_text(cmd.err, "cannot keep a journal in out/.asyncdl: not a "
                           "directory; files and journal go there, --dir names "
                           "another place\n");
    assert_string_equal(cmd_read(&cmd, "out"), "a file\n");
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_nothing_to_do_is_a_usage_error(void **state)
{
    struct cmd cmd;

    (void)state;
    cmd_init(&cmd);
    cmd_run(&cmd, 2);
    cmd_need_text(cmd.err, "asyncdl: no list and no URL to download\n"
                           "Usage: asyncdl [OPTION]... LIST|URL|- ...\n");
    assert_string_equal(cmd.out, "");
    cmd_finish(&cmd);
}

TEST_SUITE(run)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_demo_reads_160_sites),
        cmocka_unit_test(test_one_sigint_stops_with_130),
        cmocka_unit_test(test_one_sigterm_stops_with_143),
        cmocka_unit_test(test_signal_ends_a_run_that_waits_for_its_list),
        cmocka_unit_test(test_signal_ends_a_run_that_waits_to_try_again),
        cmocka_unit_test(test_closed_output_stops_no_download),
        cmocka_unit_test(test_full_output_is_a_local_fault),
        cmocka_unit_test(test_journal_has_the_exit_status_of_its_run),
        cmocka_unit_test(test_closed_streams_are_no_files),
        cmocka_unit_test(test_limit_of_file_size_is_an_error_and_no_end),
        cmocka_unit_test(test_exit_status_says_what_another_run_can_do),
        cmocka_unit_test(test_folder_that_cannot_be_made_is_a_local_fault),
        cmocka_unit_test(test_nothing_to_do_is_a_usage_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
