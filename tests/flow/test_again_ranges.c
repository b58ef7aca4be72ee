/* SPDX-License-Identifier: MIT */
/* What the run after one that was ended within a body asks the server for, as
 * the log of a proxy has it. */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "site/pattern.h"
#include "support/effort.h"
#include "support/powercut.h"
#include "support/rerun.h"
#include "support/suite.h"

#define N_FIRST                                                   \
    14 /* calls of a run: from its first request to its last note \
        */
#define N_LAST     34
#define SIZE       3000000
#define SMALL_SIZE 40000
#define SMALL_HALF 20000   /* what comes before it waits */
#define HALF       1000000 /* what is on the disk at least when it is ended */
#define WAIT_MS    2
#define N_TRIES    100
#define N_WAITS    5000

/* nginx passes /bytes/ on to the site, and serves what lies in its folder,
 * slowly to who calls itself slow. */
static struct server nginx;

static void need_nginx(struct download *d, void **state)
{
    char config[1024];

    download_init(d, *state);
    (void)snprintf(
        config, sizeof(config),
        "log_format seen '$request_uri $status $http_range $http_if_range';\n"
        "map $http_user_agent $pace { slow 4m; default 0; }\n"
        "server {\n"
        "  listen 127.0.0.1:@PORT@;\n"
        "  root @DIR@;\n"
        "  access_log @DIR@/seen.log seen;\n"
        "  limit_rate $pace;\n"
        "  location /bytes/ {\n"
        "    proxy_pass http://127.0.0.1:%u;\n"
        "    proxy_http_version 1.1;\n"
        "    proxy_buffering off;\n"
        "  }\n"
        "}\n",
        d->servers->site.port);
    server_need(&nginx, server_start_nginx(&nginx, config));
}

static void finish(struct download *d)
{
    server_stop(&nginx);
    download_finish(d);
}

/* Fail the test unless that stands in the log, which may be a moment late. */
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
static void
need_seen(const char *format, ...)
{
    char wanted[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(wanted, sizeof(wanted), format, args);
    va_end(args);
    for (int i = 0; i < N_WAITS; i++) {
        struct adl_buf log = {0};

        assert_int_equal(tmpdir_read(&log, &nginx.dir, "seen.log"), 0);
        bool has = strstr(adl_buf_str(&log), wanted) != NULL;
        if (!has && i + 1 == N_WAITS) {
            fail_msg("\"%s\" is not in:\n%s", wanted, adl_buf_str(&log));
        }
        adl_buf_finish(&log);
        if (has) {
            return;
        }
        (void)poll(NULL, 0, WAIT_MS);
    }
}

/* A body of the site that waits in its middle the first time. */
static const char *get_line(struct download *d, const char *name,
                            const char *query)
{
    return cmd_text(&d->cmd,
                    "http://127.0.0.1:%u/bytes/3000000/%s?stall=2000000&"
                    "cuts=1%s",
                    nginx.port, name, query);
}

/* End a run within its body by that signal. How much it leaves. */
static uint64_t end_in_body(struct download *d, const char *line,
                            const char *options, int signum)
{
    struct proc *proc = download_start(d, line, options);

    rerun_wait_for_part(d, HALF);
    assert_int_equal(proc_signal(proc, signum), 0);
    cmd_wait(&d->cmd, proc, signum == SIGKILL ? -1 : 128 + signum);
    return rerun_get_part_size(d);
}

static void test_it_asks_for_the_rest_of_that_very_version(void **state)
{
    static const struct {
        const char *name;
        const char *query;
        int signum;
        const char *if_range;
    } cases[] = {
        {"kill", "", SIGKILL, "\\x223000000-0\\x22"},
        {"int", "", SIGINT, "\\x223000000-0\\x22"},
        {"term", "", SIGTERM, "\\x223000000-0\\x22"},
        {"date", "&etag=none", SIGKILL, "Wed, 01 Jan 2020 12:00:00 GMT"},
        {"weak", "&etag=weak", SIGINT, "Wed, 01 Jan 2020 12:00:00 GMT"},
        {"tag", "&lm=none&etag=xyz", SIGTERM, "\\x22xyz\\x22"},
    };
    struct download d;

    need_nginx(&d, state);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *line = get_line(&d, cases[i].name, cases[i].query);
        uint64_t kept = end_in_body(&d, line, NULL, cases[i].signum);

        download_run(&d, line, NULL, 0);
        need_seen("/%s?stall=2000000&cuts=1%s 206 bytes=%" PRIu64 "- %s\n",
                  cases[i].name, cases[i].query, kept, cases[i].if_range);
        assert_true(rerun_check_whole(&d, cases[i].name, SIZE));
        assert_null(rerun_find_part(&d));
    }
    finish(&d);
}

/* Such a body is in memory: nothing tells how much has come, so that it is
 * given more and more time. The number of the request that left a part. */
static int end_in_small_body(struct download *d, const char *name)
{
    for (int i = 0; i < N_TRIES; i++) {
        const char *line =
            cmd_text(&d->cmd,
                     "http://127.0.0.1:%u/bytes/%d/%s%d?"
                     "stall=%d&cuts=1",
                     nginx.port, SMALL_SIZE, name, i, SMALL_HALF);
        struct proc *proc = download_start(d, line, NULL);

        download_wait_for_request(d, cmd_text(&d->cmd,
                                              "/bytes/%d/%s%d?stall=%d&cuts=1",
                                              SMALL_SIZE, name, i, SMALL_HALF));
        (void)poll(NULL, 0, i);
        assert_int_equal(proc_signal(proc, SIGINT), 0);
        cmd_wait(&d->cmd, proc, 128 + SIGINT);
        if (rerun_find_part(d) != NULL) {
            return i;
        }
    }
    fail_msg("no half of a small body was left");
    return -1;
}

/* Nobody opens its part again: it is saved in one go. */
static void test_half_of_a_small_body_goes_with_a_restart(void **state)
{
    struct download d;

    need_nginx(&d, state);
    int i = end_in_small_body(&d, "anew");
    download_run(&d,
                 cmd_text(&d.cmd,
                          "http://127.0.0.1:%u/bytes/%d/anew%d?stall=%d&cuts=1",
                          nginx.port, SMALL_SIZE, i, SMALL_HALF),
                 "--restart", 0);
    assert_true(
        rerun_check_whole(&d, cmd_text(&d.cmd, "anew%d", i), SMALL_SIZE));
    assert_null(rerun_find_part(&d));
    finish(&d);
}

static void test_a_small_body_is_gone_on_with_too(void **state)
{
    struct download d;

    need_nginx(&d, state);
    int i = end_in_small_body(&d, "small");
    uint64_t kept = rerun_get_part_size(&d);
    assert_in_range(kept, 1, SMALL_HALF);
    download_run(&d,
                 cmd_text(&d.cmd,
                          "http://127.0.0.1:%u/bytes/%d/small%d?stall=%d&"
                          "cuts=1",
                          nginx.port, SMALL_SIZE, i, SMALL_HALF),
                 NULL, 0);
    need_seen("/small%d?stall=%d&cuts=1 206 bytes=%" PRIu64 "- ", i, SMALL_HALF,
              kept);
    assert_true(
        rerun_check_whole(&d, cmd_text(&d.cmd, "small%d", i), SMALL_SIZE));
    assert_null(rerun_find_part(&d));
    finish(&d);
}

static void test_without_a_validator_it_asks_for_all(void **state)
{
    struct download d;

    need_nginx(&d, state);
    const char *line = get_line(&d, "none", "&etag=none&lm=none");
    (void)end_in_body(&d, line, NULL, SIGKILL);
    download_run(&d, line, NULL, 0);

    need_seen("/none?stall=2000000&cuts=1&etag=none&lm=none 200 - -\n");
    assert_true(rerun_check_whole(&d, "none", SIZE));
    finish(&d);
}

/* Many runs, each ended a bit further on. */
static void test_a_body_can_be_made_by_many_runs(void **state)
{
    struct download d;
    const uint64_t size = 12000000;
    uint64_t kept = 0;

    need_nginx(&d, state);
    const char *line =
        cmd_text(&d.cmd, "http://127.0.0.1:%u/bytes/12000000/many?rate=6000000",
                 nginx.port);
    for (int i = 0; i < 4; i++) {
        struct proc *proc = download_start(&d, line, NULL);

        rerun_wait_for_part(&d, kept + 1);
        assert_int_equal(proc_signal(proc, i % 2 == 0 ? SIGINT : SIGKILL), 0);
        cmd_wait(&d.cmd, proc, i % 2 == 0 ? 130 : -1);
        if (kept > 0) {
            need_seen(" bytes=%" PRIu64 "- \\x2212000000-0\\x22\n", kept);
        }
        kept = rerun_get_part_size(&d);
        assert_true(kept < size);
    }
    download_run(&d, line, NULL, 0);
    need_seen(" 206 bytes=%" PRIu64 "- ", kept);
    assert_true(rerun_check_whole(&d, "many", size));
    finish(&d);
}

static void write_body(uint64_t seed, size_t size)
{
    uint8_t *bytes = malloc(size);

    assert_non_null(bytes);
    adl_pattern_fill(bytes, size, seed, 0);
    assert_int_equal(tmpdir_write(&nginx.dir, "body.bin", bytes, size), 0);
    free(bytes);
}

static void touch_body(time_t time)
{
    const struct timespec times[2] = {{.tv_sec = time}, {.tv_sec = time}};

    assert_int_equal(
        utimensat(AT_FDCWD, tmpdir_get_path(&nginx.dir, "body.bin"), times, 0),
        0);
}

/* The resource is another one by the time of the second run. */
static void test_two_versions_are_never_mixed(void **state)
{
    static const size_t sizes[] = {SIZE, SIZE + 1, 5000};
    struct download d;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        need_nginx(&d, state);
        const char *line =
            cmd_text(&d.cmd, "http://127.0.0.1:%u/body.bin", nginx.port);
        write_body(1, SIZE);
        (void)end_in_body(&d, line, "-A slow", SIGKILL);
        write_body(2, sizes[i]);
        touch_body(1700000000);
        download_run(&d, line, NULL, 0);

        need_seen("/body.bin 200 bytes=");
        download_need_pattern(&d, "body.bin", sizes[i], 2);
        assert_int_equal(cmd_count_files(&d.cmd), 1);
        finish(&d);
    }
}

static void serve_version(uint64_t seed)
{
    write_body(seed, SIZE);
    touch_body((time_t)(1700000000 + seed));
}

/*
 * A half of version 1, a run that meets version 2 and is killed at its nth
 * call, and then version 1 again: the part may hold bytes of 2 by then.
 */
static void check_kill_between_versions(void **state, unsigned nth)
{
    struct download d;

    download_init(&d, *state);
    const char *line =
        cmd_text(&d.cmd, "http://127.0.0.1:%u/body.bin", nginx.port);
    serve_version(1);
    powercut_arm(&d.cmd, 0, "first");
    (void)end_in_body(&d, line, "-A slow", SIGKILL);
    serve_version(2);
    powercut_arm(&d.cmd, nth, "first");
    struct proc *proc = download_start(&d, line, "-A slow");
    proc_result_finish(&d.cmd.result);
    proc_wait(proc, &d.cmd.result);
    d.cmd.out = d.cmd.err = "";
    serve_version(1);
    powercut_arm(&d.cmd, 0, "first");
    download_run(&d, line, NULL, 0);

    /* it may have been killed when nothing was left but to name the file */
    assert_true(tmpdir_is_pattern(&d.cmd.dir, "out/body.bin", SIZE, 1) ||
                tmpdir_is_pattern(&d.cmd.dir, "out/body.bin", SIZE, 2));
    download_finish(&d);
}

static void test_a_kill_while_versions_change_mixes_nothing(void **state)
{
    struct download d;

    need_nginx(&d, state);
    for (unsigned nth = N_FIRST; nth <= N_LAST; nth += effort(1, 5)) {
        print_message("         killed at call %u\n", nth);
        check_kill_between_versions(state, nth);
    }
    finish(&d);
}

TEST_SUITE(again_ranges)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_asks_for_the_rest_of_that_very_version),
        cmocka_unit_test(test_a_small_body_is_gone_on_with_too),
        cmocka_unit_test(test_half_of_a_small_body_goes_with_a_restart),
        cmocka_unit_test(test_without_a_validator_it_asks_for_all),
        cmocka_unit_test(test_a_body_can_be_made_by_many_runs),
        cmocka_unit_test(test_two_versions_are_never_mixed),
        cmocka_unit_test(test_a_kill_while_versions_change_mixes_nothing),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
