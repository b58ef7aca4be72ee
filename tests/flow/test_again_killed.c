/* SPDX-License-Identifier: MIT */
/* A list whose runs are ended at random instants, by any signal, with the
 * server or the network there or not: no file is torn, none is asked for twice
 * once it has its name, and in the end all are right. */
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
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include "support/effort.h"
#include "support/http.h"
#include "support/netns.h"
#include "support/rerun.h"
#include "support/suite.h"

#define SEED    UINT64_C(20231)
#define N_FILES 300 /* at most */
#define N_ENDED effort(N_FILES, N_FILES / 3)
/* A stall of 2 s, what follows from it, and a slow machine. */
#define CUT_MS   6000
#define N_ROUNDS 40 /* of the list; there are more ends than runs in one */
#define OPTIONS  "-j 16 --limit-rate 25M"

/* Some of each kind of body: small, of one chunk, of many. */
static const uint64_t sizes[] = {100, 5000, 60000, 200000, 3000000};

static uint64_t get_size(int i)
{
    return i % 10 == 9 ? 3000000 : sizes[i % 4];
}

/* One list in one folder, again and again. */
struct siege {
    struct download d;
    struct adl_buf list;
    int n_files;
    uint64_t random;
    bool is_whole[N_FILES];         /* seen under its name, and right */
    json_int_t n_requests[N_FILES]; /* when it was */
    int n_whole;
    const char *salt;
    int64_t cut_ms; /* since when there is no network */
};

static uint64_t draw(struct siege *s, uint64_t below)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return s->random % below;
}

static void write_target(char target[64], const struct siege *s, int i)
{
    (void)snprintf(target, 64, "/bytes/%" PRIu64 "/f%d?%s", get_size(i), i,
                   s->salt);
}

static void siege_init(struct siege *s, void **state, int n_files,
                       uint64_t seed, const char *salt)
{
    *s = (struct siege){.n_files = n_files, .random = seed, .salt = salt};
    download_init(&s->d, *state);
    for (int i = 0; i < n_files; i++) {
        char target[64];

        write_target(target, s, i);
        assert_int_equal(adl_buf_addf(&s->list, "http://@SITE@%s\n", target),
                         0);
    }
}

static void siege_finish(struct siege *s)
{
    adl_buf_finish(&s->list);
    download_finish(&s->d);
}

static json_int_t get_requests(const json_t *urls, const struct siege *s, int i)
{
    char target[64];

    write_target(target, s, i);
    return json_integer_value(
        json_object_get(json_object_get(urls, target), "requests"));
}

/* The kernel has it all: look at each file that was not there before. */
static void look(struct siege *s)
{
    json_t *stats = http_need_json(s->d.servers->site.port, "/stats");
    const json_t *urls = json_object_get(stats, "urls");

    for (int i = 0; i < s->n_files; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "f%d", i);
        if (!s->is_whole[i] && rerun_check_whole(&s->d, name, get_size(i))) {
            s->is_whole[i] = true;
            s->n_requests[i] = get_requests(urls, s, i);
            s->n_whole++;
        }
    }
    json_decref(stats);
}

/* Nothing that had its name was asked for after that. */
static void need_no_more_requests(struct siege *s)
{
    json_t *stats = http_need_json(s->d.servers->site.port, "/stats");
    const json_t *urls = json_object_get(stats, "urls");

    for (int i = 0; i < s->n_files; i++) {
        json_int_t n = get_requests(urls, s, i);

        if (s->is_whole[i] && n > s->n_requests[i]) {
            fail_msg("f%d was whole after %d requests, and there were %d", i,
                     (int)s->n_requests[i], (int)n);
        }
    }
    json_decref(stats);
}

/* The last run, which nothing disturbs. */
static void end_siege(struct siege *s)
{
    download_run(&s->d, adl_buf_str(&s->list), OPTIONS, 0);
    need_no_more_requests(s);
    memset(s->is_whole, 0, sizeof(s->is_whole));
    s->n_whole = 0;
    look(s);
    assert_int_equal(s->n_whole, s->n_files);
    assert_int_equal(cmd_count_files(&s->d.cmd), s->n_files); /* none aside */
    rerun_need(&s->d, adl_buf_str(&s->list), OPTIONS, 0, 0);
}

/* Wait until the run has asked for so many, or is over. */
static void wait_for_requests(struct siege *s, struct proc *proc, uint64_t n)
{
    uint64_t before = download_count_requests(&s->d, NULL);

    while (proc_is_running(proc) &&
           download_count_requests(&s->d, NULL) - before < n) {
        (void)poll(NULL, 0, 1);
    }
}

/* Wait for its end, however it ends. */
static void collect(struct siege *s, struct proc *proc)
{
    struct cmd *cmd = &s->d.cmd;

    proc_result_finish(&cmd->result);
    proc_wait(proc, &cmd->result);
    cmd->out = adl_buf_str(&cmd->result.out);
    cmd->err = adl_buf_str(&cmd->result.err);
    assert_false(cmd->result.is_timed_out);
}

/* Start a run and end it by that signal somewhere. Was it early enough? */
static bool disturb(struct siege *s, int signum)
{
    struct proc *proc = download_start(&s->d, adl_buf_str(&s->list), OPTIONS);

    wait_for_requests(s, proc, draw(s, 4));
    (void)poll(NULL, 0, (int)draw(s, 40));
    bool is_early = proc_signal(proc, signum) == 0;
    collect(s, proc);
    return is_early;
}

/* It may have been at its end when the signal came. */
static void need_ended(const struct siege *s, int signum)
{
    const struct proc_result *result = &s->d.cmd.result;
    bool is_over = result->status == 0 || result->signal == signum ||
                   result->status == 128 + signum;

    if (!is_over) {
        fail_msg("exit status %d, signal %d; stderr:\n%s", result->status,
                 result->signal, s->d.cmd.err);
    }
    if (signum != SIGKILL && result->status >= 0 && result->signal == 0) {
        cmd_need_text(s->d.cmd.out, "Downloaded ");
        cmd_need_text(s->d.cmd.out, "Skipped ");
    }
}

static void check_ends(void **state, int signum, int n_ends)
{
    uint64_t seed = SEED + (uint64_t)signum;

    print_message("         seed %" PRIu64 "\n", seed);
    for (int round = 0; n_ends > 0; round++) {
        struct siege s;
        char salt[32];

        assert_true(round < N_ROUNDS);
        (void)snprintf(salt, sizeof(salt), "s=%d.%d", signum, round);
        siege_init(&s, state, (int)N_ENDED, seed + 1000 * (uint64_t)round,
                   salt);
        while (n_ends > 0 && disturb(&s, signum)) {
            need_ended(&s, signum);
            look(&s);
            n_ends--;
        }
        end_siege(&s);
        siege_finish(&s);
    }
}

static void test_a_hundred_kills_lose_and_tear_nothing(void **state)
{
    check_ends(state, SIGKILL, effort(100, 4));
}

static void test_interrupts_lose_and_tear_nothing(void **state)
{
    check_ends(state, SIGINT, effort(10, 1));
}

static void test_terminations_lose_and_tear_nothing(void **state)
{
    check_ends(state, SIGTERM, effort(10, 1));
}

/* A site of slow answers, so that more is under way when the end comes. 0 is
 * any port. */
static int start_site(struct server *site, uint16_t port)
{
    char number[8];
    const char *args[] = {"--latency", "20", "--port", number, NULL};

    (void)snprintf(number, sizeof(number), "%u", port);
    return server_start_site(site, args);
}

static void kill_site(struct siege *s)
{
    struct server *site = &s->d.servers->site;

    assert_int_equal(proc_signal(site->proc, SIGKILL), 0);
    server_stop(site);
}

/* On the port that it had; it counts from 0 on. */
static void revive_site(struct siege *s)
{
    struct server *site = &s->d.servers->site;

    assert_int_equal(start_site(site, site->port), 0);
    memset(s->n_requests, 0, sizeof(s->n_requests));
}

/* The run may have ended by itself, for want of the server. */
static void end_run(struct siege *s, struct proc *proc, bool is_killed)
{
    if (is_killed) {
        (void)proc_signal(proc, SIGKILL); /* or it is over */
    }
    collect(s, proc);
    int status = s->d.cmd.result.status;
    if (!is_killed && status != 0 && status != 3) {
        fail_msg("exit status %d; stderr:\n%.2000s", status, s->d.cmd.err);
    }
}

static void test_a_server_that_dies_and_returns_costs_nothing(void **state)
{
    struct siege s;

    siege_init(&s, state, (int)N_ENDED, SEED, "died");
    for (unsigned i = 0; i < effort(8, 4); i++) {
        struct proc *proc =
            download_start(&s.d, adl_buf_str(&s.list), OPTIONS " --retry 2");

        wait_for_requests(&s, proc, 1 + draw(&s, 30));
        need_no_more_requests(&s);
        kill_site(&s);
        (void)poll(NULL, 0, (int)draw(&s, 30));
        if (i % 2 == 0) { /* while it is away */
            end_run(&s, proc, i % 4 == 0);
            revive_site(&s);
        } else {
            revive_site(&s);
            wait_for_requests(&s, proc, draw(&s, 10));
            end_run(&s, proc, i % 4 == 1);
        }
        look(&s);
    }
    end_siege(&s);
    siege_finish(&s);
}

/* Three hosts, so that it is not one of them that is taken for down. */
static void name_hosts(struct siege *s)
{
    adl_buf_reset(&s->list);
    for (int i = 0; i < s->n_files; i++) {
        char target[64];

        write_target(target, s, i);
        assert_int_equal(adl_buf_addf(&s->list, "http://127.0.0.%d:@PORT@%s\n",
                                      1 + i % 3, target),
                         0);
    }
}

static int64_t now_ms(void)
{
    struct timespec now = {0};

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void cut_network(struct siege *s)
{
    netns_set_up(false);
    s->cut_ms = now_ms();
}

/* The kernel still delivers requests of runs that are gone, and tries that at
 * intervals that double: they arrive within the time that the cut lasted. */
static void mend_network(struct siege *s)
{
    netns_set_up(true);
    (void)poll(NULL, 0, (int)(now_ms() - s->cut_ms) + 300);
}

/* A run under way loses the network, and is ended while it waits for it. */
static void end_while_cut(struct siege *s, const char *options, int signum)
{
    struct proc *proc = download_start(&s->d, adl_buf_str(&s->list), options);

    wait_for_requests(s, proc, 1 + draw(s, 40));
    (void)poll(NULL, 0, (int)draw(s, 60));
    cut_network(s);
    (void)poll(NULL, 0, (int)draw(s, 200));
    (void)proc_signal(proc, signum); /* or it is over */
    collect(s, proc);
    need_ended(s, signum);
}

/* One that never sees the network. */
static void end_without_network(struct siege *s, const char *options,
                                int signum)
{
    struct proc *proc = download_start(&s->d, adl_buf_str(&s->list), options);

    (void)poll(NULL, 0, 20 + (int)draw(s, 200));
    assert_int_equal(proc_signal(proc, signum), 0); /* it waits */
    collect(s, proc);
    need_ended(s, signum);
}

/* The last run begins without a network, and loses it once more, for so long
 * that it says so. */
static void end_siege_of_network(struct siege *s, const char *options)
{
    cut_network(s);
    struct proc *proc = download_start(&s->d, adl_buf_str(&s->list), options);
    (void)poll(NULL, 0, 200);
    assert_true(proc_is_running(proc));
    mend_network(s);
    wait_for_requests(s, proc, 20);
    cut_network(s);
    (void)poll(NULL, 0, CUT_MS);
    mend_network(s);
    cmd_wait(&s->d.cmd, proc, 0);
    cmd_need_text(s->d.cmd.err, "asyncdl: network is down: ");
    cmd_need_text(s->d.cmd.err, "asyncdl: network is back: ");
    end_siege(s);
}

static void test_a_cut_network_and_kills_lose_and_tear_nothing(void **state)
{
    /* A host that only fails to connect has failed three times, and two probes,
     * before the others' silence is told from a long answer. */
    static const char options[] = OPTIONS " --retry 2 --connect-timeout 1s "
                                          "--stall-timeout 2s";
    static const int signals[] = {SIGKILL, SIGINT, SIGKILL, SIGTERM};
    const char *args[] = {"--bind", "0.0.0.0", "--latency", "20", NULL};
    struct download_servers *servers = *state;
    struct download_servers cut = *servers;
    struct netns ns;
    struct siege s;
    void *cut_state = &cut;

    if (!netns_enter(&ns)) {
        skip();
    }
    netns_set_up(true);
    server_need(&cut.site, server_start_site(&cut.site, args));
    siege_init(&s, &cut_state, N_FILES, SEED, "away");
    name_hosts(&s);
    for (size_t i = 0; i < 6; i++) {
        end_while_cut(&s, options, signals[i % 4]);
        end_without_network(&s, options, signals[(i + i / 4) % 4]);
        mend_network(&s);
        need_no_more_requests(&s);
        look(&s);
    }
    assert_true(s.n_whole > 0 && s.n_whole < N_FILES);
    end_siege_of_network(&s, options);
    siege_finish(&s);
    server_stop(&cut.site);
    netns_leave(&ns);
}

static int setup(void **state)
{
    struct download_servers *servers = calloc(1, sizeof(*servers));

    if (servers == NULL) {
        return -1;
    }
    *state = servers;
    return start_site(&servers->site, 0);
}

TEST_SUITE(again_killed)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_hundred_kills_lose_and_tear_nothing),
        cmocka_unit_test(test_interrupts_lose_and_tear_nothing),
        cmocka_unit_test(test_terminations_lose_and_tear_nothing),
        cmocka_unit_test(test_a_server_that_dies_and_returns_costs_nothing),
        cmocka_unit_test(test_a_cut_network_and_kills_lose_and_tear_nothing),
    };

    return cmocka_run_group_tests(tests, setup, download_group_teardown);
}
