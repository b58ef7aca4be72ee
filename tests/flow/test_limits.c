/* SPDX-License-Identifier: MIT */
/* How much at once, as the servers see it. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "support/cmd.h"
#include "support/http.h"
#include "support/server.h"
#include "support/suite.h"

#define TURN_MS 5
#define N_TURNS 4000

static struct server site;

static void need_site(const char *latency_ms)
{
    const char *const args[] = {"--latency", latency_ms, "--bind", "0.0.0.0",
                                NULL};

    server_need(&site, server_start_site(&site, args));
}

/* What the site counted, in all. */
static json_int_t get_stat(const char *name)
{
    json_t *stats = http_need_json(site.port, "/stats");
    json_int_t n = -1;

    assert_int_equal(json_unpack(stats, "{s:I}", name, &n), 0);
    json_decref(stats);
    return n;
}

static int64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Add n lines, with a number from 0 on between the two texts. */
static void add_lines(struct adl_buf *list, unsigned n, const char *before)
{
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(adl_buf_addf(list, "%s%u\n", before, i), 0);
    }
}

static void feed(struct cmd *cmd, const struct adl_buf *list)
{
    assert_int_equal(tmpdir_write(&cmd->dir, "list", list->data, list->len), 0);
    cmd_add(cmd, "list", NULL);
}

static void need_files(struct cmd *cmd, unsigned n, unsigned size)
{
    assert_int_equal(cmd_count_files(cmd), n);
    for (unsigned i = 0; i < n; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "out/f%u", i);
        assert_true(tmpdir_is_pattern(&cmd->dir, name, size, 0));
    }
}

static void test_few_descriptors_are_enough_for_many_jobs(void **state)
{
    struct adl_buf list = {0};
    struct cmd cmd;

    (void)state;
    need_site("5");
    cmd_init(&cmd);
    add_lines(&list, 400,
              cmd_text(&cmd, "http://127.0.0.1:%u/bytes/2000/f", site.port));
    feed(&cmd, &list);
    cmd_add(&cmd, "-j", "200", "--per-host", "200", NULL);
    cmd.options.max_descriptors = 48;
    cmd_run(&cmd, 0);

    need_files(&cmd, 400, 2000);
    assert_string_equal(cmd.err, "");
    adl_buf_finish(&list);
    cmd_finish(&cmd);
    server_stop(&site);
}

/* Each host has connections of its own, which do not all fit. */
static void test_few_descriptors_are_enough_for_many_hosts(void **state)
{
    struct adl_buf list = {0};
    struct cmd cmd;

    (void)state;
    need_site("1");
    cmd_init(&cmd);
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(adl_buf_addf(&list,
                                      "http://127.0.%u.%u:%u/bytes/2000/f%u\n",
                                      i % 3, 1 + i % 100, site.port, i),
                         0);
    }
    feed(&cmd, &list);
    cmd_add(&cmd, "-j", "200", NULL);
    cmd.options.max_descriptors = 48;
    cmd_run(&cmd, 0);

    need_files(&cmd, 300, 2000);
    assert_string_equal(cmd.err, "");
    adl_buf_finish(&list);
    cmd_finish(&cmd);
    server_stop(&site);
}

/* Each of these has a file that stays open while it arrives. */
static void test_few_descriptors_are_enough_for_large_files(void **state)
{
    struct adl_buf list = {0};
    struct cmd cmd;

    (void)state;
    need_site("1");
    cmd_init(&cmd);
    add_lines(&list, 60,
              cmd_text(&cmd, "http://127.0.0.1:%u/bytes/300000/f", site.port));
    feed(&cmd, &list);
    cmd_add(&cmd, "-j", "200", "--per-host", "200", NULL);
    cmd.options.max_descriptors = 48;
    cmd_run(&cmd, 0);

    assert_int_equal(cmd_count_files(&cmd), 60);
    assert_true(tmpdir_is_pattern(&cmd.dir, "out/f59", 300000, 0));
    assert_string_equal(cmd.err, "");
    adl_buf_finish(&list);
    cmd_finish(&cmd);
    server_stop(&site);
}

/* A run with few descriptors for n files of size bytes. */
struct run {
    struct cmd cmd;
    struct proc *proc;
    unsigned n;
    unsigned size;
};

static void start_run(struct run *run, unsigned max_descriptors)
{
    struct adl_buf list = {0};
    char url[64];

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/bytes/%u/f",
                   site.port, run->size);
    add_lines(&list, run->n, url);
    cmd_init(&run->cmd);
    feed(&run->cmd, &list);
    cmd_add(&run->cmd, "--no-journal", NULL);
    run->cmd.options.max_descriptors = max_descriptors;
    run->proc = cmd_start(&run->cmd);
    adl_buf_finish(&list);
}

static void end_run(struct run *run)
{
    if (cmd_wait_any(&run->cmd, run->proc) == 0) {
        need_files(&run->cmd, run->n, run->size);
    } else {
        assert_int_equal(run->cmd.result.status, 4);
        cmd_need_text(run->cmd.err, "oo many open files");
        assert_true(strstr(run->cmd.err, "cannot go on with") == NULL ||
                    strstr(run->cmd.err, "ulimit -n allows more") != NULL);
    }
    cmd_finish(&run->cmd);
}

/* Nobody gives any back: it says so, and does not try for ever. From where on
 * they suffice is the system's to say. */
static void test_too_few_descriptors_are_told(void **state)
{
    enum { LEAST = 16, N_RUNS = 6 };
    static struct run small[N_RUNS];
    static struct run large[N_RUNS];

    (void)state;
    need_site("0");
    for (unsigned i = 0; i < N_RUNS; i++) {
        small[i] = (struct run){.n = 200, .size = 2000};
        start_run(&small[i], LEAST + i);
        large[i] = (struct run){.n = 8, .size = 3000000};
        start_run(&large[i], LEAST + i);
    }
    for (unsigned i = 0; i < N_RUNS; i++) {
        end_run(&small[i]);
        end_run(&large[i]);
    }
    server_stop(&site);
}

static void test_host_never_sees_more_than_per_host(void **state)
{
    struct adl_buf list = {0};
    struct cmd cmd;

    (void)state;
    need_site("5");
    cmd_init(&cmd);
    add_lines(&list, 100,
              cmd_text(&cmd, "http://127.0.0.1:%u/bytes/2000/f", site.port));
    feed(&cmd, &list);
    cmd_add(&cmd, "--per-host", "3", NULL);
    cmd_run(&cmd, 0);

    need_files(&cmd, 100, 2000);
    assert_int_equal(get_stat("max_concurrent"), 3);
    adl_buf_finish(&list);
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_all_hosts_together_see_no_more_than_jobs(void **state)
{
    struct adl_buf list = {0};
    struct cmd cmd;

    (void)state;
    need_site("5");
    cmd_init(&cmd);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(adl_buf_addf(&list,
                                      "http://127.0.0.%u:%u/bytes/2000/f%u\n",
                                      1 + i % 20, site.port, i),
                         0);
    }
    feed(&cmd, &list);
    cmd_add(&cmd, "-j", "5", NULL);
    cmd_run(&cmd, 0);

    need_files(&cmd, 100, 2000);
    assert_int_equal(get_stat("max_concurrent"), 5);
    adl_buf_finish(&list);
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_host_rate_spaces_the_requests(void **state)
{
    struct adl_buf list = {0};
    struct cmd cmd;

    (void)state;
    need_site("0");
    cmd_init(&cmd);
    add_lines(&list, 11,
              cmd_text(&cmd, "http://127.0.0.1:%u/bytes/2000/f", site.port));
    feed(&cmd, &list);
    cmd_add(&cmd, "--host-rate", "20/s", NULL);
    int64_t start_ms = now_ms();
    cmd_run(&cmd, 0);

    assert_true(now_ms() - start_ms >= 490); /* ten gaps of 50 ms */
    need_files(&cmd, 11, 2000);
    adl_buf_finish(&list);
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_rate_limits_all_transfers_together(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site("0");
    cmd_init(&cmd);
    const char *url =
        cmd_text(&cmd, "http://127.0.0.1:%u/bytes/600000", site.port);
    cmd_add(&cmd, "--limit-rate", "1M", url, url, url, NULL);
    int64_t start_ms = now_ms();
    cmd_run(&cmd, 0);

    /* 1.8 MB at 1 MiB a second, a second's worth of which may come at once */
    assert_true(now_ms() - start_ms >= 600);
    assert_true(tmpdir_is_pattern(&cmd.dir, "out/600000~3", 600000, 0));
    cmd_finish(&cmd);
    server_stop(&site);
}

/* Write n lines to its standard input, and wait until they were answered. */
static void feed_live(struct proc *proc, unsigned n, const char *before)
{
    struct adl_buf list = {0};
    struct http_answer reset = http_need(site.port, "/reset-stats", "");

    add_lines(&list, n, before);
    assert_int_equal(proc_write(proc, list.data, list.len), 0);
    for (int i = 0; get_stat("requests") < n || get_stat("active") > 0; i++) {
        assert_true(i < N_TURNS);
        (void)poll(NULL, 0, TURN_MS);
    }
    http_answer_finish(&reset);
    adl_buf_finish(&list);
}

static void test_window_of_a_host_shrinks_when_it_refuses(void **state)
{
    static const unsigned refusals[] = {503, 429};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct cmd cmd;

        need_site("20");
        cmd_init(&cmd);
        cmd_add(&cmd, "--discard", "--retry", "0", "-", NULL);
        cmd.options.keeps_input = true;
        struct proc *proc = cmd_start(&cmd);

        feed_live(proc, 40,
                  cmd_text(&cmd, "http://127.0.0.1:%u/bytes/1?", site.port));
        assert_true(get_stat("max_concurrent") > 16);
        feed_live(proc, 120,
                  cmd_text(&cmd, "http://127.0.0.1:%u/status/%u?", site.port,
                           refusals[i]));
        feed_live(proc, 40,
                  cmd_text(&cmd, "http://127.0.0.1:%u/bytes/1?", site.port));
        assert_true(get_stat("max_concurrent") <= 16);

        proc_close_input(proc);
        cmd_wait(&cmd, proc, 3);
        cmd_finish(&cmd);
        server_stop(&site);
    }
}

/* A silent host comes first in the list, with more than there are jobs. */
static void test_slow_host_leaves_slots_to_others(void **state)
{
    struct adl_buf list = {0};
    struct cmd cmd;

    (void)state;
    need_site("0");
    cmd_init(&cmd);
    add_lines(&list, 100,
              cmd_text(&cmd, "http://127.0.0.1:%u/hang?n=", site.port));
    add_lines(&list, 50,
              cmd_text(&cmd, "http://127.0.0.2:%u/bytes/2000/f", site.port));
    feed(&cmd, &list);
    cmd_add(&cmd, "-j", "20", NULL);
    struct proc *proc = cmd_start(&cmd);
    for (unsigned i = 0; i < 50; i++) {
        char text[256];

        if (proc_read_line(proc, text, sizeof(text)) < 0) {
            fail_msg("only %u of 50 arrived beside the slow host", i);
        }
    }
    assert_true(proc_is_running(proc));
    assert_int_equal(proc_signal(proc, 15), 0);
    cmd_wait(&cmd, proc, 143);

    need_files(&cmd, 50, 2000);
    adl_buf_finish(&list);
    cmd_finish(&cmd);
    server_stop(&site);
}

TEST_SUITE(limits)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_descriptors_are_enough_for_many_jobs),
        cmocka_unit_test(test_few_descriptors_are_enough_for_many_hosts),
        cmocka_unit_test(test_few_descriptors_are_enough_for_large_files),
        cmocka_unit_test(test_too_few_descriptors_are_told),
        cmocka_unit_test(test_host_never_sees_more_than_per_host),
        cmocka_unit_test(test_all_hosts_together_see_no_more_than_jobs),
        cmocka_unit_test(test_host_rate_spaces_the_requests),
        cmocka_unit_test(test_rate_limits_all_transfers_together),
        cmocka_unit_test(test_window_of_a_host_shrinks_when_it_refuses),
        cmocka_unit_test(test_slow_host_leaves_slots_to_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
